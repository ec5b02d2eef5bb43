"""Chefs: each uploads its own channel again and again, and publishes, stages, deploys, rolls back and deletes it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.chaos.clients import Client, Outcome
from tests.support.worlds import nodes

NONE = -1
State = tuple[int, int, int]  # numbers of the live, the staged and the previous upload; 0 is the empty tree at first
FILES = 9


@dataclass
class Chef:
    """What a chef has sent, and in which states its channel may be."""

    client: Client
    number: int
    name: str = ""
    states: set[State] = field(default_factory=lambda: {(0, NONE, NONE)})
    names: set[str] = field(default_factory=set)
    deleted: set[bool] = field(default_factory=lambda: {False})
    is_created: bool = False
    titles: dict[int, frozenset[str]] = field(default_factory=lambda: {0: frozenset(), NONE: frozenset()})
    uploads: int = 0

    @property
    def channel_id(self) -> str:
        return f"{self.number:032x}"

    def run(self) -> None:
        hub = self.client.world.hub
        hub.sleep(hub.random.uniform(0, 5))
        while not hub.is_closing:
            if not self.is_created or hub.random.random() < 0.4:
                self.upload()
            else:
                hub.random.choice(
                    [self.publish, self.publish, self.draft, self.deploy, self.roll_back, self.rename, self.delete]
                )()
            hub.sleep(hub.random.uniform(0, 3))

    # ---- an upload ----

    def upload(self) -> None:
        self.uploads += 1
        number = self.uploads
        files = [self.file() for _ in range(2)]
        sent = {"id": self.channel_id, "name": f"c{self.number} {number}", "language": "en"}
        body = {"channel_data": {**sent, "ricecooker_version": "0.8.0"}}
        found = self.client.patiently("POST", "/api/internal/create_channel", body)
        self.names = (
            {sent["name"]} if found.is_done else self.names | {sent["name"]} if not found.is_refused else self.names
        )
        if not found.is_done or None in files:
            return
        assert found.answer
        self.is_created = True
        root, added = found.answer.json["root"], self.content(number, [file for file in files if file])
        self.titles[number] = frozenset(title for _, some in added for title in some)
        ids = {"": root}
        for parent, some in added:
            if parent not in ids:
                return
            sent_nodes = {"root_id": ids[parent], "content_data": list(some.values())}
            answer = self.client.patiently("POST", "/api/internal/add_nodes", sent_nodes)
            if not answer.is_done:
                return
            assert answer.answer
            ids |= {title: answer.answer.json["root_ids"][node["node_id"]] for title, node in some.items()}
        self.finish(number, self.client.world.hub.random.random() < 0.3)

    def content(self, number: int, files: list[str]) -> list[tuple[str, dict[str, Any]]]:
        """(title of the parent, nodes by title) of each request."""
        name = f"{self.number}.{number}"
        image = next((file for file in files if file.endswith("png")), None)
        document = next((file for file in files if file.endswith("pdf")), None)
        question = nodes.question(f"q{name}")
        if image:
            shown = f"![](${{☣ CONTENTSTORAGE}}/{image})"
            question = nodes.question(f"q{name}", question=shown, files=[nodes.file(image, "exercise_image")])
        top = {f"t{name}": nodes.topic(f"t{name}"), f"e{name}": nodes.exercise(f"e{name}", question)}
        below = {f"e{name}b": nodes.exercise(f"e{name}b", nodes.question("same"))}
        if document:
            below[f"d{name}"] = nodes.resource(f"d{name}", files=[nodes.file(document)])
        return [("", top), (f"t{name}", below)]

    def file(self) -> str | None:
        """Upload a file; returns its name, or None if that failed."""
        row = self.client.upload(self.client.world.hub.random.randrange(FILES))
        return f"{row['checksum']}.{row['file_format']}" if row else None

    # ---- what changes the trees ----

    def change(self, method: str, path: str, body: Any, effect: Callable[[State], State | None]) -> Outcome:
        """Send a request that changes the state; each try that may have been done may have had this effect."""

        def maybe() -> None:
            self.states |= {after for state in self.states if (after := effect(state))}

        found = self.client.patiently(method, path, body, maybe)
        if found.is_done:
            before = self.states
            self.states = {after for state in before if (after := effect(state))}
            assert self.states, f"{path} was answered {found.answer}, but is not possible in {before}"
        return found

    def finish(self, number: int, stage: bool) -> None:
        body = {"channel_id": self.channel_id, "stage": stage}
        self.change(
            "POST",
            "/api/internal/finish_channel",
            body,
            lambda state: (state[0], number, state[2]) if stage else (number, NONE, state[0]),
        )

    def deploy(self) -> None:
        self.change(
            "POST",
            f"/api/channel/{self.channel_id}/deploy",
            {},
            lambda state: (state[1], NONE, state[0]) if state[1] != NONE else None,
        )

    def roll_back(self) -> None:
        self.change(
            "POST",
            f"/api/channel/{self.channel_id}/rollback",
            {},
            lambda state: (state[2], state[1], state[0]) if state[2] != NONE else None,
        )

    # ---- others ----

    def publish(self) -> None:
        self.client.patiently("POST", f"/api/channel/{self.channel_id}/publish", {})

    def draft(self) -> None:
        self.client.patiently("POST", f"/api/channel/{self.channel_id}/publish_draft", {})

    def rename(self) -> None:
        self.uploads += 1
        name = f"c{self.number} {self.uploads}"
        found = self.client.patiently("PATCH", f"/api/channel/{self.channel_id}", {"name": name})
        self._named(name, found)

    def _named(self, name: str, found: Outcome) -> None:
        self.names = {name} if found.is_done else self.names | ({name} if found.maybe else set())

    def delete(self) -> None:
        world = self.client.world
        found = self.client.patiently("DELETE", f"/api/channel/{self.channel_id}")
        self.deleted = {True} if found.is_done else self.deleted | ({True} if found.maybe else set())
        world.hub.sleep(world.hub.random.uniform(0, 100))
        for _ in range(3):
            found = self.client.patiently("POST", f"/api/channel/{self.channel_id}/restore", {})
            self.deleted = {False} if found.is_done else self.deleted | ({False} if found.maybe else set())
            if found.is_done or found.is_refused:
                return
