"""Files of the bucket on a process's own disk."""

from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from chalicelib import storage
from chalicelib.config import settings
from chalicelib.operations import local_files
from chalicelib.operations.local_files import local_copy


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch):
    monkeypatch.setattr(local_files, "_kept", OrderedDict())


@pytest.fixture
def fetched(aws, monkeypatch):
    """The keys that are fetched, in order."""
    keys, download = [], storage.download

    def watched(key, path):
        keys.append(key)
        download(key, path)

    monkeypatch.setattr(storage, "download", watched)
    return keys


def put(*keys, size=10):
    for key in keys:
        storage.put(key, key.encode() * size, "application/octet-stream")


def test_a_file_is_fetched_once(fetched):
    put("a")
    assert local_copy("a").read_bytes() == b"a" * 10
    assert local_copy("a") == local_copy("a")
    assert fetched == ["a"]


def test_many_at_once_wait_for_one_download(fetched):
    put("a", "b")
    with ThreadPoolExecutor(8) as pool:
        paths = list(pool.map(local_copy, ["a", "b"] * 20))
    assert len(set(paths)) == 2
    assert sorted(fetched) == ["a", "b"]


def test_what_was_not_used_for_longest_makes_room(fetched, monkeypatch):
    put("a", "b", "c")
    room = replace(settings(), disk_cache=25)
    monkeypatch.setattr(local_files, "settings", lambda: room)
    a, b = local_copy("a"), local_copy("b")
    local_copy("a")
    local_copy("c")
    assert (a.exists(), b.exists()) == (True, False)
    local_copy("b")
    assert fetched == ["a", "b", "c", "b"]


def test_what_is_open_can_be_read_on(fetched, monkeypatch):
    put("a", "b")
    room = replace(settings(), disk_cache=1)
    monkeypatch.setattr(local_files, "settings", lambda: room)
    with local_copy("a").open("rb") as file:
        assert local_copy("b").exists()
        assert file.read() == b"a" * 10


def test_a_missing_file_leaves_nothing_behind(fetched):
    with pytest.raises(KeyError):
        local_copy("none")
    put("none")
    assert local_copy("none").exists()
    assert fetched == ["none", "none"]
