"""Structured logs and metrics, printed in the formats of CloudWatch.

An API request writes one line, `request`, with its address, user, status and milliseconds. Every event of `Audited`
writes one line, too. No line has a password, a token, a session ID, a cookie or the key of a link;
tokens are named by their ids.
"""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Any

from aws_lambda_powertools import Logger, single_metric
from aws_lambda_powertools.metrics import MetricUnit

from chalicelib.config import settings

NAMESPACE = "KolibriStudio"

REQUEST = "request"  # the message of a request's line

log = Logger(service="studio")


class Audited(StrEnum):
    """What is audited. `subject` is the user or channel it is about; `user`, who did it."""

    SIGNED_IN = "signed_in"
    SIGN_IN_FAILED = "sign_in_failed"
    SIGN_IN_THROTTLED = "sign_in_throttled"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - an event
    PASSWORD_CHANGE_FAILED = "password_change_failed"  # noqa: S105
    PASSWORD_CHANGE_THROTTLED = "password_change_throttled"  # noqa: S105
    TOKEN_CREATED = "token_created"  # noqa: S105
    TOKENS_REVOKED = "tokens_revoked"
    SESSIONS_ENDED = "sessions_ended"  # apart from signing out and changes of the password
    STORAGE_REQUESTED = "storage_requested"
    REDRIVE_REQUESTED = "redrive_requested"
    TASK_END_REQUESTED = "task_end_requested"
    USER_CREATED = "user_created"
    USER_ACTIVATED = "user_activated"
    USER_EXPORT_REQUESTED = "user_export_requested"
    USER_DELETION_REQUESTED = "user_deletion_requested"
    USER_DELETION_REFUSED = "user_deletion_refused"  # a wrong password
    USER_DELETED = "user_deleted"
    USER_DEACTIVATED = "user_deactivated"
    ADMIN_GRANTED = "admin_granted"
    ADMIN_REVOKED = "admin_revoked"
    CHANNEL_PUBLIC = "channel_public"
    CHANNEL_PRIVATE = "channel_private"
    CHANNEL_DELETED = "channel_deleted"
    CHANNEL_RESTORED = "channel_restored"
    CHANNEL_PURGED = "channel_purged"


def audit(event: Audited, subject: str, **more: Any) -> None:
    """Write the line of an event. Request id, address and user are those of the request (`request`, `know`)."""
    log.info(event.value, extra={"audit": event.value, "subject": subject, **more})


@contextmanager
def request(**known: str) -> Iterator[dict[str, Any]]:
    """Add these keys to all lines of a request, and write its own line at the end, with what the block puts into the
    dictionary.
    """
    started, outcome = time.perf_counter(), {"status": 500}
    log.thread_safe_clear_keys()
    know(**known)
    try:
        yield outcome
    finally:
        keys = log.thread_safe_get_current_keys()
        milliseconds = round((time.perf_counter() - started) * 1000)
        log.info(REQUEST, extra={**keys, **outcome, "ms": milliseconds})
        log.thread_safe_clear_keys()


def know(**keys: str) -> None:
    """Add keys to the following lines of this request, or of an operator's command."""
    log.thread_safe_append_keys(**keys)


def by_operator() -> None:
    """Attribute the following events to an operator. They go to standard error: a command's output is its own."""
    know(user="operator")
    for handler in log.handlers:
        if hasattr(handler, "setStream"):
            handler.setStream(sys.stderr)


def count(name: str, value: float = 1) -> None:
    """Record a count metric."""
    _emit(name, MetricUnit.Count, value)


def seconds(name: str, value: float) -> None:
    """Record a duration metric."""
    _emit(name, MetricUnit.Seconds, value)


def _emit(name: str, unit: MetricUnit, value: float) -> None:
    with single_metric(name=name, unit=unit, value=value, namespace=NAMESPACE) as metric:
        metric.add_dimension(name="service", value="studio")
        metric.add_dimension(name="stage", value=settings().stage)
