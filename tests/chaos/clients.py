"""Clients, which do not know what became of a request whose answer they did not get."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from chalicelib.domain.mimetypes import mimetype_of
from chalicelib.domain.storage_keys import storage_key
from tests.chaos.faults import Faults
from tests.chaos.hub import API_SECONDS, Hub, Killed
from tests.chaos.queues import Queues
from tests.conftest import BUCKET
from tests.support.http.client import Answer, Studio
from tests.support.worlds import images

TRIES = 5
PAUSE = (0.5, 5.0)  # seconds between two tries


@dataclass
class World:
    """What all clients share."""

    hub: Hub
    faults: Faults
    queues: Queues
    studio: Studio

    def file(self, number: int) -> tuple[bytes, str, str]:
        """(bytes, extension, preset) of one of some files that clients upload."""
        if number % 3 == 0:
            return images.png(size=(8 + number, 9)), "png", "document_thumbnail"
        return b"%PDF-1.4 " + bytes([65 + number % 26]) * (10 * number), "pdf", "document"

    def put(self, checksum: str, extension: str, data: bytes) -> None:
        """Store a file by its presigned URL; S3 sends the notification."""
        key = storage_key(checksum, extension)
        self.studio.cloud.s3.put_object(Bucket=BUCKET, Key=key, Body=data, ContentType=mimetype_of(extension))
        record = {"s3": {"bucket": {"name": BUCKET}, "object": {"key": key, "size": len(data)}}}
        self.queues.send("uploads", json.dumps({"Records": [record]}))


@dataclass
class Outcome:
    """The last answer, if there was one, and whether an earlier try may have been done."""

    answer: Answer | None
    maybe: int = 0  # tries that may have been done

    @property
    def is_done(self) -> bool:
        return self.answer is not None and self.answer.status < 400

    @property
    def is_refused(self) -> bool:
        return self.answer is not None and 400 <= self.answer.status < 500


@dataclass
class Client:
    """A user with a token."""

    world: World
    token: str

    def once(self, method: str, path: str, body: Any = None) -> Outcome:
        """Send a request, and note whether it may have been done."""
        hub = self.world.hub
        answer: Answer | None = None
        with hub.working(f"{method} {path}", API_SECONDS):
            try:
                answer = self.world.studio.call(method, path, body, self.token)
            except Killed:
                hub.note(f"{method} {path}: no answer")
        if answer is None or answer.status >= 500:
            return Outcome(None, 1)
        hub.note(f"{method} {path}: {answer.status} {answer.text[:150] if answer.status >= 400 else ''}")
        if hub.random.random() < self.world.faults.rate:
            return Outcome(None, 1)
        return Outcome(answer)

    def patiently(self, method: str, path: str, body: Any = None, maybe: Callable[[], None] = lambda: None) -> Outcome:
        """Send a request until it is answered, or give up. `maybe` is called after each try that may have been done."""
        tries = 0
        for _ in range(TRIES):
            found = self.once(method, path, body)
            if found.answer is not None:
                return Outcome(found.answer, tries)
            tries += 1
            maybe()
            self.world.hub.sleep(self.world.hub.random.uniform(*PAUSE))
        return Outcome(None, tries)

    def upload(self, number: int) -> dict[str, Any] | None:
        """Upload one of the files; returns its row, or None if that failed."""
        data, extension, preset = self.world.file(number)
        checksum = hashlib.md5(data).hexdigest()
        sent = {"size": len(data), "checksum": checksum, "name": "f", "file_format": extension, "preset": preset}
        found = self.patiently("POST", "/api/file/upload_url", sent)
        if not found.is_done or found.answer is None:
            return None
        self.world.put(checksum, extension, data)
        row: dict[str, Any] = found.answer.json["file"]
        return row
