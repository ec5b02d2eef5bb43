"""Request bodies and query parameters of the administrators' endpoints."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from chalicelib.schemas.base import BlankText, Schema, refuse
from chalicelib.schemas.countries import Countries
from chalicelib.schemas.listing import ListQuery
from chalicelib.schemas.query import Flag, Languages, Text, Words

MAX_QUOTA = 10**15  # bytes
MAX_PRIORITY = 1_000_000
MAX_LIMIT = 1_000_000_000
# domain.limits.LIMITS of users
LimitName = Literal["channels", "exports", "invitations", "mails", "saved_searches", "storage_requests", "tokens"]
_URL = Annotated[BlankText, Field(max_length=200)]


_Bytes = Annotated[int, Field(ge=0, le=MAX_QUOTA, json_schema_extra={"x-unit": "bytes"})]


def _bytes(value: Any) -> int:
    """Parse a whole number. 5.0 is accepted because Studio's client sends it."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or value != int(value) or not 0 <= value <= MAX_QUOTA:
        raise refuse(f"Enter a whole number of bytes from 0 to {MAX_QUOTA}.")
    return int(value)


class AdminUserList(ListQuery):
    """`GET /api/admin-users`. Keywords are searched for in names and e-mail addresses."""

    keywords: Text = ""
    is_active: Flag | None = None
    is_admin: Flag | None = None
    chef: Flag | None = None
    storage_request: Flag | None = None  # whether a request for more storage is open
    ids: Words = ()


class AdminUserChanges(Schema):
    """`PATCH /api/admin-users/{id}`: fields that are missing or null are left unchanged.

    Another `disk_space` answers an open request for more storage; `decline_storage_request` deletes it without one.
    `limits` are the user's own limits per day, which count if they are higher than the general ones; null removes one.
    """

    is_active: bool | None = None
    is_admin: bool | None = None
    limits: dict[LimitName, Annotated[int, Field(ge=0, le=MAX_LIMIT)] | None] | None = None
    decline_storage_request: bool | None = None
    disk_space: Annotated[int, BeforeValidator(_bytes, json_schema_input_type=_Bytes)] | None = None


class AdminTaskList(ListQuery):
    """`GET /api/admin-tasks`. Oldest first."""


class AdminChannelList(ListQuery):
    """`GET /api/admin-channels`. Keywords are searched for in names, ids and tokens; `cheffed`: made by ricecooker."""

    keywords: Text = ""
    public: Flag | None = None
    deleted: Flag | None = None
    published: Flag | None = None
    cheffed: Flag | None = None
    languages: Languages = ()
    ids: Words = ()
    id__in: Words = ()  # the same filter under the name that other lists use


class AdminChannelChanges(Schema):
    """`PATCH /api/admin-channels/{id}`: fields that are missing or null are left unchanged."""

    public: bool | None = None
    deleted: bool | None = None
    priority: Annotated[int, Field(ge=-MAX_PRIORITY, le=MAX_PRIORITY)] | None = None
    source_domain: _URL | None = None
    source_url: _URL | None = None
    demo_server_url: _URL | None = None
    countries: Countries | None = None
