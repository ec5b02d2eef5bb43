"""What the application gets instead of clocks, threads and random numbers, so that one seed has one history."""

import os
import random
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import datetime, tzinfo
from threading import Lock, RLock, Semaphore
from typing import Any
from unittest.mock import patch

from chalicelib.models import base, in_passing, leases
from tests.chaos.hub import Hub, Renewal
from tests.support.aws import moto_internals

# Modules whose leases keep others away, but do not refuse the writes of a holder who was late.
NOT_FENCED = ("chalicelib.operations.sync.apply",)
LOCKS = (type(Lock()), type(RLock()), Semaphore)


class NoLock:
    """Processes have no threads, and do not share locks."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        pass


@contextmanager
def simulated(hub: Hub) -> Iterator[None]:
    """Run on the hub's clock, without threads, with random numbers that follow from its seed."""
    with ExitStack() as stack:
        stack.enter_context(patch.multiple(time, time=hub.time, monotonic=hub.time, sleep=hub.sleep))
        stack.enter_context(patch.object(ThreadPoolExecutor, "submit", _at_once))
        stack.enter_context(patch.object(base, "datetime", _clock(hub)))
        stack.enter_context(moto_internals.written_at(lambda: datetime.fromtimestamp(hub.now)))
        stack.enter_context(_random(hub))
        stack.enter_context(patch.object(in_passing, "MAX_WAIT", 0))
        for owner, name, value in [*_renewing(hub), *_locks()]:
            stack.enter_context(patch.object(owner, name, value))
        yield


def _at_once(_: ThreadPoolExecutor, function: Callable[..., Any], /, *arguments: Any, **named: Any) -> "Future[Any]":
    """Call a function now instead of in a thread."""
    future: Future[Any] = Future()
    try:
        future.set_result(function(*arguments, **named))
    except Exception as error:
        future.set_exception(error)
    return future


def _clock(hub: Hub) -> type[datetime]:
    class Clock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> "Clock":
            return cls.fromtimestamp(hub.time(), tz)

    return Clock


@contextmanager
def _random(hub: Hub) -> Iterator[None]:
    state = random.getstate()
    random.seed(hub.random.random())
    own = random.Random(hub.random.random())
    try:
        with patch.object(os, "urandom", own.randbytes), patch("random._urandom", own.randbytes):
            yield
    finally:
        random.setstate(state)


def _renewing(hub: Hub) -> Iterator[tuple[Any, str, Any]]:
    """The functions that renew leases in threads, in every module that has imported them."""

    @contextmanager
    def kept_alive(renew: Callable[[], bool], every: float) -> Iterator[None]:
        work = hub.current.work if hub.current else None
        renewal = Renewal(renew, every, hub.now + every, renew.__module__ not in NOT_FENCED)
        if work:
            work.renewals.append(renewal)
        try:
            yield
        finally:
            if work and renewal in work.renewals:
                work.renewals.remove(renewal)

    original = leases.kept_alive
    for module in _modules():
        yield from ((module, name, kept_alive) for name, value in vars(module).items() if value is original)


def _locks() -> Iterator[tuple[Any, str, Any]]:
    """The locks of modules, and of objects that are there once."""
    for module in _modules():
        for name, value in list(vars(module).items()):
            if isinstance(value, LOCKS):
                yield module, name, NoLock()
            for inner, lock in list(getattr(value, "__dict__", {}).items()):
                if isinstance(lock, LOCKS) and type(value).__module__.startswith("chalicelib."):
                    yield value, inner, NoLock()


def _modules() -> list[Any]:
    return [module for name, module in sorted(sys.modules.items()) if name.startswith("chalicelib")]
