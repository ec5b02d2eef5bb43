"""Checkpoints of a publish: what its workers have read so far, from which the next worker continues.

The nodes and their derived files are in parts, which are objects under the key of the worker that wrote them. The task
names them in its argument `checkpoint`, and the state of the tree that they belong to. They are dropped with the week's
other work.
"""

import hashlib
import json
import time
from collections.abc import Sequence
from typing import Any, NotRequired, TypedDict

from chalicelib.aws import storage
from chalicelib.domain.storage_keys import checkpoint_key
from chalicelib.errors import Busy
from chalicelib.models.base import Transaction, transact
from chalicelib.models.channels import PUBLISH_LEASE, Channel
from chalicelib.models.tasks import Task
from chalicelib.operations.freezing.spool import Spool

ARGUMENT = "checkpoint"
INTERVAL = 60.0  # seconds of work between two checkpoints, which a killed worker loses at most
MAX_WORK = 600.0  # seconds after which a worker leaves the rest to the next one; its function has 900
MAX_RESTARTS = 5  # times that a publish begins again, as its tree was edited between two workers
clock = time.monotonic


class Tree(TypedDict):
    """What must be the same for a worker to continue: the tree, its revision and the order of its nodes."""

    root: str
    rev: int
    outline: str


class Checkpoint(TypedDict):
    """The argument of the task. `number` counts all checkpoints, and `attempts` killed workers before this one."""

    tree: Tree
    parts: list[str]
    number: int
    restarts: int
    attempts: int
    nodes: NotRequired[int]


def of(task: Task) -> Checkpoint | None:
    """The checkpoint of a task, if it has one."""
    found: Checkpoint | None = task.arguments.get(ARGUMENT)
    return found


def tree_of(channel: Channel, ids: Sequence[str]) -> Tree:
    """The state of a tree, whose nodes have these ids, in this order."""
    digest = hashlib.sha256()
    for id in ids:
        digest.update(id.encode())
    return {"root": ids[0], "rev": int(channel.rev), "outline": digest.hexdigest()}


class Journal:
    """Checkpoints of one worker."""

    def __init__(self, task: Task, channel: Channel, tree: Tree) -> None:
        self._task, self._channel = task, channel
        self._began = self._saved = clock()
        found = of(task)
        self._point: Checkpoint = found or {"tree": tree, "parts": [], "number": 0, "restarts": 0, "attempts": 0}
        if self._point["tree"] != tree:
            self._point = {**self._point, "tree": tree, "parts": [], "restarts": self._point["restarts"] + 1}
        self._kept = 0  # nodes in the parts

    @property
    def restarts(self) -> int:
        """How often this publish has begun again."""
        return self._point["restarts"]

    def restore(self, spool: Spool) -> list[dict[str, Any]]:
        """Add the nodes of all parts to a spool. Returns what was noted with each part; [] if a part is gone."""
        try:
            parts = [storage.read(key) for key in self._point["parts"]]
        except KeyError:
            self._point["parts"] = []
            return []
        notes = []
        for part in parts:
            first, _, rest = part.partition(b"\n")
            notes.append(json.loads(first))
            spool.extend(rest)
        self._kept = len(spool)
        return notes

    def is_due(self) -> bool:
        """Whether what was read should be saved now."""
        return clock() - self._saved >= INTERVAL

    def is_late(self) -> bool:
        """Whether the rest should be left to the next worker."""
        return clock() - self._began >= MAX_WORK

    def save(self, spool: Spool, noted: dict[str, Any]) -> None:
        """Save what was added to the spool since the last part, with notes. Two calls.

        Raises Busy if another worker has taken the lease: what that one has noted stays.
        """
        key = checkpoint_key(str(self._channel.publish_worker), len(spool))
        storage.put(key, json.dumps(noted).encode() + b"\n" + spool.part(self._kept), "application/octet-stream")
        attempts = int(self._channel.publish_attempts or 0)
        parts, number = [*self._point["parts"], key], self._point["number"] + 1
        self._point = {**self._point, "parts": parts, "number": number, "attempts": attempts, "nodes": len(spool)}
        if not _keep(self._task, self._channel, self._point):
            raise Busy(f"Another worker has taken over task {self._task.id}.")
        self._kept, self._saved = len(spool), clock()


def forget(task: Task, channel: Channel) -> None:
    """Let the next worker begin again, if there is a checkpoint, and no other worker has taken the lease."""
    if point := of(task):
        nothing: Tree = {"root": "", "rev": 0, "outline": ""}
        _keep(task, channel, {**point, "tree": nothing, "parts": []})


def _keep(task: Task, channel: Channel, point: Checkpoint) -> bool:
    """Name a checkpoint in its task. Returns False if another worker holds the lease, or the task is gone."""
    arguments, worker = {**task.arguments, ARGUMENT: point}, str(channel.publish_worker)

    def fill(transaction: Transaction) -> None:
        same: list[Any] = [Channel.publish_worker.set(worker)]
        transaction.update(Channel(channel.id), same, condition=PUBLISH_LEASE.held_by(worker))
        transaction.update(Task(task.id), [Task.arguments.set(arguments)], condition=Task.id.exists())

    if transact(fill):
        return False
    task.arguments = arguments
    return True
