"""The clipboard: nodes to be copied later."""

import uuid
from typing import Any

import pytest

from chalicelib.models.channel_members import EDIT, VIEW, ChannelMember
from chalicelib.models.clipboard import ClipboardEntry, replace
from tests.support.aws.calls import counting
from tests.support.source.routes import NOTHING
from tests.support.worlds.publishing import publish

LIST = "/api/clipboard"
REPLACE = "chalicelib.models.clipboard.replace"
FIELDS = {"id", "kind", "parent", "source_node_id", "source_channel_id", "extra_fields", "lft"}
FIELDS |= {"total_count", "resource_count"}


@pytest.fixture
def channel(studio):
    return studio.post("/api/channel", {"name": "c"}).json


def make(studio, parent, title, kind="topic"):
    extra = {"extra_fields": {"randomize": True}} if kind == "exercise" else {}
    answer = studio.post("/api/contentnode", {"parent": parent, "kind": kind, "title": title, **extra})
    assert answer.status == 201, answer.text
    return answer.json


@pytest.fixture
def topic(studio, channel):
    """A topic with a topic below it, and an exercise below that."""
    above = make(studio, channel["root_id"], "above")
    make(studio, make(studio, above["id"], "below")["id"], "e", "exercise")
    return above


def source_of(node):
    return {"source_node_id": node["node_id"], "source_channel_id": node["channel_id"]}


def put(studio, node, token="", **fields):
    return studio.post(LIST, {**source_of(node), **fields}, token)


def listed(studio, token="", user_id=None, query=""):
    answer = studio.get(f"{LIST}?parent={user_id or studio.user_id}{query}", token)
    assert answer.status == 200
    return answer.json


def test_a_node_is_added(studio, topic):
    answer = put(studio, topic, kind="topic", parent=studio.user_id)
    assert answer.status == 201
    assert answer.json == {
        **source_of(topic),
        "id": answer.json["id"],
        "kind": "topic",
        "parent": studio.get("/api/user/me").json["clipboard_root_id"],
        "extra_fields": {"excluded_descendants": {}},
        "lft": answer.json["lft"],
        "total_count": 2,
        "resource_count": 1,
    }
    assert listed(studio) == [answer.json]
    assert studio.get(f"{LIST}/{answer.json['id']}").json == answer.json


def test_a_list_needs_a_parent(studio, topic):
    put(studio, topic)
    assert studio.get(LIST).status == 412
    assert studio.get(f"{LIST}?page_size=2").status == 412
    assert listed(studio, user_id=NOTHING) == []
    assert studio.get(f"{LIST}?parent=x").status == 400


def test_entries_are_in_order_of_creation(studio, channel):
    made = [make(studio, channel["root_id"], str(number)) for number in range(4)]
    for node in made[::-1]:
        put(studio, node)
    wanted = [node["node_id"] for node in made[::-1]]
    assert [row["source_node_id"] for row in listed(studio)] == wanted
    page = listed(studio, query="&page_size=3&page=2")
    assert ([row["source_node_id"] for row in page["results"]], page["count"]) == (wanted[3:], 4)


def test_the_cost_of_a_list_does_not_depend_on_its_length(studio, channel):
    for number in range(5):
        put(studio, make(studio, channel["root_id"], str(number)))
    with counting(studio) as watch:
        assert len(listed(studio)) == 5
    assert watch.names == ["GetItem", "Query", "BatchGetItem", "BatchGetItem"]


def test_the_id_of_the_source_is_accepted(studio, topic):
    answer = studio.post(LIST, {**source_of(topic), "source_node_id": topic["id"]})
    assert (answer.status, answer.json["source_node_id"]) == (201, topic["node_id"])


def test_clients_may_choose_the_id_once(studio, topic):
    wanted = uuid.uuid4()
    assert put(studio, topic, id=str(wanted)).json["id"] == wanted.hex
    assert put(studio, topic, id=wanted.hex).status == 409
    assert len(listed(studio)) == 1


def test_each_user_has_a_separate_clipboard(studio, topic):
    entry = put(studio, topic).json
    user_id, token = studio.sign_up("admin", is_admin=True)
    assert listed(studio, token) == listed(studio, token, user_id) == []
    for method in ("GET", "PATCH", "DELETE"):
        assert studio.call(method, f"{LIST}/{entry['id']}", {} if method == "PATCH" else None, token).status == 404
    assert put(studio, topic, token, parent=studio.user_id).status == 400
    assert listed(studio) == [entry]


class TestHiddenSource:
    def test_cannot_be_added(self, studio, topic):
        token = studio.sign_up("other")[1]
        answer = put(studio, topic, token)
        assert (answer.status, list(answer.json)) == (400, ["source_node_id"])
        assert put(studio, {**topic, "channel_id": NOTHING}).status == 400
        assert put(studio, {**topic, "node_id": NOTHING}).status == 400

    def test_cannot_be_added_through_another_channel(self, studio, topic):
        token = studio.sign_up("other")[1]
        own = studio.post("/api/channel", {"name": "own"}, token).json
        for name in ("id", "node_id"):
            sent = {"source_node_id": topic[name], "source_channel_id": own["id"]}
            assert studio.post(LIST, sent, token).status == 400

    @pytest.mark.parametrize("role", [EDIT, VIEW])
    def test_stays_without_counts(self, studio, topic, role):
        user_id, token = studio.sign_up("other")
        studio.share(topic["channel_id"], user_id, role)
        entry = put(studio, topic, token).json
        assert (entry["total_count"], entry["resource_count"]) == (2, 1)
        ChannelMember(user_id, topic["channel_id"]).delete()
        without = {**entry, "total_count": None, "resource_count": None}
        assert listed(studio, token, user_id) == [without]
        assert studio.call("DELETE", f"{LIST}/{entry['id']}", token=token).status == 204

    def test_does_not_include_public_nodes(self, studio):
        publish(studio, "e", public=True)
        (node,) = studio.get("/api/search").json["results"]
        assert put(studio, node, studio.sign_up("other")[1]).status == 201


def test_excluded_descendants_can_be_changed(studio, topic):
    one, two, three = (f"{number:032x}" for number in range(3))
    entry = put(studio, topic, extra_fields={"excluded_descendants": [one, two]}).json
    assert entry["extra_fields"] == {"excluded_descendants": {one: True, two: True}}
    path = f"{LIST}/{entry['id']}"
    changes = {"extra_fields": {"excluded_descendants": {one: False, three: True}}}
    changed = studio.call("PATCH", path, changes).json
    assert changed == {**entry, "extra_fields": {"excluded_descendants": {two: True, three: True}}}
    assert studio.call("PATCH", path, {}).json == changed
    assert studio.get(path).json == changed
    whole = studio.call("PUT", path, source_of(topic)).json
    assert whole == {**entry, "extra_fields": {"excluded_descendants": {}}}


def test_the_source_can_be_changed(studio, channel, topic):
    other = make(studio, channel["root_id"], "other")
    entry = put(studio, topic).json
    changed = studio.call("PATCH", f"{LIST}/{entry['id']}", {"source_node_id": other["node_id"]})
    assert changed.status == 200
    assert changed.json == {**entry, "source_node_id": other["node_id"], "total_count": 0, "resource_count": 0}
    assert studio.call("PATCH", f"{LIST}/{entry['id']}", {"source_node_id": NOTHING}).status == 400


def test_concurrent_changes_are_both_applied(studio, topic, monkeypatch):
    entry = put(studio, topic).json
    path = f"{LIST}/{entry['id']}"

    def leaving_out(number):
        return {"extra_fields": {"excluded_descendants": {f"{number:032x}": True}}}

    def overtaken(changed):
        monkeypatch.setattr(REPLACE, replace)
        assert studio.call("PATCH", path, leaving_out(1)).status == 200
        return replace(changed)

    monkeypatch.setattr(REPLACE, overtaken)
    assert studio.call("PATCH", path, leaving_out(2)).status == 200
    assert len(studio.get(path).json["extra_fields"]["excluded_descendants"]) == 2


def test_an_entry_is_deleted_once(studio, topic):
    path = f"{LIST}/{put(studio, topic).json['id']}"
    assert [studio.call("DELETE", path).status for _ in range(2)] == [204, 404]
    assert listed(studio) == []
    assert not list(ClipboardEntry.query(studio.user_id))


WRONG_EXCLUDED: list[Any] = ["x", ["x"], {NOTHING: 1}, [[]], [None]]
WRONG_EXTRA: list[Any] = [[], "x", {"excluded_descendants": [f"{n:032x}" for n in range(5001)]}]
BAD: list[dict[str, Any]] = [
    {"source_node_id": "x"},
    {"source_channel_id": None},
    {"id": 5},
    {"parent": "x"},
    {"parent": NOTHING},
]
BAD += [{"extra_fields": {"excluded_descendants": value}} for value in WRONG_EXCLUDED]
BAD += [{"extra_fields": value} for value in WRONG_EXTRA]


@pytest.mark.parametrize("fields", BAD)
def test_bad_input_is_refused(studio, topic, fields):
    answer = put(studio, topic, **fields)
    assert answer.status == 400
    assert [name.partition(".")[0] for name in answer.json] == list(fields)
    assert listed(studio) == []


@pytest.mark.parametrize("id", ["bad", NOTHING, "%00", "a" * 3000])
def test_an_unknown_entry_is_404(studio, id):
    for method in ("GET", "PATCH", "DELETE"):
        assert studio.call(method, f"{LIST}/{id}", {} if method == "PATCH" else None).status == 404
