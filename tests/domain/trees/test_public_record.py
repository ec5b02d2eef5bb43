"""The stored record of a published channel for the public API."""

import json
from pathlib import Path

from chalicelib.domain.trees.frozen_tree import in_memory
from chalicelib.domain.trees.public_record import public_record
from tests.support.worlds.frozen import freeze
from tests.support.worlds.trees import make_channel, make_file, resource, topic, tree


def record(*branches, **channel):
    return public_record(in_memory(freeze(make_channel(**channel), tree(*branches), 1)))


def test_counts_and_sizes_cover_published_nodes():
    files = [make_file("shared", file_size=7), make_file("subtitles", "video_subtitle", language="fr", file_size=5)]
    found = record(
        topic("t", resource("a", files=files, tags=["x"]), resource("b", files=files[:1])),
        resource("incomplete", complete=False, tags=["hidden"], language="sw"),
        language="en",
    )
    assert found["kind_count"] == {"document": 2, "topic": 2}
    assert (found["total_resource_count"], found["published_size"]) == (2, 12)
    assert (found["included_languages"], found["tags"]) == (["en", "fr"], ["x"])


def test_channel_fields_are_those_at_publish_time():
    found = record(name="Naïve", description="About", tagline="Short", thumbnail="data:image/png;base64,AA==")
    assert [found[name] for name in ("name", "description", "tagline", "icon_encoding", "language")] == [
        "Naïve",
        "About",
        "Short",
        "data:image/png;base64,AA==",
        "en",
    ]


def test_record_can_be_stored_as_json():
    small = json.loads((Path(__file__).parents[2] / "fixtures/content_db/small_input.json").read_text("utf-8"))
    found = public_record(in_memory(freeze(small["channel"], small["nodes"], small["version"])))
    assert json.loads(json.dumps(found)) == found
