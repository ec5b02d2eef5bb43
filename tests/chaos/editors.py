"""Editors: each changes its own nodes, below its own topic of a channel that others edit too, by the REST API."""

from dataclasses import dataclass, field
from typing import Any

from tests.chaos.chefs import FILES
from tests.chaos.clients import Client, Outcome
from tests.support.worlds import contentnode

TRASH, GONE = "trash", "gone"
KINDS = ("topic", "document", "exercise")
MAX_NODES = 12


@dataclass
class Made:
    """A node of an editor: where it may be and what its title may be."""

    kind: str
    places: set[str]
    titles: set[str]

    @property
    def is_certain(self) -> bool:
        return len(self.places) == 1


@dataclass
class Editor:
    client: Client
    name: str
    desk: str  # the id of the topic that contains everything of this editor
    other_desk: str  # that in another channel
    channel_id: str
    sources: list[str] = field(default_factory=list)  # ids of nodes to copy
    made: dict[str, Made] = field(default_factory=dict)  # by id
    maybe: set[str] = field(default_factory=set)  # titles of nodes that may have been made
    number: int = 0

    def run(self) -> None:
        hub = self.client.world.hub
        hub.sleep(hub.random.uniform(0, 5))
        while not hub.is_closing:
            live = [id for id, node in self.made.items() if node.places <= {self.desk, self.other_desk, *self.made}]
            if len(live) < MAX_NODES and (not live or hub.random.random() < 0.4):
                hub.random.choice([self.create, self.create, self.copy])()
            else:
                self.edit(hub.random.choice(sorted(self.made)))
            hub.sleep(hub.random.uniform(0, 3))

    def edit(self, id: str) -> None:
        known, choose = self.made[id], self.client.world.hub.random.choice
        if TRASH in known.places:
            choose([self.restore, self.remove])(id)
        elif GONE not in known.places:
            parts = {"exercise": [self.ask, self.change_question], "document": [self.attach, self.detach], "topic": []}
            choose(
                [
                    self.rename,
                    self.rename,
                    self.move,
                    self.delete,
                    self.require,
                    self.publish,
                    *parts.get(known.kind, []),
                ]
            )(id)

    def title(self) -> str:
        self.number += 1
        return f"{self.name} {self.number}"

    def parents(self) -> list[str]:
        """Topics that are certainly in place."""
        topics = [id for id, node in sorted(self.made.items()) if node.kind == "topic" and node.places == {self.desk}]
        return [self.desk, *topics]

    # ---- nodes that come ----

    def create(self) -> None:
        choose, title = self.client.world.hub.random.choice, self.title()
        kind, parent = choose(KINDS), choose(self.parents())
        self.add(kind, title, parent, f"{contentnode.URL}", {"parent": parent, "title": title, "kind": kind})

    def copy(self) -> None:
        choose, title = self.client.world.hub.random.choice, self.title()
        leaves = [id for id, node in sorted(self.made.items()) if node.kind != "topic" and node.is_certain]
        source, target = choose([*self.sources, *leaves] or [self.desk]), choose(self.parents())
        if source == self.desk:
            return
        body = {"target": target, "mods": {"title": title}}
        self.add("copy", title, target, f"{contentnode.URL}/{source}/copy", body)

    def add(self, kind: str, title: str, parent: str, path: str, body: dict[str, Any]) -> None:
        found = self.client.once("POST", path, body)
        if found.is_done and found.answer and "id" in found.answer.json:
            self.made[found.answer.json["id"]] = Made(kind if kind in KINDS else "other", {parent}, {title})
        elif not found.is_refused:
            self.maybe.add(title)

    # ---- changes ----

    def rename(self, id: str) -> None:
        title = self.title()
        found = self.client.patiently("PATCH", f"{contentnode.URL}/{id}", {"title": title})
        known = self.made[id]
        known.titles = {title} if found.is_done else known.titles | ({title} if found.maybe else set())

    def move(self, id: str) -> None:
        known = self.made[id]
        goals = [parent for parent in self.parents() if parent != id] if known.kind != "topic" else [self.desk]
        if known.kind == "document":
            goals.append(self.other_desk)
        goal = self.client.world.hub.random.choice(goals)
        self.placed(id, goal, self.client.patiently("POST", f"{contentnode.URL}/{id}/move", {"target": goal}))

    def delete(self, id: str) -> None:
        self.placed(id, TRASH, self.client.patiently("DELETE", f"{contentnode.URL}/{id}"))

    def restore(self, id: str) -> None:
        body = {"target": self.desk}
        self.placed(id, self.desk, self.client.patiently("POST", f"{contentnode.URL}/{id}/restore", body))

    def remove(self, id: str) -> None:
        if self.made[id].kind != "topic":
            self.placed(id, GONE, self.client.patiently("DELETE", f"{contentnode.URL}/{id}?deleted=true"))

    def placed(self, id: str, goal: str, found: Outcome) -> None:
        known = self.made[id]
        known.places = {goal} if found.is_done else known.places | ({goal} if found.maybe else set())

    # ---- parts of nodes, which the feed and the counts show ----

    def require(self, id: str) -> None:
        others = [other for other, node in sorted(self.made.items()) if other != id and node.kind != "topic"]
        if others and self.made[id].kind != "topic":
            method = self.client.world.hub.random.choice(["POST", "DELETE"])
            body = {"prerequisite": self.client.world.hub.random.choice(others)}
            self.client.patiently(method, f"{contentnode.URL}/{id}/prerequisites", body)

    def ask(self, id: str) -> None:
        self.client.once("POST", "/api/assessmentitem", {"contentnode": id, **_question(self.title())})

    def change_question(self, id: str) -> None:
        rows = self.client.once("GET", f"/api/assessmentitem?contentnode={id}")
        if rows.is_done and rows.answer and rows.answer.json:
            row = self.client.world.hub.random.choice(rows.answer.json)
            path = f"/api/assessmentitem/{id},{row['assessment_id']}"
            if self.client.world.hub.random.random() < 0.3:
                self.client.patiently("DELETE", path)
            else:
                self.client.patiently("PATCH", path, {"question": self.title()})

    def attach(self, id: str) -> None:
        number = self.client.world.hub.random.choice([number for number in range(FILES) if number % 3])
        row = self.client.upload(number)
        if row:
            self.client.patiently("PATCH", f"/api/file/{row['id']}", {"contentnode": id, "preset": "document"})

    def detach(self, id: str) -> None:
        rows = self.client.once("GET", f"/api/file?contentnode={id}")
        if rows.is_done and rows.answer and rows.answer.json:
            self.client.patiently("DELETE", f"/api/file/{rows.answer.json[0]['id']}")

    def publish(self, _: str) -> None:
        self.client.patiently("POST", f"/api/channel/{self.channel_id}/publish", {})


def _question(text: str) -> dict[str, Any]:
    return {"type": "single_selection", "question": text, "answers": '[{"answer": "a", "correct": true, "order": 1}]'}
