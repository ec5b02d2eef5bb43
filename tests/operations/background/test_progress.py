"""The progress of a task: what is written when, where the bar is, and the estimate of the time left."""

import time
from collections.abc import Iterator

import pytest

from chalicelib.domain.ids import new_id
from chalicelib.models import tasks
from chalicelib.models.tasks import Task
from chalicelib.operations.background.progress import INTERVAL, Progress
from tests.support.aws.calls import Watch, watching
from tests.support.aws.cloud import Cloud
from tests.support.existing import existing


class Clock:
    """A clock that stands still until it is moved."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(time, "time", lambda: 5_000_000 + clock.now)
    return clock


@pytest.fixture
def task(aws: Cloud) -> Task:
    task = tasks.new(new_id(), tasks.PUBLISH, "c" * 32, "u" * 32)
    task.save()
    return task


@pytest.fixture
def progress(task: Task, clock: Clock) -> Progress:
    return Progress(task, clock)


def shown(task: Task) -> tuple[int, str, int | None]:
    """The bar, the words, and the seconds left, as callers see them."""
    found = existing(tasks.get(task.id))
    return int(found.progress), found.detail, tasks.seconds_left(found)


def work(progress: Progress, clock: Clock, units: int, seconds: float) -> None:
    for _ in range(units):
        clock.now += seconds / units
        progress.done()


def test_a_short_task_writes_only_its_steps(progress: Progress, task: Task, clock: Clock) -> None:
    with watching(Watch()) as calls:
        progress.step("Reading", 5, 30, total=1000)
        work(progress, clock, 1000, INTERVAL - 1)
        progress.step("Writing", 30, 100, total=1000)
        work(progress, clock, 1000, INTERVAL - 1)
    assert calls.names == ["UpdateItem"] * 2
    assert shown(task) == (30, "Writing", None)


def test_a_long_step_is_written_every_few_seconds(progress: Progress, clock: Clock) -> None:
    progress.step("Reading", 0, 50, total=1000)
    with watching(Watch()) as calls:
        work(progress, clock, 1000, 10 * INTERVAL + 1)
    assert calls.names == ["UpdateItem"] * 10


def test_the_bar_and_the_estimate_follow_the_work(progress: Progress, task: Task, clock: Clock) -> None:
    """A quarter of the first step, which is half of the bar, took ten seconds: thirty more, and forty for the rest."""
    progress.step("Reading", 0, 50, total=400)
    clock.now += 10
    progress.done(100)
    assert shown(task) == (12, "Reading", 70)
    clock.now += 4
    assert shown(task)[2] == 66


def test_the_caller_may_know_how_long_later_steps_take(progress: Progress, task: Task, clock: Clock) -> None:
    progress.step("Reading", 0, 50, total=400, later=3)
    clock.now += 10
    progress.done(100)
    assert shown(task) == (12, "Reading", 30 + 3 * 40)


def test_the_next_step_begins_with_the_estimate_of_the_last_one(progress: Progress, task: Task, clock: Clock) -> None:
    progress.step("Reading", 0, 50, total=100)
    clock.now += 20
    progress.done(100)
    progress.step("Writing", 50, 100, total=10)
    assert shown(task) == (50, "Writing", 20)


def test_what_earlier_workers_did_does_not_count_as_speed(task: Task, clock: Clock) -> None:
    tasks.advance(task, 40, "Reading")
    again = Progress(existing(tasks.get(task.id)), clock)
    again.step("Reading", 0, 100, total=100, before=50)
    assert shown(task) == (50, "Reading", None)
    clock.now += 10
    again.done(10)
    assert shown(task) == (60, "Reading", 40)


def test_the_bar_never_goes_back(task: Task, clock: Clock) -> None:
    tasks.advance(task, 40, "Writing")
    again = Progress(existing(tasks.get(task.id)), clock)
    again.step("Reading", 0, 30, total=100)
    assert shown(task) == (40, "Reading", None)


def test_counts_what_is_iterated(progress: Progress, task: Task, clock: Clock) -> None:
    def slowly() -> Iterator[int]:
        for number in range(10):
            clock.now += INTERVAL
            yield number

    progress.step("Reading", 0, 100, total=10)
    assert list(progress.counted(slowly())) == list(range(10))
    assert shown(task) == (100, "Reading", None)


def test_more_work_than_expected_does_not_leave_the_step(progress: Progress, task: Task, clock: Clock) -> None:
    progress.step("Reading", 0, 50, total=10)
    clock.now += 10
    progress.done(30)
    assert shown(task)[0] == 50


def test_an_unknown_number_gives_no_estimate(progress: Progress, task: Task, clock: Clock) -> None:
    progress.step("Reading", 10, 50)
    clock.now += 10
    progress.done()
    assert shown(task) == (10, "Reading", None)


def test_an_estimate_that_has_passed_is_not_shown(progress: Progress, task: Task, clock: Clock) -> None:
    progress.step("Reading", 0, 100, total=2)
    clock.now += 10
    progress.done()
    clock.now += 11
    assert shown(task) == (50, "Reading", None)


def test_the_end_of_a_task_removes_the_estimate(progress: Progress, task: Task, clock: Clock) -> None:
    progress.step("Reading", 0, 100, total=2)
    clock.now += 10
    progress.done()
    tasks.finish(task, tasks.SUCCESS, "Done")
    assert existing(tasks.get(task.id)).expected_end is None
    work(progress, clock, 1, 10)
    assert shown(task) == (100, "Done", None)
