"""Request bodies of `/api/channelset`."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from chalicelib.domain.ids import parse_id
from chalicelib.schemas.base import BlankText, Id, PlainId, Schema, Title, refuse

MAX_CHANNELS = 500  # per set: looking up its token reads all of them


def _as_map(value: Any) -> Any:
    """Convert a list of ids, or a map {id: included}, to a map."""
    pairs = [(one, True) for one in value] if isinstance(value, list) else value.items() if _is_map(value) else None
    if pairs is None:
        raise refuse("Give a list of channel ids, or an object {id: true or false}.")
    found = {parse_id(one): is_in for one, is_in in pairs}
    if None in found or not all(isinstance(is_in, bool) for is_in in found.values()):
        raise refuse("Every channel must be an id of 32 hex digits; in an object, its value must be true or false.")
    return found


def _is_map(value: Any) -> bool:
    return isinstance(value, dict)


_Written = list[PlainId] | dict[PlainId, bool]
Channels = Annotated[
    dict[str, bool], Field(max_length=MAX_CHANNELS), BeforeValidator(_as_map, json_schema_input_type=_Written)
]
Name = Annotated[Title, Field(max_length=200)]
Description = Annotated[BlankText, Field(max_length=400)]


class ChannelSetIn(Schema):
    """`POST` and `PUT`. As with `PATCH`, a `PUT` leaves channels unchanged that are not listed."""

    id: Id | None = None  # clients may choose it
    name: Name
    description: Description = ""
    channels: Channels = Field(default_factory=dict)


class ChannelSetChanges(Schema):
    """`PATCH`: missing fields and channels that are not listed are left unchanged."""

    name: Name = ""
    description: Description = ""
    channels: Channels = Field(default_factory=dict)
