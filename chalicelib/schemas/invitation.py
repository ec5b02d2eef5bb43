"""Request bodies and query parameters of `/api/invitation`."""

from typing import Annotated, Literal

from pydantic import Field

from chalicelib.schemas.base import Id, Schema, Text
from chalicelib.schemas.listing import ListQuery
from chalicelib.schemas.query import Flag
from chalicelib.schemas.query import Text as QueryText

ShareMode = Literal["edit", "view"]
Name = Annotated[Text, Field(max_length=200)]


class InvitationList(ListQuery):
    """Invitations to a channel, or the caller's own: by default, and with `invited`, whatever its value."""

    invited: QueryText = ""
    channel: QueryText = ""
    accepted: Flag | None = None
    declined: Flag | None = None
    revoked: Flag | None = None


class InvitationIn(Schema):
    """`POST` and `PUT`. The e-mail address and the channel of an existing invitation cannot be changed."""

    id: Id | None = None  # clients may choose it
    email: Text
    channel: Id
    share_mode: ShareMode = "view"
    first_name: Name = ""
    last_name: Name = ""


class InvitationChanges(Schema):
    """`PATCH`. At most one of `accepted`, `declined` and `revoked` can be set, and only to true."""

    share_mode: ShareMode = "view"
    first_name: Name = ""
    last_name: Name = ""
    accepted: bool = False
    declined: bool = False
    revoked: bool = False


class InvitationAnswer(Schema):
    """The form of the page of an invitation."""

    answer: Literal["accept", "decline"]
