"""Request bodies and query parameters of a channel's members."""

from pydantic import model_validator

from chalicelib.schemas.base import Id, Schema, refuse
from chalicelib.schemas.listing import ListQuery
from chalicelib.schemas.query import Query, Text


class MemberList(ListQuery):
    """`GET /api/channeluser`."""

    channel: Text = ""


class MemberOf(Query):
    """The channel that a member leaves: `channel`, or `channel_id` as Studio's client sends it."""

    channel: Text = ""
    channel_id: Text = ""

    @model_validator(mode="after")
    def _has_one(self) -> "MemberOf":
        if not self.wanted:
            raise refuse("The channel is missing. Add ?channel=<id>.")
        return self

    @property
    def wanted(self) -> str:
        """The id of the channel, as sent."""
        return self.channel or self.channel_id


class MakeEditor(Schema):
    """`POST /api/channeluser/{id}/make_editor`: the channel, as `channel` or as `channel_id`."""

    channel: Id | None = None
    channel_id: Id | None = None

    @model_validator(mode="after")
    def _has_one(self) -> "MakeEditor":
        if not self.wanted:
            raise refuse("The channel is missing. Send its id as channel.")
        return self

    @property
    def wanted(self) -> str:
        """The id of the channel."""
        return self.channel or self.channel_id or ""
