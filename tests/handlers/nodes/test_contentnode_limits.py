"""Reads of large trees: number of calls, size of responses, and background work."""

import json

import pytest

from chalicelib.models import trees
from chalicelib.models.base import find
from chalicelib.models.nodes import Node, from_data
from chalicelib.operations.nodes import node_reads
from chalicelib.operations.trees import tree_statistics
from tests.models.builders import child, fresh, put
from tests.support.aws.calls import counting
from tests.support.existing import existing
from tests.support.worlds import nodes
from tests.support.worlds.contentnode import URL, change, empty_tree, make, row

MAX_RESPONSE_BYTES = 6_000_000  # of a response, which Lambda encodes as JSON again


@pytest.fixture
def root(studio):
    return empty_tree(studio)


def pages(studio, query):
    more, found = query, []
    while more:
        answer = studio.get(f"{URL}?{more}")
        assert answer.status == 200, answer.text
        assert len(json.dumps(answer.text)) < MAX_RESPONSE_BYTES
        found.append([node["title"] for node in answer.json["results"]])
        more = answer.json["more"] and "&".join(f"{name}={value}" for name, value in answer.json["more"].items())
    return found


class TestSize:
    @pytest.fixture
    def every_tree_is_large(self, monkeypatch):
        monkeypatch.setattr(tree_statistics, "MAX_WALKED_AT_ONCE", 0)

    def test_of_a_small_tree_follows_each_change_at_once(self, studio, root):
        path = f"{URL}/{root}/size"
        (node,) = put(Node(root), "d", files=[file("a", 5), file("b", 7)])
        assert studio.get(path).json == {"size": 12, "stale": False}
        for title in ("another", "third"):
            change(studio, node.id, title=title)
            assert studio.get(path).json == {"size": 12, "stale": False}
        studio.call("DELETE", f"{URL}/{node.id}")
        assert studio.get(path).json == {"size": 0, "stale": False}
        trash = studio.get(f"/api/channel/{row(studio, root)['channel_id']}").json["trash_root_id"]
        assert studio.get(f"{URL}/{trash}/size").json == {"size": 12, "stale": False}

    def test_of_an_unchanged_tree_is_not_computed_again(self, studio, root):
        put(Node(root), "d", files=[file("a", 5)])
        studio.get(f"{URL}/{root}/size")
        with counting(studio) as calls:
            assert studio.get(f"{URL}/{root}/size").json == {"size": 5, "stale": False}
        assert "Query" not in calls.names

    @pytest.mark.usefixtures("every_tree_is_large")
    def test_of_a_large_tree_is_the_last_computed_one_until_it_is_recomputed(self, studio, root):
        (node,) = put(Node(root), "d", files=[file("a", 5), file("b", 7)])
        put(Node(root), "same", files=[file("a", 5)])
        path = f"{URL}/{root}/size"
        assert studio.get(path).json == {"size": 0, "stale": True}
        studio.deliver("maintenance")
        assert studio.get(path).json == {"size": 12, "stale": False}
        for title in ("another", "third"):  # the second walk is not delayed
            change(studio, node.id, title=title)
            assert studio.get(path).json == {"size": 12, "stale": True}
            studio.deliver("maintenance")
            assert studio.get(path).json == {"size": 12, "stale": False}

    @pytest.mark.usefixtures("every_tree_is_large")
    def test_is_recomputed_once_for_repeated_requests(self, studio, root):
        put(Node(root), "d")
        with counting(studio) as calls:
            for _ in range(3):
                studio.get(f"{URL}/{root}/size")
        assert calls.names.count("SendMessage") == 1
        assert "Query" not in calls.names

    def test_computed_late_does_not_replace_a_newer_one(self, studio, root):
        put(Node(root), "d", files=[file("a", 5)])
        tree_statistics.refresh(root)
        tree_statistics.store(root, [], rev=0)
        assert studio.get(f"{URL}/{root}/size").json == {"size": 5, "stale": False}

    def test_of_a_staged_tree_is_computed_with_the_comparison_of_trees(self, studio):
        channel_id, chef_root = studio.make_channel()
        studio.add(chef_root, nodes.resource("d", files=[nodes.file(studio.upload(b"%PDF", "pdf", "document"))]))
        studio.finish(channel_id, stage=True)
        studio.deliver("maintenance")
        assert studio.get(f"{URL}/{chef_root}/size").json == {"size": 4, "stale": False}


def file(name, size):
    fields = {"checksum": name * 32, "file_format": "pdf", "file_size": size, "preset": "document"}
    return {"id": name * 32, **fields, "language": None, "original_filename": "", "source_url": None, "duration": None}


class TestRequisites:
    def test_cost_calls_by_their_number_not_by_the_size_of_the_tree(self, studio, root):
        one, two, *_ = (make(studio, root, title)["id"] for title in "ab")
        for number in range(3):
            put(fresh(Node(one)), f"n{number}", kind="topic")
        assert studio.post(f"{URL}/{one}/prerequisites", {"prerequisite": two}).status == 201
        with counting(studio) as calls:
            assert studio.get(f"{URL}/{root}/requisites").json == [{"target_node": one, "prerequisite": two}]
        assert len(calls.names) <= 1 + 3 + 2  # authentication, then as every list

    def test_remove_the_index_entry_with_the_last_prerequisite(self, studio, root):
        one, two = (make(studio, root, title)["id"] for title in "ab")
        body = {"prerequisite": two}
        assert studio.post(f"{URL}/{one}/prerequisites", body).status == 201
        assert studio.call("DELETE", f"{URL}/{one}/prerequisites", body).status == 204
        assert Node.get(one).requires is None
        assert studio.get(f"{URL}/{root}/requisites").json == []


def test_a_node_at_the_greatest_depth_that_chefs_reach_can_be_edited(studio, root):
    """Its edit counts on every node above it, and is emitted."""
    node = existing(find(Node, root))
    above: list[str] = []
    while trees.room(len(above) + 1) >= 1:
        above.append(node.id)
        node = from_data(child(node, f"level {len(above)}", kind="topic"), above)
        node.save()
    data = child(node, "d", complete=True)
    assert trees.append(node, above, [data], trees.TreeState.LIVE) is None
    assert len(above) > 90
    changed = change(studio, data["id"], title="new")
    assert (changed["title"], changed["complete"]) == ("new", False)
    assert existing(find(Node, root)).error_count == 1


class TestPages:
    @pytest.mark.parametrize("query", ["parent={}", "root_id={}&kind=topic", "parent={}&ordering=-title", "{}"])
    @pytest.mark.parametrize("letter", ["x", "\u2603", '"', "\U0001f600"])
    def test_stay_below_the_response_limit_of_lambda(self, studio, root, query, letter):
        long = letter * 30_000
        made = [
            node for at in range(0, 40, 8) for node in put(Node(root), *names(at, 8), kind="topic", description=long)
        ]
        filters = query.format(root) if "=" in query else "id__in=" + ",".join(node.id for node in made)
        found = [title for page in pages(studio, f"{filters}&max_results=100") for title in page if title != "Channel"]
        assert sorted(found) == sorted(names(0, 40))

    @pytest.mark.parametrize("way", ["lft", "-lft"])
    @pytest.mark.parametrize("query", ["root_id={}", "parent={}", "parent__in={}"])
    def test_examine_a_limited_number_of_nodes_and_find_all_in_the_end(self, studio, root, query, way, monkeypatch):
        monkeypatch.setattr(node_reads, "MAX_EXAMINED", 10)
        for at in range(0, 40, 20):
            put(Node(root), *names(at, 20), kind="topic")
        (last,) = put(Node(root), "last", complete=False)
        query = f"{query.format(root)}&complete=false&max_results=5&ordering={way}"
        with counting(studio) as calls:
            studio.get(f"{URL}?{query}")
        assert len(calls.names) < 40
        assert [title for page in pages(studio, query) for title in page] == ["last"]
        assert last.id

    def test_that_are_sorted_refuse_too_many_nodes_before_reading_them(self, studio, root, monkeypatch):
        monkeypatch.setattr(node_reads, "MAX_SORTED", 10)
        put(Node(root), *names(0, 20))
        with counting(studio) as calls:
            assert studio.get(f"{URL}?root_id={root}&ordering=title").status == 400
        assert len(calls.names) < 6

    @pytest.mark.parametrize("way", ["lft", "-lft"])
    def test_in_tree_order_are_the_same_at_any_size(self, studio, root, way):
        for title in ("a", "b", "c"):
            put(put(Node(root), title, kind="topic")[0], f"{title}1", f"{title}2", kind="topic")
        (whole,) = pages(studio, f"root_id={root}&ordering={way}")
        assert len(whole) == 10
        for size in (1, 2, 3):
            found = pages(studio, f"root_id={root}&ordering={way}&max_results={size}")
            assert [title for page in found for title in page] == whole


def names(first, number):
    return [f"n{at:02}" for at in range(first, first + number)]
