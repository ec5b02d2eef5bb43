"""A node with its descendants, and following `more` from page to page."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.content_databases import filters, nodes
from chalicelib.content_databases.filters import NodeFilter
from chalicelib.content_databases.tree import TreePage, subtree
from tests.content_databases import builders
from tests.support.existing import existing
from tests.support.worlds.trees import CHANNEL_ID, resource, topic

EVERY = NodeFilter()
TWO_LEVELS = TreePage()
FILTERS: tuple[dict[str, str], ...] = (
    *({}, {"kind": "topic"}, {"kind_in": "topic,video"}, {"include_coach_content": "false"}, {"languages": "en"}),
    *({"contains_quiz": "true"}, {"keywords": "strasse"}, {"categories__isnull": "true"}, {"tags": "a"}),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("published")


@pytest.fixture
def show(tmp_path):
    """The root's tree as titles: {title: [children]}, with None for topics whose children are not included."""

    def show(*branches, page=TWO_LEVELS, chosen=EVERY):
        with builders.opened(builders.snapshot_of(*branches), tmp_path) as source:
            return titles(subtree(source, CHANNEL_ID, page, chosen, {}))["Channel"]

    return show


def titles(node):
    if "children" not in node:
        return {node["title"]: None}
    merged: dict[str, Any] = {}
    for child in node["children"]["results"]:
        merged |= titles(child)
    return {node["title"]: merged}


def many(name, number):
    return [resource(f"{name}{n}") for n in range(number)]


def mores(node):
    """All `more` in a response."""
    if "children" in node:
        yield from filter(None, [node["children"]["more"]])
        for child in node["children"]["results"]:
            yield from mores(child)


class TestDepth:
    def test_two_includes_children_and_grandchildren(self, show):
        below = topic("t", topic("u", *many("a", 2)), resource("b"))
        assert show(below, resource("c")) == {"t": {"u": None, "b": None}, "c": None}

    def test_one_includes_children(self, show):
        assert show(topic("t", *many("a", 2)), resource("c"), page=TreePage(1)) == {"t": None, "c": None}

    def test_an_only_child_is_expanded(self, show):
        chain = topic("t", topic("u", topic("v", *many("a", 2)), resource("b")))
        assert show(chain) == {"t": {"u": {"v": {"a0": None, "a1": None}, "b": None}}}
        assert show(chain, page=TreePage(1)) == {"t": {"u": {"v": None, "b": None}}}

    def test_an_only_grandchild_is_expanded(self, show):
        chain = topic("t", topic("u", topic("v", topic("w", *many("a", 2)))))
        assert show(chain, resource("c")) == {"t": {"u": {"v": {"w": {"a0": None, "a1": None}}}}, "c": None}


class TestFilters:
    def test_apply_to_descendants(self, show):
        chosen = filters.parse({"kind": ["video"]})
        branches = [topic("t", *many("a", 3)), resource("b", kind="video"), resource("c")]
        assert show(*branches, chosen=chosen) == {"b": None}

    def test_may_exclude_all_children(self, show):
        assert show(resource("a"), chosen=filters.parse({"kind": ["zim"]})) == {}

    def test_may_leave_an_only_child(self, show):
        chosen = filters.parse({"include_coach_content": ["false"]})
        branches = [topic("t", topic("u", *many("a", 2)), resource("b", role_visibility="coach"))]
        assert show(*branches, chosen=chosen) == {"t": {"u": {"a0": None, "a1": None}}}


class TestMore:
    def ask(self, folder, *branches, query=None):
        with builders.opened(builders.snapshot_of(*branches), folder) as source:
            chosen = filters.parse({name: [value] for name, value in (query or {}).items()})
            return subtree(source, CHANNEL_ID, TreePage(), chosen, query or {})

    def test_is_the_request_for_the_next_children(self, folder):
        tree = self.ask(folder, topic("t", *many("a", 13)), *many("b", 12), query={"kind_in": "topic,document"})
        first, last = tree["children"]["results"][0], tree["children"]["results"][-1]
        assert tree["children"]["more"] == {
            "id": CHANNEL_ID,
            "params": {"kind_in": "topic,document", "next__gt": last["rght"], "depth": 2},
        }
        assert first["children"]["more"] == {
            "id": first["id"],
            "params": {"kind_in": "topic,document", "next__gt": first["children"]["results"][-1]["rght"], "depth": 1},
        }

    def test_is_missing_if_all_children_are_included(self, folder):
        assert not list(mores(self.ask(folder, topic("t", *many("a", 12)), *many("b", 11))))

    def test_ignores_children_that_are_filtered_out(self, folder):
        unwanted = [resource(f"x{n}", kind="video") for n in range(6)]
        branches = [*many("a", 6), *unwanted[:3], *many("b", 6), *unwanted[3:]]
        tree = self.ask(folder, *branches, query={"kind": "document"})
        assert len(tree["children"]["results"]) == 12
        assert tree["children"]["more"] is None


def walked(source, node_id, chosen, depth):
    """The ids of all descendants that a client finds by following `more` and requesting topics without children."""
    found, waiting = [], [(node_id, TreePage(depth))]
    while waiting:
        id, page = waiting.pop()
        answer = subtree(source, id, page, chosen, {"a": "b"})
        waiting += [(m["id"], TreePage(m["params"]["depth"], m["params"]["next__gt"])) for m in mores(answer)]
        parts = [answer]
        while parts:
            for child in existing(parts.pop())["children"]["results"]:
                found.append(child["id"])
                if "children" in child:
                    parts.append(child)
                elif child["kind"] == "topic":
                    waiting.append((child["id"], TreePage(depth)))
    return found


def reachable(snapshot, wanted):
    """Nodes that match and whose ancestors, up to the root, all match."""
    parents, found = builders.parents(snapshot), {CHANNEL_ID}
    for node_id in builders.node_ids(snapshot):
        if node_id in wanted and parents[node_id] in found:
            found.add(node_id)
    return found - {CHANNEL_ID}


@settings(deadline=None, max_examples=60)
@given(snapshot=builders.snapshots(), query=st.sampled_from(FILTERS), depth=st.sampled_from([1, 2]))
def test_following_more_visits_each_node_once(folder, snapshot, query, depth):
    chosen = filters.parse({name: [value] for name, value in query.items()})
    with builders.opened(snapshot, folder) as source:
        wanted = {node["id"] for node in nodes.page(source, chosen, 0, 1000)}
        found = walked(source, CHANNEL_ID, chosen, depth)
    assert sorted(found) == sorted(reachable(snapshot, wanted))


@settings(deadline=None, max_examples=25)
@given(snapshot=builders.snapshots(), after=st.integers(1, 100), depth=st.sampled_from([1, 2]))
def test_at_most_twelve_children_are_returned_in_tree_order(folder, snapshot, after, depth):
    with builders.opened(snapshot, folder) as source:
        waiting = [subtree(source, CHANNEL_ID, TreePage(depth, after), EVERY, {})]
    assert all(child["lft"] > after for child in existing(waiting[0])["children"]["results"])
    while waiting:
        children = existing(waiting.pop()).get("children", {"results": []})["results"]
        assert len(children) <= 12
        assert [child["lft"] for child in children] == sorted(child["lft"] for child in children)
        waiting += children


def test_a_leaf_has_no_children(tmp_path):
    snapshot = builders.snapshot_of(resource("a"))
    with builders.opened(snapshot, tmp_path) as source:
        leaf = subtree(source, builders.node_ids(snapshot)[1], TreePage(), EVERY, {})
    assert "children" not in existing(leaf)


def test_the_requested_node_need_not_match_the_filter(tmp_path):
    with builders.opened(builders.snapshot_of(resource("a")), tmp_path) as source:
        chosen = filters.parse({"kind": ["document"]})
        assert titles(subtree(source, CHANNEL_ID, TreePage(), chosen, {})) == {"Channel": {"a": None}}


def test_nothing_follows_the_last_position(tmp_path):
    with builders.opened(builders.snapshot_of(*many("a", 2)), tmp_path) as source:
        answer = existing(subtree(source, CHANNEL_ID, TreePage(2, 2**63 - 1), EVERY, {}))
    assert answer["children"] == {"results": [], "more": None}


def test_no_such_node(tmp_path):
    with builders.opened(builders.snapshot_of(), tmp_path) as source:
        assert subtree(source, "f" * 32, TreePage(), EVERY, {}) is None


@pytest.mark.parametrize("width", [3, 30])
def test_a_wide_tree_takes_no_more_statements_than_a_narrow_one(tmp_path, width):
    topics = [topic(f"t{n}", *many(f"a{n}", width)) for n in range(width)]
    with builders.opened(builders.snapshot_of(*topics), tmp_path) as source:
        subtree(source, CHANNEL_ID, TreePage(), EVERY, {})
        assert builders.statements(source) == 10


def test_a_very_deep_chain_is_supported(tmp_path):
    branch = resource("end")
    for level in range(100):
        branch = topic(f"{level}", branch)
    with builders.opened(builders.snapshot_of(branch), tmp_path) as source:
        answer = subtree(source, CHANNEL_ID, TreePage(), EVERY, {})
    assert '"end"' in json.dumps(answer)
