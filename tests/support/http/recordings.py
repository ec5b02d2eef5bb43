"""Recorded calls of a running Kolibri Studio as data, and their replay here.

Ids that a server assigns differ from the recorded ones: they are taken from responses and put into later requests.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chalicelib.domain.storage_keys import storage_key
from tests.support.http.client import Answer, Studio
from tests.support.worlds import nodes

FOLDER = Path(__file__).parents[2] / "fixtures" / "recordings"
ID = re.compile(r"[0-9a-f]{32}")

CHANNEL = "8653aeb4455f548489b47b7d544b3b33"
NAME, DESCRIPTION = "Golden Small — Ünïcode 漢字", "A small golden channel. Описание."
TOKEN = "punupnimih"
ADDED_LATER = "Added in run 2"

# Fields whose recorded values are specific to that server.
GIVEN_IDS = frozenset({"root", "root_ids", "studio_id", "diff_task_id", "user_id", "instance_id", "uploaded_by"})

_FILES = {
    "document": ("pdf", "document"),
    "html5": ("zip", "html5_zip"),
    "audio": ("mp3", "audio"),
    "video": ("mp4", "high_res_video"),
}
_FIELDS: dict[str, dict[str, Any]] = {
    "Niveau 2 élève": {"language": "fr"},
    "Документ PDF": {"language": "ru"},
    "Audio – Ångström": {"language": "sw"},
    "Video ñ": {"tags": ["video-tag"]},
}


@dataclass(frozen=True)
class Call:
    """One recorded call. `who` is "admin", "stranger" or "anonymous"; `authorization` is sent instead, if there."""

    note: str
    method: str
    path: str
    status: int
    who: str = "anonymous"
    authorization: str | None = None
    request: Any = None
    content_type: str | None = None
    allow: str | None = None
    response: Any = None

    @property
    def key(self) -> tuple[str, str]:
        """(last part of the path, note): unique within its file."""
        return self.path.partition("?")[0].rstrip("/").rpartition("/")[2], self.note


def load(name: str) -> list[Call]:
    return [Call(**call) for call in json.loads((FOLDER / f"{name}.json").read_text())]


@dataclass
class Replay:
    """Replays recorded calls; `ids` maps recorded ids to those assigned here."""

    studio: Studio
    ids: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.tokens = {"admin": self.studio.token, "stranger": self.studio.sign_up("stranger")[1]}

    def make(self, call: Call) -> Answer:
        headers = {"content_type": call.content_type} if call.content_type else {}
        token = self.tokens.get(call.who)
        if call.authorization:
            headers["authorization"] = call.authorization.format(token=self.studio.token)
        path = call.path.rstrip("/").replace("/?", "?")  # the CDN removes the slash
        answer = self.studio.call(call.method, path, self._body(call), token, **headers)
        if answer.status == 200 and answer.text:
            self._learn(call.response, answer.json)
        return answer

    def _body(self, call: Call) -> bytes:
        if call.request is None:
            return b""
        text = call.request if isinstance(call.request, str) else json.dumps(call.request)
        for recorded, given in self.ids.items():
            text = text.replace(recorded, given)
        return text.encode()

    def _learn(self, recorded: Any, answered: Any, given: bool = False) -> None:
        """Remember which assigned id corresponds to which recorded one."""
        if isinstance(recorded, dict) and isinstance(answered, dict):
            for name in recorded.keys() & answered.keys():
                self._learn(recorded[name], answered[name], given or name in GIVEN_IDS)
        elif isinstance(recorded, list) and isinstance(answered, list):
            for left, right in zip(recorded, answered, strict=False):
                self._learn(left, right)
        elif given and isinstance(recorded, str) and ID.fullmatch(recorded):
            self.ids[recorded] = answered


def differences(recorded: Any, answered: Any, where: str = "") -> Iterator[str]:
    """The differences between a response and the recorded one; assigned ids need only be ids."""
    parts = where.split(".")
    if parts[-1] in GIVEN_IDS - {"root_ids"} or "root_ids" in parts[:-1]:
        if not (isinstance(answered, str) and ID.fullmatch(answered)):
            yield f"{where}: {answered!r} is not an id"
    elif isinstance(recorded, dict) and isinstance(answered, dict):
        for key in sorted(recorded.keys() ^ answered.keys()):
            yield f"{where}.{key}: only {'recorded' if key in recorded else 'answered'}"
        for key in sorted(recorded.keys() & answered.keys()):
            yield from differences(recorded[key], answered[key], f"{where}.{key}")
    elif isinstance(recorded, list) and isinstance(answered, list) and len(recorded) == len(answered):
        for index, (left, right) in enumerate(zip(recorded, answered, strict=True)):
            yield from differences(left, right, f"{where}.{index}")
    elif recorded != answered:
        yield f"{where}: {answered!r} instead of {recorded!r}"


def build_channel(studio: Studio, tree: list[dict[str, Any]], *leave_out: str, **fields: Any) -> None:
    """Upload the recorded channel: `tree` as get_tree_data returned it, without nodes with these titles. It is live."""
    _, root = studio.make_channel(NAME, CHANNEL, description=DESCRIPTION, **fields)
    _add_level(studio, root, tree, leave_out)
    assert studio.finish(CHANNEL).status == 200


def _add_level(studio: Studio, parent: str, level: list[dict[str, Any]], leave_out: tuple[str, ...]) -> None:
    chosen = [entry for entry in level if entry["title"] not in leave_out]
    ids = studio.add(parent, *(_sent(studio, entry) for entry in chosen))
    for entry in chosen:
        if entry.get("children"):
            _add_level(studio, ids[entry["node_id"]], entry["children"], leave_out)


def _sent(studio: Studio, entry: dict[str, Any]) -> dict[str, Any]:
    fields = {"node_id": entry["node_id"], "content_id": entry["node_id"], **_FIELDS.get(entry["title"], {})}
    if entry["kind"] == "topic":
        return nodes.topic(entry["title"], **fields)
    if entry["kind"] == "exercise":
        questions = [nodes.question(f"{entry['node_id']} {number}") for number in range(entry["count"])]
        return nodes.exercise(entry["title"], *questions, **fields)
    extension, preset = _FILES[entry["kind"]]
    name = store(studio, entry["node_id"].encode().ljust(entry["file_size"], b"."), extension)
    return nodes.resource(entry["title"], entry["kind"], [nodes.file(name, preset)], **fields)


def store(studio: Studio, data: bytes, extension: str) -> str:
    """Store a file; returns its name."""
    checksum = hashlib.md5(data).hexdigest()
    studio.put(checksum, extension, data)
    return f"{checksum}.{extension}"


def notify_stored(studio: Studio, name: str, size: int) -> None:
    """Deliver S3's notification of a file without storing it."""
    checksum, _, extension = name.partition(".")
    studio.notify(storage_key(checksum, extension), size)
