"""Writes on which nothing depends, such as the time of a last use: they neither fail a request nor make it wait."""

import time
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from functools import cache
from typing import Any

from chalicelib.models.base import Condition, DatabaseError, Table, was_refused
from chalicelib.telemetry import log

MAX_WAIT = 0.25  # seconds; a write takes a few milliseconds
REST = 60  # seconds after a failure in which no such write is tried


class _State:
    """The last write, which may not have ended, and the time until which none is tried."""

    last: "Future[None] | None" = None
    resting_until = 0.0


_state = _State()


def update_in_passing(item: Table, actions: list[Any], condition: Condition) -> None:
    """Update an item if the condition holds. Does nothing while the last such write has not ended, or soon after one
    failed: its caller tries again at the next request.
    """
    if time.monotonic() < _state.resting_until or (_state.last and not _state.last.done()):
        return

    def write() -> None:
        try:
            item.update(actions, condition=condition)
        except DatabaseError as error:
            if not was_refused(error):
                log.warning("a write in passing failed", exc_info=error)
                _state.resting_until = time.monotonic() + REST

    _state.last = _thread().submit(write)
    wait_for([_state.last], MAX_WAIT)


def try_again() -> None:
    """Forget earlier failures."""
    _state.resting_until = 0.0


@cache
def _thread() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, thread_name_prefix="in-passing")
