"""Changes of trees in one transaction, on condition that the data read is current."""

import pytest

from chalicelib.domain.ids import new_id
from chalicelib.errors import BadRequest
from chalicelib.models import channels, children, nodes, trees
from chalicelib.models.nodes import Node
from chalicelib.models.tree_changes import Changes, commit, count, put, weight_of
from chalicelib.models.trees import Counts
from tests.models.builders import child, counts, fresh, live_root
from tests.models.builders import put as append
from tests.support.existing import existing


def new(root, name, position="00000005"):
    node = nodes.from_data(child(root, name), [root.id])
    node.position = f"{position}#{node.id}"
    return node


def test_writes_a_node_with_its_edge_and_counts(aws):
    root = live_root()
    channel = existing(channels.get(root.channel_id))
    changes, node = Changes([channel]), new(root, "a")
    put(changes, node, [root], weight_of(node))
    assert commit(changes)
    assert [edge.node_id for edge in children.of(root.id)] == [node.id]
    assert counts(root)[:2] == (1, 1)
    assert existing(channels.get(channel.id)).rev == fresh(root).newest_created_rev == channel.rev + 1


def test_writes_nothing_if_the_channel_was_changed_meanwhile(aws):
    root = live_root()
    changes, node = Changes([existing(channels.get(root.channel_id))]), new(root, "a")
    put(changes, node, [root], weight_of(node))
    append(root, "faster")
    assert not commit(changes)
    assert nodes.get(node.id) is None
    assert counts(root)[0] == len(children.of(root.id)) == 1


def test_writes_nothing_if_a_node_was_deleted(aws):
    root = live_root()
    changes = Changes([existing(channels.get(root.channel_id))])
    count(changes, [root, Node(new_id())], Counts(1, 0, 0, 0))
    assert not commit(changes)
    assert counts(root)[0] == 0


def test_rejects_changes_that_are_too_large_for_a_transaction(aws):
    root = live_root()
    changes = Changes([existing(channels.get(root.channel_id))])
    count(changes, [Node(new_id()) for _ in range(100)], Counts(1, 0, 0, 0))
    with pytest.raises(BadRequest, match="101 items"):
        commit(changes)


def test_changes_of_one_node_are_one_action(aws):
    """DynamoDB rejects two actions on one item."""
    root = live_root()
    changes = Changes([existing(channels.get(root.channel_id))])
    count(changes, [root], Counts(3, 2, 1, 1))
    count(changes, [root], Counts(1, 1, 0, 1), -1)
    changes.fields[root.id]["title"] = "new"
    assert commit(changes)
    assert counts(root)[:4] == (2, 1, 1, 0)
    assert fresh(root).title == "new"


class TestLineage:
    def test_is_read_in_one_batch_if_the_path_is_correct(self, aws):
        root = live_root()
        (outer,) = append(root, "outer", kind="topic")
        (inner,) = append(outer, "inner", kind="topic")
        for path in ([root.id, outer.id], [], [new_id()], [outer.id]):
            assert [node.id for node in trees.lineage(inner.id, path)] == [root.id, outer.id, inner.id]

    def test_is_empty_if_an_ancestor_was_deleted(self, aws):
        root = live_root()
        (outer,) = append(root, "outer", kind="topic")
        (inner,) = append(outer, "inner", kind="topic")
        outer.delete()
        assert trees.lineage(inner.id, inner.path) == trees.lineage(new_id(), []) == []
