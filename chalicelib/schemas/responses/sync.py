"""What sync answers."""

from typing import Annotated, Any, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from chalicelib.schemas.responses.common import Id, Object

Key = Annotated[Id | list[Id], Field(description="an id, or a pair of ids")]
Rev = Annotated[int, Field(ge=1)]
Sentences = list[str]


class Allowed(TypedDict):
    """A change that was accepted: the client's own number of it, and its revision."""

    rev: int | None
    server_rev: Rev


class Told(TypedDict):
    """A change that was done. It carries what its type carries, as it was sent."""

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


class Failed(Told):
    """A change of one's own that could not be done, and why: sentences, or sentences by field."""

    errors: Sentences | dict[str, Sentences]


class SyncedTask(TypedDict):
    """Work in the background. `traceback` is why it failed."""

    task_id: Id
    task_name: str
    traceback: str | None
    status: str
    progress: Annotated[int, Field(ge=0, le=100)]
    channel_id: Id


class Synced(TypedDict):
    """`disallowed` are changes as they were sent, with `errors`: why; of what does not fit any more only its `rev`.
    What is in neither list could not be taken just now: send it once more."""

    disallowed: list[Object]
    allowed: list[Allowed]
    changes: list[Told]
    errors: list[Failed]
    successes: list[Told]
    tasks: list[SyncedTask]
