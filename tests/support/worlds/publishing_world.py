"""Publishing without content: requests, messages, workers and a clock, all controlled by a test."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Event
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from botocore.exceptions import ClientError
from pynamodb.exceptions import PynamoDBException

from chalicelib.aws import queues, storage
from chalicelib.domain.ids import derived_id
from chalicelib.errors import Busy
from chalicelib.handlers.workers import MAX_RECEIVES
from chalicelib.models import channels, leases, tasks
from chalicelib.models.channels import PUBLISH_LEASE, Channel
from chalicelib.models.tasks import Task
from chalicelib.operations.publishing import publish_failure, publish_lock
from chalicelib.operations.publishing.publish_lock import EXPORT, PUBLISH
from tests.models.builders import make_channel
from tests.models.dynamodb import real
from tests.support.aws.calls import AnswerLost, NeverSent, watching

USER = "u" * 32
VISIBILITY = 5400  # seconds: after which a message that was not deleted is received again
FAULTS = (NeverSent, AnswerLost, PynamoDBException)  # the errors of a failing call


@dataclass
class Message:
    """One message of a queue. `visible` is the time from which it can be received."""

    task_id: str
    stage: str
    visible: float = 0
    receives: int = 0


@dataclass
class Worker:
    """A function that processes a message and holds the lease of its channel."""

    message: Message
    task: Task
    channel: Channel
    seen: int  # edits of the tree when it was read

    @property
    def lease_ends(self) -> float:
        return float(self.channel.publish_lease) / PUBLISH_LEASE.per_second


@dataclass
class Publishing:
    """One channel, whose tree is a number of edits."""

    now: float = 1_000_000.0
    edits: int = 0
    waiting: list[Message] = field(default_factory=list)
    workers: list[Worker] = field(default_factory=list)
    refused: dict[str, int] = field(default_factory=dict)  # edits that were there when a task failed, by its id
    fault: tuple[int, bool] | None = None  # (number of the failing call, whether only its response is lost)
    calls: int = 0

    def __post_init__(self) -> None:
        self.channel_id = make_channel().id

    @contextmanager
    def running(self) -> Iterator["Publishing"]:
        clock = SimpleNamespace(time=self._tick)
        senders: dict[str, Any] = {"send_publish": self._sender(PUBLISH), "send_export": self._sender(EXPORT)}
        with (
            patch.object(leases, "time", clock),
            patch.multiple(queues, **senders),
            patch.multiple(storage, copy=self._s3("copy"), delete=self._s3("delete")),
            watching(self._aws),
        ):
            yield self

    def _tick(self) -> float:
        self.now += 0.000_01  # no two workers read the same time
        return self.now

    def _sender(self, stage: str) -> Callable[[str], None]:
        return lambda task_id: self._call("send", lambda: self.waiting.append(Message(task_id, stage, self.now)))

    def _s3(self, name: str) -> Callable[..., None]:
        return lambda *_: self._call(name, lambda: None)

    def _aws(self, client: Any, operation: str, arguments: Any) -> Any:
        return self._call(operation, lambda: real(client, operation, arguments))

    def _call(self, name: str, do: Callable[[], Any]) -> Any:
        number, self.calls = self.calls, self.calls + 1
        if self.fault is None or self.fault[0] != number:
            return do()
        if self.fault[1]:
            with suppress(ClientError):  # the response that is lost may be an error
                do()
            raise AnswerLost(endpoint_url=name)
        raise NeverSent(endpoint_url=name)

    @contextmanager
    def faulty(self, fault: tuple[int, bool] | None) -> Iterator[None]:
        """Let one call within fail."""
        self.fault, self.calls = fault, 0
        try:
            yield
        finally:
            self.fault = None

    # ---- events ----

    def channel(self) -> Channel:
        found = channels.get(self.channel_id)
        assert found is not None
        return found

    def request(self, channel: Channel | None = None, notes: str = "", user: str = USER) -> str:
        """Request a publish of a tree that has just been edited; `channel` may have been read some time ago."""
        self.edits += 1
        return publish_lock.request(user, channel or self.channel(), notes)

    def receivable(self) -> list[Message]:
        return [message for message in self.waiting if message.visible <= self.now]

    def receive(self, message: Message) -> Worker | None:
        """A worker receives a message; returns the worker if it got the lease. Raises Busy, or another error."""
        self.waiting.remove(message)
        message.receives += 1
        try:
            claimed = self._claim(message)
        except Busy as error:  # it is sent again
            again = Message(message.task_id, message.stage, self.now + error.retry_after, message.receives - 1)
            self.waiting.append(again)
            raise
        except Exception:
            self._come_again(message, 1)
            raise
        if claimed is None:
            return None
        worker = Worker(message, *claimed, seen=self.edits)
        self.workers.append(worker)
        return worker

    def _claim(self, message: Message) -> tuple[Task, Channel] | None:
        """Take the lease for a message, or end its task if it is a dead letter or its workers were killed too often."""
        if message.receives > MAX_RECEIVES:
            publish_failure.give_up(message.task_id)
            self._note_failure(message)
            return None
        claimed = publish_lock.claim(message.task_id, message.stage)
        if claimed is None or not publish_failure.is_killed_too_often(*claimed):
            return claimed
        publish_failure.fail(*claimed)
        self._note_failure(message)
        return None

    def _note_failure(self, message: Message) -> None:
        if self.task(message.task_id).status == tasks.FAILURE:
            self.refused.setdefault(message.task_id, self.edits)

    def succeed(self, worker: Worker) -> None:
        """The worker completes its stage."""
        self._work(worker, self._publish if worker.message.stage == PUBLISH else self._export)

    def _publish(self, worker: Worker) -> None:
        publish_lock.hand_over(worker.task, worker.channel, rev=worker.seen)

    def _export(self, worker: Worker) -> None:
        seen = worker.task.arguments["rev"]
        columns = {"version": int(self.channel().version) + 1, "published_rev": seen}
        publish_lock.finish(worker.task, worker.channel, tasks.SUCCESS, "Published.", columns, [])

    def refuse(self, worker: Worker) -> None:
        """The worker fails the task because the tree cannot be published."""
        self._work(worker, self._refuse)

    def _refuse(self, worker: Worker) -> None:
        self.refused[worker.task.id] = worker.seen
        publish_lock.finish(worker.task, worker.channel, tasks.FAILURE, "It is empty.", {}, [])

    def _work(self, worker: Worker, work: Callable[[Worker], None]) -> None:
        self.workers.remove(worker)
        try:
            work(worker)
        except Exception:
            self._broke(worker)
            raise

    def fail(self, worker: Worker) -> None:
        """The worker fails with an internal error."""
        self.workers.remove(worker)
        self._broke(worker)

    def _broke(self, worker: Worker) -> None:
        publish_lock.release(worker.task, worker.channel)
        if worker.message.receives < MAX_RECEIVES:
            self._come_again(worker.message, 2)
            return
        self.refused[worker.task.id] = self.edits
        publish_failure.give_up(worker.task.id)

    def die(self, worker: Worker) -> None:
        """The worker is killed: it releases nothing, and its message is received again after its visibility timeout, or
        is a dead letter then."""
        self.workers.remove(worker)
        self._come_again(worker.message, VISIBILITY)

    def _come_again(self, message: Message, seconds: float) -> None:
        message.visible = self.now + seconds
        self.waiting.append(message)

    def pass_time(self, seconds: float) -> None:
        """Advance the clock. Workers whose lease ends meanwhile are killed, also if it ends within the few ticks of the
        clock that the next event takes."""
        self.now += seconds
        for worker in [worker for worker in self.workers if worker.lease_ends <= self.now + 0.001]:
            self.die(worker)

    def live_on(self, worker: Worker) -> None:
        """The worker renews its lease."""
        self.pass_time(publish_lock.RENEWAL)
        leases._renew(lambda: publish_lock.renew(worker.channel), publish_lock.RENEWAL, _Once())

    def drain(self) -> int:
        """Complete all workers and deliver all messages; returns the number of messages."""
        for worker in list(self.workers):
            self.succeed(worker)
        count = 0
        while self.waiting:
            count += 1
            assert count < 500, "messages are sent endlessly"
            message = min(self.waiting, key=lambda message: message.visible)
            self.pass_time(max(0, message.visible - self.now))
            try:
                received = self.receive(message)
            except Busy:
                continue
            if received:
                self.succeed(received)
        return count

    # ---- state ----

    def task(self, task_id: str) -> Task:
        found = tasks.get(task_id)
        assert found is not None, f"task {task_id} does not exist"
        return found

    def answered(self, task_id: str) -> int:
        """The number of edits that a finished task published, or that existed when it failed."""
        task = self.task(task_id)
        assert task.status in tasks.FINISHED, f"task {task_id} is {task.status}"
        return int(task.arguments["rev"]) if task.status == tasks.SUCCESS else self.refused[task_id]

    def is_unlocked(self) -> bool:
        channel = self.channel()
        return not any((channel.publish_task_id, channel.publish_stage, channel.publish_lease, channel.publish_again))


class _Once(Event):
    """The event that ends renewals, after one of them."""

    def __init__(self) -> None:
        super().__init__()
        self.answers = iter([False, True])

    def wait(self, timeout: float | None = None) -> bool:
        return next(self.answers)


def following(task_id: str) -> str:
    """The id of the task that follows this one if other requests joined it."""
    return derived_id(task_id, "again")
