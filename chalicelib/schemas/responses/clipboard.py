"""Responses about clipboards."""

from typing_extensions import TypedDict

from chalicelib.schemas.responses.common import Count, Id, Kind


class ClipboardExtra(TypedDict):
    """Descendants of the source that are not copied."""

    excluded_descendants: dict[Id, bool]


class ClipboardEntry(TypedDict):
    """A node to copy. The counts are the source's; null if it was deleted or the user may no longer view it."""

    id: Id
    kind: Kind
    parent: Id
    source_node_id: Id
    source_channel_id: Id
    extra_fields: ClipboardExtra
    lft: Count
    total_count: Count | None
    resource_count: Count | None
