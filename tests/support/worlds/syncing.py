"""Clients that sync, as they see it."""

from dataclasses import dataclass, field
from typing import Any

from chalicelib.schemas import sync
from tests.support.http.client import Answer, Studio

URL = "/api/sync"
EMPTY: dict[str, Any] = {
    "disallowed": [],
    "allowed": [],
    "changes": [],
    "errors": [],
    "successes": [],
    "tasks": [],
}
Row = dict[str, Any]


@dataclass
class Client:
    """One client of one channel: it remembers up to where it knows the changes, and which of its own are open."""

    studio: Studio
    channel_id: str
    token: str = ""
    rev: int = 0
    user_rev: int = 0
    waiting: set[int] = field(default_factory=set)
    made: int = 0

    def ask(self, *changes: Any, **fields: Any) -> Answer:
        """One request that remembers nothing."""
        known = {"channel_revs": {self.channel_id: self.rev}, "user_rev": self.user_rev}
        body = {"changes": list(changes), **known, "unapplied_revs": sorted(self.waiting), **fields}
        return self.studio.post(URL, body, self.token)

    def send(self, *changes: Row) -> Row:
        """Send changes, and take note of what is answered."""
        for change in changes:
            self.made += 1
            change.setdefault("rev", self.made)
        answer = self.ask(*changes)
        assert answer.status == 200, answer.text
        told: Row = answer.json
        assert list(told) == list(EMPTY) or sorted(told) == sorted(EMPTY)
        self.waiting |= {one["server_rev"] for one in told["allowed"]}
        for one in (*told["changes"], *told["successes"], *told["errors"]):
            if one["channel_id"] == self.channel_id:
                self.rev = max(self.rev, one["server_rev"])
            else:
                self.user_rev = max(self.user_rev, one["server_rev"])
        self.waiting -= {one["server_rev"] for one in (*told["successes"], *told["errors"])}
        return told

    def poll(self) -> Row:
        return self.send()

    def change(self, type: str | int, table: str, key: Any, **fields: Any) -> Row:
        """A change of the channel."""
        return {"type": type, "table": table, "key": key, "channel_id": self.channel_id, **fields}

    def created(self, key: str, parent: str, title: str = "n", kind: str = "topic", **fields: Any) -> Row:
        return self.change(
            sync.CREATED, "contentnode", key, obj={"parent": parent, "title": title, "kind": kind, **fields}
        )

    def updated(self, key: str, **mods: Any) -> Row:
        return self.change(sync.UPDATED, "contentnode", key, mods=mods)

    def moved(self, key: str, target: str, position: str = "last-child") -> Row:
        return self.change(sync.MOVED, "contentnode", key, target=target, position=position)

    def copied(self, key: str, source: str, target: str, **fields: Any) -> Row:
        return self.change(sync.COPIED, "contentnode", key, from_key=source, target=target, **fields)

    def deleted(self, key: str) -> Row:
        return self.change(sync.DELETED, "contentnode", key)


def reasons(told: Row) -> list[Any]:
    """Why changes failed."""
    return [one["errors"] for one in told["errors"]]
