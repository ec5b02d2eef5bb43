"""Appending nodes to trees, and reading trees in order."""

import pytest

from chalicelib.domain.ids import new_id
from chalicelib.models import channels, children, emission, nodes, trees
from chalicelib.models.base import MAX_TRANSACTION
from chalicelib.models.nodes import Node
from chalicelib.models.trees import Refusal, TreeState, append
from tests.models.builders import child, counts, fresh, lay, live_root, make_channel, make_root, put, store
from tests.models.dynamodb import answering
from tests.support.aws.calls import Watch, watching
from tests.support.existing import existing
from tests.support.worlds.trees import resource, topic, tree


def titles(found):
    return [node["title"] for node in found]


def append_live(parent, *added):
    return append(parent, trees.ancestors(parent, False), list(added), TreeState.LIVE)


def channel_rev(root):
    return existing(channels.get(root.channel_id)).rev


class TestAppend:
    def test_stores_nodes_and_their_positions(self, aws):
        root = live_root()
        added = [child(root, "b"), child(root, "a", kind="topic")]
        assert append_live(root, *added) is None
        assert [edge.node_id for edge in children.of(root.id)] == [node["id"] for node in added]
        assert [edge.kind for edge in children.of(root.id)] == ["document", "topic"]
        assert nodes.data_of([node["id"] for node in added]) == {node["id"]: node for node in added}

    def test_appends_after_existing_children(self, aws):
        root = live_root()
        for start in range(0, 40, 10):
            put(root, *(str(number) for number in range(start, start + 10)))
        assert titles(trees.walk(root.id)[1:]) == [str(number) for number in range(40)]

    def test_accepts_up_to_a_full_transaction(self, aws):
        root = live_root()
        most = trees.room(0)
        assert append_live(root, *(child(root, str(number)) for number in range(most))) is None
        assert len(trees.walk(root.id)) == most + 1

    @pytest.mark.parametrize("levels", [0, 1, 2, 10, 50, 93, 94])
    def test_room_is_what_a_transaction_holds(self, aws, levels):
        """`room` equals what `append` can send together with a change for sync clients."""
        for more in (0, 1):
            root = live_root()
            sent = [child(root, str(number)) for number in range(trees.room(levels) + more)]
            with answering("TransactWriteItems", KeyError("sent")) as calls, pytest.raises(KeyError):
                append(root, [new_id() for _ in range(levels)], sent, TreeState.BEING_BUILT)
            assert (len(calls.calls[0]["TransactItems"]) + emission.MIN_ACTIONS > MAX_TRANSACTION) == bool(more)

    @pytest.mark.parametrize("levels", [1, 2, 10])
    def test_room_is_the_same_in_a_live_tree(self, aws, levels):
        """The ancestors are read again, and the channel and its revision are part of the transaction."""
        parent = live_root()
        for number in range(levels):
            (parent,) = put(parent, f"level {number}", kind="topic")
        for more in (0, 1):
            sent = [child(parent, str(number)) for number in range(trees.room(levels) + more)]
            with answering("TransactWriteItems", KeyError("sent")) as calls, pytest.raises(KeyError):
                append_live(parent, *sent)
            assert (len(calls.calls[0]["TransactItems"]) + emission.MIN_ACTIONS > MAX_TRANSACTION) == bool(more)

    def test_counts_on_the_current_ancestors_of_a_moved_parent(self, aws):
        """It was moved after its ancestors were read."""
        root = live_root()
        old, new = put(root, "old", "new", kind="topic")
        (parent,) = put(old, "parent", kind="topic")
        Node(parent.id).update([Node.parent_id.set(new.id)])
        assert append(parent, [root.id, old.id], [child(parent, "a")], TreeState.LIVE) is None
        assert (existing(nodes.get(old.id)).resource_count, existing(nodes.get(new.id)).resource_count) == (0, 1)

    def test_fails_if_the_parent_was_moved_to_another_tree(self, aws):
        root = live_root()
        (parent,) = put(root, "parent", kind="topic")
        elsewhere = live_root()
        Node(parent.id).update([Node.parent_id.set(elsewhere.id)])
        assert append(parent, [root.id], [child(parent, "a")], TreeState.LIVE) is Refusal.CLOSED

    def test_in_several_batches_preserves_the_order(self, aws):
        """The parent is read once; each batch gets the number of nodes appended before."""
        root = live_root()
        put(root, "before")
        parent = fresh(root)
        for at in range(0, 9, 3):
            part = [child(root, str(number)) for number in range(at, at + 3)]
            assert append(parent, [], part, TreeState.LIVE, at) is None
        put(root, "after")
        assert titles(trees.walk(root.id)[1:]) == ["before", *map(str, range(9)), "after"]

    def test_counts_on_every_ancestor(self, aws):
        root = live_root()
        (outer,) = put(root, "outer", kind="topic")
        (inner,) = put(outer, "inner", kind="topic")
        put(inner, "a", "b")
        put(inner, "coach's", role_visibility="coach")
        put(inner, "incomplete", complete=False)
        put(outer, "coach's topic", kind="topic", role_visibility="coach", complete=False)
        assert counts(inner) == (4, 4, 1, 1, 4)
        assert counts(outer) == (6, 4, 1, 2, 2)
        assert counts(root) == (7, 4, 1, 2, 1)

    def test_of_existing_nodes_changes_nothing(self, aws):
        root = live_root()
        put(root, "a", "b")
        before, rev = counts(root), channel_rev(root)
        assert append_live(fresh(root), child(root, "new"), child(root, "b")) is Refusal.EXISTS
        assert counts(root) == before
        assert channel_rev(root) == rev
        assert titles(trees.walk(root.id)[1:]) == ["a", "b"]

    @pytest.mark.parametrize(
        ("place", "field"),
        [(TreeState.BEING_BUILT, "chef_root_id"), (TreeState.STAGED, "staging_root_id"), (TreeState.LIVE, "root_id")],
    )
    def test_requires_the_tree_in_the_same_place(self, aws, place, field):
        root_id = new_id()
        channel = make_channel(**{field: root_id})
        root = make_root(channel, root_id)
        assert append(root, [], [child(root, "a")], place) is None
        channel.update([getattr(type(channel), field).set(new_id())])
        assert append(fresh(root), [], [child(root, "b")], place) is Refusal.CLOSED
        assert titles(trees.walk(root.id)[1:]) == ["a"]
        assert counts(root)[0] == 1

    @pytest.mark.parametrize(
        ("place", "change"), [(TreeState.BEING_BUILT, 0), (TreeState.STAGED, 0), (TreeState.LIVE, 1)]
    )
    def test_to_the_live_tree_is_a_change_of_the_channel(self, aws, place, change):
        root_id = new_id()
        root = make_root(make_channel(root_id=root_id, chef_root_id=root_id, staging_root_id=root_id), root_id)
        assert append(root, [], [child(root, "a")], place) is None
        assert channel_rev(root) == 1 + change

    def test_below_a_deleted_node_changes_nothing(self, aws):
        root = live_root()
        (parent,) = put(root, "parent", kind="topic")
        before = counts(root)
        parent.delete()
        assert append_live(parent, child(parent, "a")) is Refusal.GONE
        assert children.of(parent.id) == []
        assert counts(root) == before

    def test_concurrent_appends_lose_nothing(self, aws):
        """Both read the same next position."""
        root = live_root()
        one, other = fresh(root), fresh(root)
        assert append_live(one, child(root, "a"), child(root, "b")) is None
        assert append_live(other, child(root, "c"), child(root, "d")) is None
        put(root, "e")
        found = titles(trees.walk(root.id)[1:])
        assert sorted(found[:4]) == ["a", "b", "c", "d"]
        assert found.index("a") < found.index("b")
        assert found.index("c") < found.index("d")
        assert found[4] == "e"
        assert counts(root)[0] == 5

    def test_of_a_deep_node_stores_its_path(self, aws):
        root = live_root()
        (outer,) = put(root, "outer", kind="topic")
        (inner,) = put(outer, "inner", kind="topic")
        (leaf,) = put(inner, "leaf")
        assert leaf.path == [root.id, outer.id, inner.id]


class TestAncestors:
    def test_are_the_same_by_path_and_by_parent_id(self, aws):
        node = live_root()
        expected: list[str] = []
        for level in range(5):
            assert trees.ancestors(node, True) == trees.ancestors(node, False) == expected
            expected = [*expected, node.id]
            (node,) = put(node, f"level {level}", kind="topic")

    def test_take_one_read_per_level_unless_a_chef_builds_the_tree(self, aws):
        node = live_root()
        for level in range(3):
            (node,) = put(node, f"level {level}", kind="topic")
        with answering("GetItem") as calls:
            trees.ancestors(node, True)
            assert calls.calls == []
            trees.ancestors(node, False)
            assert len(calls.calls) == 3

    def test_are_found_if_the_path_is_outdated(self, aws):
        root = live_root()
        old, new = put(root, "old", "new", kind="topic")
        (moved,) = put(old, "moved")
        moved.update([Node.parent_id.set(new.id)])
        assert trees.ancestors(fresh(moved), False) == [root.id, new.id]


class TestTraversal:
    BRANCHES = (
        topic(
            "1",
            topic("1.1", *(resource(f"1.1.{n}") for n in range(12)), topic("1.1.x", resource("1.1.x.1"))),
            resource("1.2"),
        ),
        resource("2", kind="exercise"),
        topic("3"),
        topic("4", resource("4.1"), topic("4.2", topic("4.2.1", resource("4.2.1.1")))),
        resource("5"),
    )

    @pytest.fixture
    def stored(self, aws):
        """(root, the same tree as plain nodes)."""
        root, plain = live_root(), tree(*self.BRANCHES)
        lay(root, plain)
        return root, plain

    def test_returns_the_tree_that_was_appended(self, aws):
        root, plain = live_root(), tree(*self.BRANCHES)
        store(root, plain)
        assert [node["id"] for node in trees.walk(root.id)] == [root.id, *(node["id"] for node in plain[1:])]
        resources = sum(node["kind"] != "topic" for node in plain)
        assert counts(root)[:4] == (len(plain) - 1, resources, 0, 0)

    def test_is_in_tree_order(self, stored):
        root, plain = stored
        assert [node["id"] for node in trees.walk(root.id)] == [root.id, *(node["id"] for node in plain[1:])]

    def test_returns_whole_nodes(self, stored):
        root, plain = stored
        placed = {"parent_id", "tree_id", "channel_id"}
        for found, node in zip(trees.walk(root.id)[1:], plain[1:], strict=True):
            assert {name: value for name, value in found.items() if name not in placed} == {
                name: value for name, value in node.items() if name not in placed
            }
            assert (found["tree_id"], found["channel_id"]) == (root.id, root.channel_id)

    def test_stops_at_the_requested_level(self, stored):
        root, _ = stored
        assert titles(trees.walk(root.id, 0)) == ["Root"]
        assert titles(trees.walk(root.id, 1)) == ["Root", "1", "2", "3", "4", "5"]
        assert titles(trees.walk(root.id, 2)) == ["Root", "1", "1.1", "1.2", "2", "3", "4", "4.1", "4.2", "5"]
        assert trees.walk(root.id, 4) == trees.walk(root.id)

    def test_starts_at_any_node(self, stored):
        _, plain = stored
        (fourth,) = (node["id"] for node in plain if node["title"] == "4")
        assert titles(trees.walk(fourth)) == ["4", "4.1", "4.2", "4.2.1", "4.2.1.1"]

    def test_of_a_resource_is_only_that_node(self, stored):
        _, plain = stored
        assert titles(trees.walk(plain[-1]["id"])) == ["5"]

    def test_of_nothing_is_empty(self, aws):
        assert trees.walk(new_id()) == []

    def test_takes_one_query_per_topic_and_one_read_per_100_nodes(self, aws):
        root = live_root()
        lay(root, tree(*(resource(str(number)) for number in range(150))))
        with watching(Watch()) as watch:
            assert titles(trees.walk(root.id)[1:]) == [str(number) for number in range(150)]
        assert watch.names == ["Query", "BatchGetItem", "BatchGetItem"]
