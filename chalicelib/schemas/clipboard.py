"""Request bodies and query parameters of `/api/clipboard`."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from chalicelib.domain.ids import parse_id
from chalicelib.schemas.base import Id, Schema, refuse
from chalicelib.schemas.listing import ListQuery

MAX_EXCLUDED = 5000  # per entry, which is one DynamoDB item


def _as_map(value: Any) -> Any:
    """Convert a list of ids, or a map {id: excluded}, to a map."""
    if not isinstance(value, list | dict):
        raise refuse("Give a list of ids, or an object {id: true or false}.")
    pairs = value.items() if isinstance(value, dict) else [(one, True) for one in value]
    found = {parse_id(one): is_out for one, is_out in pairs}
    if None in found or not all(isinstance(is_out, bool) for is_out in found.values()):
        raise refuse("Every node must be an id of 32 hex digits; in an object, its value must be true or false.")
    return found


Excluded = Annotated[dict[str, bool], BeforeValidator(_as_map), Field(max_length=MAX_EXCLUDED)]


class ExtraFields(Schema):
    """Descendants of the source that are not copied, by id or node_id."""

    excluded_descendants: Excluded = Field(default_factory=dict)


Extra = Annotated[ExtraFields, BeforeValidator(lambda value: {} if value is None else value)]


class ClipboardQuery(ListQuery):
    """`GET /api/clipboard`. A clipboard's root has the same id as its user."""

    parent: Id | None = None


class ClipboardIn(Schema):
    """`POST` and `PUT`. `source_node_id` is the source's node_id or its id. `kind` is always taken from the source."""

    id: Id | None = None  # clients may choose it
    parent: Id | None = None
    source_node_id: Id
    source_channel_id: Id
    extra_fields: Extra = Field(default_factory=ExtraFields)


class ClipboardChange(Schema):
    """`PATCH`: missing fields are left unchanged, and so are excluded nodes that an object does not name."""

    parent: Id | None = None
    source_node_id: Id | None = None
    source_channel_id: Id | None = None
    extra_fields: Extra = Field(default_factory=ExtraFields)
