"""Editors of the sync client: they send each change until it is accepted, and then wait for what became of it."""

from dataclasses import dataclass, field
from typing import Any

from chalicelib.schemas import sync
from tests.chaos.clients import Client
from tests.support.worlds.syncing import URL

MAX_NODES = 8


@dataclass
class SyncEditor:
    client: Client
    name: str
    desk: str
    channel_id: str
    ids: list[str] = field(default_factory=list)
    sent: int = 0
    accepted: list[int] = field(default_factory=list)  # revisions

    def run(self) -> None:
        hub = self.client.world.hub
        hub.sleep(hub.random.uniform(0, 5))
        while not hub.is_closing:
            self.send([self.change() for _ in range(hub.random.randint(1, 3))])
            hub.sleep(hub.random.uniform(0, 4))

    def change(self) -> dict[str, Any]:
        choose = self.client.world.hub.random.choice
        self.sent += 1
        title = f"{self.name} {self.sent}"
        if not self.ids or (len(self.ids) < MAX_NODES and self.client.world.hub.random.random() < 0.4):
            id = f"{hash_of(self.name):016x}{self.sent:016x}"
            source = choose(self.ids) if self.ids and self.client.world.hub.random.random() < 0.3 else None
            self.ids.append(id)
            if source:
                return self.of(
                    sync.COPIED, id, from_key=source, target=self.desk, position="last-child", mods={"title": title}
                )
            return self.of(sync.CREATED, id, obj={"parent": self.desk, "title": title, "kind": "topic"})
        id = choose(self.ids)
        kind = choose([sync.UPDATED, sync.UPDATED, sync.MOVED, sync.DELETED])
        if kind == sync.DELETED:
            return self.of(kind, id)
        if kind == sync.MOVED:
            return self.of(kind, id, target=self.desk, position="first-child")
        return self.of(kind, id, mods={"title": title})

    def of(self, type: int, id: str, **fields: Any) -> dict[str, Any]:
        own = {"type": type, "table": "contentnode", "key": id, "channel_id": self.channel_id}
        return {"rev": self.sent, **own, **fields}

    def send(self, changes: list[dict[str, Any]]) -> None:
        left = {change["rev"]: change for change in changes}
        for _ in range(6):
            body = {"changes": list(left.values()), "channel_revs": {self.channel_id: 0}}
            found = self.client.patiently("POST", URL, body)
            if not found.is_done or not found.answer:
                return
            answer = found.answer.json
            assert not answer["disallowed"], answer["disallowed"]
            self.accepted += [one["server_rev"] for one in answer["allowed"]]
            for one in answer["allowed"]:
                left.pop(one["rev"], None)
            if not left:
                return


def hash_of(name: str) -> int:
    return int.from_bytes(name.encode()[-7:], "big")
