"""Responses of sync."""

from typing import Annotated, Any, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from chalicelib.schemas.responses.common import Id, Object, Percent

Key = Annotated[Id | list[Id], Field(description="an id, or a pair of ids")]
Rev = Annotated[int, Field(ge=1)]
Sentences = list[str]


class Allowed(TypedDict):
    """An accepted change: its revision at the client and on the server."""

    rev: int | None
    server_rev: Rev


class SyncedChange(TypedDict):
    """An applied change, with the fields of its type as they were sent."""

    key: Key
    server_rev: Rev
    table: str
    type: Annotated[int, Field(ge=1, le=10)]
    channel_id: Id | None
    user_id: Id | None
    created_by_id: Id | None
    unpublishable: bool
    obj: NotRequired[Object | None]
    mods: NotRequired[Object | None]
    target: NotRequired[Any]
    position: NotRequired[Any]
    from_key: NotRequired[Any]
    excluded_descendants: NotRequired[Any]
    version_notes: NotRequired[Any]
    language: NotRequired[Any]
    titles_and_descriptions: NotRequired[Any]
    resource_details: NotRequired[Any]
    files: NotRequired[Any]
    assessment_items: NotRequired[Any]
    use_staging_tree: NotRequired[Any]


class FailedChange(SyncedChange):
    """A change of the caller that could not be applied; `errors` are sentences, or sentences by field."""

    errors: Sentences | dict[str, Sentences]


class SyncedTask(TypedDict):
    """A background task. `traceback` is the reason if it failed."""

    task_id: Id
    task_name: str
    traceback: str | None
    status: str
    progress: Percent
    channel_id: Id


class SyncResult(TypedDict):
    """The result of a sync request.

    `disallowed` are rejected changes as they were sent, with `errors` (sentences, or sentences by field); changes that
    are too large to send back have only `rev` and `errors`. A change that is neither in `disallowed` nor in `allowed`
    was not stored: send it again.
    """

    disallowed: list[Object]
    allowed: list[Allowed]
    changes: list[SyncedChange]
    errors: list[FailedChange]
    successes: list[SyncedChange]
    tasks: list[SyncedTask]
