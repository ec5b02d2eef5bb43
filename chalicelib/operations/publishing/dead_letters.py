"""Dead letters: messages that were received too often, because their function failed, timed out or was killed.

Their tasks end with a reason, so that nobody waits for them. The messages are kept for an operator, as those of other
jobs may have to be processed after all.
"""

import json
from contextlib import suppress
from typing import Any

from chalicelib.aws import queues
from chalicelib.config import settings
from chalicelib.domain.jobs import RECEIVED
from chalicelib.errors import Busy
from chalicelib.models import tasks
from chalicelib.operations.background import maintenance
from chalicelib.operations.publishing import publish_failure
from chalicelib.telemetry import count, log

REASON = (
    "Publishing failed or was stopped several times. The previously published version is unchanged. Try again, or "
    "report the problem."
)
_MAX_LOGGED = 2000  # characters of a message


def bury(queue: str | None, body: str) -> None:
    """End the tasks of a dead letter and keep it in the dead-letter queue of `queue`. May run repeatedly.

    If the queue is not known, it is found from the message.
    """
    message = _parsed(body)
    origin = queue if queue in _urls() else _origin(message)
    for part in _parts(message):
        _end(part)
    log.error("dead letter", extra={"queue": origin, "body": body[:_MAX_LOGGED]})
    count("DeadLetters")
    if message.pop(RECEIVED, None):
        body = json.dumps(message)  # to be processed as a new one after a redrive
    queues.keep_dead_letter(_urls()[origin], body)


def _urls() -> dict[str | None, str]:
    conf = settings()
    return {
        "publish": conf.publish_queue_url,
        "export": conf.export_queue_url,
        "maintenance": conf.maintenance_queue_url,
        "uploads": conf.uploads_queue_url,
        "assembly": conf.assembly_queue_url,
    }


def _parsed(body: str) -> dict[str, Any]:
    try:
        message = json.loads(body)
    except ValueError:
        return {}
    return message if isinstance(message, dict) else {}


def _origin(message: dict[str, Any]) -> str:
    if "task_id" in message:
        return "publish"
    return "uploads" if "Records" in message else "maintenance"


def _parts(message: dict[str, Any]) -> list[dict[str, Any]]:
    """A message and its jobs, as far as they name a task."""
    jobs = message.get("jobs")
    parts = [message, *(jobs if isinstance(jobs, list) else [])]
    named = (part for part in parts if isinstance(part, dict) and part.get("task_id"))
    return [part for part in named if isinstance(part["task_id"], str)]


def _end(part: dict[str, Any]) -> None:
    task = tasks.get(part["task_id"])
    if task is None or task.task_name not in (tasks.PUBLISH, tasks.DRAFT):
        maintenance.give_up(part["task_id"])
        return
    with suppress(Busy):  # another worker processes the task, and will end it
        publish_failure.give_up_or_continue(part, REASON)
