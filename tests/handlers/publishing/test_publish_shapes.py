"""Channels of unusual shapes publish whole: deep trees, many subtitles, long exercises, files above 4 GB."""

from le_utils.constants import languages

from chalicelib.models import stored_objects
from tests.support.existing import existing
from tests.support.http.client import Studio
from tests.support.worlds import nodes, published

LEVELS = 60
SUBTITLES = [language.code for language in languages.LANGUAGELIST][:100]
QUESTIONS = 500
LARGE = 5 * 2**30  # bytes


def publish(studio: Studio, channel_id: str) -> None:
    assert studio.finish(channel_id).status == 200
    assert studio.publish(channel_id)["status"] == "SUCCESS"


def test_a_tree_of_60_levels(studio: Studio) -> None:
    channel_id, parent = studio.make_channel()
    for level in range(LEVELS):
        name = f"level {level}"
        parent = studio.add(parent, nodes.topic(name))[nodes.node_id(name)]
    studio.add(parent, nodes.exercise("leaf", nodes.question("q")))
    publish(studio, channel_id)
    found = published.rows(studio, channel_id, "SELECT level, lft, rght FROM content_contentnode ORDER BY rowid")
    assert found == [(level, level + 1, 2 * (LEVELS + 2) - level) for level in range(LEVELS + 2)]


def test_an_exercise_of_500_questions(studio: Studio) -> None:
    channel_id, root = studio.make_channel()
    studio.add(root, nodes.exercise("long", *(nodes.question(str(number)) for number in range(QUESTIONS))))
    publish(studio, channel_id)
    assert published.rows(studio, channel_id, "SELECT number_of_assessments FROM content_assessmentmetadata") == [
        (QUESTIONS,)
    ]


def test_a_video_above_4_gb_with_100_subtitles(studio: Studio) -> None:
    channel_id, root = studio.make_channel()
    video, text = (f"{character * 32}" for character in "ab")
    for checksum, extension, size in ((video, "mp4", LARGE), (text, "vtt", 10)):
        stored_objects.remember(f"{checksum}.{extension}", size)
    files = [nodes.file(f"{video}.mp4", "high_res_video", size=LARGE)]
    files += [nodes.file(f"{text}.vtt", "video_subtitle", language=language) for language in SUBTITLES]
    studio.add(root, nodes.resource("video", "video", files))
    publish(studio, channel_id)
    statement = "SELECT lang_id FROM content_file WHERE preset = 'video_subtitle' ORDER BY rowid"
    assert [code for (code,) in published.rows(studio, channel_id, statement)] == SUBTITLES
    sizes = "SELECT max(file_size_bigint), max(file_size) FROM content_localfile"
    assert published.rows(studio, channel_id, sizes) == [(LARGE, 2**31 - 1)]
    assert existing(published.lookup(studio, channel_id))["published_size"] == LARGE + 10
