"""Content nodes as the REST API returns them: fields recorded from Kolibri Studio, and those of the specification."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from le_utils.constants import format_presets, licenses

from chalicelib.domain import jsontext
from chalicelib.domain.exercises.completion import stored_reasons
from chalicelib.domain.storage_keys import storage_key
from chalicelib.domain.trees import positions
from chalicelib.domain.trees.node_flags import Revisions, flags, incomplete_revs
from chalicelib.domain.types import LABELS
from chalicelib.identity.authentication import Identity
from chalicelib.models import nodes
from chalicelib.models.base import now
from chalicelib.models.channels import Channel
from chalicelib.models.lazy import remembered
from chalicelib.models.nodes import Node
from chalicelib.models.retention import node_until
from chalicelib.operations.access.node_rights import viewable_nodes
from chalicelib.operations.public.channel_entries import moment
from chalicelib.schemas.responses.content import ContentNode

MAX_PAGE_BYTES = 5_500_000  # a response is limited to 6 MB
MAX_ESCAPE_BYTES = 12  # bytes of one character in a response
MAX_SHORT_LENGTH = 500  # characters: a page of 100 rows with short fields always fits into a response
EMPTY_BYTES = 8  # bytes of null or of an empty value, with quotes
MAX_ROW_BYTES = 20_000  # bytes of a row without the fields that may be long
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
_LONG = ("description", "extra_fields", "tags", "thumbnail_encoding", "incomplete_reasons")
_NUMBERS = ("total_count", "resource_count", "coach_count", "assessment_item_count", "error_count")


def rows_of(user: Identity, found: Iterable[Node], deleted: bool | None = False) -> list[ContentNode]:
    """Return the nodes that the user may view, in the given order. One batch read per 50 channels.

    `deleted`: only deleted nodes, or only others, or both (None). Nested values of a row may be cached for other
    requests and must not be modified.
    """
    seen, names = viewable_nodes(user, list(found), deleted)
    return [_row(node, channel, names) for node, channel in seen]


def row_of(user: Identity, node: Node, root_id: str, deleted: bool | None = False) -> ContentNode | None:
    """Return one node, or None if the user may not view it. `root_id` is the root of its tree."""
    node.tree_id = root_id
    return next(iter(rows_of(user, [node], deleted)), None)


def row_after_write(node: Node, channel: Channel, names: Mapping[str, str]) -> ContentNode:
    """Return a node that was just written, without a read, which could fail.

    `names` are the names, by id, of channels that the user may view.
    """
    return _row(node, channel, {channel.id: channel.name, **names})


def _row(node: Node, channel: Channel, names: Mapping[str, str]) -> ContentNode:
    row = {
        **_stored(node),
        **_flags(
            node,
            int(channel.root_rev),
            int(channel.published_rev),
            node.tree_id == channel.root_id,
            _left_out(node, channel),
        ),
        **_origin(node, names),
        "modified": moment(node.modified or channel.modified),
        "root_id": node.tree_id,
    }
    if node.tree_id == channel.trash_root_id and node.parent_id == channel.trash_root_id:
        row["restorable_until"] = moment(node_until(node.deleted_at or now()))  # a walk notes it
    return cast(ContentNode, row)


def _left_out(node: Node, channel: Channel) -> bool:
    """Whether the last publish left out the node, or the part of the tree that it is in, although it was complete."""
    return bool(channel.left_out) and not {node.id, node.parent_id, *node.path}.isdisjoint(channel.left_out)


@remembered(1000)
def _stored(node: Node) -> dict[str, Any]:
    """Return the fields that depend on the stored node alone."""
    seconds = node.suggested_duration
    return {
        **{name: getattr(node, name) for name in _AS_STORED},
        **{name: int(getattr(node, name)) for name in _NUMBERS},
        **{name: dict.fromkeys(node.labels.get(name, []), True) for name in LABELS},
        "incomplete_reasons": [] if node.complete else stored_reasons(nodes.to_data(node)),
        **_thumbnail(node),
        "license": _LICENSE_IDS.get(node.license or ""),
        "license_id": _LICENSE_IDS.get(node.license or ""),
        "license_name": node.license or None,
        "suggested_duration": None if seconds is None else int(seconds),
        "has_children": bool(node.total_count),
        "lft": positions.as_number(node.position),
        "parent": node.parent_id,
        "parent_id": node.parent_id,
    }


def _thumbnail(node: Node) -> dict[str, Any]:
    """Return the picture that a curator selected and cropped, or else the thumbnail file."""
    file = next((file for file in node.files if file["preset"] in _THUMBNAILS), None)
    path = f"/{storage_key(file['checksum'], file['file_format'])}" if file else None
    return {
        "thumbnail_encoding": node.thumbnail_encoding or None,
        "thumbnail_checksum": file and file["checksum"],
        "thumbnail_extension": file and file["file_format"],
        "thumbnail_src": node.thumbnail_encoding.get("base64") or path,
    }


@remembered(1000)
def _flags(node: Node, root_rev: int, published_rev: int, is_live: bool, is_left_out: bool) -> dict[str, bool]:
    newest = max(int(node.newest_created_rev), root_rev) if node.total_count else 0
    revisions = Revisions(
        int(node.created_rev),
        int(node.modified_rev),
        newest,
        int(node.newest_modified_rev),
        incomplete_revs(bool(node.complete), node.incomplete_revs),
    )
    return flags(revisions, root_rev, published_rev, is_live, is_left_out)


def _origin(node: Node, names: Mapping[str, str]) -> dict[str, Any]:
    """Return the fields about the original of a copy. Nodes that are not copies have none."""
    original = None if node.original_node_id == node.node_id else node.original_node_id
    return {
        "original_source_node_id": original,
        "original_channel_name": names.get(node.original_channel_id or node.channel_id, ""),
        "original_node_id": None,  # ids of a copy's original and its parent, which Studio knows only while it copies
        "original_parent_id": None,
    }


def fitting(rows: Sequence[Mapping[str, object]], room: int = MAX_PAGE_BYTES) -> int:
    """Return how many of the first rows fit into one response; at least one."""
    for number, row in enumerate(rows):
        room -= _size(row)
        if room < 0:
            return max(number, 1)
    return len(rows)


def _size(row: Mapping[str, object]) -> int:
    """Return the maximum bytes of a row in a response. Lambda encodes the response text as JSON again, in ASCII."""
    return MAX_ROW_BYTES + sum(_size_of(row[name]) for name in _LONG)


def _size_of(value: object) -> int:
    """Return the maximum bytes of one field. Only long and nested values are encoded to measure them."""
    if not value:
        return EMPTY_BYTES
    if isinstance(value, str) and len(value) < MAX_SHORT_LENGTH:
        return EMPTY_BYTES + len(value) * MAX_ESCAPE_BYTES
    text = jsontext.dumps(value)
    return len(text) * MAX_ESCAPE_BYTES if len(text) < MAX_SHORT_LENGTH else len(json.dumps(text))
