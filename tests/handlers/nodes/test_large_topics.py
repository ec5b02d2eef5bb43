"""Reads that take the same calls whatever the number of children, or the size of the tree."""

import pytest

from chalicelib.models.nodes import Node
from chalicelib.operations.trees import tree_statistics
from tests.models.builders import lay
from tests.support.aws.calls import counting
from tests.support.worlds.contentnode import URL, empty_tree, make
from tests.support.worlds.trees import resource, tree

SIZES = (30, 110)  # children


@pytest.fixture
def roots(studio):
    """The roots of two trees, by the number of their children."""
    found = {}
    for size in SIZES:
        found[size] = empty_tree(studio)
        node = Node.get(found[size])
        lay(node, tree(*(resource(f"n{number}", files=[]) for number in range(size)), run=str(size)))
        node.update(actions=[Node.total_count.set(size), Node.next_position.set(size)])
    return found


def read(studio, path):
    with counting(studio) as watch:
        answer = studio.get(path)
    assert answer.status == 200, answer.text
    return answer.json, watch.names


@pytest.mark.parametrize(
    "query",
    [
        "parent={}&max_results=25",
        "parent={}&max_results=25&ordering=-lft",
        "parent__in={}&max_results=25",
        "parent__in={}&max_results=25&ordering=-lft",
        "root_id={}&max_results=25",
    ],
)
def test_the_first_page_of_a_topic_takes_the_same_calls(studio, roots, query):
    found = {size: read(studio, f"{URL}?{query.format(root)}") for size, root in roots.items()}
    (small, calls), (large, more) = found.values()
    assert (len(small["results"]), len(large["results"])) == (25, 25)
    assert calls == more
    assert len(calls) <= 6


def test_all_pages_backwards_are_the_list_reversed(studio, roots):
    root = roots[110]
    path = f"{URL}?parent__in={root}&max_results=100"

    def titles(path):
        found: list[str] = []
        more: dict[str, str] | None = {}
        while more is not None:
            answer = studio.get("&".join([path, *(f"{name}={value}" for name, value in more.items())])).json
            found += [row["title"] for row in answer["results"]]
            more = answer["more"]
        return found

    assert titles(path) == titles(f"{path}&ordering=-lft")[::-1] == [f"n{number}" for number in range(110)]


def test_a_cursor_of_another_topic_is_refused_in_both_directions(studio, roots):
    other = make(studio, roots[30])["id"]
    for ordering in ("lft", "-lft"):
        path = f"{URL}?parent__in={roots[110]}&cursor={other}&ordering={ordering}"
        assert studio.get(path).status == 400


@pytest.mark.parametrize("path", ["/requisites", "/size"])
def test_requisites_and_sizes_take_the_same_calls(studio, roots, path, monkeypatch):
    monkeypatch.setattr(tree_statistics, "MAX_WALKED_AT_ONCE", 1)
    calls = [read(studio, f"{URL}/{root}{path}")[1] for root in roots.values()]
    assert calls[0] == calls[1]
    assert len(calls[0]) <= 6


def test_requisites_read_no_node_without_prerequisites(studio, roots):
    """The index has only nodes with prerequisites."""
    root = roots[110]
    one, two = make(studio, root)["id"], make(studio, root)["id"]
    assert studio.post(f"{URL}/{one}/prerequisites", {"prerequisite": two}).status == 201
    table = next(name for name in studio.cloud.dynamodb.list_tables()["TableNames"] if name.endswith("nodes"))
    indexed = studio.cloud.dynamodb.scan(TableName=table, IndexName="requires-index")["Items"]
    assert [item["id"]["S"] for item in indexed if item["tree_id"]["S"] == root] == [one]
