"""Responses about users, channel members, invitations and channel sets, and those of the administrators' API."""

from typing import Literal, NotRequired

from typing_extensions import TypedDict

from chalicelib.schemas.responses.common import Bytes, Count, Id, Moment
from chalicelib.schemas.responses.storage import StorageRequest


class Person(TypedDict):
    """The fields of a user that are visible to other members."""

    id: Id
    email: str
    first_name: str
    last_name: str
    is_active: bool


class CurrentUser(Person):
    """The caller, with the ids of the channels that they may edit or only view."""

    editable_channels: list[Id]
    view_only_channels: list[Id]


class Profile(Person):
    """The caller's profile."""

    is_admin: bool
    date_joined: Moment | None
    clipboard_root_id: Id
    disk_space: Bytes
    disk_space_used: Bytes
    available_space: Bytes


class Member(Person):
    """An editor or viewer of a channel."""

    can_edit: bool
    can_view: bool


class Invitation(TypedDict):
    """An invitation to a channel. First and last name are the invited user's."""

    id: Id
    invited: Id | None
    email: str
    accepted: bool
    declined: bool
    revoked: bool
    first_name: str
    last_name: str
    sender_name: str
    channel: Id
    channel_name: str
    share_mode: Literal["edit", "view"]


class Decision(TypedDict):
    status: Literal["success"]


class ChannelSet(TypedDict):
    """A set of channels and its token. `channels` lists only published ones."""

    id: Id
    name: str
    description: str
    channels: list[Id]
    secret_token: str | None
    edit: Literal[True]


class FoundUser(TypedDict):
    """A user, as the administrators' list finds it."""

    id: Id
    email: str
    first_name: str
    last_name: str
    name: str
    is_active: bool
    is_admin: bool
    disk_space: Bytes
    last_login: Moment | None
    date_joined: Moment | None
    edit_count: int
    view_count: int
    storage_request: StorageRequest | None


class AdminUser(FoundUser):
    """A user, as administrators see it. The last three fields are in responses about one user."""

    disk_space_used: Bytes
    limits: NotRequired[dict[str, int]]  # the user's own limits per day
    session_count: NotRequired[Count]
    token_count: NotRequired[Count]


class AdminChannel(TypedDict):
    """A channel, as administrators see it."""

    id: Id
    name: str
    description: str
    published: bool
    modified: Moment
    editors_count: int
    viewers_count: int
    size: Bytes
    public: bool
    priority: int
    created: Moment
    deleted: bool
    source_url: str | None
    demo_server_url: str | None
    countries: list[str]
    primary_token: str | None
    restorable_until: NotRequired[Moment]
