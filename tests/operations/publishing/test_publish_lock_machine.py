"""The publish lock under any order of events: requests, duplicate messages, killed workers, failing calls.

At any time one worker at most holds the lease. When all messages have been delivered the channel is free, every
request has been followed by one publish that holds what was there when it was made, and none ran twice.
"""

import contextlib

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from chalicelib.errors import Busy
from chalicelib.models import tasks
from tests.support.worlds.publishing_world import FAULTS, Message, Publishing, following

faults = st.sampled_from([None] * 20 + [(call, lost) for call in range(5) for lost in (False, True)])
ways = st.sampled_from(["succeed"] * 6 + ["refuse", "fail", "die"])
picks = st.integers(0, 9)


class Machine(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.publishing = Publishing()
        self.stack = contextlib.ExitStack()
        self.stack.enter_context(self.publishing.running())
        self.copies = [self.publishing.channel()]  # copies of the channel read at different times
        self.requested = []  # (number of edits at the request, the task that must publish them)
        self.joined = set()  # tasks that requests joined or tried to join

    def teardown(self):
        try:
            self.publishing.drain()
            self.check_the_end()
        finally:
            self.stack.close()

    @contextlib.contextmanager
    def broken_by(self, fault):
        """A call fails: its caller stops and cleans up as far as it can."""
        with contextlib.suppress(*FAULTS, Busy), self.publishing.faulty(fault):
            yield

    # ---- events ----

    @rule(fault=faults, look=picks)
    def ask(self, fault, look):
        """A client that retries until it gets a response; its copy of the channel may be stale."""
        self.copies.append(self.publishing.channel())
        channel = self.copies[-1 - look % len(self.copies)]
        for attempt in (fault, None, None):
            running = self.publishing.channel().publish_task_id
            self.joined.add(running)
            with self.broken_by(attempt):
                task_id = self.publishing.request(channel)
                self.requested.append((self.publishing.edits, following(task_id) if task_id == running else task_id))
                return
            channel = None  # it reads the channel again
        raise AssertionError("the client was never answered")

    @precondition(lambda self: self.publishing.waiting)
    @rule(pick=picks, fault=faults)
    def deliver(self, pick, fault):
        """Deliver a message, preferably an early one. Time passes until it is visible."""
        messages = sorted(self.publishing.waiting, key=lambda message: message.visible)
        message = messages[pick % len(messages)]
        self.publishing.pass_time(max(0, message.visible - self.publishing.now))
        if message in self.publishing.waiting:
            with self.broken_by(fault):
                self.publishing.receive(message)

    @precondition(lambda self: self.publishing.workers)
    @rule(how=ways, fault=faults)
    def work(self, how, fault):
        (worker,) = self.publishing.workers
        with self.broken_by(fault if how in ("succeed", "refuse") else None):
            getattr(self.publishing, how)(worker)

    @precondition(lambda self: self.publishing.workers)
    @rule(fault=faults)
    def live_on(self, fault):
        with self.broken_by(fault):
            self.publishing.live_on(self.publishing.workers[0])

    @precondition(lambda self: self.publishing.waiting)
    @rule(pick=picks)
    def duplicate(self, pick):
        message = self.publishing.waiting[pick % len(self.publishing.waiting)]
        self.publishing.waiting.append(Message(message.task_id, message.stage, message.visible))

    # ---- invariants ----

    @invariant()
    def one_worker_at_most_holds_the_lease(self):
        assert len(self.publishing.workers) <= 1
        for worker in self.publishing.workers:
            held_until = self.publishing.channel().publish_lease
            assert held_until is not None
            assert held_until >= worker.channel.publish_lease  # later if the response of a renewal was lost

    def check_the_end(self):
        assert self.publishing.is_unlocked()
        for edits, task_id in self.requested:
            assert self.publishing.answered(task_id) >= edits, f"task {task_id} came too early for edit {edits}"
        made = {task.id: task.status for task in tasks.Task.channel_index.query(self.publishing.channel_id)}
        assert all(status in tasks.FINISHED for status in made.values()), made
        assert not [id for id in made if following(id) in made and id not in self.joined]
        assert self.publishing.channel().version == list(made.values()).count(tasks.SUCCESS)


def test_every_request_is_published_exactly_once(aws):
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=6,
            stateful_step_count=25,
            deadline=None,
            report_multiple_bugs=False,
            phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking a failure would take minutes
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )
