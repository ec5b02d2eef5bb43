"""Responses about deleting one's account and exporting one's data."""

from typing import Literal

from typing_extensions import TypedDict

from chalicelib.schemas.responses.common import Bytes, Id, Moment


class DeletionChannel(TypedDict):
    """A channel that deleting the account deletes or keeps. `published` and `public`: as it is now."""

    id: Id
    name: str
    can_edit: bool
    published: bool
    public: bool


class Deletion(TypedDict):
    """What deleting the caller's account deletes: channels that nobody else edits; and keeps: those shared with others.

    `obstacle` says why the account cannot be deleted now. The lists have at most 1,000 channels each.
    """

    may_delete: bool
    obstacle: str | None
    deleted_count: int
    deleted: list[DeletionChannel]
    kept_count: int
    kept: list[DeletionChannel]


class DeletionStarted(TypedDict):
    """The account is being deleted. All sessions and API tokens have ended."""

    status: Literal["deleting"]


class Export(TypedDict):
    """The latest export of the caller's data: a ZIP file at `url`, which is secret and ends at `expires`."""

    status: Literal["none", "running", "ready", "failed", "expired"]
    detail: str
    requested: Moment | None
    size: Bytes | None
    expires: Moment | None
    url: str | None
