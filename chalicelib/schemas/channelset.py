"""Bodies of `/api/channelset`."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from chalicelib.domain.ids import parse_id
from chalicelib.schemas.base import BlankText, Id, PlainId, Schema, Title, refuse

MAX_CHANNELS = 500  # of a set: all of them are read for its token


def _as_map(value: Any) -> Any:
    """A list, or a map of what is in and what is not, as a map."""
    pairs = [(one, True) for one in value] if isinstance(value, list) else value.items() if _is_map(value) else None
    if pairs is None:
        raise refuse("Give a list of channel ids, or an object {id: true or false}.")
    found = {parse_id(one): is_in for one, is_in in pairs}
    if None in found or not all(isinstance(is_in, bool) for is_in in found.values()):
        raise refuse("Channels are named by ids of 32 hex digits; those of an object are true or false.")
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
    """`POST` and `PUT`: with `PUT`, channels that a list does not name stay as they are, as in a `PATCH`."""

    id: Id | None = None  # clients may choose it
    name: Name
    description: Description = ""
    channels: Channels = Field(default_factory=dict)


class ChannelSetChanges(Schema):
    """`PATCH`: what is not given stays as it is, channels that are not named too."""

    name: Name = ""
    description: Description = ""
    channels: Channels = Field(default_factory=dict)
