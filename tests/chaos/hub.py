"""Processes that take turns at each AWS call, in an order that a seed decides, under a clock of their own.

A process is a greenlet: it runs alone until its next call of AWS, or until it sleeps. So there is one history per seed.
"""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from greenlet import getcurrent, greenlet

START = 1_800_000_000.0  # Unix time
MAX_STEPS = 20_000  # until everything has ended
API_SECONDS, WORKER_SECONDS = 29.0, 900.0  # after which a function is ended


class Killed(BaseException):
    """Simulates the end of a process: no code catches it."""


@dataclass
class Work:
    """One call of a function: a request, or a message of a queue. It makes no call after it was killed."""

    name: str
    ends: float
    is_dead: bool = False
    is_ambiguous: bool = False  # whether a fault may have hidden what was done
    renewals: "list[Renewal]" = field(default_factory=list)


@dataclass
class Renewal:
    """A lease that is renewed every so many seconds while its holder works."""

    renew: Callable[[], bool]
    every: float
    due: float
    is_fence: bool = True  # whether the writes of a holder who has lost the lease are refused


@dataclass(eq=False)
class Process:
    """A client or a worker."""

    name: str
    green: greenlet
    ready: float = 0.0  # the time from which it may go on
    work: Work | None = None


class Hub:
    """Decides who runs next; everything random comes from `random`."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.now = START
        self.steps = 0
        self.is_closing = False  # clients begin nothing more
        self.processes: list[Process] = []
        self.history: list[str] = []
        self.current: Process | None = None
        self.sources: list[Callable[[], float | None]] = []  # start what is due; return when something is next
        self.failure: BaseException | None = None
        self.main = getcurrent()

    # ---- the clock ----

    def time(self) -> float:
        self.now += 0.000_01  # no two processes read the same time
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let others go on, until so many seconds have passed."""
        if self.current is None:
            self.now += max(0.0, seconds)
            return
        self.current.ready = self.now + max(0.0, seconds)
        self.turn()

    # ---- processes ----

    def start(self, name: str, run: Callable[[], object]) -> Process:
        made = Process(name, greenlet(lambda: self._run(run), self.main))
        self.processes.append(made)
        return made

    def _run(self, run: Callable[[], object]) -> None:
        try:
            run()
        except BaseException as error:
            self.failure = self.failure or error

    def turn(self) -> None:
        """Let others go on; called by a process."""
        if self.current is not None and getcurrent() is self.current.green:
            self.main.switch()

    @contextmanager
    def working(self, name: str, seconds: float) -> Iterator[Work]:
        """Run a function in the current process."""
        assert self.current is not None
        before, self.current.work = self.current.work, Work(name, self.now + seconds)
        process = self.current
        try:
            yield self.current.work
        finally:
            process.work = before

    def run(self, steps: int | None = None) -> None:
        """Go on for so many steps, or until all processes have ended and nothing is due."""
        last = self.steps + (MAX_STEPS if steps is None else steps)
        while self.steps < last:
            if not self._step():
                return
        assert steps is not None, f"There is no end: {self.history[-40:]}"

    def end(self) -> None:
        """End all processes without another call."""
        for process in self.processes:
            if process.work:
                process.work.is_dead = True
            self.current = process
            process.green.throw(Killed)
        self.processes.clear()
        self.current = None

    def _step(self) -> bool:
        following = [moment for source in self.sources if (moment := source()) is not None]
        if not self.processes:
            if following:
                self.now = max(self.now, min(following))
            return bool(following)
        ready = [process for process in self.processes if process.ready <= self.now]
        if not ready:
            self.now = max(self.now, min([*following, *(process.ready for process in self.processes)]))
            return True
        self.steps += 1
        self.current = self.random.choice(ready)
        try:
            self.current.green.switch()
        finally:
            if self.current.green.dead:
                self.processes.remove(self.current)
            self.current = None
        if self.failure:
            raise self.failure
        return True

    def note(self, text: str) -> None:
        who = self.current.name if self.current else "-"
        self.history.append(f"{self.steps} {self.now - START:.3f} {who}: {text}")
