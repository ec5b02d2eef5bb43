"""Work in the background, for those who asked for it."""

from typing import Any

from chalicelib.auth import Identity
from chalicelib.domain.ids import parse_id
from chalicelib.errors import Forbidden, NotFound
from chalicelib.models import tasks
from chalicelib.models.tasks import Task
from chalicelib.operations.channel_access import viewable
from chalicelib.permissions import Access, editable_channel
from chalicelib.resources import Listing, Resource, routes_of
from chalicelib.rest import Request, Route
from chalicelib.schemas.answers.task import ListedTask
from chalicelib.schemas.answers.task import Task as TaskAnswer
from chalicelib.schemas.channel import OfChannel


def retrieve(request: Request) -> dict[str, Any]:
    """How far a task is. Those may see it who asked for it or may edit its channel; to others it is not there."""
    task_id = parse_id(request.params["task_id"])
    task = tasks.get(task_id) if task_id else None
    if task is None:
        raise NotFound(f"Task not found: {request.params['task_id'][:60]!r}")
    if task.user_id != request.user.user_id:
        try:
            editable_channel(request.user, task.channel_id)
        except Forbidden as error:
            raise NotFound(f"Task not found: {task.id!r}") from error
    return {**_fields(task), "result": task.result}


def find(user: Identity, query: OfChannel) -> list[dict[str, Any]]:
    """The newest tasks of a channel, the newest first, for its members.

    Raises NotFound, or Forbidden for a channel that the caller views only because it is public.
    """
    channel, role = viewable(user, query.channel)
    if role is None and not user.is_admin:
        raise Forbidden("Only members of a channel see its tasks. Ask one of its editors to invite you.")
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
    *routes_of(Resource(name="task", title="task", listing=LISTING, read=ListedTask)),
    Route("GET", "/api/task/{task_id}", retrieve, Access.SIGNED_IN, "How far a task is", answer=TaskAnswer),
)
