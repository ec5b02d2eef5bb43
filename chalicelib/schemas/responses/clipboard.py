"""Answers about clipboards."""

from typing_extensions import TypedDict

from chalicelib.schemas.responses.common import Count, Id, Kind


class ClipboardExtra(TypedDict):
    """Nodes below the source that are not to be copied."""

    excluded_descendants: dict[Id, bool]


class ClipboardEntry(TypedDict):
    """A node to be copied. The counts are those of the source; null where it is gone, or not to be viewed any more."""

    id: Id
    kind: Kind
    parent: Id
    source_node_id: Id
    source_channel_id: Id
    extra_fields: ClipboardExtra
    lft: Count
    total_count: Count | None
    resource_count: Count | None
