"""Which files of a node replace each other."""

import pytest

from chalicelib.domain.files.file_slots import one_per_id, one_per_slot, replaced
from tests.support.worlds.trees import make_file


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (make_file("a"), make_file("b")),
        (make_file("a", "topic_thumbnail"), make_file("b", "channel_thumbnail")),
        (make_file("a", "video_subtitle", language="en"), make_file("b", "video_subtitle", language="en")),
    ],
)
def test_a_later_file_replaces_an_earlier_one(first, second):
    assert one_per_slot([first, second]) == [second]
    assert one_per_slot([second, first]) == [first]
    assert replaced([first], second) == [first]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (make_file("a"), make_file("b", "document_thumbnail")),
        (make_file("a", "high_res_video"), make_file("b", "low_res_video")),
        (make_file("a", "slideshow_image"), make_file("b", "slideshow_image")),
        (make_file("a", "video_subtitle", language="en"), make_file("b", "video_subtitle", language="fr")),
        (make_file("a", "unknown"), make_file("b", "unknown")),
    ],
)
def test_others_stay_side_by_side(first, second):
    assert one_per_slot([first, second]) == [first, second]
    assert replaced([first], second) == []


def test_a_video_may_be_uploaded_in_two_formats():
    first, second = make_file("a", "high_res_video", file_format="mp4"), make_file("b", "high_res_video")
    assert one_per_slot([first, second]) == [first, second]
    assert replaced([first], second) == [first]


def test_a_file_does_not_replace_itself():
    file = make_file("a")
    assert replaced([file], {**file, "language": "fr"}) == []


def test_a_question_has_each_file_once():
    one, other = make_file("a", "exercise_image"), make_file("b", "exercise_image")
    assert one_per_id([one, other, one]) == [one, other]
