"""Starts children of the stack again that have stopped by themselves, after a pause that grows with each failure."""

import sys
import time
from collections.abc import Callable, Mapping, Sequence

from infra.local.checks import StackError
from infra.local.children import Child

FIRST_PAUSE = 1.0  # seconds; doubles
MAX_PAUSE = 30.0
STEADY = 60.0  # seconds of running, after which earlier failures no longer count


class Supervisor:
    """Looks after children. `ready` are functions by the names of children, called when these were started again."""

    def __init__(
        self,
        children: Sequence[Child],
        ready: Mapping[str, Callable[[], object]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._children = children
        self._ready = ready
        self._clock = clock
        self._failures = dict.fromkeys(children, 0)
        self._since = dict.fromkeys(children, clock())  # when it was started last
        self._due: dict[Child, float] = {}  # when it will be

    def tend(self) -> None:
        """Announce each child that has stopped, in one line, and start it again when its pause is over."""
        for child in self._children:
            if child in self._due:
                if self._clock() >= self._due[child]:
                    self._restart(child)
            elif not child.running:
                self._plan(child, "has stopped")
            elif self._clock() - self._since[child] > STEADY:
                self._failures[child] = 0

    def _plan(self, child: Child, what: str) -> None:
        pause = min(FIRST_PAUSE * 2 ** self._failures[child], MAX_PAUSE)
        self._failures[child] = min(self._failures[child] + 1, 10)
        self._due[child] = self._clock() + pause
        print(f"{child.name} {what}: started again in {pause:g} s; see {child.log}", file=sys.stderr, flush=True)

    def _restart(self, child: Child) -> None:
        del self._due[child]
        try:
            child.restart()
            self._since[child] = self._clock()
            self._ready.get(child.name, _nothing)()
        except StackError as error:
            if not child.running:
                self._plan(child, f"cannot be started ({error})")


def _nothing() -> None:
    """Not every child needs to be made ready."""
