"""Sync clients."""

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
    """A client of one channel: it remembers the revisions that it knows, and which of its changes are pending."""

    studio: Studio
    channel_id: str
    token: str = ""
    rev: int = 0
    user_rev: int = 0
    waiting: set[int] = field(default_factory=set)
    made: int = 0

    def ask(self, *changes: Any, **fields: Any) -> Answer:
        """Send one request, without remembering the response."""
        known = {"channel_revs": {self.channel_id: self.rev}, "user_rev": self.user_rev}
        body = {"changes": list(changes), **known, "unapplied_revs": sorted(self.waiting), **fields}
        return self.studio.post(URL, body, self.token)

    def send(self, *changes: Row) -> Row:
        """Send changes, and remember the response."""
        for change in changes:
            self.made += 1
            change.setdefault("rev", self.made)
        answer = self.ask(*changes)
        assert answer.status == 200, answer.text
        response: Row = answer.json
        assert list(response) == list(EMPTY) or sorted(response) == sorted(EMPTY)
        self.waiting |= {one["server_rev"] for one in response["allowed"]}
        for one in (*response["changes"], *response["successes"], *response["errors"]):
            if one["channel_id"] == self.channel_id:
                self.rev = max(self.rev, one["server_rev"])
            else:
                self.user_rev = max(self.user_rev, one["server_rev"])
        self.waiting -= {one["server_rev"] for one in (*response["successes"], *response["errors"])}
        return response

    def poll(self) -> Row:
        return self.send()

    def change(self, type: str | int, table: str, key: Any, **fields: Any) -> Row:
        """A change to the channel."""
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


def reasons(response: Row) -> list[Any]:
    """The reasons why changes failed."""
    return [one["errors"] for one in response["errors"]]
