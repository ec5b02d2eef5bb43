"""Background tasks."""

from typing import Any

from chalicelib.domain.ids import parse_id
from chalicelib.errors import Forbidden, NotFound
from chalicelib.http.resources import Listing, Resource, routes_of
from chalicelib.http.router import Access, Request, Route
from chalicelib.identity.authentication import Identity
from chalicelib.models import tasks
from chalicelib.models.tasks import Task
from chalicelib.operations.access.channel_rights import may_edit, viewable
from chalicelib.schemas.channel import OfChannel
from chalicelib.schemas.responses.task import ListedTask
from chalicelib.schemas.responses.task import Task as TaskAnswer

# Visible also to users who may view the channel only because it is public. (Differences are visible to members only.)
_OF_VIEWERS = frozenset({tasks.DETAILS})


def retrieve(request: Request) -> dict[str, Any]:
    """The progress of a task, for the user who started it and members of its channel. Its result is for the user who
    started it and for editors.

    Raises NotFound for other users.
    """
    task_id = parse_id(request.params["task_id"])
    task = tasks.get(task_id) if task_id else None
    if task is None:
        raise NotFound(f"Task not found: {request.params['task_id'][:60]!r}")
    has_result = task.user_id == request.user.user_id or _may_edit(request.user, task)
    return {**_fields(task), "result": task.result if has_result else None}


def _may_edit(user: Identity, task: Task) -> bool:
    """Whether a user may edit the channel of a task. Raises NotFound if they may not view the task."""
    try:
        _, role = viewable(user, task.channel_id)
    except NotFound as error:
        raise NotFound(f"Task not found: {task.id!r}") from error
    if role is None and not user.is_admin and task.task_name not in _OF_VIEWERS:
        raise NotFound(f"Task not found: {task.id!r}")
    return may_edit(user, role)


def find(user: Identity, query: OfChannel) -> list[dict[str, Any]]:
    """The latest tasks of a channel, newest first, for its members.

    Raises NotFound, or Forbidden for a channel that the caller may view only because it is public.
    """
    channel, role = viewable(user, query.channel)
    if role is None and not user.is_admin:
        raise Forbidden("Only members of a channel can see its tasks. Ask an editor to invite you.")
    return [_fields(task) for task in tasks.of_channel(channel.id)]


def _fields(task: Task) -> dict[str, Any]:
    return {
        "task_id": task.id,
        "task_name": task.task_name,
        "channel_id": task.channel_id,
        "progress": int(task.progress),
        "status": task.status,
        "detail": task.detail,
    }


LISTING = Listing(query=OfChannel, find=find, one_of=frozenset({"channel"}))

ROUTES = (
    *routes_of(Resource(name="task", title="a task", listing=LISTING, read=ListedTask)),
    Route("GET", "/api/task/{task_id}", retrieve, Access.SIGNED_IN, "Get the progress of a task", answer=TaskAnswer),
)
