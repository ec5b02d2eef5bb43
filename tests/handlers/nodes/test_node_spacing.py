"""Rebalance positions after many insertions between the same two siblings."""

import pytest

from chalicelib.domain.trees import positions
from chalicelib.models.nodes import Node
from chalicelib.operations.nodes import rebalancing
from tests.models.builders import fresh, put
from tests.support.aws.interleaved import interrupted
from tests.support.existing import existing
from tests.support.worlds import counts
from tests.support.worlds.contentnode import URL, children, empty_tree, make

MANY = 60


@pytest.fixture
def root(studio, monkeypatch):
    monkeypatch.setattr(rebalancing, "DELAY", 0)
    return studio.cloud.once("empty tree", lambda: empty_tree(studio))


@pytest.fixture
def crowded(studio, root):
    """A topic whose children were moved, one after the other, to the right of its first child, except for ten."""
    return studio.cloud.once("crowded topic", lambda: _crowded(studio, root))


def _crowded(studio, root):
    _, first = (make(studio, root, title)["id"] for title in ("start", "first"))
    put(fresh(Node(root)), *(f"last {at}" for at in range(10)))
    for at in range(0, MANY, 20):
        for node in put(fresh(Node(root)), *(f"n{at + number:02}" for number in range(20))):
            body = {"target": first, "position": "right"}
            assert studio.post(f"{URL}/{node.id}/move", body).status == 200
    return root


def listed(studio, parent):
    return studio.get(f"{URL}?parent={parent}&max_results=100").json["results"]


def assert_ordered(rows):
    numbers = [row["lft"] for row in rows]
    assert numbers == sorted(set(numbers))


def test_lft_represents_the_order_exactly(studio, crowded):
    before = children(studio, crowded)
    assert len({row["lft"] for row in listed(studio, crowded)}) < len(before) == MANY + 12
    studio.deliver("maintenance", times=2)
    rows = listed(studio, crowded)
    assert [row["title"] for row in rows] == before
    assert_ordered(rows)
    assert all(positions.is_exact(Node.get(row["id"]).position) for row in rows)
    assert counts.stored(crowded) == counts.recounted(crowded)
    last = make(studio, crowded, "last")
    assert last["lft"] > rows[-1]["lft"]


def test_the_order_is_correct_after_each_batch(studio, crowded, monkeypatch):
    before = children(studio, crowded)
    monkeypatch.setattr(rebalancing, "MAX_AT_ONCE", 9)
    done_from: int | None = 0
    while done_from is not None:
        (done_from,) = existing(rebalancing._step(crowded, done_from))
        assert children(studio, crowded) == before
    assert_ordered(listed(studio, crowded))


@pytest.mark.parametrize("position", ["left", "right", "last-child"])
def test_nodes_inserted_meanwhile_keep_their_position(studio, crowded, position):
    rows = listed(studio, crowded)
    at = len(rows) if position == "last-child" else len(rows) - rebalancing.MAX_AT_ONCE  # where the first batch begins
    target = {"left": rows[at - len(rows)], "right": rows[at - 1], "last-child": {"id": crowded}}[position]["id"]

    def meanwhile():
        for number in range(12):
            new = make(studio, crowded, f"new {number}")["id"]
            studio.post(f"{URL}/{new}/move", {"target": target, "position": position})

    expected = [row["title"] for row in rows]
    (number,) = existing(rebalancing._step(crowded, 0))
    assert number
    meanwhile()
    new = [f"new {number}" for number in range(12)]
    expected[at:at] = new[::-1] if position == "right" else new
    while number is not None:
        (number,) = existing(rebalancing._step(crowded, number))
        assert children(studio, crowded) == expected
    assert_ordered(listed(studio, crowded))


def test_a_lost_race_is_retried(studio, crowded):
    before = children(studio, crowded)
    with interrupted(studio, lambda: make(studio, crowded, "new")):
        rebalancing.rebalance(crowded)
    assert children(studio, crowded) == [*before, "new"]
    assert_ordered(listed(studio, crowded))
