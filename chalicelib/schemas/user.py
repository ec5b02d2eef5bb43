"""Queries and bodies of what people do with each other: members of channels."""

from pydantic import model_validator

from chalicelib.schemas.base import Id, Schema, refuse
from chalicelib.schemas.listing import ListQuery
from chalicelib.schemas.query import Query, Text


class MemberList(ListQuery):
    """`GET /api/channeluser`."""

    channel: Text = ""


class MemberOf(Query):
    """Which channel a member leaves: `channel`, or `channel_id` as Studio's clients write it."""

    channel: Text = ""
    channel_id: Text = ""

    @model_validator(mode="after")
    def _has_one(self) -> "MemberOf":
        if not self.wanted:
            raise refuse("Name the channel: ?channel=<id>.")
        return self

    @property
    def wanted(self) -> str:
        """The id of the channel, as it was written."""
        return self.channel or self.channel_id


class MakeEditor(Schema):
    """`POST /api/channeluser/{id}/make_editor`: the channel, under either name."""

    channel: Id | None = None
    channel_id: Id | None = None

    @model_validator(mode="after")
    def _has_one(self) -> "MakeEditor":
        if not self.wanted:
            raise refuse("Name the channel by its id.")
        return self

    @property
    def wanted(self) -> str:
        """The id of the channel."""
        return self.channel or self.channel_id or ""
