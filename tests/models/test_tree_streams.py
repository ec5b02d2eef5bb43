"""Trees as streams: their order, the calls they take, and the memory that a node takes."""

import gc
import tracemalloc
from itertools import chain

import pytest

from chalicelib.domain.ids import new_id
from chalicelib.models import children, nodes, tree_streams, trees
from chalicelib.models.base import write_many
from chalicelib.models.nodes import Node
from tests.models.builders import lay, live_root
from tests.support.aws.calls import Watch, watching
from tests.support.existing import existing
from tests.support.worlds.trees import resource, topic, tree

BRANCHES = (
    resource("1"),
    topic("2", resource("2.1"), topic("2.2", topic("2.2.1", resource("2.2.1.1", kind="exercise")))),
    topic("3"),
    resource("4"),
)
TITLES = ["Root", "1", "2", "2.1", "2.2", "2.2.1", "2.2.1.1", "3", "4"]


@pytest.fixture
def root(aws):
    root, plain = live_root(), tree(*BRANCHES)
    lay(root, plain)
    return root


def title(node_id):
    return nodes.data_of([node_id])[node_id]["title"]


class TestSteps:
    def test_are_in_tree_order_with_their_places(self, root):
        steps = list(tree_streams.steps(root.id))
        assert [title(step.id) for step in steps] == TITLES
        assert [step.level for step in steps] == [0, 1, 1, 2, 2, 3, 4, 1, 1]
        stored = {node.id: node for node in nodes.get_many([step.id for step in steps])}
        for step in steps[1:]:
            edge = existing(children.of_child(step.parent_id, step.id))
            assert (step.kind, step.position) == (stored[step.id].kind, edge.position)

    def test_stop_at_the_requested_level(self, root):
        assert [len(list(tree_streams.steps(root.id, levels))) for levels in (0, 1, 2, 3, 9)] == [1, 5, 7, 8, 9]

    def test_of_nothing_are_its_id(self, aws):
        assert tree_streams.ids(missing := new_id()) == [missing]

    @pytest.mark.parametrize("size", [1, 2, 100])
    def test_are_the_same_for_any_size_of_batches(self, root, size, monkeypatch):
        monkeypatch.setattr(tree_streams, "CHUNK", size)
        assert [node["title"] for node in tree_streams.data(root.id)] == TITLES


class TestData:
    def test_is_what_a_walk_returns(self, root):
        assert list(tree_streams.data(root.id)) == trees.walk(root.id)
        assert list(chain.from_iterable(tree_streams.data_in_chunks(root.id, 2))) == trees.walk(root.id)

    def test_comes_in_chunks_of_the_requested_size(self, root):
        assert [len(chunk) for chunk in tree_streams.data_in_chunks(root.id, 4)] == [4, 4, 1]

    def test_leaves_nodes_out_that_are_gone(self, root):
        gone = tree_streams.ids(root.id)[3]
        write_many(deletes=[(Node, gone)])
        assert [node["title"] for node in tree_streams.data(root.id)] == [one for one in TITLES if one != "2.1"]

    @pytest.mark.parametrize("chunk", [100, 400])
    def test_takes_one_query_per_topic_and_one_read_per_100_nodes(self, aws, chunk, monkeypatch):
        monkeypatch.setattr(tree_streams, "CHUNK", chunk)
        root = live_root()
        lay(root, tree(*(resource(str(number)) for number in range(199))))
        with watching(Watch()) as watch:
            assert len(list(tree_streams.data(root.id))) == 200
        assert watch.names == ["Query", "BatchGetItem", "BatchGetItem"]


def peak(work):
    """The memory that a function takes at most, in bytes."""
    work()
    gc.collect()
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_node_takes_less_than_a_kilobyte_of_memory(monkeypatch):
    """Without DynamoDB: moto has the tree in memory, too."""
    monkeypatch.setattr(tree_streams, "CHUNK", 100)
    text = "x" * 2000
    plain = tree(resource("one", description=text))[1]

    def of_size(size):
        below = [(f"{number:032x}", "document", f"{number:040x}") for number in range(size)]

        def read(ids):
            return {id: {**plain, "id": id, "description": text + id} for id in ids}

        monkeypatch.setattr(tree_streams, "_children", lambda _: [(*map(str.upper, edge),) for edge in below])
        monkeypatch.setattr(nodes, "data_of", read)
        return peak(lambda: sum(1 for _ in tree_streams.data("root")))

    assert (of_size(2000) - of_size(500)) / 1500 < 1000
