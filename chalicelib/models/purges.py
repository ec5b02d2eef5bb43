"""Nodes that are deleted for good: the cut that makes a subtree unreachable, and its removal bottom up.

The cut gives the top node a parent that does not exist. As ancestors decide where a node is, nobody finds it or
anything below it from then on, and nothing can be moved in or out. Its item stays until everything below is gone, so
that its id cannot be used again meanwhile. The ids of its descendants can, once they are removed: what was written
after the cut, or has another parent than the edge says, is never touched, however late or often a removal runs.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, cast

from le_utils.constants import content_kinds
from pynamodb.transactions import TransactWrite

from chalicelib.models import children, nodes
from chalicelib.models.base import MAX_TRANSACTION, Table, delete_if, now, transact, update_if
from chalicelib.models.children import Child
from chalicelib.models.nodes import PURGED, Node

Key = tuple[type[Table], tuple[str, ...]]


def cut() -> dict[str, Any]:
    """The attributes of a node that is deleted for good. Its edge is deleted in the same transaction."""
    gone = {"position": None, "deleted_at": None, "deleted_from": None, "deleted_by": None}
    return {"parent_id": PURGED, "tree_id": PURGED, "path": [], "modified": now(), **gone}


def cut_root(root_id: str) -> None:
    """Cut a whole tree, whose channel is deleted for good. Idempotent; a tree that was cut stays as it is."""
    cut_now = [Node.parent_id.set(PURGED), Node.tree_id.set(PURGED), Node.path.set([]), Node.modified.set(now())]
    update_if(Node(root_id), cut_now, Node.id.exists() & (Node.tree_id != PURGED))


def below(top_id: str) -> Iterator[Child]:
    """The edges below a cut node, each after those of its descendants. They are read when needed."""
    stack = [children.some_of(top_id)]
    topics: list[Child] = []
    while stack:
        edge = next(stack[-1], None)
        if edge is None:
            stack.pop()
            if topics:
                yield topics.pop()
        elif edge.kind == content_kinds.TOPIC and _is_inside(edge):
            topics.append(edge)
            stack.append(children.some_of(edge.node_id))
        else:
            yield edge


def _is_inside(edge: Child) -> bool:
    """Whether the child is still there, so that what is below it belongs to the cut subtree."""
    found = nodes.get(edge.node_id)
    return found is not None and found.parent_id == edge.parent_id


def remove(node_id: str, parent_id: str, edge: Child | None, moment: datetime, parts: list[Key]) -> bool:
    """Delete a node with its edge and `parts`, its questions and places of files.

    `moment` is that of the cut. Returns False after a conflict with another transaction, and if the node is gone, has
    another parent, or was written after the cut.
    """
    as_cut = (Node.parent_id == parent_id) & (Node.modified.does_not_exist() | (Node.modified <= moment))
    size = MAX_TRANSACTION - 2
    while len(parts) > size:
        if not _remove(node_id, as_cut, parts[:size], None, is_end=False):
            return False
        parts = parts[size:]
    return _remove(node_id, as_cut, parts, edge, is_end=True)


def _remove(node_id: str, as_cut: Any, parts: list[Key], edge: Child | None, is_end: bool) -> bool:
    def fill(transaction: TransactWrite) -> None:
        if is_end:
            transaction.delete(Node(node_id), condition=as_cut)
        else:
            transaction.condition_check(Node, node_id, condition=as_cut)
        for model, key in parts:
            transaction.delete(cast(Any, model)(*key))
        if edge:
            transaction.delete(Child(edge.parent_id, edge.position), condition=Child.node_id == node_id)

    return not transact(fill)


def forget_edge(edge: Child) -> None:
    """Delete an edge whose node is elsewhere or gone."""
    delete_if(Child(edge.parent_id, edge.position), Child.node_id == edge.node_id)
