"""Channels in the public API; the keys were recorded from Kolibri Studio."""

from le_utils.constants import library

from chalicelib.content_databases.public_entries import channel_entry
from chalicelib.domain.trees.frozen_tree import in_memory
from chalicelib.domain.trees.public_record import public_record
from tests.support.worlds.frozen import freeze
from tests.support.worlds.trees import make_channel, tree

RECORDED_KEYS = {
    "id",
    "name",
    "language",
    "included_languages",
    "description",
    "tagline",
    "total_resource_count",
    "version",
    "kind_count",
    "published_size",
    "last_published",
    "icon_encoding",
    "matching_tokens",
    "public",
    "version_notes",
    "library",
}


def entry(public=True, tokens=(), **channel):
    notes = {"1": "first"}
    record = public_record(in_memory(freeze(make_channel(**channel), tree(), 1)))
    return channel_entry("c" * 32, 2, "2030-01-01T00:00:00Z", public, notes, record, list(tokens))


def test_entry_has_the_recorded_keys():
    assert set(entry()) == RECORDED_KEYS


def test_only_public_channels_are_in_the_library():
    assert (entry(public=True)["library"], entry(public=False)["library"]) == (library.KOLIBRI, None)


def test_entry_contains_version_notes_and_tokens():
    found = entry(tokens=["babab"])
    assert (found["version"], found["version_notes"], found["matching_tokens"]) == (2, {"1": "first"}, ["babab"])
