"""Responses about what runs, for administrators."""

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from chalicelib.schemas.responses.common import Count, Id, Moment, Seconds
from chalicelib.schemas.responses.task import ListedTask


class TaskWorker(TypedDict):
    """The worker that holds the lease on a publish."""

    until: Annotated[Moment, Field(description="when its lease expires, unless it is renewed")]
    killed: Annotated[bool, Field(description="whether its lease expired without being released")]
    attempts: Annotated[Count, Field(description="workers that were killed before in this stage of the task")]


class AdminTask(ListedTask):
    """A task that has not ended, as administrators see it."""

    channel_name: Annotated[str | None, Field(description="null if the channel does not exist any more")]
    user_id: Annotated[Id, Field(description="the user who started it")]
    user_email: Annotated[str | None, Field(description="null if the user does not exist any more")]
    created: Moment
    seconds: Annotated[Seconds, Field(description="its age in seconds")]
    worker: Annotated[TaskWorker | None, Field(description="null while it waits, and for other tasks than publishes")]
    late: Annotated[bool, Field(description="whether its worker was killed, or it is over an hour old without one")]


class QueueLength(TypedDict):
    """The messages of a queue, as SQS approximates their numbers."""

    name: Annotated[str, Field(description="publish, export, maintenance, uploads, assembly or failed")]
    waiting: Annotated[Count, Field(description="messages that can be received")]
    received: Annotated[Count, Field(description="messages that a worker has received")]
    delayed: Annotated[Count, Field(description="messages that can be received later")]
    dead: Annotated[Count, Field(description="messages in its dead-letter queue, which failed too often")]
