"""What works with whole trees holds at most a kilobyte per node, whatever the nodes contain."""

import gc
import tracemalloc
from types import SimpleNamespace
from typing import Any

import pytest

from chalicelib.domain.ids import derived_id, new_id
from chalicelib.domain.trees import tree_data
from chalicelib.domain.trees.tree_details import Summary
from chalicelib.models import nodes, tasks, tree_copies, tree_streams, trees
from chalicelib.operations.background import cached_results
from chalicelib.operations.copying import copy_subtree
from chalicelib.operations.storage import uses
from chalicelib.operations.trees import diff_files, diff_levels, diff_lines, tree_diff, tree_statistics
from tests.models.builders import make_channel, make_root
from tests.support.worlds.trees import make_file, resource, tree

MAX_BYTES = 1000  # per node
SIZES = (500, 2000)  # nodes
TEXT = "x" * 3000  # of each node
(_, LIKE) = tree(resource("like", files=[make_file("like")]))


def node(root_id: str, number: int, text: str) -> Any:
    """One of a tree's nodes, each of which has its own texts and file."""
    id = derived_id(root_id, str(number))
    names = {"id": id, "node_id": derived_id("0" * 32, str(number)), "content_id": new_id()}
    file = {**make_file(id), "checksum": new_id()}
    return {**LIKE, **names, "title": f"Node {number}", "description": text + id, "parent_id": root_id, "files": [file]}


def without_database(monkeypatch: Any, size: int) -> None:
    """Trees of `size` nodes below any root, without moto, which would have them in memory, too."""
    texts: dict[str, str] = {}

    def text_of(root_id: str) -> str:
        return texts.setdefault(root_id, TEXT + str(len(texts)))

    def children(root_id: str) -> list[tuple[str, str, str]]:
        ids = (derived_id(root_id, str(number)) for number in range(size))
        return [(id, "document", f"{number:08}#{id}") for number, id in enumerate(ids)]

    def data(root_id: str, levels: int | None = None) -> Any:
        yield {**LIKE, "id": root_id, "parent_id": None, "kind": "topic", "files": []}
        yield from (node(root_id, number, text_of(root_id)) for number in range(size))

    def in_chunks(root_id: str, size: int = 100, levels: int | None = None) -> Any:
        yield from tree_streams.chunks(data(root_id), size)

    monkeypatch.setattr(tree_streams, "_children", children)
    monkeypatch.setattr(tree_streams, "data", data)
    monkeypatch.setattr(tree_streams, "data_in_chunks", in_chunks)
    for module, name in ((tree_copies, "write"), (tree_copies, "count"), (uses, "begin"), (trees, "write_many")):
        monkeypatch.setattr(module, name, lambda *_, **__: None)
    monkeypatch.setattr(cached_results, "write", lambda *_: None)
    monkeypatch.setattr(tasks, "advance", lambda *_: None)
    monkeypatch.setattr(tasks, "finish", lambda *_: None)
    monkeypatch.setattr(nodes, "get_many_to_read", lambda ids: [read(id, TEXT) for id in ids])


def read(id: str, text: str) -> Any:
    kind = "topic" if id == "1" * 32 else "document"
    data: Any = {**node("1" * 32, 0, text), "id": id, "kind": kind, "node_id": id}
    return nodes.from_data(data, [])


def compare() -> None:
    """All nodes differ, and each has another file."""
    channel = make_channel()
    task = tasks.new(new_id(), tasks.DIFF, channel.id, "u" * 32, old_root_id="1" * 32, new_root_id="2" * 32)
    task.save()
    tree_diff.compare(task.id)


def summarize() -> None:
    summary = Summary()
    for one in tree_streams.data("1" * 32):
        summary.add(one)
    assert summary.result()["resource_count"]


def copy() -> None:
    channel = make_channel()
    place: Any = SimpleNamespace(channel=channel, root_id=channel.root_id, node=make_root(channel, channel.root_id))
    source = copy_subtree.read("1" * 32, set())
    goal = copy_subtree.Goal("3" * 32, new_id(), place, [channel.root_id], 1)
    assert copy_subtree.mark_of(source, goal)
    copied = copy_subtree.write(source, goal, 0, lambda percent: None, lambda: False)
    assert copied.counts.total


WORK: dict[str, tuple[Any, int]] = {  # and the number of trees that it reads
    "compare": (compare, 2),
    "summarize": (summarize, 1),
    "copy": (copy, 1),
    "count": (lambda: tree_statistics.store("1" * 32, tree_streams.data("1" * 32)), 1),
    "remove": (lambda: trees.remove("1" * 32, lambda ids: None, lambda: False), 1),
    "nest": (lambda: sum(map(len, tree_data.texts(tree_streams.data("1" * 32), True))), 1),
}


def peak(work: Any) -> int:
    gc.collect()
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def slope(monkeypatch: Any, work: Any) -> float:
    """Bytes that one more node takes at most."""
    monkeypatch.setattr(tree_streams, "CHUNK", 50)
    for module, name in ((diff_levels, "ENTRIES"), (diff_files, "LINES"), (diff_lines, "MAX_TOGETHER")):
        monkeypatch.setattr(module, name, 50)
    found = []
    for size in (20, *SIZES):  # the first fills caches
        without_database(monkeypatch, size)
        found.append(peak(work))
    return (found[2] - found[1]) / (SIZES[1] - SIZES[0])


@pytest.mark.parametrize("name", WORK)
def test_a_node_takes_less_than_a_kilobyte(aws, name, monkeypatch):
    work, number = WORK[name]
    assert slope(monkeypatch, work) < MAX_BYTES * number
