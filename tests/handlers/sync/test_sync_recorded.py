"""Responses to changes compared with those recorded from Kolibri Studio."""

import json
import re

import pytest

from tests.support.http import recordings
from tests.support.http.recordings import CHANNEL
from tests.support.worlds import contentnode
from tests.support.worlds.syncing import EMPTY, URL

TOPIC, OTHER, EXERCISE = (
    "998af7d10c234e128d7f249eea4c758a",
    "6345637ba37747758de374ed1b3738d4",
    "f72575c71f704c69bb6c5b6d781009bf",
)
DOCUMENT = "dc4ae3a8b1c7470088f1ab3634adeed3"
ID = re.compile("[0-9a-f]{32}")
CALLS = {call["note"]: call for call in json.loads((recordings.FOLDER / "sync.json").read_text())}
TASK = {"task_id", "task_name", "traceback", "status", "progress", "channel_id"}
DONE = (  # changes with a poll after each, in the recorded order
    "MOVED into other topic",
    "MOVED back",
    "MOVED into own descendant/leaf -> error",
    "MOVED bad position",
    "COPIED",
    "CREATED topic",
    "UPDATED",
    "UPDATED invalid",
    "CREATED prerequisite",
    "self prerequisite -> error",
    "UPDATED_DESCENDANTS",
    "DELETED",
    "DELETED copy",
    "UPDATED channel",
)


@pytest.fixture
def channel(studio):
    """The part of the recorded channel that these changes need."""
    assert studio.post("/api/channel", {"id": CHANNEL, "name": recordings.NAME}).status == 201
    root = studio.get(f"/api/channel/{CHANNEL}").json["root_id"]
    contentnode.make(studio, root, "Two", id=TOPIC)
    contentnode.make(studio, root, "Three", id=OTHER)
    contentnode.make(studio, TOPIC, "e", "exercise", id=EXERCISE, extra_fields={"randomize": True})
    contentnode.make(studio, TOPIC, "d", "document", id=DOCUMENT)
    return CHANNEL


def replay(studio, note):
    """Return (response to a recorded change, recorded poll, response to that poll)."""
    sent, poll = CALLS[note]["request"], CALLS[f"poll {note}"]
    first = studio.post(URL, sent)
    assert first.status == 200, first.text
    (allowed,) = first.json["allowed"]
    assert allowed["rev"] == sent["changes"][0]["rev"]
    studio.deliver("maintenance")
    rev = allowed["server_rev"]
    body = {"changes": [], "channel_revs": {CHANNEL: rev - 1}, "user_rev": 10**9, "unapplied_revs": [rev]}
    return first.json, poll["response"], studio.post(URL, body).json


def as_recorded(row):
    """A change without server-specific values."""
    shared = {name: value for name, value in row.items() if name not in ("server_rev", "created_by_id", "errors")}
    return {**shared, "fields": sorted(row)}


@pytest.mark.usefixtures("channel")
def test_changes_are_answered_as_recorded(studio):
    for note in DONE:
        first, recorded, answered = replay(studio, note)
        assert sorted(first) == sorted(recorded) == sorted(answered) == sorted(EMPTY)
        for kind in ("successes", "errors"):
            assert list(map(as_recorded, answered[kind])) == list(map(as_recorded, recorded[kind])), note
        for row, other in zip(answered["errors"], recorded["errors"], strict=True):
            assert row["errors"] or other["errors"]
        assert all(row["created_by_id"] == studio.user_id for row in answered["successes"] + answered["errors"])
        assert answered["tasks"] == recorded["tasks"] == []


@pytest.mark.parametrize("note", ["COPIED", "CREATED topic"])
@pytest.mark.usefixtures("channel")
def test_server_values_are_sent_as_recorded(studio, note):
    """Studio also sends the task of a copy; here a small copy has none."""
    _, recorded, answered = replay(studio, note)
    (wanted,) = [row for row in recorded["changes"] if "node_id" in row["mods"]]
    (received,) = answered["changes"]
    assert as_recorded({**received, "mods": 0}) == as_recorded({**wanted, "mods": 0})
    assert received["server_rev"] == answered["successes"][0]["server_rev"] + 1
    assert received["mods"].keys() == wanted["mods"].keys()
    node = contentnode.row(studio, received["key"])
    assert {**received["mods"], "node_id": node["node_id"]} == received["mods"]
    assert all(ID.fullmatch(value) or value == "SUCCESS" for value in received["mods"].values())


@pytest.mark.usefixtures("channel")
def test_fields_of_errors_are_named_as_recorded(studio):
    for note in DONE[: DONE.index("UPDATED invalid")]:
        replay(studio, note)
    _, recorded, answered = replay(studio, "UPDATED invalid")
    assert answered["errors"][0]["errors"].keys() == recorded["errors"][0]["errors"].keys() == {"kind"}


@pytest.mark.usefixtures("channel")
def test_a_copy_of_an_unknown_node_is_an_error(studio):
    """Studio reports success and creates an empty node."""
    _, recorded, answered = replay(studio, "COPIED from unknown -> error")
    (failed,) = answered["errors"]
    assert {**as_recorded(failed), "fields": 0} == {**as_recorded(recorded["successes"][0]), "fields": 0}
    assert contentnode.row(studio, failed["key"]).get("id") is None


@pytest.mark.parametrize("note", ["server-only type", "not editor -> disallowed", "non dict changes"])
def test_disallowed_changes_are_returned_as_recorded(studio, channel, note):
    """This API adds the reason."""
    call, token = CALLS[note], studio.sign_up("stranger")[1] if "editor" in note else ""
    answer = studio.post(URL, call["request"], token).json
    disallowed = answer.pop("disallowed")
    assert [{name: row[name] for name in row if name != "errors"} for row in disallowed] == call["response"].pop(
        "disallowed"
    )
    assert all(row["errors"] for row in disallowed)
    assert answer == call["response"]


def test_publishing_is_sent_as_recorded(studio, channel):
    for note, fields in (("PUBLISHED v3", {"version_notes", "language"}), ("PUBLISHED_NEXT (draft)", set())):
        (recorded, *_), (sent,) = CALLS[f"poll {note}"]["response"]["changes"], CALLS[note]["request"]["changes"]
        assert fields <= sent.keys()
        answer = studio.post(URL, {**CALLS[note]["request"], "channel_revs": {channel: 0}}).json
        (received,) = [row for row in answer["changes"] if row.get("mods", {}).get("__TASK_ID")][-1:]
        assert as_recorded({**received, "mods": 0}) == as_recorded({**recorded, "mods": 0})
        assert received["mods"]["__TASK_ID"] in {task["task_id"] for task in answer["tasks"]}
        assert all(task.keys() == TASK for task in answer["tasks"])
        studio.deliver()
