"""Attempts that lose races are repeated, but not until the gateway gives the request up."""

import pytest

from chalicelib.errors import Busy
from chalicelib.models import changes
from chalicelib.operations.access import node_rights


class Clock:
    def __init__(self) -> None:
        self.now = 0.0
        self.paused: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.paused.append(seconds)
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(node_rights, "time", clock)
    monkeypatch.setattr(changes, "time", clock)
    monkeypatch.setattr("random.uniform", lambda low, high: high)
    return clock


def test_slow_attempts_end_before_the_gateway_does(clock: Clock) -> None:
    def lose() -> None:
        clock.now += 3

    with pytest.raises(Busy):
        node_rights.retried(lose)
    assert clock.now < 25


def test_pauses_grow_with_what_an_attempt_takes(clock: Clock) -> None:
    results = iter([None, None, None, "won"])

    def attempt() -> str | None:
        clock.now += 0.1
        return next(results)

    assert node_rights.retried(attempt) == "won"
    assert clock.paused == pytest.approx([0.1, 0.2, 0.3])
