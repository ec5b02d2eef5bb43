"""file_diff: find the files that are not stored yet."""

import hashlib

import pytest

from tests.support.http.recordings import notify_stored, store

PATH = "/api/internal/file_diff"


def name(number, extension="mp4"):
    return f"{hashlib.md5(str(number).encode()).hexdigest()}.{extension}"


def diff(studio, names):
    answer = studio.post(PATH, names)
    assert answer.status == 200, answer.text
    return answer.json


def test_stored_files_are_omitted_and_the_order_is_preserved(studio):
    names = [name(number) for number in range(10)]
    for present in names[::3]:
        notify_stored(studio, present, 5)
    assert diff(studio, names) == [absent for absent in names if absent not in names[::3]]


def test_hundreds_of_names_are_compared(studio):
    names = [name(number) for number in range(450)]
    notify_stored(studio, names[430], 5)
    assert diff(studio, names) == names[:430] + names[431:]


def test_an_empty_list_has_an_empty_result(studio):
    assert diff(studio, []) == []
    assert studio.call("POST", PATH).json == []


def test_a_file_in_another_format_is_missing(studio):
    present = store(studio, b"data", "mp4")
    other = present.replace("mp4", "webm")
    assert diff(studio, [other, present]) == [other]


def test_invalid_names_are_reported_as_missing(studio):
    names = ["", "a", "x.mp4", name(1).upper(), "../" + name(1), "é.pdf", "a" * 10_000, name(1) + "\n", "\x00"]
    assert diff(studio, names) == names


def test_duplicate_names_are_compared(studio):
    absent, present = name(1), store(studio, b"data", "mp4")
    assert set(diff(studio, [absent, present, absent, present])) == {absent}


@pytest.mark.parametrize("sent", [{"files": []}, "name", 5, True, [5], [None], [["a"]], [{}]])
def test_anything_but_a_list_of_strings_is_refused(studio, sent):
    answer = studio.post(PATH, sent)
    assert answer.status == 400
    assert set(answer.json) == {"error", "detail"}


def test_too_many_names_are_refused(studio):
    body = b"[" + b",".join([b'""'] * 100_001) + b"]"
    assert studio.call("POST", PATH, body).status == 400


def test_notifications_of_s3_record_content_files_only(studio):
    present = name(1)
    notify_stored(studio, present, 5)
    studio.notify("content/databases/x.sqlite3", 5)
    studio.notify("content/storage/0/0/x+y%20z.pdf", 5)
    assert len(studio.cloud.items("stored_objects")) == 1
    assert diff(studio, [present]) == []
