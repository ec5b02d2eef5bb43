"""Copying nodes with all below them, also from other channels that one may view.

What lies below is written first, where nobody can reach it; the copied node itself, its edge and the counts above it
follow in one transaction. A request that is killed before leaves rows that nothing leads to.
"""

from dataclasses import dataclass
from typing import Any

from le_utils.constants import content_kinds

from chalicelib.auth import Identity
from chalicelib.domain import positions
from chalicelib.domain.ids import derived_id, new_id
from chalicelib.domain.types import AssessmentItemData, NodeData
from chalicelib.errors import BadRequest, Conflict
from chalicelib.models import assessment_items, file_places, nodes, trees
from chalicelib.models.base import in_parallel, now, write_many
from chalicelib.models.nodes import Node
from chalicelib.models.tree_changes import Changes, commit, put, weight_of
from chalicelib.models.trees import edge_of
from chalicelib.operations import node_places
from chalicelib.operations.node_moves import Spot, free_spot
from chalicelib.operations.node_places import Place, retried
from chalicelib.operations.node_reads import retrieve
from chalicelib.operations.node_writes import edit, finish
from chalicelib.schemas.contentnode import Copy

MOST_COPIED = 500  # nodes at once, with what is excluded


@dataclass(frozen=True)
class Source:
    """What is copied: nodes by id, parents before children, and the questions of exercises by theirs."""

    found: dict[str, Node]
    items: dict[str, list[AssessmentItemData]]


def copy(user: Identity, node_id: str, sent: Copy) -> dict[str, Any]:
    """Copy a node to a place in a live tree; returns the copy.

    `mods` are changes of the copied node itself; `excluded_descendants` (ids or node_ids) and all below them are left
    out; `key` is the id of the copy. Raises NotFound for what one may not view, Forbidden for a target that one may
    not edit, BadRequest where it is too large, Conflict where the key is taken.
    """
    top_id = sent.key or new_id()
    source = _source(node_places.viewable(user, node_id), set(sent.excluded_descendants))
    retried(lambda: _copy(user, source, top_id, sent))
    return retrieve(user, top_id)


def _source(place: Place, excluded: set[str]) -> Source:
    if place.node.total_count >= MOST_COPIED:
        raise BadRequest(f"At most {MOST_COPIED} nodes can be copied at once. Copy smaller parts.")
    below = trees.edges(place.node.id)
    all_found = {node.id: node for node in nodes.get_many(trees.preorder(place.node.id, below))}
    wanted = {id for id, node in all_found.items() if not {id, node.node_id} & excluded}
    kept = {parent: [edge for edge in edges if edge.node_id in wanted] for parent, edges in below.items()}
    found = {id: all_found[id] for id in trees.preorder(place.node.id, kept) if id in all_found}
    others = [node for id, node in found.items() if id != place.node.id]
    if place.node.id not in found or any(node.parent_id not in found for node in others):
        raise Conflict("These nodes are being moved just now. Try again.")
    exercises = [id for id, node in found.items() if node.kind == content_kinds.EXERCISE]
    return Source(found, dict(zip(exercises, in_parallel(assessment_items.of, exercises), strict=True)))


def _copy(user: Identity, source: Source, top_id: str, sent: Copy) -> bool | None:
    goal = node_places.live(user, sent.target)
    if nodes.get(top_id):
        raise Conflict(f"There is a node {top_id} already. Choose another key, or leave it out.")
    changes = Changes([goal.channel])
    spot = free_spot(goal, top_id, sent.position)
    copies, items = _copies(source, top_id, goal, spot, changes.rev(goal.channel.id))
    top, *below = copies
    edit(top, sent.mods)
    finish(top, [item for item in items if item["contentnode_id"] == top_id])
    _count(copies)
    file_places.note(map(nodes.to_data, copies), items)
    assessment_items.save(items)
    write_many(puts=[*below, *map(edge_of, below)])
    put(changes, top, spot.path, weight_of(top))
    if spot.is_last:
        changes.sums[spot.path[-1].id]["next_position"] = 1
    return commit(changes) or None


def _copies(
    source: Source, top_id: str, goal: Place, spot: Spot, rev: int
) -> tuple[list[Node], list[AssessmentItemData]]:
    """The new nodes, the copied one first, without their counts, and their questions."""
    top, *_ = source.found
    ids = {id: top_id if id == top else derived_id(top_id, id) for id in source.found}
    copies: dict[str, Node] = {}
    for id, original in source.found.items():
        parent = spot.path[-1] if id == top else copies[ids[str(original.parent_id)]]
        copied = nodes.from_data(_data(original, ids, parent, goal), [*parent.path, parent.id])
        _stamp(copied, original, rev)
        if id == top:
            copied.path, copied.position = [above.id for above in spot.path], spot.position
        else:
            copied.position = positions.appended(int(parent.next_position), copied.id)
            parent.next_position += 1
        copies[copied.id] = copied
    items = [_item(item, ids[id]) for id, own in source.items.items() for item in own]
    return list(copies.values()), items


def _data(original: Node, ids: dict[str, str], parent: Node, goal: Place) -> NodeData:
    id, data = ids[original.id], nodes.to_data(original)
    return {
        **data,
        "id": id,
        "node_id": derived_id(id, original.node_id),
        "parent_id": parent.id,
        "tree_id": goal.root_id,
        "channel_id": goal.channel.id,
        "files": [{**file, "id": derived_id(id, file["id"])} for file in data["files"]],
        "prerequisites": [ids[needed] for needed in data["prerequisites"] if needed in ids],
        "original_channel_id": original.original_channel_id or original.channel_id,
        "original_node_id": original.original_node_id or original.node_id,
    }


def _stamp(copied: Node, original: Node, rev: int) -> None:
    copied.source_channel_id, copied.source_node_id = original.channel_id, original.node_id
    copied.thumbnail_encoding = original.thumbnail_encoding
    copied.created_rev = copied.modified_rev = rev
    copied.modified = now()
    if original.kind == content_kinds.TOPIC:
        copied.newest_created_rev = rev


def _item(item: AssessmentItemData, node_id: str) -> AssessmentItemData:
    files = [{**file, "id": derived_id(node_id, file["id"])} for file in item["files"]]
    return {**item, "contentnode_id": node_id, "files": files}  # type: ignore[typeddict-item]


def _count(copies: list[Node]) -> None:
    """Counts of topics, from below: children come after their parents."""
    by_id = {node.id: node for node in copies}
    for node in reversed(copies):
        parent, weight = by_id.get(str(node.parent_id)), weight_of(node)
        if parent is not None:
            parent.total_count += weight.total
            parent.resource_count += weight.resources
            parent.coach_count += weight.coach
            parent.error_count += weight.errors
