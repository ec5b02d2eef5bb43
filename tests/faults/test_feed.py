"""A write stops at any of its AWS calls: by an error, by a lost response, or because its process is killed. When the
next request or worker has completed it, a client that replays the feed has the data that the API returns."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.models import changes, tasks
from chalicelib.models.changes import Change
from chalicelib.models.channels import Channel
from chalicelib.operations.copying import node_copies
from chalicelib.operations.nodes import node_moves
from chalicelib.operations.publishing import prepare, release
from tests.faults.feed_world import ANSWER_LOST, KILLED, FeedWrittenLater, World, Write
from tests.support.aws.cloud import Cloud, empty_cloud
from tests.support.http.client import Studio
from tests.support.worlds.mirror import COPIED, CREATED, DELETED, MOVED, UPDATED
from tests.support.worlds.syncing import URL


def request(name: str, emits: tuple[int, ...], method: str, path: str, body: Any = None, *limits: Any) -> Write:
    """A request; "{a}" in its path and body is replaced by the world's attribute of that name."""

    def do(world: World) -> None:
        answer = world.studio.call(method, path.format(**vars(world)), filled(world, body))
        assert answer.status < 300, answer.text

    channels = [name for name, key in (("here", "{id}"), ("deleted", "{gone_id}")) if key in path]
    return Write(name, emits, do, limits=limits, channels=tuple(channels) or ("here", "there"))


def by_sync(name: str, emits: tuple[int, ...], type: int, table: str, key: str, **fields: Any) -> Write:
    """A change of a sync client, which a later request applies if the first one stored it and was killed."""

    def send(world: World) -> None:
        change = {"type": type, "table": table, "key": key, "channel_id": "{id}", "rev": 1, **fields}
        answer = world.studio.post(URL, {"changes": [filled(world, change)], "channel_revs": {world.id: 0}})
        assert answer.status == 200, answer.text
        assert not answer.json["errors"]

    def poll(world: World) -> None:
        if changes.counter_of(world.id).lease.holder:
            Change(world.id, 0).update([Change.until.set(1)])  # the lease is over
        world.studio.post(URL, {"channel_revs": {world.id: 0}})
        world.studio.deliver("maintenance")

    return Write(name, emits, send, poll)


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
    request("a node is deleted for good", (DELETED,), "DELETE", NODE + "/{gone}?deleted=true"),
    request("a node is moved", (MOVED,), "POST", NODE + "/{a}/move", {"target": "{e}", "position": "left"}),
    request("a node is moved to the end", (MOVED,), "POST", NODE + "/{a}/move", {"target": "{root}"}),
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
    request("an upload is put into a node", (CREATED, DELETED), "PATCH", FILE + "/{upload}", {"contentnode": "{d}"}),
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
BY_SYNC = (
    by_sync(
        "a node changes its channel by sync",
        (MOVED, CREATED, MOVED),
        MOVED,
        "contentnode",
        "{a}",
        **TO_OTHER,
        position="last-child",
    ),
    by_sync(
        "a file changes its channel by sync",
        (UPDATED, CREATED),
        UPDATED,
        "file",
        "{file}",
        mods={"contentnode": "{other_document}"},
    ),
)
# Requests that do the same again if they are repeated: they make something without an id, or exchange two trees.
DONE_TWICE = frozenset(
    {"a node is created", "a node is copied", "many nodes are copied", "a question is created", "a tree is rolled back"}
)

OF_TRASH = frozenset({"a node is deleted for good"})  # the check compares what is not deleted


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    with empty_cloud() as cloud:
        yield cloud


@pytest.fixture(scope="module")
def world(cloud: Cloud) -> World:
    return World(Studio(cloud))


@pytest.mark.parametrize("write", [*KINDS, *BY_SYNC], ids=lambda write: write.name)
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


@pytest.mark.parametrize(
    "write", [write for write in (*KINDS, *BY_SYNC) if write.name not in OF_TRASH], ids=lambda write: write.name
)
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


@pytest.mark.parametrize("write", KINDS, ids=lambda write: write.name)
def test_a_request_that_is_repeated_emits_nothing_again(world, write):
    """The client did not receive the answer, of the finished write or of one that was killed, and repeats it."""
    calls = world.stopped(write, None).names
    transactions = [number for number, name in enumerate(calls) if name == "TransactWriteItems"]
    for number in (None, *transactions):
        world.stopped(write, number, KILLED)
        with suppress(AssertionError):  # refused, as it was done
            write.do(world)
        allowed = [list(write.emits), list(write.emits) * 2] if write.name in DONE_TWICE else [list(write.emits)]
        assert world.completed(write) in allowed, number
