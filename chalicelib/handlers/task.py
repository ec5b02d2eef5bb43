"""Work in the background, for those who asked for it."""

from typing import Any

from chalicelib.domain.ids import parse_id
from chalicelib.errors import Forbidden, NotFound
from chalicelib.models import tasks
from chalicelib.permissions import Access, editable_channel
from chalicelib.rest import Request, Route


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
    return {
        "task_id": task.id,
        "task_name": task.task_name,
        "channel_id": task.channel_id,
        "progress": int(task.progress),
        "status": task.status,
        "detail": task.detail,
        "result": task.result,
    }


ROUTES = (Route("GET", "/api/task/{task_id}", retrieve, Access.SIGNED_IN, "How far a task is"),)
