"""Clipboards: every user has one, and its root has the user's ID. Entries lie directly below it, the oldest first.

If the source of an entry was deleted or is no longer visible, the entry stays until its user deletes it; its counts are
null.
"""

from collections.abc import Sequence
from typing import Any, TypedDict

from chalicelib.domain.ids import new_id, parse_id
from chalicelib.errors import Conflict, NotFound, ValidationFailed
from chalicelib.identity.authentication import Identity
from chalicelib.models import clipboard, nodes
from chalicelib.models.base import now
from chalicelib.models.clipboard import ClipboardEntry
from chalicelib.models.nodes import Node
from chalicelib.operations.access import policy
from chalicelib.operations.access.node_rights import channels_of, viewable_nodes
from chalicelib.schemas.clipboard import MAX_EXCLUDED, ClipboardChange, ClipboardIn, ClipboardQuery
from chalicelib.schemas.responses.clipboard import ClipboardEntry as EntryOut
from chalicelib.schemas.responses.clipboard import ClipboardExtra

_TRIES = 5


class Row(TypedDict):
    """An entry without the counts of its source."""

    id: str
    contentnode_id: str
    kind: str
    parent: str
    source_node_id: str
    source_channel_id: str
    extra_fields: ClipboardExtra
    lft: int


def listed(user: Identity, query: ClipboardQuery) -> list[Row]:
    """Return the caller's entries without counts, see `fill`; none if the parent is not the root of the clipboard."""
    if not policy.owns(user, query.parent):
        return []
    found = clipboard.of_user(user.user_id)
    return [_row(entry) for entry in sorted(found, key=lambda entry: (entry.lft, entry.id))]


def fill(user: Identity, rows: Sequence[Row]) -> list[EntryOut]:
    """Return entries with the counts of their sources. Two batch reads per 100."""
    sources = nodes.get_many([row["contentnode_id"] for row in rows])
    seen, _ = viewable_nodes(user, sources)
    by_id = {node.id: node for node, _ in seen}
    return [_filled(row, by_id.get(row["contentnode_id"])) for row in rows]


def one(user: Identity, entry_id: str) -> EntryOut:
    """Return one of the caller's entries. Raises NotFound."""
    return fill(user, [_row(_own(user, entry_id))])[0]


def create(user: Identity, sent: ClipboardIn) -> EntryOut:
    """Add a node that the caller may view to the clipboard.

    Raises ValidationFailed if the node does not exist or the parent is not the root of the clipboard, Conflict if the
    caller has an entry with this ID.
    """
    _check_parent(user, sent)
    source = _source(user, sent.source_node_id, sent.source_channel_id)
    excluded = [node_id for node_id, is_out in sent.extra_fields.excluded_descendants.items() if is_out]
    at = int(now().timestamp() * 1_000_000)
    entry = ClipboardEntry(user.user_id, sent.id or new_id(), excluded=excluded, lft=at, **_columns(source))
    if not clipboard.add(entry):
        raise Conflict(f"Entry {entry.id} already exists on your clipboard. Send another ID, or none.")
    return _filled(_row(entry), source)


def update(user: Identity, entry_id: str, sent: ClipboardChange | ClipboardIn) -> EntryOut:
    """Change the given fields. Raises as `create` does, also NotFound, and Conflict after too many lost races."""
    _check_parent(user, sent)
    for _ in range(_TRIES):
        entry = _own(user, entry_id)
        if sent.source_node_id or sent.source_channel_id:
            node_id, channel_id = sent.source_node_id or entry.source_node_id, sent.source_channel_id
            for name, value in _columns(_source(user, node_id, channel_id or entry.source_channel_id)).items():
                setattr(entry, name, value)
        previous = {} if isinstance(sent, ClipboardIn) else dict.fromkeys(entry.excluded, True)
        merged = {**previous, **sent.extra_fields.excluded_descendants}
        entry.excluded = [node_id for node_id, is_out in merged.items() if is_out]
        if len(entry.excluded) > MAX_EXCLUDED:
            raise ValidationFailed({"extra_fields": [f"At most {MAX_EXCLUDED} nodes can be excluded."]})
        if clipboard.replace(entry):
            return fill(user, [_row(entry)])[0]
    raise Conflict(f"Entry {entry_id} is being changed by others. Try again.")


def delete(user: Identity, entry_id: str) -> None:
    """Delete an entry. Raises NotFound."""
    plain = parse_id(entry_id)
    if plain is None or not clipboard.remove(user.user_id, plain):
        raise _unknown(entry_id)


def _own(user: Identity, entry_id: str) -> ClipboardEntry:
    plain = parse_id(entry_id)
    found = clipboard.get(user.user_id, plain) if plain else None
    if found is None:
        raise _unknown(entry_id)
    return found


def _unknown(entry_id: str) -> NotFound:
    return NotFound(f"Clipboard entry not found: {entry_id[:60]!r}")


def _check_parent(user: Identity, sent: ClipboardIn | ClipboardChange) -> None:
    if sent.parent is not None and not policy.owns(user, sent.parent):
        raise ValidationFailed({"parent": [f"This must be the root of your clipboard, {user.user_id}."]})


def _source(user: Identity, node_id: str, channel_id: str) -> Node:
    """Return a node of a channel that the user may view, by its ID or by its node_id in the live tree."""
    channel = channels_of(user, [channel_id])[0].get(channel_id)
    if channel is not None:
        found = nodes.get(node_id) or nodes.find_in_tree(channel.root_id, node_id=node_id)
        if found and found.channel_id == channel_id and viewable_nodes(user, [found])[0]:
            return found
    raise ValidationFailed({"source_node_id": [f"Channel {channel_id} has no node {node_id}."]})


def _columns(source: Node) -> dict[str, Any]:
    return {
        "contentnode_id": source.id,
        "source_node_id": source.node_id,
        "source_channel_id": source.channel_id,
        "kind": source.kind,
    }


def _row(entry: ClipboardEntry) -> Row:
    return {
        "id": entry.id,
        "contentnode_id": entry.contentnode_id,
        "kind": entry.kind,
        "parent": entry.user_id,
        "source_node_id": entry.source_node_id,
        "source_channel_id": entry.source_channel_id,
        "extra_fields": {"excluded_descendants": dict.fromkeys(entry.excluded, True)},
        "lft": int(entry.lft),
    }


def _filled(row: Row, source: Node | None) -> EntryOut:
    return {
        "id": row["id"],
        "kind": row["kind"],
        "parent": row["parent"],
        "source_node_id": row["source_node_id"],
        "source_channel_id": row["source_channel_id"],
        "extra_fields": row["extra_fields"],
        "lft": row["lft"],
        "total_count": int(source.total_count) if source else None,
        "resource_count": int(source.resource_count) if source else None,
    }
