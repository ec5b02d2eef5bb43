"""What is running, for administrators."""

from chalicelib.http.resources import Listing, Resource, routes_of
from chalicelib.http.router import Access, Reply, Request, Route
from chalicelib.operations.administration import queue_lengths, repairs, running_tasks
from chalicelib.schemas.admin import AdminTaskList
from chalicelib.schemas.base import Nothing
from chalicelib.schemas.listing import ListQuery
from chalicelib.schemas.responses.administration import AdminTask, QueueLength

TASKS = Resource(
    "admin-tasks",
    "a task that has not ended",
    listing=Listing(AdminTaskList, running_tasks.listed, fill=running_tasks.fill),
    access=Access.ADMIN,
    read=AdminTask,
    plural="tasks of all channels that have not ended",
)
QUEUES = Resource(
    "admin-queues",
    "a queue",
    listing=Listing(ListQuery, queue_lengths.listed, ordering=("name",)),
    access=Access.ADMIN,
    read=QueueLength,
    plural="queues with their lengths",
)


def end_task(request: Request) -> Reply:
    repairs.request_end(request.user, request.params["id"])
    return Reply(None, 204)


def redrive(request: Request) -> Reply:
    repairs.request_redrive(request.user, request.params["id"])
    return Reply(None, 204)


ROUTES = (
    *routes_of(TASKS),
    *routes_of(QUEUES),
    Route(
        "POST",
        "/api/admin-tasks/{id}/end",
        end_task,
        Access.ADMIN,
        "End a task that is late",
        body=Nothing,
        status=204,
        refusals=(404, 409),
    ),
    Route(
        "POST",
        "/api/admin-queues/{id}/redrive",
        redrive,
        Access.ADMIN,
        "Move the dead letters of a queue back",
        body=Nothing,
        status=204,
        refusals=(404,),
    ),
)
