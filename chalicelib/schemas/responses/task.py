"""Answers about work in the background."""

from typing import Annotated, Any, Literal

from pydantic import Field
from typing_extensions import TypedDict

from chalicelib.schemas.responses.common import Id


class ListedTask(TypedDict):
    """How far a task is."""

    task_id: Id
    task_name: str
    channel_id: Id
    progress: Annotated[int, Field(ge=0, le=100, description="per cent")]
    status: Literal["PENDING", "STARTED", "SUCCESS", "FAILURE"]
    detail: str


class Task(ListedTask):
    """How far a task is, and what came of it, where one may know that."""

    result: Any


class Started(TypedDict):
    """The task that does it in the background."""

    task_id: Id
