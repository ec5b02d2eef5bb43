"""get_tree_data and get_node_tree_data: trees as ricecooker reads them."""

import uuid
from typing import Any

import pytest

from chalicelib.models.channels import Channel
from tests.support.http.recordings import store
from tests.support.source.routes import NOTHING
from tests.support.worlds import nodes

TREE, NODES = "/api/internal/get_tree_data", "/api/internal/get_node_tree_data"


@pytest.fixture
def uploaded(studio):
    """(channel id, root of its chef tree); the tree has nested topics, a document, an exercise and a video."""
    channel_id, root = studio.make_channel()
    pdf = store(studio, b"12345", "pdf")
    outer = studio.add(root, nodes.topic("outer"), nodes.topic("empty"))[nodes.node_id("outer")]
    inner = studio.add(outer, nodes.topic("inner"), nodes.resource("document", files=[nodes.file(pdf)]))
    studio.add(
        inner[nodes.node_id("inner")],
        nodes.exercise("exercise", nodes.question("1"), nodes.question("2")),
        nodes.resource("no file", "video"),
    )
    return channel_id, root


def post(studio, path, channel_id, **fields):
    return studio.post(path, {"channel_id": channel_id, **fields})


def without_ids(entries):
    """Return the entries and their descendants without the ids, which differ between uploads."""
    result = []
    for entry in entries:
        fields = {name: value for name, value in entry.items() if name not in ("node_id", "studio_id")}
        result.append(fields | ({"children": without_ids(fields["children"])} if "children" in fields else {}))
    return result


INNER = [
    {"title": "exercise", "kind": "exercise", "count": 2},
    {"title": "no file", "kind": "video", "file_size": None},
]
OUTER: list[dict[str, Any]] = [
    {"title": "inner", "kind": "topic", "children": INNER},
    {"title": "document", "kind": "document", "file_size": 5},
]
WHOLE = [
    {"title": "outer", "kind": "topic", "children": OUTER},
    {"title": "empty", "kind": "topic", "children": []},
]


def test_a_whole_tree_is_nested(studio, uploaded):
    answer = post(studio, TREE, uploaded[0], tree="chef")
    assert set(answer.json) == {"success", "tree"}
    assert without_ids(answer.json["tree"]) == WHOLE


def test_entries_have_the_sent_and_the_assigned_id(studio, uploaded):
    tree = post(studio, TREE, uploaded[0], tree="chef").json["tree"]
    assert tree[0]["node_id"] == nodes.node_id("outer")
    again = studio.add(uploaded[1], nodes.topic("outer"))
    assert tree[0]["studio_id"] == again[nodes.node_id("outer")]


def test_the_children_of_the_root_have_no_children_field(studio, uploaded):
    answer = post(studio, NODES, uploaded[0], tree="chef")
    assert set(answer.json) == {"success", "tree", "staged"}
    assert answer.json["staged"] is False
    assert without_ids(answer.json["tree"]) == [{"title": name, "kind": "topic"} for name in ("outer", "empty")]


@pytest.mark.parametrize("form", [str, str.upper, lambda text: str(uuid.UUID(text))], ids=["plain", "upper", "dashed"])
def test_the_children_of_one_node_are_returned(studio, uploaded, form):
    query = {"tree": "chef", "node_id": form(nodes.node_id("outer"))}
    expected = [{name: value for name, value in entry.items() if name != "children"} for entry in OUTER]
    assert without_ids(post(studio, NODES, uploaded[0], **query).json["tree"]) == expected
    assert without_ids(post(studio, TREE, uploaded[0], **query).json["tree"]) == OUTER


def test_a_resource_has_no_children(studio, uploaded):
    answer = post(studio, NODES, uploaded[0], tree="chef", node_id=nodes.node_id("document"))
    assert answer.json["tree"] == []


def test_each_tree_is_found_by_its_name(studio, uploaded):
    channel_id, _ = uploaded

    def top(name):
        answer = post(studio, NODES, channel_id, tree=name)
        assert answer.json["staged"] is is_staged
        return [entry["title"] for entry in answer.json["tree"]]

    is_staged = False
    assert (top("chef"), top("main"), top("trash")) == (["outer", "empty"], [], [])
    studio.finish(channel_id)
    assert (top("main"), top("previous")) == (["outer", "empty"], [])
    studio.add(studio.make_channel(channel_id=channel_id)[1], nodes.topic("new"))
    studio.finish(channel_id, stage=True)
    is_staged = True
    assert (top("staging"), top("main")) == (["new"], ["outer", "empty"])


@pytest.mark.parametrize("path", [TREE, NODES])
def test_the_live_tree_is_the_default(studio, uploaded, path):
    studio.finish(uploaded[0])
    assert post(studio, path, uploaded[0]).json == post(studio, path, uploaded[0], tree="main").json


@pytest.mark.parametrize("path", [TREE, NODES])
def test_an_unknown_tree_is_not_found(studio, path):
    channel_id, _ = studio.make_channel()
    for name in ("staging", "previous", "bogus", "", "root_id", "x" * 10_000):
        answer = post(studio, path, channel_id, tree=name)
        assert answer.status == 404, ascii(name)
        assert "Invalid tree name" in answer.json["detail"]
        assert len(answer.text) < 1000


@pytest.mark.parametrize("path", [TREE, NODES])
def test_a_node_outside_the_tree_is_not_found(studio, uploaded, path):
    for node_id, tree in ((NOTHING, "chef"), (nodes.node_id("outer"), "main")):
        assert post(studio, path, uploaded[0], tree=tree, node_id=node_id).status == 404
    assert post(studio, path, uploaded[0], tree="chef", node_id="bad").status == 400


@pytest.mark.parametrize("path", [TREE, NODES])
@pytest.mark.parametrize("channel_id", [NOTHING, "bad", "", "x" * 10_000])
def test_an_unknown_channel_is_not_found(studio, path, channel_id):
    answer = post(studio, path, channel_id)
    assert answer.status == 404
    assert answer.json["detail"].startswith("Channel not found")


def test_a_dashed_channel_id_is_accepted(studio, uploaded):
    assert post(studio, TREE, str(uuid.UUID(uploaded[0])), tree="chef").status == 200


def test_reading_changes_nothing(studio, uploaded):
    before = studio.cloud.contents()
    for path in (TREE, NODES):
        post(studio, path, uploaded[0], tree="chef")
    assert studio.cloud.contents() == before
    assert Channel.get(uploaded[0]).chef_root_id == uploaded[1]
