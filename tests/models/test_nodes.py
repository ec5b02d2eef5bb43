"""Nodes are stored, read back and found."""

from typing import Any, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.ids import new_id
from chalicelib.domain.types import LABELS, FileData, NodeData
from chalicelib.models import nodes
from chalicelib.models.nodes import Node
from tests.models.builders import fresh, lay, live_root, put
from tests.support.existing import existing
from tests.support.worlds.trees import make_file, make_node, resource, topic, tree
from tests.support.worlds.values import json_values

ids = st.uuids().map(lambda value: value.hex)
texts = st.text(max_size=20)
whole = st.integers(0, 2**53)
_TYPES = {
    str: texts,
    int: whole,
    bool: st.booleans(),
    str | None: st.none() | texts,
    int | None: st.none() | whole,
    list[str]: st.lists(texts, max_size=3),
}
_HINTS = get_type_hints(NodeData)
json_objects = st.dictionaries(st.text(), json_values(), max_size=3)
files = st.lists(
    st.fixed_dictionaries({name: _TYPES[kind] for name, kind in get_type_hints(FileData).items()}), max_size=2
)
FIELDS = {
    **{name: _TYPES[kind] for name, kind in _HINTS.items() if kind in _TYPES},
    "files": files,
    "extra_fields": json_objects,
    "thumbnail_encoding": st.dictionaries(st.text(), json_values(), min_size=1, max_size=3),
    "incomplete_reasons": st.lists(st.fixed_dictionaries({"code": st.text(), "sentence": st.text()}), min_size=1),
    "incomplete_revs": st.lists(st.integers(0, 2**40), min_size=1),
    **dict.fromkeys(("id", "node_id", "content_id", "tree_id", "channel_id"), ids),
}

LABELLED: dict[str, Any] = {name: [f"{name}.a", f"{name}.b"] for name in LABELS}
ALL = make_node(
    "Ünïcödé 名前 🎓 العربية",
    tree()[0],
    kind="exercise",
    description="Ein\nZwei\t\u200f\u2028",
    language="zh-CN",
    license="Special Permissions",
    license_description="Frag ‘mich’",
    copyright_holder="Ø",
    author="А",
    aggregator="Β",
    provider="ג",
    role_visibility="coach",
    suggested_duration=86400,
    tags=["тег", "two words"],
    **LABELLED,
    extra_fields={"options": {"é": [1, 2.5, None, True, {"deep": "ü"}]}, "m": 3},
    files=[make_file("ä", language="sw", source_url="http://a.example/ü", duration=3), make_file("b")],
    prerequisites=["a" * 32],
    original_channel_id="b" * 32,
    original_node_id="c" * 32,
    assessment_item_count=7,
    thumbnail_encoding={"base64": "data:image/png;base64,AA", "scale": 1.5},
    incomplete_reasons=[{"code": "title", "sentence": "Geben Sie ‘ihm’ einen."}],
    incomplete_revs=[3, 7],
)
NOTHING = {
    **make_node("", tree()[0], files=[], kind="topic", complete=False),
    "parent_id": None,
    "source_domain": "",
    "source_id": "",
}


def test_examples_cover_their_cases():
    assert set(FIELDS) == set(ALL) == set(NodeData.__annotations__)
    assert set(NOTHING) == NodeData.__required_keys__
    assert all(value not in (None, "", [], {}) for value in ALL.values())
    given_always = {"id", "node_id", "content_id", "tree_id", "channel_id", "kind", "role_visibility"}
    assert all(NOTHING[name] in (None, "", [], {}, 0, False) for name in NOTHING if name not in given_always)


@pytest.mark.parametrize("data", [ALL, NOTHING], ids=["every field", "no field"])
def test_every_field_is_stored_and_read_back(aws, data):
    nodes.from_data(data, ["a" * 32, "b" * 32]).save()
    node = fresh(Node(data["id"]))
    assert nodes.to_data(node) == data
    assert nodes.data_of([data["id"]]) == {data["id"]: data}
    assert node.path == ["a" * 32, "b" * 32]


@settings(deadline=None)
@given(st.fixed_dictionaries(FIELDS))
def test_any_node_is_stored_and_read_back(data):
    item = nodes.from_data(data, [])
    assert nodes.to_data(Node.from_raw_data(item.serialize())) == data
    assert nodes.to_data(item) == data


def test_types_are_preserved(aws):
    """Numbers inside JSON attributes do not become decimals."""
    types = {name: type(value) for name, value in ALL.items()}
    nodes.from_data(ALL, []).save()
    for data in (nodes.to_data(fresh(Node(ALL["id"]))), nodes.data_of([ALL["id"]])[ALL["id"]]):
        assert {name: type(value) for name, value in data.items()} == {name: types[name] for name in data}


def test_null_written_by_an_update_is_read_as_the_default(aws):
    nodes.from_data(ALL, []).save()
    cleared = ("language", "license", "suggested_duration", "original_node_id")
    Node(ALL["id"]).update([getattr(Node, name).set(None) for name in cleared])
    expected = {**ALL, **dict.fromkeys(cleared)}
    assert nodes.to_data(fresh(Node(ALL["id"]))) == expected
    assert nodes.data_of([ALL["id"]])[ALL["id"]] == expected


def test_many_nodes_are_read_by_id(aws):
    root = live_root()
    plain = tree(*(resource(str(number)) for number in range(120)))
    lay(root, plain)
    wanted = [node["id"] for node in plain[1:]]
    found = nodes.data_of([*wanted, new_id()])
    assert set(found) == set(wanted)
    assert all(found[id]["id"] == id for id in wanted)


def test_missing_node_is_none(aws):
    assert nodes.get(new_id()) is None
    assert nodes.data_of([new_id()]) == {}


class TestFindInTree:
    @pytest.fixture
    def trees(self, aws):
        """Two trees of the same chef run twice: node_ids and content_ids are the same, ids are not."""
        roots = live_root(), live_root()
        plain = [tree(topic("t", resource("doc")), run=run) for run in "12"]
        for root, each in zip(roots, plain, strict=True):
            lay(root, each)
        return list(zip(roots, plain, strict=True))

    def test_by_node_id(self, trees):
        for root, plain in trees:
            for node in plain[1:]:
                assert existing(nodes.find_in_tree(root.id, node_id=node["node_id"])).id == node["id"]

    def test_by_content_id(self, trees):
        for root, plain in trees:
            for node in plain[1:]:
                assert existing(nodes.find_in_tree(root.id, content_id=node["content_id"])).id == node["id"]

    def test_returns_the_whole_node(self, trees):
        root, plain = trees[0]
        assert existing(nodes.find_in_tree(root.id, node_id=plain[2]["node_id"])).title == "doc"

    def test_in_another_tree_finds_nothing(self, trees):
        _, plain = trees[0]
        assert nodes.find_in_tree(new_id(), node_id=plain[1]["node_id"]) is None
        assert nodes.find_in_tree(new_id(), content_id=plain[1]["content_id"]) is None

    def test_of_a_missing_id_finds_nothing(self, trees):
        root, _ = trees[0]
        assert nodes.find_in_tree(root.id, node_id=new_id()) is None
        assert nodes.find_in_tree(root.id, content_id=new_id()) is None

    def test_of_duplicate_content_finds_one(self, aws):
        root = live_root()
        one, other = put(root, "one", "other", content_id="c" * 32)
        assert existing(nodes.find_in_tree(root.id, content_id="c" * 32)).id in (one.id, other.id)
