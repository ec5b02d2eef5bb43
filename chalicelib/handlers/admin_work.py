"""What is running, for administrators."""

from chalicelib.http.resources import Listing, Resource, routes_of
from chalicelib.http.router import Access
from chalicelib.operations.administration import queue_lengths, running_tasks
from chalicelib.schemas.admin import AdminTaskList
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
ROUTES = (*routes_of(TASKS), *routes_of(QUEUES))
