"""How far the worker of a task is, with an estimate of when it will have ended.

A task runs in steps. Each has its part of the bar, and counts what it does: nodes read, archives made, rows written.
A step is written when it begins; what it has done, at most every few seconds, so that short tasks write nothing more.
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from chalicelib.models import tasks
from chalicelib.models.tasks import Task

T = TypeVar("T")
INTERVAL = 5.0  # seconds between two writes, and before the first estimate


class Progress:
    """The progress of a running task, for one worker. Its threads may share it."""

    def __init__(self, task: Task, clock: Callable[[], float] = time.monotonic) -> None:
        self._task, self._clock, self._lock = task, clock, threading.Lock()
        self._left: float | None = None  # seconds that the steps after this one take
        self.step("", 0, 0, is_written=False)

    def step(
        self,
        detail: str,
        start: int,
        end: int,
        total: int = 0,
        before: int = 0,
        later: float | None = None,
        is_written: bool = True,
    ) -> None:
        """Begin the step that takes the bar from `start` to `end` per cent, and write it.

        The step has `total` units (0 if that is not known), of which earlier workers have done `before`. The steps
        after it take `later` times as long as the whole step; by default, as long as their part of the bar says.
        """
        with self._lock:
            self._detail, self._start, self._end = detail, start, end
            self._total, self._done, self._before = total, before, before
            self._later = (100 - end) / (end - start) if later is None and end > start else later or 0.0
            self._began = self._written = self._clock()
            if is_written:
                tasks.advance(self._task, self._percent(), detail, self._expected_end(self._left))

    def done(self, count: int = 1) -> None:
        """Count units of the step. Writes the progress if INTERVAL has passed since the last write."""
        with self._lock:
            self._done += count
            if self._clock() - self._written >= INTERVAL:
                self._written = self._clock()
                tasks.advance(self._task, self._percent(), self._detail, self._expected_end(self._estimate()))

    def counted(self, items: Iterable[T]) -> Iterator[T]:
        """The items, of which each is a unit of the step and is done when the next one is asked for."""
        for item in items:
            yield item
            self.done()

    def _percent(self) -> int:
        """Where the bar is. It never goes back, even if this worker does again what another one had done."""
        part = min(self._done / self._total, 1.0) if self._total else 0.0
        return max(int(self._task.progress or 0), self._start + int((self._end - self._start) * part))

    def _estimate(self) -> float | None:
        """Seconds until the end of the task, at the speed of this worker in this step."""
        done, left = self._done - self._before, max(self._total - self._done, 0)
        if not self._total or done <= 0:
            return None
        unit = (self._clock() - self._began) / done
        self._left = unit * self._total * self._later
        return unit * left + self._left

    @staticmethod
    def _expected_end(seconds: float | None) -> int | None:
        return None if seconds is None else int(time.time() + seconds)
