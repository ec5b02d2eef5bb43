"""Export of one's own data: requested, made in the background (`export_job`), and downloaded by a secret address."""

from datetime import datetime, timedelta

from chalicelib.aws import queues
from chalicelib.config import settings
from chalicelib.domain import jobs
from chalicelib.domain.ids import derived_id
from chalicelib.domain.limits import EXPORTS
from chalicelib.errors import Forbidden
from chalicelib.identity.authentication import Identity
from chalicelib.identity.daily_limits import counted
from chalicelib.models import tasks
from chalicelib.models.base import now
from chalicelib.models.tasks import Task
from chalicelib.operations.access import policy
from chalicelib.operations.public.channel_entries import moment
from chalicelib.schemas.responses.leaving import Export
from chalicelib.telemetry import Audited, audit

AVAILABLE = timedelta(days=1)  # as the lifecycle rule `own-answers` of the bucket
_LOST = timedelta(seconds=10)  # the message of a task that is pending longer may be lost
_DEAD = timedelta(minutes=30)  # the worker of a task that runs longer was killed too often


def check_session(user: Identity) -> None:
    """Raise Forbidden if the caller uses a token, which may have leaked."""
    if not policy.has_session(user):
        raise Forbidden("An API token cannot export the data of an account. Sign in with your password.")


def state(user: Identity) -> Export:
    """Return the state of the caller's latest export. One read. Raises Forbidden for a caller with a token."""
    check_session(user)
    return _state(tasks.get(task_id_of(user.user_id)))


def request(user: Identity) -> Export:
    """Start an export, unless one is running: then its state is returned. The file of an earlier one stays for its day.

    Raises Forbidden for a caller with a token, LimitReached.
    """
    check_session(user)
    task_id = task_id_of(user.user_id)
    task = tasks.get(task_id)
    if task is None or not _is_running(task):
        with counted(EXPORTS, user.user_id):
            task = tasks.new(task_id, tasks.EXPORT, user.user_id, user.user_id)
            task.save()
        audit(Audited.USER_EXPORT_REQUESTED, user.user_id)
    elif task.status == tasks.STARTED or _age(task) < _LOST:
        return _state(task)
    queues.send_maintenance(jobs.EXPORT_USER.message(task_id=task_id))
    return _state(task)


def task_id_of(user_id: str) -> str:
    """The id of the task of a user's exports: one at a time."""
    return derived_id(user_id, "export of own data")


def _is_running(task: Task) -> bool:
    return task.status not in tasks.FINISHED and _age(task) < _DEAD


def _age(task: Task) -> timedelta:
    return now() - datetime.fromisoformat(task.created)


def _state(task: Task | None) -> Export:
    empty: Export = {"status": "none", "detail": "", "requested": None, "size": None, "expires": None, "url": None}
    if task is None:
        return empty
    asked: Export = {**empty, "detail": task.detail, "requested": moment(datetime.fromisoformat(task.created))}
    if task.status != tasks.SUCCESS:
        return {**asked, "status": "running" if _is_running(task) else "failed"}
    ends = datetime.fromisoformat(task.result["made"]) + AVAILABLE
    ended: Export = {**asked, "size": task.result["size"], "expires": moment(ends)}
    if ends <= now():
        return {**ended, "status": "expired", "detail": "The file was deleted. Request another export."}
    return {**ended, "status": "ready", "url": f"{settings().public_url}/{task.result['key']}"}
