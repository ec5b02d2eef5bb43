"""A change that lacks its object fails by field and changes nothing, whatever its table."""

import uuid

import pytest

from chalicelib.operations.sync.effects import EFFECTS
from chalicelib.schemas.sync import CREATED, OF_USERS, PAIRS, REQUIRED
from tests.support.http import recordings
from tests.support.http.client import Studio
from tests.support.worlds import contentnode
from tests.support.worlds.syncing import Client

LACKING = sorted((table, type) for table, type in EFFECTS if type in REQUIRED)


MEMBERS = {"editor_m2m", "viewer_m2m"}  # their keys are a user and a channel


def new_id():
    return uuid.uuid4().hex


def new_file(studio):
    name = recordings.store(studio, b"%PDF", "pdf")
    body = {"size": 4, "checksum": name[:32], "name": "a", "file_format": "pdf", "preset": "document"}
    return studio.post("/api/file/upload_url", body).json["file"]["id"]


@pytest.fixture(scope="module")
def world(shared_cloud):
    """A client, and the keys of what exists by table: each could be updated."""
    shared_cloud.empty()
    studio = Studio(shared_cloud)
    client = Client(studio, studio.make_channel()[0])
    root = studio.get(f"/api/channel/{client.channel_id}").json["root_id"]
    node = contentnode.make(studio, root, "e", "exercise", extra_fields={"randomize": True})["id"]
    keys = {"contentnode": node, "assessmentitem": [node, new_id()], "channel": client.channel_id}
    keys |= {"user": studio.user_id, "file": new_file(studio)}
    made = {
        "assessmentitem": {"type": "free_response", "question": "?"},
        "channelset": {"name": "s"},
        "savedsearch": {"name": "s", "params": {"keywords": "a"}},
        "clipboard": {"source_node_id": node, "source_channel_id": client.channel_id, "kind": "exercise"},
        "invitation": {"email": "a@example.org"},
    }
    for table, obj in made.items():
        change = {"type": CREATED, "table": table, "key": keys.setdefault(table, new_id()), "obj": obj}
        answer = client.send(change if table in OF_USERS else {**change, "channel_id": client.channel_id})
        assert len(answer["successes"]) == 1, answer
    return client, keys


def change_of(world, table, type, **fields):
    """A change that only lacks its object."""
    client, keys = world
    fresh = [new_id(), client.channel_id if table in MEMBERS else new_id()] if table in PAIRS else new_id()
    change = {"type": type, "table": table, "key": fresh if type == CREATED else keys[table], **fields}
    is_new_channel = (table, type) == ("channel", CREATED)
    return change if table in OF_USERS else {**change, "channel_id": fresh if is_new_channel else client.channel_id}


def stored(client):
    """Everything that is stored but the feed, which also keeps failed changes."""
    return {name: rows for name, rows in client.studio.cloud.contents().items() if "changes" not in name}


@pytest.mark.parametrize(("table", "type"), LACKING)
def test_a_change_without_its_object_is_an_error_of_that_field(world, table, type):
    client, _ = world
    before = stored(client)
    for fields, sentence in (({}, "This field is required."), ({REQUIRED[type]: None}, "An object is required.")):
        answer = client.send(change_of(world, table, type, **fields))
        assert [one["errors"] for one in answer["errors"]] == [{REQUIRED[type]: [sentence]}], answer
        assert (answer["disallowed"], answer["successes"], answer["changes"]) == ([], [], [])
    assert stored(client) == before


@pytest.mark.parametrize("wrong", [[], "a", 5, True, [{}]])
@pytest.mark.parametrize(("table", "type"), LACKING)
def test_a_change_whose_object_is_none_is_not_accepted(world, table, type, wrong):
    client, _ = world
    before = client.studio.cloud.contents()
    answer = client.send(change_of(world, table, type, **{REQUIRED[type]: wrong}))
    assert [one["errors"] for one in answer["disallowed"]] == [{REQUIRED[type]: ["An object is required."]}]
    assert (answer["allowed"], answer["errors"], answer["successes"]) == ([], [], [])
    assert client.studio.cloud.contents() == before


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("type", None),
        ("type", "bogus"),
        ("type", {}),
        ("table", None),
        ("table", "bogus"),
        ("table", []),
        ("key", None),
        ("key", "bad"),
        ("key", ["0" * 32, "0" * 32]),
        ("rev", "a"),
        ("channel_id", "bad"),
        ("user_id", 5),
    ],
)
def test_other_malformed_fields_are_named_too(world, field, wrong):
    client, _ = world
    change = {**change_of(world, "contentnode", 2, mods={"title": "a"}), field: wrong}
    answer = client.ask(change).json
    assert [one["errors"].keys() for one in answer["disallowed"]] == [{field}]
    assert answer["allowed"] == []


def test_every_malformed_field_of_a_change_is_named(world):
    answer = world[0].ask({"type": 2, "rev": "a", "mods": []}).json
    assert [one["errors"].keys() for one in answer["disallowed"]] == [{"table", "key", "rev", "mods"}]


def test_an_empty_object_is_an_object(world):
    """A change of nothing is a success for every table, as Studio answers."""
    client, _ = world
    for table, type in LACKING:
        if type != CREATED:
            answer = client.send(change_of(world, table, type, mods={}))
            assert (len(answer["successes"]), answer["errors"]) == (1, []), (table, answer)
