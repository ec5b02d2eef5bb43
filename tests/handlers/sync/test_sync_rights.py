"""Permissions of every kind of change, for every role."""

import uuid

import pytest

from chalicelib.models.changes import counter_of
from chalicelib.operations.sync.effects import EFFECTS
from chalicelib.schemas.sync import OF_USERS
from tests.support.http.client import Studio
from tests.support.worlds import nodes
from tests.support.worlds.syncing import URL

ROLES = ("stranger", "viewer", "editor", "administrator")
EDITORS = (False, False, True, True)
EVERYONE = (True,) * 4
# (table, type, key, fields) -> whether it is accepted from each role
TABLE = [
    ("contentnode", 1, "new", {"obj": {}}, EDITORS),
    ("contentnode", 2, "node", {"mods": {"title": "t"}}, EDITORS),
    ("contentnode", 3, "new", {}, EDITORS),
    ("contentnode", 4, "node", {"target": "0"}, EDITORS),
    ("contentnode", 5, "new", {"from_key": "0", "target": "0"}, EDITORS),
    ("contentnode", 7, "new", {}, EDITORS),
    ("contentnode", 9, "new", {"mods": {}}, EDITORS),
    ("contentnode_prerequisite", 1, ["new", "new"], {"obj": {}}, EDITORS),
    ("contentnode_prerequisite", 3, ["new", "new"], {}, EDITORS),
    ("file", 2, "new", {"mods": {}}, EDITORS),
    ("file", 3, "new", {}, EDITORS),
    ("assessmentitem", 1, ["new", "new"], {"obj": {}}, EDITORS),
    ("assessmentitem", 2, ["new", "new"], {"mods": {}}, EDITORS),
    ("assessmentitem", 3, ["new", "new"], {}, EDITORS),
    ("channel", 1, "new", {"obj": {"name": "n"}}, EVERYONE),
    ("channel", 2, "channel", {"mods": {}}, EDITORS),
    ("channel", 6, "channel", {}, EDITORS),
    ("channel", 7, "channel", {}, EDITORS),
    ("channel", 8, "channel", {}, EDITORS),
    ("channel", 10, "channel", {"use_staging_tree": True}, EDITORS),
    ("invitation", 1, "new", {"obj": {}}, EDITORS),
    ("invitation", 2, "new", {"mods": {"share_mode": "edit"}}, EDITORS),
    ("invitation", 2, "new", {"mods": {"accepted": True}}, EVERYONE),
    ("invitation", 3, "new", {}, EDITORS),
    ("editor_m2m", 1, ["new", "channel"], {"obj": {}}, EDITORS),
    ("editor_m2m", 3, ["new", "channel"], {}, EDITORS),
    ("viewer_m2m", 1, ["new", "channel"], {"obj": {}}, EDITORS),
    ("viewer_m2m", 3, ["new", "channel"], {}, EDITORS),
    ("user", 2, "new", {"mods": {}}, EVERYONE),
    ("bookmark", 1, "channel", {"obj": {}}, EVERYONE),
    ("bookmark", 3, "new", {}, EVERYONE),
    ("channelset", 1, "new", {"obj": {}}, EVERYONE),
    ("channelset", 2, "new", {"mods": {}}, EVERYONE),
    ("channelset", 3, "new", {}, EVERYONE),
    ("clipboard", 1, "new", {"obj": {}}, EVERYONE),
    ("clipboard", 2, "new", {"mods": {}}, EVERYONE),
    ("clipboard", 3, "new", {}, EVERYONE),
    ("savedsearch", 1, "new", {"obj": {}}, EVERYONE),
    ("savedsearch", 2, "new", {"mods": {}}, EVERYONE),
    ("savedsearch", 3, "new", {}, EVERYONE),
    ("channel", 3, "channel", {}, EDITORS),
]


@pytest.fixture(scope="module")
def world(shared_cloud):
    shared_cloud.empty()
    studio = Studio(shared_cloud)
    channel_id, _ = studio.make_channel()
    people = {who: studio.sign_up(who) for who in ROLES[:-1]}
    people["administrator"] = studio.sign_up("admin", is_admin=True)
    studio.share(channel_id, people["viewer"][0], "view")
    studio.share(channel_id, people["editor"][0], "edit")
    return studio, channel_id, studio.get(f"/api/channel/{channel_id}").json["root_id"], people


def named(key, ids):
    if isinstance(key, list):
        return [named(part, ids) for part in key]
    return ids.get(key) or uuid.uuid4().hex


def test_every_kind_of_change_has_a_row():
    assert {(table, type) for table, type, *_ in TABLE} == set(EFFECTS)


@pytest.mark.parametrize(("table", "type", "key", "fields", "accepted"), TABLE)
def test_only_permitted_roles_may_make_a_change(world, table, type, key, fields, accepted):
    studio, channel_id, root, people = world
    answered = []
    for who in ROLES:
        change = {"type": type, "table": table, "key": named(key, {"channel": channel_id, "node": root}), **fields}
        if table not in OF_USERS and (table, type) != ("channel", 1):
            change["channel_id"] = channel_id
        answer = studio.post(URL, {"changes": [change]}, people[who][1])
        assert answer.status == 200, answer.text
        answered.append(bool(answer.json["allowed"]))
        assert bool(answer.json["disallowed"]) != answered[-1]
    assert tuple(answered) == accepted


def test_only_members_may_leave_a_public_channel_and_refusals_leave_its_feed_alone(studio):
    """A change that is refused when it is accepted is not stored, so nobody fills the feed of a channel of others."""
    channel_id, root = studio.make_channel()
    studio.add(root, nodes.exercise("t", nodes.question("q")))
    studio.finish(channel_id)
    studio.publish(channel_id)
    studio.make_public(channel_id)
    viewer, reader = studio.sign_up("viewer"), studio.sign_up("reader")
    studio.share(channel_id, viewer[0], "view")
    before = counter_of(channel_id).last

    def leave(who, table):
        answer = studio.post(URL, {"changes": [{"type": 3, "table": table, "key": [who[0], channel_id]}]}, who[1]).json
        return bool(answer["allowed"])

    assert not leave(reader, "editor_m2m")
    assert not leave(reader, "viewer_m2m")
    assert not leave(viewer, "editor_m2m")
    assert counter_of(channel_id).last == before
    assert leave(viewer, "viewer_m2m")
    assert not leave(viewer, "viewer_m2m")
    assert counter_of(channel_id).last == before + 1
