"""When children are started again, with a clock of the test's."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from infra.local.checks import StackError
from infra.local.supervisor import MAX_PAUSE, STEADY, Supervisor


@dataclass(eq=False)
class Fake:
    """A child that runs until the test stops it."""

    name: str = "workers"
    log: Path = Path("workers.log")
    running: bool = True
    starts: bool = True
    restarts: int = field(default=0)

    def restart(self) -> None:
        self.restarts += 1
        if not self.starts:
            raise StackError("no port")
        self.running = True


class World:
    """A child, its supervisor, and the time."""

    def __init__(self, ready: Any = None) -> None:
        self.now = 0.0
        self.child = Fake()
        self.readied: list[str] = []
        functions = {"workers": ready or (lambda: self.readied.append("workers"))}
        self.supervisor = Supervisor([self.child], functions, lambda: self.now)  # type: ignore[list-item]

    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.supervisor.tend()

    def stop(self) -> None:
        self.child.running = False
        self.wait(0)


def test_a_child_is_started_again_after_a_pause_and_made_ready(capsys: pytest.CaptureFixture[str]) -> None:
    world = World()
    world.wait(1)
    assert world.child.restarts == 0
    world.stop()
    assert capsys.readouterr().err == "workers has stopped: started again in 1 s; see workers.log\n"
    world.wait(0.5)
    assert (world.child.restarts, world.readied) == (0, [])
    world.wait(0.5)
    assert (world.child.restarts, world.readied) == (1, ["workers"])
    assert capsys.readouterr().err == ""


def test_pauses_double_up_to_a_limit_and_start_again_after_a_steady_time(capsys: pytest.CaptureFixture[str]) -> None:
    world, pauses = World(), []
    for _ in range(7):
        world.stop()
        pauses.append(float(capsys.readouterr().err.split(" in ")[1].split()[0]))
        world.wait(MAX_PAUSE)
    assert pauses == [1, 2, 4, 8, 16, 30, 30]
    world.wait(STEADY + 1)
    world.stop()
    assert "again in 1 s" in capsys.readouterr().err


def test_a_child_that_cannot_be_started_is_tried_again(capsys: pytest.CaptureFixture[str]) -> None:
    world = World()
    world.child.starts = False
    world.stop()
    world.wait(1)
    said = capsys.readouterr().err.splitlines()
    assert said[1:] == ["workers cannot be started (no port): started again in 2 s; see workers.log"]
    world.child.starts = True
    world.wait(2)
    assert world.child.running


def test_a_child_that_is_not_ready_but_runs_is_left_alone() -> None:
    def slow() -> None:
        raise StackError("did not start")

    world = World(slow)
    world.stop()
    world.wait(1)
    world.wait(100)
    assert world.child.restarts == 1
