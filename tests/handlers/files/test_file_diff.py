"""file_diff: which files are not stored yet."""

import hashlib

import pytest

from tests.support.http.recordings import say_stored, store

PATH = "/api/internal/file_diff"


def name(number, extension="mp4"):
    return f"{hashlib.md5(str(number).encode()).hexdigest()}.{extension}"


def diff(studio, names):
    answer = studio.post(PATH, names)
    assert answer.status == 200, answer.text
    return answer.json


def test_what_is_stored_is_left_out_and_the_order_stays(studio):
    names = [name(number) for number in range(10)]
    for there in names[::3]:
        say_stored(studio, there, 5)
    assert diff(studio, names) == [absent for absent in names if absent not in names[::3]]


def test_hundreds_of_names_are_compared(studio):
    names = [name(number) for number in range(450)]
    say_stored(studio, names[430], 5)
    assert diff(studio, names) == names[:430] + names[431:]


def test_nothing_lacks_nothing(studio):
    assert diff(studio, []) == []
    assert studio.call("POST", PATH).json == []


def test_a_file_is_its_checksum_and_its_format(studio):
    there = store(studio, b"data", "mp4")
    other = there.replace("mp4", "webm")
    assert diff(studio, [other, there]) == [other]


def test_what_is_no_name_of_a_file_is_not_stored(studio):
    names = ["", "a", "x.mp4", name(1).upper(), "../" + name(1), "é.pdf", "a" * 10_000, name(1) + "\n", "\x00"]
    assert diff(studio, names) == names


def test_a_name_that_comes_twice_is_told_as_it_came(studio):
    absent, there = name(1), store(studio, b"data", "mp4")
    assert set(diff(studio, [absent, there, absent, there])) == {absent}


@pytest.mark.parametrize("sent", [{"files": []}, "name", 5, True, [5], [None], [["a"]], [{}]])
def test_what_is_no_list_of_texts_is_refused(studio, sent):
    answer = studio.post(PATH, sent)
    assert answer.status == 400
    assert set(answer.json) == {"error", "detail"}


def test_too_many_names_are_refused(studio):
    body = b"[" + b",".join([b'""'] * 100_001) + b"]"
    assert studio.call("POST", PATH, body).status == 400


def test_s3_tells_of_a_new_object_and_of_others_nobody_cares(studio):
    there = name(1)
    say_stored(studio, there, 5)
    studio.notify("content/databases/x.sqlite3", 5)
    studio.notify("content/storage/0/0/x+y%20z.pdf", 5)
    assert len(studio.cloud.items("stored_objects")) == 1
    assert diff(studio, [there]) == []
