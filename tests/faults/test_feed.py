"""A write stops at any of its AWS calls: by an error, by a lost response, or because its process is killed. When the
next request or worker has completed it, a client that replays the feed has the data that the API returns."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from botocore.client import BaseClient

from chalicelib.models import tasks
from chalicelib.models.changes import Change
from chalicelib.models.channels import Channel
from chalicelib.operations.copying import node_copies
from chalicelib.operations.nodes import node_moves
from chalicelib.operations.publishing import prepare, release
from tests.support.aws.calls import WRITES, AnswerLost, Watch, watching
from tests.support.aws.cloud import Cloud, empty_cloud, tables
from tests.support.aws.moto_internals import later
from tests.support.http.client import Studio
from tests.support.worlds import contentnode, nodes
from tests.support.worlds.mirror import COPIED, CREATED, DELETED, MOVED, UPDATED
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
        """Do a write that stops at this call."""
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


def request(name: str, emits: tuple[int, ...], method: str, path: str, body: Any = None, *limits: Any) -> Write:
    """A request; "{a}" in its path and body is replaced by the world's attribute of that name."""

    def do(world: World) -> None:
        answer = world.studio.call(method, path.format(**vars(world)), filled(world, body))
        assert answer.status < 300, answer.text

    channels = [name for name, key in (("here", "{id}"), ("deleted", "{gone_id}")) if key in path]
    return Write(name, emits, do, limits=limits, channels=tuple(channels) or ("here", "there"))


def filled(world: World, body: Any) -> Any:
    if isinstance(body, dict):
        return {name: filled(world, value) for name, value in body.items()}
    return body.format(**vars(world)) if isinstance(body, str) else body


def in_background(write: Write) -> Write:
    def do(world: World) -> None:
        write.do(world)
        world.studio.deliver("maintenance")

    return replace(write, do=do)


def ends(name: str, run: Callable[[str], None]) -> Write:
    """The last stage of a publish. If its worker is killed, its message is redelivered after the lease has expired."""

    def again(world: World) -> None:
        task_id, channel_id = world.tasks[name], world.published[name]
        Channel(channel_id).update([Channel.publish_lease.remove()])
        run(task_id)
        task = tasks.get(task_id)
        assert task
        assert task.status == (tasks.FAILURE if name == "refusal" else tasks.SUCCESS)

    return Write(f"end of a {name}", (UPDATED,), lambda world: run(world.tasks[name]), again, channels=(name,))


NODE, CHANNEL, QUESTION, FILE = "/api/contentnode", "/api/channel", "/api/assessmentitem", "/api/file"
NEW_QUESTION = {"contentnode": "{e}", "type": "single_selection", "question": "?"}
TOPIC = {"parent": "{a}", "kind": "topic", "title": "n"}
LEFT_OF_A = {"target": "{a}", "position": "left"}
COPY = {"target": "{b}", "mods": {"title": "copy"}}
TO_OTHER = {"target": "{other_root}"}
INTERNAL = "/api/internal/finish_channel"

KINDS = (
    request("a node is created", (CREATED,), "POST", NODE, TOPIC),
    request("a node is changed", (UPDATED,), "PATCH", NODE + "/{a}", {"title": "n", "tags": {"t": True}}),
    request(
        "a node is replaced", (UPDATED,), "PUT", NODE + "/{a}", {"parent": "{root}", "kind": "topic", "title": "n"}
    ),
    request("a node is deleted", (DELETED,), "DELETE", NODE + "/{a}"),
    request("a node is moved", (MOVED,), "POST", NODE + "/{a}/move", {"target": "{e}", "position": "left"}),
    request("a node is restored", (CREATED,), "POST", NODE + "/{gone}/restore", {}),
    request(
        "a node leaves the trash",
        (CREATED, MOVED),
        "POST",
        NODE + "/{gone}/move",
        {"target": "{a}", "position": "left"},
    ),
    request("a node changes its channel", (DELETED, CREATED), "POST", NODE + "/{a}/move", TO_OTHER),
    request(
        "many nodes change their channel",
        (DELETED, CREATED),
        "POST",
        NODE + "/{a}/move",
        TO_OTHER,
        (node_moves, "MAX_MOVED_AT_ONCE", 0),
    ),
    request("a node is copied", (COPIED, UPDATED), "POST", NODE + "/{a}/copy", COPY),
    in_background(
        request(
            "many nodes are copied",
            (COPIED, UPDATED),
            "POST",
            NODE + "/{a}/copy",
            COPY,
            (node_copies, "MIN_BACKGROUND_NODES", 0),
        )
    ),
    request("a prerequisite is added", (CREATED,), "POST", NODE + "/{a}/prerequisites", {"prerequisite": "{b}"}),
    request("a prerequisite is removed", (DELETED,), "DELETE", NODE + "/{b}/prerequisites", {"prerequisite": "{d}"}),
    request("a question is created", (CREATED,), "POST", QUESTION, NEW_QUESTION),
    request("a question is changed", (UPDATED,), "PATCH", QUESTION + "/{question}", {"question": "!"}),
    request("a question is marked deleted", (DELETED,), "PATCH", QUESTION + "/{question}", {"deleted": True}),
    request("a question is deleted", (DELETED,), "DELETE", QUESTION + "/{question}"),
    request("a file is changed", (UPDATED,), "PATCH", FILE + "/{file}", {"language": "fr"}),
    request("an upload is put into a node", (CREATED,), "PATCH", FILE + "/{upload}", {"contentnode": "{d}"}),
    request(
        "a file changes its channel", (DELETED, CREATED), "PATCH", FILE + "/{file}", {"contentnode": "{other_document}"}
    ),
    request("a file is deleted", (DELETED,), "DELETE", FILE + "/{file}"),
    request("a channel is changed", (UPDATED,), "PATCH", CHANNEL + "/{id}", {"name": "n"}),
    request("a channel is deleted", (DELETED,), "DELETE", CHANNEL + "/{id}"),
    request("a channel is restored", (UPDATED,), "POST", CHANNEL + "/{gone_id}/restore"),
    request("a tree is deployed", (UPDATED,), "POST", CHANNEL + "/{id}/deploy"),
    request("a tree is rolled back", (UPDATED,), "POST", CHANNEL + "/{id}/rollback"),
    request("an upload is staged", (UPDATED,), "POST", INTERNAL, {"channel_id": "{id}", "stage": True}),
    request("an upload goes live", (UPDATED,), "POST", INTERNAL, {"channel_id": "{id}", "stage": False}),
    request("a publish changes the language", (UPDATED,), "POST", CHANNEL + "/{id}/publish", {"language": "sw"}),
    ends("publish", release.run),
    ends("draft", release.run),
    ends("refusal", prepare.run),
)


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    with empty_cloud() as cloud:
        yield cloud


@pytest.fixture(scope="module")
def world(cloud: Cloud) -> World:
    return World(Studio(cloud))


@pytest.mark.parametrize("write", KINDS, ids=lambda write: write.name)
def test_feed_and_data_agree_wherever_a_write_stops(world, write):
    whole = world.stopped(write, None)
    assert world.completed(write) == list(write.emits)
    seen, number = {(), tuple(whole.writes)}, 0  # the writes so far: faults at successive reads leave the same state
    while (fault := world.stopped(write, number)).hit:
        if fault.is_of_write or tuple(fault.writes) not in seen:
            seen.add(tuple(fault.writes))
            assert world.completed(write) in ([], list(write.emits)), fault
        for kind in (ANSWER_LOST, KILLED) if fault.is_of_write else ():
            fault = world.stopped(write, number, kind)
            assert world.completed(write) in ([], list(write.emits)), fault
        number += 1
    assert number > 3


@pytest.mark.parametrize("write", KINDS, ids=lambda write: write.name)
def test_a_change_that_is_written_after_the_data_is_missed(world, write):
    """Checks the check: every kind of write fails it if the feed is not part of the transaction of the data."""
    calls = world.stopped(write, None, fault_type=FeedWrittenLater).names
    transactions = [number for number, name in enumerate(calls) if name == "TransactWriteItems"]
    assert any(_is_missed(world, write, number) for number in transactions)


def _is_missed(world: World, write: Write, number: int) -> bool:
    world.stopped(write, number, KILLED, FeedWrittenLater)
    try:
        world.completed(write)
    except AssertionError:
        return True
    return False
