"""Cheap calls to each service that the application needs. Their results are cached, so that asking makes no load."""

import time
from collections.abc import Callable
from typing import Literal

from typing_extensions import TypedDict

from chalicelib.aws import queues, storage
from chalicelib.aws.unavailable import UNAVAILABLE
from chalicelib.models import channels, nodes, users
from chalicelib.telemetry import log

SECONDS = 10  # for which a result is cached
NOWHERE = "0" * 32  # the ID of nothing

State = Literal["ok", "failing"]


class Health(TypedDict):
    """`status` is "ok" if all parts are."""

    status: State
    api: State
    tables: State
    bucket: State
    queues: State


_cached: list[tuple[float, Health]] = []


def cached() -> Health:
    """The latest result, if it is not older than SECONDS, or a new one."""
    if not _cached or time.monotonic() - _cached[-1][0] >= SECONDS:
        _cached[:] = [(time.monotonic(), check())]
    return _cached[-1][1]


def check() -> Health:
    """Ask each service once; seven calls."""
    parts = {"tables": _answers(_read_tables), "bucket": _answers(_read_bucket), "queues": _answers(queues.check)}
    status: State = "ok" if set(parts.values()) == {"ok"} else "failing"
    return {
        "status": status,
        "api": "ok",
        "tables": parts["tables"],
        "bucket": parts["bucket"],
        "queues": parts["queues"],
    }


def _answers(call: Callable[[], object]) -> State:
    try:
        call()
    except UNAVAILABLE:
        log.exception("a service does not answer")
        return "failing"
    return "ok"


def _read_tables() -> None:
    for get in (users.get, channels.get, nodes.get):
        get(NOWHERE)


def _read_bucket() -> None:
    storage.size_of(f"work/{NOWHERE}")
