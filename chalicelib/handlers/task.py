"""Background tasks."""

from chalicelib.http.resources import Listing, Resource, routes_of
from chalicelib.http.router import Access, Request, Route
from chalicelib.operations.channels import channel_tasks
from chalicelib.schemas.channel import OfChannel
from chalicelib.schemas.responses.task import ListedTask
from chalicelib.schemas.responses.task import Task as TaskOut


def retrieve(request: Request) -> TaskOut:
    """The progress of a task, for the user who started it and members of its channel. Its result is for the user who
    started it and for editors.

    Raises NotFound for other users.
    """
    return channel_tasks.one(request.user, request.params["task_id"])


LISTING = Listing(query=OfChannel, find=channel_tasks.listed, one_of=frozenset({"channel"}))

ROUTES = (
    *routes_of(Resource(name="task", title="a task", listing=LISTING, read=ListedTask)),
    Route("GET", "/api/task/{task_id}", retrieve, Access.SIGNED_IN, "Get the progress of a task", answer=TaskOut),
)
