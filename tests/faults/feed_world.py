"""The channels of the test of the feed, and writes that stop at any of their calls of AWS."""

import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.client import BaseClient

from chalicelib.models.changes import Change
from chalicelib.operations.publishing import prepare
from tests.support.aws.calls import WRITES, AnswerLost, Watch, watching
from tests.support.aws.cloud import tables
from tests.support.aws.moto_internals import later
from tests.support.http.client import Studio
from tests.support.worlds import contentnode, nodes
from tests.support.worlds.replay import Follower

NEVER_SENT, ANSWER_LOST, KILLED = "never sent", "answer lost", "killed after it"
PDF = b"%PDF-1.4 of a feed"


class Killed(BaseException):
    """Simulates the end of the process: no code catches it."""


@dataclass
class Fault(Watch):
    """One call fails, or is the last one of the process."""

    kind: str = NEVER_SENT
    writes: list[str] = field(default_factory=list)  # that were done

    def __call__(self, client: BaseClient, operation: str, arguments: dict[str, Any]) -> Any:
        is_last = len(self.names) == self.failing
        if operation.startswith(WRITES) and not (is_last and self.kind == NEVER_SENT):
            self.writes.append(operation)
        if not is_last or self.kind != KILLED:
            return super().__call__(client, operation, arguments)
        self.answer_lost = True
        with suppress(AnswerLost):
            super().__call__(client, operation, arguments)
        raise Killed

    @property
    def is_of_write(self) -> bool:
        return self.hit.startswith(WRITES)


class FeedWrittenLater(Fault):
    """Splits each transaction: the changes for sync clients become another one, after that of the data."""

    def __call__(self, client: BaseClient, operation: str, arguments: dict[str, Any]) -> Any:
        items = arguments.get("TransactItems", [])
        of_feed = [item for item in items if _table(item).endswith(Change.Meta.table_name)]
        if operation == "TransactWriteItems" and 0 < len(of_feed) < len(items):
            of_data = [item for item in items if item not in of_feed]
            super().__call__(client, operation, {**arguments, "TransactItems": of_data})
            arguments = {**arguments, "TransactItems": of_feed}
        return super().__call__(client, operation, arguments)


def _table(item: dict[str, dict[str, Any]]) -> str:
    return str(next(iter(item.values()))["TableName"])


class World:
    """Two channels that are edited and three that are published, restored before each write."""

    def __init__(self, studio: Studio) -> None:
        self.studio = studio
        pdf = studio.upload(b"%PDF-1.4", "pdf", "document")
        self.id, chef = studio.make_channel()
        document = nodes.resource("d", files=[nodes.file(pdf)])
        ids = studio.add(chef, nodes.exercise("e", nodes.question("q")), document, nodes.topic("a"), nodes.topic("b"))
        studio.finish(self.id)
        self.e, self.d, self.a, self.b = (ids[nodes.node_id(name)] for name in "edab")
        self.root = studio.get(f"/api/channel/{self.id}").json["root_id"]
        self.below = contentnode.make(studio, self.a, "below")["id"]
        self.gone = contentnode.make(studio, self.root, "gone")["id"]
        self.send("DELETE", f"{contentnode.URL}/{self.gone}")
        self.send("POST", f"{contentnode.URL}/{self.b}/prerequisites", {"prerequisite": self.d})
        (self.file,) = (row["id"] for row in studio.get(f"/api/file?contentnode={self.d}").json)
        self.question = f"{self.e},{studio.get(f'/api/assessmentitem?contentnode={self.e}').json[0]['assessment_id']}"
        self.upload = self._upload()
        self.other_root = contentnode.empty_tree(studio)
        self.other_id = contentnode.row(studio, self.other_root)["channel_id"]
        self.other_document = contentnode.make(studio, self.other_root, "other", "document")["id"]
        self._stage_and_open_another_upload()
        self.gone_id = studio.make_channel()[0]
        self.send("DELETE", f"/api/channel/{self.gone_id}")
        self._publish()
        with later(1000):
            studio.deliver("maintenance")
        self.stored = tables.copied()
        followed = {"here": self.id, "there": self.other_id, "deleted": self.gone_id, **self.published}
        self.followers = {name: Follower(studio, id) for name, id in followed.items()}

    def send(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.studio.call(method, path, body)
        assert answer.status < 300, answer.text
        return answer.json if answer.text else None

    def _upload(self) -> str:
        checksum = hashlib.md5(PDF).hexdigest()
        body = {"size": len(PDF), "checksum": checksum, "name": "a.pdf", "file_format": "pdf", "preset": "document"}
        row = self.send("POST", "/api/file/upload_url", body)["file"]
        self.studio.put(checksum, "pdf", PDF)
        return str(row["id"])

    def _stage_and_open_another_upload(self) -> None:
        for stage in (True, None):
            _, chef = self.studio.make_channel(channel_id=self.id)
            self.studio.add(chef, nodes.exercise("new", nodes.question("q")))
            if stage:
                self.studio.finish(self.id, stage=True)

    def _publish(self) -> None:
        """Create channels whose publish or draft has only its last stage left, and note their tasks by name."""
        self.published: dict[str, str] = {}
        self.tasks: dict[str, str] = {}
        for name, what in (("publish", "publish"), ("draft", "publish_draft"), ("refusal", "publish")):
            id, chef = self.studio.make_channel()
            if name != "refusal":
                self.studio.add(chef, nodes.exercise("e", nodes.question("q")))
            self.studio.finish(id)
            self.published[name], self.tasks[name] = id, self.send("POST", f"/api/channel/{id}/{what}", {})["task_id"]
            if name != "refusal":
                prepare.run(self.tasks[name])

    def stopped(
        self, write: "Write", number: int | None, kind: str = NEVER_SENT, fault_type: type[Fault] = Fault
    ) -> Fault:
        """Run a write that stops at this call."""
        tables.empty()
        tables.put(self.stored)
        cloud = self.studio.cloud
        fault = fault_type(failing=number, answer_lost=kind == ANSWER_LOST, kind=kind)
        with pytest.MonkeyPatch.context() as patch:
            for module, name, value in write.limits:
                patch.setattr(module, name, value)
            with watching(fault, own=(cloud.dynamodb, cloud.s3, cloud.sqs)):
                try:
                    write.do(self)
                except Exception:
                    assert fault.hit
                except Killed:
                    pass
        return fault

    def completed(self, write: "Write") -> list[int]:
        """Complete the write, and check that feeds and data agree. Returns the types of the changes in the feeds."""
        with later(1000):
            self.studio.deliver("maintenance")
        write.next(self)
        return [type for name in write.channels for type in self.followers[name].replay()]


@dataclass(frozen=True)
class Write:
    """A kind of write: the types of changes that it emits, in the order of its channels; how it runs, and what
    completes it after it has stopped."""

    name: str
    emits: tuple[int, ...]
    do: Callable[[World], object]
    next: Callable[[World], object] = lambda world: None
    limits: tuple[tuple[Any, str, int], ...] = ()
    channels: tuple[str, ...] = ("here", "there")
