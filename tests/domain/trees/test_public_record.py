"""What the public API says of a channel; the keys are those recorded from Kolibri Studio."""

import json
from pathlib import Path

from le_utils.constants import library

from chalicelib.domain.trees.public_record import channel_entry, public_record
from chalicelib.domain.trees.snapshot import freeze
from tests.support.worlds.trees import make_channel, make_file, resource, topic, tree

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


def record(*branches, **channel):
    return public_record(freeze(make_channel(**channel), tree(*branches), 1))


def entry(public=True, tokens=(), **channel):
    notes = {"1": "first"}
    return channel_entry("c" * 32, 2, "2030-01-01T00:00:00Z", public, notes, record(**channel), list(tokens))


def test_counts_and_sizes_follow_from_what_is_published():
    files = [make_file("shared", file_size=7), make_file("subtitles", "video_subtitle", language="fr", file_size=5)]
    found = record(
        topic("t", resource("a", files=files, tags=["x"]), resource("b", files=files[:1])),
        resource("incomplete", complete=False, tags=["hidden"], language="sw"),
        language="en",
    )
    assert found["kind_count"] == {"document": 2, "topic": 2}
    assert (found["total_resource_count"], found["published_size"]) == (2, 12)
    assert (found["included_languages"], found["tags"]) == (["en", "fr"], ["x"])


def test_channel_fields_are_as_they_were_published():
    found = record(name="Naïve", description="About", tagline="Short", thumbnail="data:image/png;base64,AA==")
    assert [found[name] for name in ("name", "description", "tagline", "icon_encoding", "language")] == [
        "Naïve",
        "About",
        "Short",
        "data:image/png;base64,AA==",
        "en",
    ]


def test_entry_has_the_recorded_keys():
    assert set(entry()) == RECORDED_KEYS


def test_only_public_channels_are_in_the_library():
    assert (entry(public=True)["library"], entry(public=False)["library"]) == (library.KOLIBRI, None)


def test_entry_carries_version_notes_and_tokens():
    found = entry(tokens=["babab"])
    assert (found["version"], found["version_notes"], found["matching_tokens"]) == (2, {"1": "first"}, ["babab"])


def test_record_survives_being_stored_as_json():
    small = json.loads((Path(__file__).parents[2] / "fixtures/content_db/small_input.json").read_text("utf-8"))
    found = public_record(freeze(small["channel"], small["nodes"], small["version"]))
    assert json.loads(json.dumps(found)) == found
