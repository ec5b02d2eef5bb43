"""Random histories that try to make the collection delete a file that something needs.

Those of `test_storage_machine` (uploads, edits, copies, deletions, publishes, drafts, killed requests), a clock that
jumps, collections that are killed, that run twice or late, and requests in between their calls. What is used is stored,
or a message that restores it waits; what is named comes back; and at the end, what nothing uses is gone.

`make histories N=200` tries as many histories, of 30 steps each, and SEED=5 others.
"""

import json
import os
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import patch

import pytest
from botocore.client import BaseClient
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule, run_state_machine_as_test

from chalicelib.domain.storage_keys import split_filename, storage_key
from chalicelib.models import base, file_references
from chalicelib.operations.storage import collection, recount
from tests.faults.feed_world import KILLED, Fault, Killed
from tests.faults.test_storage_machine import Machine, names, picks
from tests.support.aws.calls import Watch, watching
from tests.support.aws.cloud import empty_cloud
from tests.support.worlds import nodes, storage

HISTORIES = int(os.environ.get("HISTORIES", "3"))
STEPS = 30  # of a history
DAY = 24 * 3600
COLLECT = {"jobs": [{"job": "collect_files"}]}
CLOCKS = (collection, recount, file_references)  # modules whose clock jumps


@dataclass
class Meanwhile(Watch):
    """Does something else before the first call of an operation, and may kill the process after that call."""

    operation: str = ""
    is_killed: bool = False
    act: Callable[[], Any] = lambda: None

    def __call__(self, client: BaseClient, operation: str, arguments: dict[str, Any]) -> Any:
        is_it = operation == self.operation
        if is_it:
            self.operation = ""
            self.act()
        answer = super().__call__(client, operation, arguments)
        if is_it and self.is_killed:
            raise Killed
        return answer


CALLS = ("ListObjectsV2", "BatchGetItem", "Query", "SendMessage", "UpdateItem")


class CollectionMachine(Machine):
    def __init__(self, cloud: Any) -> None:
        self.days = 0.0
        self.open = ExitStack()
        clock = SimpleNamespace(time=lambda: time.time() + self.days * DAY, monotonic=time.monotonic)
        for module in CLOCKS:
            self.open.enter_context(patch.object(module, "time", clock))
        # One call after another: the same histories each time, and what happens before a call interrupts no other.
        self.open.enter_context(patch.object(base, "_pool", lambda: SimpleNamespace(map=map)))
        super().__init__(cloud)
        self.open.enter_context(storage.versioned(cloud))
        self.files.update({storage.put(self.studio, b"%PDF old" + bytes([number]), "pdf"): 9 for number in range(6)})
        self.late: list[dict[str, Any]] = []
        self.days += 1
        storage.recount_all(self.studio)
        self.deliver_by(Watch(), COLLECT)  # everything is unused, and marked
        self.days += 29

    def document(self, number: int) -> str:
        """Any document, so that files are used again after long."""
        documents = [name for name in self.files if name.endswith("pdf")]
        return documents[(number * 7 + self.number) % len(documents)]

    def deliver_by(self, watch: Watch, message: dict[str, Any]) -> None:
        """Send a message, and deliver what waits while the calls are watched."""
        self.studio.send("maintenance", message)
        with watching(watch, own=(self.cloud.dynamodb, self.cloud.s3, self.cloud.sqs)), suppress(Killed):
            self.studio.deliver("maintenance")

    @rule(days=st.sampled_from([-40, -3, 0.01, 2, 16, 31, 31]))
    def let_days_pass(self, days: float) -> None:
        self.days += days

    @rule()
    def recount_and_collect(self) -> None:
        storage.recount_all(self.studio)
        self.deliver_by(Watch(), COLLECT)

    @rule(days=st.sampled_from([1, 31]))
    def collect_what_is_unused(self, days: int) -> None:
        self.recount_and_collect()
        self.days += days
        self.recount_and_collect()

    def old_file(self) -> str:
        """Store a file that nothing uses, and let it be marked for long; a recount has passed it, too."""
        self.number += 1
        data = b"%PDF old" + str(self.number).encode()
        name = storage.put(self.studio, data, "pdf")
        self.files[name] = len(data)
        self.recount_and_collect()
        self.days += 31
        storage.recount_all(self.studio)
        return name

    @rule(call=st.integers(0, 25), is_named=st.booleans())
    def kill_the_collection(self, call: int, is_named: bool) -> None:
        name = self.old_file()
        self.deliver_by(Fault(failing=call, kind=KILLED), COLLECT)
        self.late += map(json.loads, self.cloud.bodies_of("maintenance"))
        if is_named:
            self.use(name)

    @rule(call=st.sampled_from(CALLS), is_killed=st.booleans())
    def use_a_file_while_it_is_collected(self, call: str, is_killed: bool) -> None:
        self.race(call, is_killed)

    @rule(is_killed=st.booleans())
    def use_a_file_just_before_it_is_deleted(self, is_killed: bool) -> None:
        self.race("DeleteObject", is_killed)

    def race(self, call: str, is_killed: bool) -> None:
        name = self.old_file()
        self.deliver_by(Meanwhile(operation=call, is_killed=is_killed, act=lambda: self.use(name)), COLLECT)
        self.late += map(json.loads, self.cloud.bodies_of("maintenance"))

    @rule(number=st.integers(0, 10))
    def name_a_file(self, number: int) -> None:
        self.use(self.document(number))

    @rule(number=names, is_named=st.booleans())
    def report_an_upload_late(self, number: int, is_named: bool) -> None:
        gone = sorted(name for name in self.files.keys() - self.stored() if name.endswith("pdf"))
        name = gone[number % len(gone)] if gone else self.document(number)
        self.studio.notify(storage_key(*cast(tuple[str, str], split_filename(name))), self.files[name])
        if is_named:
            self.use(name)

    def use(self, name: str) -> None:
        """Name a file in a new channel, as a chef that has asked the CDN for it before."""
        self.number += 1
        channel_id = f"{self.number:032x}"
        data = {"id": channel_id, "name": "c", "language": "en", "ricecooker_version": "0.8.0"}
        answer = self.studio.post("/api/internal/create_channel", {"channel_data": data})
        body = {"root_id": answer.json["root"], "content_data": [nodes.resource("d", files=[nodes.file(name)])]}
        added = self.studio.post("/api/internal/add_nodes", body)
        assert added.status == 200, added.text
        self.channels = sorted({*self.channels, channel_id})

    @rule(pick=picks, copies=st.integers(1, 2))
    def deliver_a_late_message(self, pick: int, copies: int) -> None:
        for _ in range(copies if self.late else 0):
            self.deliver_by(Watch(), self.late[pick % len(self.late)])

    # ---- what must hold ----

    def needed(self) -> set[str]:
        uses = (storage.uses_of_trees(self.cloud), storage.uses_of_databases(self.cloud))
        return {name for of in uses for files in of.values() for name in files}

    def stored(self) -> set[str]:
        return {key.rpartition("/")[2] for key in self.cloud.objects() if key.startswith("content/storage/")}

    @invariant()
    def what_is_used_is_stored(self) -> None:
        missing = self.needed() - self.stored()
        if missing:  # a deletion was interrupted: the message that comes after it waits
            waiting = " ".join(self.cloud.bodies_of("maintenance"))
            assert not {name for name in missing if name not in waiting or "settle_collected" not in waiting}

    def teardown(self) -> None:
        with self.open:
            storage.drain(self.studio)
            assert not self.needed() - self.stored()
            self.days += 100
            for days in (1, 1, 32, 32):  # interrupted deletions start again
                self.recount_and_collect()
                storage.drain(self.studio)
                self.days += days
            self.recount_and_collect()
            assert self.stored() == self.needed()


@pytest.mark.timeout(36000)
def test_the_collection_deletes_nothing_that_is_needed() -> None:
    rules = settings(
        max_examples=HISTORIES,
        stateful_step_count=STEPS,
        deadline=None,
        derandomize="HISTORIES" not in os.environ,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    with empty_cloud() as cloud:
        run_state_machine_as_test(cast(Any, lambda: CollectionMachine(cloud)), settings=rules)
