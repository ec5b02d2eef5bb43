"""A chaos run: a history of clients and workers under faults, then what must hold."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from unittest.mock import patch

from chalicelib.models import channels
from chalicelib.operations.copying import node_copies
from chalicelib.operations.nodes import purging
from chalicelib.operations.storage import tree_files
from tests.chaos import instead
from tests.chaos.chefs import Chef
from tests.chaos.clients import Client, World
from tests.chaos.editors import Editor
from tests.chaos.faults import Faults
from tests.chaos.hub import Hub
from tests.chaos.queues import Queues
from tests.chaos.sync_editors import SyncEditor
from tests.support.aws.botocore_internals import current_call
from tests.support.aws.calls import Watch, watching
from tests.support.aws.cloud import Cloud, empty_cloud
from tests.support.existing import existing
from tests.support.http.client import Studio
from tests.support.worlds import contentnode
from tests.support.worlds.replay import Follower

CHEFS, EDITORS, SYNC_EDITORS = 20, 4, 2
RATE = 0.04  # of the calls that have a fault
CLOSING = 300  # steps with faults while clients end, and again while all channels are published
SMALL = ((node_copies, "MIN_BACKGROUND_NODES", 2), (purging, "MAX_NODES", 3), (tree_files, "CHUNK", 2))


@dataclass
class Run:
    world: World
    chefs: list[Chef]
    editors: list[Editor]
    sync_editors: list[SyncEditor]
    followers: list[Follower]

    @property
    def cloud(self) -> Cloud:
        return self.world.studio.cloud

    @property
    def digest(self) -> str:
        """What is equal for two equal histories."""
        return hashlib.sha256("\n".join(self.world.hub.history).encode()).hexdigest()

    def channel_ids(self) -> list[str]:
        return [*{editor.channel_id: None for editor in self.editors}, *(chef.channel_id for chef in self.chefs)]

    def begin(self, steps: int) -> None:
        """Run so many steps of a history with faults."""
        hub = self.world.hub
        for chef in self.chefs:
            hub.start(f"chef {chef.number}", chef.run)
        for editor in self.editors:
            hub.start(editor.name, editor.run)
        for sync in self.sync_editors:
            hub.start(sync.name, sync.run)
        hub.start("schedule", self._schedule)
        self.is_faulty = True
        hub.run(steps)

    def end(self) -> None:
        """Let everybody end, publish all channels, and process all messages, first with faults and then without."""
        hub = self.world.hub
        hub.is_closing = True
        hub.run(CLOSING)
        self.publish_all()
        hub.run(CLOSING)
        self.is_faulty = False
        hub.run()
        while self.world.queues.redrive():
            hub.run()
        self.publish_all(is_new=False)
        hub.run()

    def _schedule(self) -> None:
        while not self.world.hub.is_closing:
            self.world.hub.sleep(60)
            self.world.queues.schedule("expire_uploads")
            if self.world.hub.random.random() < 0.2:
                self.world.queues.schedule("recount_storage")

    @property
    def is_faulty(self) -> bool:
        return self.world.faults.rate > 0

    @is_faulty.setter
    def is_faulty(self, value: bool) -> None:
        self.world.faults.rate = RATE if value else 0.0
        self.world.queues.is_calm = not value

    def publish_all(self, is_new: bool = True) -> None:
        """Publish all channels, or those whose newest version is not `is_new` any more."""
        for owner, id in self._owners():
            channel = channels.get(id)
            if not is_new and channel and channel.rev == channel.published_rev:
                continue
            path = f"/api/channel/{id}/publish"
            self.world.hub.start(f"last publish of {id}", partial(owner.patiently, "POST", path, {}))

    def _owners(self) -> Iterator[tuple[Client, str]]:
        yield from {editor.channel_id: (editor.client, editor.channel_id) for editor in self.editors}.values()
        yield from ((chef.client, chef.channel_id) for chef in self.chefs if chef.is_created)


@contextmanager
def started(seed: int) -> Iterator[Run]:
    """A world in which nothing has happened yet."""
    hub = Hub(seed)
    with empty_cloud() as cloud, instead.simulated(hub):
        queues = Queues(hub)
        faults = Faults(hub, current_call(), queues.call)
        hub.sources.append(queues.deliver)

        @dataclass
        class Calls(Watch):
            def __call__(self, client, operation, arguments):
                return faults(client, operation, arguments)

        with watching(Calls(), own=(cloud.dynamodb, cloud.s3, cloud.sqs)):
            world = World(hub, faults, queues, Studio(cloud))
            with patched():
                try:
                    yield _peopled(world)
                finally:
                    hub.end()


@contextmanager
def patched() -> Iterator[None]:
    """Small limits, so that small trees take the ways of large ones."""
    patches = [patch.object(*limit) for limit in SMALL]
    for each in patches:
        each.start()
    try:
        yield
    finally:
        for each in patches:
            each.stop()


def _peopled(world: World) -> Run:
    studio = world.studio
    clients = [Client(world, studio.sign_up(f"user{number}")[1]) for number in range(CHEFS)]
    chefs = [Chef(client, number + 1) for number, client in enumerate(clients)]
    schools = [contentnode.empty_tree(studio) for _ in range(2)]
    ids = [contentnode.row(studio, root)["channel_id"] for root in schools]
    for id in ids:
        for client in clients[:EDITORS]:
            user_id = studio.get("/api/user/me", client.token).json["id"]
            studio.share(id, user_id, "edit")
    sources = [contentnode.make(studio, schools[1], "source")["id"]]
    sources += [contentnode.make(studio, sources[0], f"part {number}", "topic")["id"] for number in range(3)]
    editors = []
    for number, client in enumerate(clients[:EDITORS]):
        desks = [contentnode.make(studio, root, f"desk {number}")["id"] for root in schools]
        at = number % 2
        editors.append(Editor(client, f"editor{number}", desks[at], desks[1 - at], ids[at], sources))
    syncing = []
    for number, client in enumerate(clients[:SYNC_EDITORS]):
        desk = contentnode.make(studio, schools[0], f"sync desk {number}")["id"]
        syncing.append(SyncEditor(client, f"sync{number}", desk, ids[0]))
    world.hub.run()
    followers = [Follower(studio, id) for id in ids]
    assert existing(channels.get(ids[0])).root_id == schools[0]
    return Run(world, chefs, editors, syncing, followers)
