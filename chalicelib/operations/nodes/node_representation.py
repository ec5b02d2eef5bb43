"""Content nodes as the REST API gives them (fields as recorded from Kolibri Studio, and the specification's)."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from le_utils.constants import format_presets, licenses

from chalicelib.domain import jsontext
from chalicelib.domain.storage_keys import storage_key
from chalicelib.domain.trees import positions
from chalicelib.domain.trees.node_flags import Revisions, flags
from chalicelib.domain.types import LABELS
from chalicelib.identity.authentication import Identity
from chalicelib.models.channels import Channel
from chalicelib.models.lazy import remembered
from chalicelib.models.nodes import Node
from chalicelib.operations.access.node_rights import viewable_nodes
from chalicelib.operations.public.channel_entries import moment
from chalicelib.schemas.responses.content import ContentNode

MAX_PAGE_BYTES = 5_500_000  # bytes: an answer has 6 MB at most
MAX_ESCAPE_BYTES = 12  # bytes of a character in an answer
SHORT = 500  # characters: a hundred rows of short parts still fit into an answer
NOTHING = 8  # bytes of null, or of what is empty, with quotes
ROW = 20_000  # bytes of a row at most, without what may be long
_LICENSE_IDS = {license.name: license.id for license in licenses.LICENSELIST}
_THUMBNAILS = frozenset(preset.id for preset in format_presets.PRESETLIST if preset.thumbnail)
_AS_STORED = (
    "id",
    "content_id",
    "title",
    "description",
    "author",
    "provider",
    "aggregator",
    "role_visibility",
    "license_description",
    "copyright_holder",
    "extra_fields",
    "node_id",
    "original_channel_id",
    "complete",
    "channel_id",
    "language",
    "tags",
    "kind",
    "source_channel_id",
    "source_node_id",
)
_NUMBERS = ("total_count", "resource_count", "coach_count", "assessment_item_count", "error_count")


def rows_of(user: Identity, found: Iterable[Node]) -> list[ContentNode]:
    """The nodes that the user may view, in their order. One batch read a fifty channels.

    What is nested in a row may be remembered for other requests: it is not to be changed.
    """
    seen, names = viewable_nodes(user, list(found))
    return [_row(node, channel, names) for node, channel in seen]


def row_of(user: Identity, node: Node, root_id: str) -> ContentNode | None:
    """One node as lists give it, None where the user may not view it. `root_id` is the root of its tree."""
    node.tree_id = root_id
    return next(iter(rows_of(user, [node])), None)


def row_made(node: Node, channel: Channel, names: Mapping[str, str]) -> ContentNode:
    """A node as it was just written, without any read that could fail; `names` are of channels that one may view."""
    return _row(node, channel, {channel.id: channel.name, **names})


def _row(node: Node, channel: Channel, names: Mapping[str, str]) -> ContentNode:
    row = {
        **_own(node),
        **_flags(node, int(channel.root_rev), int(channel.published_rev), node.tree_id == channel.root_id),
        **_origin(node, names),
        "modified": moment(node.modified or channel.modified),
        "root_id": node.tree_id,
    }
    return cast(ContentNode, row)


@remembered(1000)
def _own(node: Node) -> dict[str, Any]:
    """What a node says of itself."""
    seconds = node.suggested_duration
    return {
        **{name: getattr(node, name) for name in _AS_STORED},
        **{name: int(getattr(node, name)) for name in _NUMBERS},
        **{name: dict.fromkeys(node.labels.get(name, []), True) for name in LABELS},
        **_thumbnail(node),
        "license": _LICENSE_IDS.get(node.license or ""),
        "suggested_duration": None if seconds is None else int(seconds),
        "has_children": bool(node.total_count),
        "lft": positions.as_number(node.position),
        "parent": node.parent_id,
        "parent_id": node.parent_id,
    }


def _thumbnail(node: Node) -> dict[str, Any]:
    """The picture that a curator chose and cut, else the thumbnail file."""
    file = next((file for file in node.files if file["preset"] in _THUMBNAILS), None)
    path = f"/{storage_key(file['checksum'], file['file_format'])}" if file else None
    return {
        "thumbnail_encoding": node.thumbnail_encoding or None,
        "thumbnail_checksum": file and file["checksum"],
        "thumbnail_extension": file and file["file_format"],
        "thumbnail_src": node.thumbnail_encoding.get("base64") or path,
    }


@remembered(1000)
def _flags(node: Node, root_rev: int, published_rev: int, is_live: bool) -> dict[str, bool]:
    newest = max(int(node.newest_created_rev), root_rev) if node.total_count else 0
    revisions = Revisions(int(node.created_rev), int(node.modified_rev), newest, int(node.newest_modified_rev))
    return flags(revisions, root_rev, published_rev, is_live)


def _origin(node: Node, names: Mapping[str, str]) -> dict[str, Any]:
    """Where a node comes from. One that was made where it is has no original."""
    original = None if node.original_node_id == node.node_id else node.original_node_id
    return {
        "original_source_node_id": original,
        "original_channel_name": names.get(node.original_channel_id or node.channel_id, ""),
        "original_node_id": None,  # ids of a copy's original and its parent; Studio knows them only while it copies
        "original_parent_id": None,
    }


def fitting(rows: Sequence[Mapping[str, object]], room: int = MAX_PAGE_BYTES) -> int:
    """How many of the rows, from the first on, one answer holds; at least one."""
    for number, row in enumerate(rows):
        room -= _size(row)
        if room < 0:
            return max(number, 1)
    return len(rows)


def _size(row: Mapping[str, object]) -> int:
    """Bytes of a row in an answer, at most: Lambda writes the text of an answer as JSON once more, in ASCII."""
    return ROW + sum(_size_of(row[name]) for name in ("description", "extra_fields", "tags", "thumbnail_encoding"))


def _size_of(part: object) -> int:
    """Bytes of a part of a row at most. Only what is long, or has parts of its own, is written to know that."""
    if not part:
        return NOTHING
    if isinstance(part, str) and len(part) < SHORT:
        return NOTHING + len(part) * MAX_ESCAPE_BYTES
    text = jsontext.dumps(part)
    return len(text) * MAX_ESCAPE_BYTES if len(text) < SHORT else len(json.dumps(text))
