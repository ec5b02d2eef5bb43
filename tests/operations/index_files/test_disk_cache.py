"""Disk cache of files from the bucket."""

from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest

from chalicelib.aws import storage
from chalicelib.config import settings
from chalicelib.operations.index_files import disk_cache
from chalicelib.operations.index_files.disk_cache import opened


@pytest.fixture(autouse=True)
def empty_cache(monkeypatch):
    monkeypatch.setattr(disk_cache, "_cache", OrderedDict())


@pytest.fixture
def fetched(aws, monkeypatch):
    """The downloaded keys, in order."""
    keys, stream = [], storage.stream

    def watched(key):
        keys.append(key)
        return stream(key)

    monkeypatch.setattr(storage, "stream", watched)
    return keys


@pytest.fixture
def room(monkeypatch):
    """A function that sets the size of the cache in bytes."""

    def of(size):
        small = replace(settings(), disk_cache=size)
        monkeypatch.setattr(disk_cache, "settings", lambda: small)

    return of


def put(*keys, size=10):
    for key in keys:
        storage.put(key, key.encode() * size, "application/octet-stream")


def reading(key):
    return opened(key, lambda path: path.open("rb"))


def path_of(key):
    return disk_cache._cache[key].path


def test_a_file_is_fetched_once(fetched):
    put("a")
    assert reading("a").read() == b"a" * 10
    assert reading("a") is reading("a")
    assert fetched == ["a"]


def test_concurrent_threads_fetch_a_file_once(fetched):
    put("a", "b")
    start = Barrier(8)

    def read(key):
        start.wait()
        return reading(key)

    with ThreadPoolExecutor(8) as pool:
        files = list(pool.map(read, ["a", "b"] * 4))
    assert len(set(files)) == 2
    assert sorted(fetched) == ["a", "b"]


def test_the_least_recently_used_file_is_deleted_before_the_next_download(fetched, room):
    put("a", "b", "c")
    room(25)
    reading("a"), reading("b")
    a, b = path_of("a"), path_of("b")
    reading("a")
    reading("c")
    assert (a.exists(), b.exists()) == (True, False)
    reading("b")
    assert fetched == ["a", "b", "c", "b"]


def test_an_open_file_can_be_read_after_its_deletion(fetched, room):
    put("a", "b")
    room(1)
    file = reading("a")
    reading("b")
    assert list(disk_cache._cache) == ["b"]
    assert file.read() == b"a" * 10


def test_the_number_of_open_files_is_limited(fetched, monkeypatch):
    monkeypatch.setattr(disk_cache, "MAX_FILES", 2)
    put("a", "b", "c")
    for key in "abc":
        reading(key)
    assert list(disk_cache._cache) == ["b", "c"]


@pytest.mark.parametrize("number", range(3))
def test_threads_read_whole_files_when_the_cache_is_small(fetched, room, number):
    put("a", "b", "c", size=1000)
    room(1500)

    def read(key):
        return opened(key, lambda path: path.read_bytes()) == key.encode() * 1000

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(read, ["a", "b", "c"] * 20))


def test_a_missing_file_leaves_nothing_behind(fetched):
    with pytest.raises(KeyError):
        reading("none")
    put("none")
    assert reading("none").read() == b"none" * 10
    assert fetched == ["none", "none"]


def test_a_file_that_cannot_be_opened_leaves_nothing_behind(fetched):
    put("a")
    paths = []

    def fail(path):
        paths.append(path)
        raise ValueError("no such format")

    with pytest.raises(ValueError, match="no such format"):
        opened("a", fail)
    assert not paths[0].exists()
    assert reading("a").read() == b"a" * 10
