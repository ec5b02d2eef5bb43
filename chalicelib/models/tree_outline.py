"""The outline of a tree: the ids of its nodes in tree order, and their parents, without their data.

It takes about 100 bytes per node, and one Query per topic.
"""

from array import array
from dataclasses import dataclass

from le_utils.constants import content_kinds

from chalicelib.models.base import in_parallel, query_raw
from chalicelib.models.children import Child

TOPICS = 200  # whose children are read at once
_NOBODY = -1


@dataclass(frozen=True)
class Outline:
    """The ids of a tree's nodes in tree order, root first, and the numbers of their parents (-1 for the root)."""

    ids: list[str]
    parents: "array[int]"


def read(root_id: str) -> Outline:
    """The outline of the tree below a root, as its edges say."""
    ids, parents, firsts, counts = [root_id], array("i", [_NOBODY]), array("i", [0]), array("i", [0])
    topics, done = array("i", [0]), 0
    while done < len(topics):
        part = topics[done : done + TOPICS]
        done += len(part)
        found = in_parallel(_children, [ids[topic] for topic in part])
        for topic, children in zip(part, found, strict=True):
            firsts[topic], counts[topic] = len(ids), len(children)
            topics.extend(len(ids) + place for place, (_, is_topic) in enumerate(children) if is_topic)
            ids += [id for id, _ in children]
            parents.extend([topic] * len(children))
            firsts.extend([0] * len(children))
            counts.extend([0] * len(children))
    return _in_tree_order(ids, parents, firsts, counts)


def _children(parent_id: str) -> list[tuple[str, bool]]:
    found = query_raw(Child, parent_id)
    return [(raw["node_id"]["S"], raw["kind"]["S"] == content_kinds.TOPIC) for raw in found]


def _in_tree_order(ids: list[str], parents: "array[int]", firsts: "array[int]", counts: "array[int]") -> Outline:
    """Number the nodes again, which were found topic by topic."""
    places = array("i", [_NOBODY]) * len(ids)
    order, waiting = array("i"), [0]
    while waiting:
        node = waiting.pop()
        places[node] = len(order)
        order.append(node)
        waiting.extend(range(firsts[node] + counts[node] - 1, firsts[node] - 1, -1))
    above = array("i", (places[parents[node]] if node else _NOBODY for node in order))
    return Outline([ids[node] for node in order], above)
