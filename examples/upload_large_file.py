"""Upload a large file in parts, also over a connection that breaks: run it again, and it resumes where it was.

    export STUDIO_TOKEN=…
    python upload_large_file.py https://studio.example.org lesson.mp4 --preset high_res_video --duration 3600

It needs Python 3.11 and `requests`. Parts that have arrived are compared with the file by their MD5s, and not sent
again. A request that fails is repeated, with a pause that grows to a minute, until it has failed `--tries` times in a
row.
"""

import argparse
import hashlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import requests

MEGABYTE = 1024 * 1024
MAX_PAUSE = 60.0  # seconds between two tries
TIMEOUT = (10, 60)  # seconds to connect, and without a byte
URLS = 10  # parts whose URLs are requested at once
EXPIRED = 403  # of S3, for a URL that is too old
MAX_REFUSED = 5  # URLs in a row that were new
TOO_SLOW = "<Code>RequestTimeout</Code>"  # of S3, with status 400, when no bytes came for 20 seconds


class UploadError(Exception):
    """The upload cannot go on; the message says why and what to do."""


class Refused(UploadError):
    """The server refused a request, with this status."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"{status} {text}")
        self.status = status


@dataclass(frozen=True)
class Described:
    """A file, as the server wants it described."""

    path: Path
    preset: str | None
    duration: int | None
    part_size: int

    def body(self) -> dict[str, Any]:
        return {
            "name": self.path.name,
            "size": self.path.stat().st_size,
            "checksum": md5_of(self.path),
            "file_format": self.path.suffix.removeprefix(".").lower(),
            "preset": self.preset,
            "duration": self.duration,
            "part_size": self.part_size,
        }


class Client:
    """Requests to a server that are repeated when they fail in a way that may pass."""

    def __init__(self, url: str, token: str, tries: int, pause: float = 1.0) -> None:
        self._url = url.rstrip("/")
        self._session = requests.Session()
        self._headers = {"Authorization": f"Token {token}"}
        self._tries = tries
        self._pause = pause

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """The JSON of an answer. Raises UploadError if the server refuses the request."""
        return self._patiently(
            lambda: self._session.request(method, self._url + path, json=body, headers=self._headers, timeout=TIMEOUT)
        ).json()

    def put(self, url: str, data: bytes, headers: dict[str, str]) -> bool:
        """Send a part. Returns False if its URL is not valid any more."""
        try:
            self._patiently(lambda: self._session.put(url, data=data, headers=headers, timeout=TIMEOUT))
        except Refused as error:
            if error.status == EXPIRED:
                return False
            raise
        return True

    def _patiently(self, send: Callable[[], requests.Response]) -> requests.Response:
        reason = ""
        for attempt in range(self._tries):
            if attempt:
                time.sleep(min(self._pause * 2 ** (attempt - 1), MAX_PAUSE))
            try:
                answer = send()
            except requests.RequestException as error:
                reason = str(error)
                continue
            if answer.status_code < 400:
                return answer
            reason = f"{answer.status_code} {answer.text[:500]}"
            if answer.status_code < 500 and answer.status_code not in (408, 429) and TOO_SLOW not in reason:
                raise Refused(answer.status_code, answer.text[:500])
        raise UploadError(f"Gave up after {self._tries} tries: {reason}. Run this again to go on.")


def upload(client: Client, file: Described, show: Callable[[str], None]) -> dict[str, Any]:
    """Upload a file, and return its record. Raises UploadError."""
    show("reading the file")
    body = file.body()
    state = client.call("POST", "/api/upload", body)
    path = f"/api/upload/{state['id']}"
    if state["state"] == "open":
        with file.path.open("rb") as opened:
            _send(client, path, state, opened, show)
        state = client.call("POST", f"{path}/complete")
    while state["state"] == "checking":
        show(f"the server checks the file: {state['detail'] or 'waiting'}")
        time.sleep(1)
        state = client.call("GET", path)
    if state["state"] != "stored":
        raise UploadError(state["detail"] or "The check was interrupted. Run this again to go on.")
    record: dict[str, Any] = state["file"]
    return record


def _send(client: Client, path: str, state: dict[str, Any], opened: BinaryIO, show: Callable[[str], None]) -> None:
    """Send the parts that are not there, or differ from the file."""
    arrived = {part["number"]: part["etag"] for part in state["parts"]}
    numbers = range(1, state["part_count"] + 1)
    todo = [number for number in numbers if arrived.get(number) != _md5(_part(opened, state, number))]
    done = state["part_count"] - len(todo)
    refused = 0
    while todo:
        for part in _urls(client, path, opened, state, todo[:URLS]):
            show(f"{100 * done // state['part_count']} %: part {part['number']} of {state['part_count']}")
            if not client.put(part["url"], _part(opened, state, part["number"]), part["headers"]):
                refused += 1
                break  # the URL has expired: ask for others
            todo.remove(part["number"])
            done += 1
            refused = 0
        if refused == MAX_REFUSED:
            raise UploadError(f"The storage refused new URLs {refused} times ({EXPIRED}). Run this again to go on.")


def _urls(
    client: Client, path: str, opened: BinaryIO, state: dict[str, Any], numbers: list[int]
) -> Iterator[dict[str, Any]]:
    wanted = [{"number": number, "md5": _md5(_part(opened, state, number))} for number in numbers]
    yield from client.call("POST", f"{path}/urls", {"parts": wanted})["parts"]


def _part(opened: BinaryIO, state: dict[str, Any], number: int) -> bytes:
    opened.seek((number - 1) * state["part_size"])
    return opened.read(state["part_size"])


def _md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def md5_of(path: Path) -> str:
    """The MD5 of a file, which is never in memory as a whole."""
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def main() -> int:
    parser = argparse.ArgumentParser(description="Upload a large file in parts; run it again to go on.")
    parser.add_argument("url", help="the server, as in https://studio.example.org")
    parser.add_argument("file", type=Path)
    parser.add_argument("--preset", help="what the file is for, as in high_res_video")
    parser.add_argument("--duration", type=int, help="seconds that it plays; required for audio and video")
    parser.add_argument(
        "--part-mb", type=int, default=8, help="size of the parts: what a broken connection costs (5-100)"
    )
    parser.add_argument("--tries", type=int, default=20, help="failures in a row after which to give up")
    given = parser.parse_args()
    token = os.environ.get("STUDIO_TOKEN", "")
    if not token or not given.file.is_file():
        print("Set STUDIO_TOKEN to an API token, and name a file that exists.", file=sys.stderr)
        return 2
    described = Described(given.file, given.preset, given.duration, given.part_mb * MEGABYTE)
    try:
        record = upload(Client(given.url, token, given.tries), described, lambda text: print(text, file=sys.stderr))
    except UploadError as error:
        print(error, file=sys.stderr)
        return 1
    print(record["id"], record["file_on_disk"])
    return 0


if __name__ == "__main__":
    sys.exit(main())
