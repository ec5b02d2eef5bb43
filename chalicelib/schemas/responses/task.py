"""Responses about background tasks."""

from typing import Any, Literal, NotRequired

from typing_extensions import TypedDict

from chalicelib.schemas.responses.common import Id, Percent, Seconds


class ListedTask(TypedDict):
    """The status and progress of a task. `seconds_left` is there while its worker can estimate it."""

    task_id: Id
    task_name: str
    channel_id: Id
    progress: Percent
    status: Literal["PENDING", "STARTED", "SUCCESS", "FAILURE"]
    detail: str
    seconds_left: NotRequired[Seconds]


class Task(ListedTask):
    """The status, progress and result of a task. Callers that may not see the result get null."""

    result: Any


class StartedTask(TypedDict):
    """The background task that was started. `detail` says what happens to version notes while another publish runs."""

    task_id: Id
    detail: NotRequired[str]
