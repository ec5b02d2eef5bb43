"""Which nodes of a tree a publish includes: complete nodes, each node_id once, and no topics without resources.

Nodes are numbered in pre-order, from 0, the root. A number takes a few bytes, a node thousands.
"""

from array import array
from collections.abc import Container, Sequence

from le_utils.constants import content_kinds

from chalicelib.domain.types import NodeData

_CHOSEN, _TOPIC, _REPEATED = 1, 2, 4
NOWHERE = -1  # the parent of the root, and of nodes that are left out


class Selection:
    """Selects nodes that are added one by one, in pre-order. The root is always included.

    Left out are incomplete nodes with their descendants, children of anything but a topic, and then topics without
    resources. Of nodes with the same node_id the first is published. The children of a repeated topic move to the first
    one, unless that is a resource.
    """

    def __init__(self, parents: Sequence[int]) -> None:
        """`parents` has the number of each node's parent."""
        self._parents = parents
        self._flags = bytearray()
        self._places = array("i")  # the parent of a node that is chosen, the first one of a node that is repeated
        self._first: dict[str, int] = {}  # by node_id

    def add(self, node: NodeData) -> int | None:
        """Add the next node; returns the number of its parent if it is chosen (NOWHERE for the root), else None."""
        number = len(self._flags)
        parent = self._parent(number) if number else NOWHERE
        if number and (parent == NOWHERE or not node["complete"]):
            self._note(0, NOWHERE)
            return None
        is_topic = _TOPIC if node["kind"] == content_kinds.TOPIC else 0
        first = self._first.setdefault(node["node_id"], number)
        if first != number:
            self._note(_REPEATED | is_topic, first)
            return None
        self._note(_CHOSEN | is_topic, parent)
        return parent

    def _parent(self, number: int) -> int:
        """The topic in which a node is published, or NOWHERE."""
        parent = self._parents[number]
        if not self._flags[parent] & _TOPIC:
            return NOWHERE
        if self._flags[parent] & _REPEATED:
            parent = self._places[parent]
        return parent if self._flags[parent] & _TOPIC else NOWHERE

    def _note(self, flags: int, place: int) -> None:
        self._flags.append(flags)
        self._places.append(place)

    def instead_of(self, number: int) -> int:
        """The number of the node that is published instead of a repeated one, otherwise the number itself."""
        return self._places[number] if self._flags[number] & _REPEATED else number

    def is_topic(self, number: int) -> bool:
        """Whether a node that is chosen or repeated is a topic."""
        return bool(self._flags[number] & _TOPIC)

    def first_of(self, node_id: str) -> int | None:
        """The number of the first chosen node with a node_id."""
        return self._first.get(node_id)

    def included(self, without: Container[int] = ()) -> bytearray:
        """1 for each node that is published: what is chosen, without these resources and topics that hold none then."""
        found = bytearray(len(self._flags))
        found[0] = 1
        for number in range(len(found) - 1, 0, -1):  # children before their parents
            is_resource = self._flags[number] == _CHOSEN and number not in without
            if is_resource or found[number]:
                found[number] = found[self._places[number]] = 1
        return found

    def order(self, included: bytearray) -> "array[int]":
        """The numbers of the included nodes in pre-order, in which children of a repeated topic are elsewhere."""
        child, beside = array("i", [NOWHERE]) * len(included), array("i", [NOWHERE]) * len(included)
        for number in range(len(included) - 1, 0, -1):
            if included[number]:
                place = self._places[number]
                beside[number], child[place] = child[place], number
        order, waiting = array("i"), [0]
        while waiting:
            number = waiting.pop()
            order.append(number)
            waiting += [following for following in (beside[number], child[number]) if following != NOWHERE]
        return order

    def parent_of(self, number: int) -> int:
        """The number of the parent of a published node."""
        return self._places[number]
