"""Queries and bodies of `/api/clipboard`."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from chalicelib.domain.ids import parse_id
from chalicelib.schemas.base import Id, Schema, refuse
from chalicelib.schemas.listing import ListQuery

MAX_EXCLUDED = 5000  # of an entry, which is one item


def _as_map(value: Any) -> Any:
    """A list, or a map of what is left out and what is not, as a map."""
    if not isinstance(value, list | dict):
        raise refuse("Give a list of ids, or an object {id: true or false}.")
    pairs = value.items() if isinstance(value, dict) else [(one, True) for one in value]
    found = {parse_id(one): is_out for one, is_out in pairs}
    if None in found or not all(isinstance(is_out, bool) for is_out in found.values()):
        raise refuse("Nodes are named by ids of 32 hex digits; those of an object are true or false.")
    return found


Excluded = Annotated[dict[str, bool], BeforeValidator(_as_map), Field(max_length=MAX_EXCLUDED)]


class ExtraFields(Schema):
    """Which nodes below the source are not to be copied, by their ids or node_ids."""

    excluded_descendants: Excluded = Field(default_factory=dict)


Extra = Annotated[ExtraFields, BeforeValidator(lambda value: {} if value is None else value)]


class ClipboardQuery(ListQuery):
    """`GET /api/clipboard`. The root of a clipboard has the id of its user."""

    parent: Id | None = None


class ClipboardIn(Schema):
    """`POST` and `PUT`. The source is named by its node_id in its channel, or by its id; `kind` is that of the source,
    whatever is sent."""

    id: Id | None = None  # clients may choose it
    parent: Id | None = None
    source_node_id: Id
    source_channel_id: Id
    extra_fields: Extra = Field(default_factory=ExtraFields)


class ClipboardChange(Schema):
    """`PATCH`: what is not given stays as it is; of an object of excluded nodes, those that it does not name too."""

    parent: Id | None = None
    source_node_id: Id | None = None
    source_channel_id: Id | None = None
    extra_fields: Extra = Field(default_factory=ExtraFields)
