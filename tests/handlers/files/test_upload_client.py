"""The example client over a connection that breaks: a proxy cuts PUTs in the middle of a part."""

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from chalicelib.domain.files.upload_parts import MIN_PART_BYTES
from examples.upload_large_file import Client, Described, UploadError, upload
from tests.conftest import BUCKET
from tests.support.http.client import Studio
from tests.support.worlds.uploads import store_part

DATA = bytes(range(256)) * (MIN_PART_BYTES // 128) + b"the last part"  # of three
NAME = f"{hashlib.md5(DATA).hexdigest()}.pdf"


class Proxy(HTTPServer):
    """Passes requests on to the application and its bucket, except PUTs whose numbers are in `cut`."""

    def __init__(self, studio: Studio) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.studio = studio
        self.cut: set[int] = set()
        self.puts = 0
        self.forgotten = 0  # PUTs that S3 answers with 403, as for an expired URL
        self.refusal: tuple[int, bytes] | None = None  # of the next PUT


class Handler(BaseHTTPRequestHandler):
    server: Proxy

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _api(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))) or None
        token = self.headers["Authorization"].removeprefix("Token ")
        found = self.server.studio.call(self.command, parts.path, body, token)
        if parts.path.endswith("/complete"):
            self.server.studio.deliver("assembly")
        self._answer(found.status, found.text.encode())

    do_GET = do_POST = _api  # noqa: N815

    def do_PUT(self) -> None:
        self.server.puts += 1
        size = int(self.headers["Content-Length"])
        if self.server.puts in self.server.cut:
            self.rfile.read(size // 2)
            self.connection.close()
            return
        data = self.rfile.read(size)
        if self.server.refusal:
            self._answer(*self.server.refusal)
            self.server.refusal = None
            return
        if self.server.forgotten:
            self.server.forgotten -= 1
            self._answer(403, b"{}")
            return
        store_part(self.server.studio, {"url": self.path}, data)
        self._answer(200, b"")

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def proxy(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    with Proxy(studio) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{server.server_port}")
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def described(tmp_path: Path) -> Described:
    path = tmp_path / "book.pdf"
    path.write_bytes(DATA)
    return Described(path, "document", None, MIN_PART_BYTES)


def client(studio: Studio, tries: int = 3) -> Client:
    return Client("http://front.example.org", studio.token, tries, pause=0)


def test_a_broken_connection_is_survived(studio, proxy, described):
    proxy.cut = {1, 3, 4}
    record = upload(client(studio), described, lambda _: None)
    assert record["checksum"] == NAME[:32]
    assert proxy.puts == 6
    key = f"content/storage/{NAME[0]}/{NAME[1]}/{NAME}"
    assert studio.cloud.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() == DATA


def test_a_run_that_gave_up_is_continued_by_the_next(studio, proxy, described):
    proxy.cut = {2}
    with pytest.raises(UploadError, match="Run this again"):
        upload(client(studio, tries=1), described, lambda _: None)
    shown: list[str] = []
    upload(client(studio), described, shown.append)
    assert proxy.puts == 4  # the first part was not sent again
    assert "33 %: part 2 of 3" in shown


def test_expired_urls_are_replaced(studio, proxy, described):
    proxy.forgotten = 1
    assert upload(client(studio), described, lambda _: None)["checksum"] == NAME[:32]
    assert proxy.puts == 4


def test_a_storage_that_refuses_new_urls_ends_the_run(studio, proxy, described):
    proxy.forgotten = 100
    with pytest.raises(UploadError, match="refused new URLs"):
        upload(client(studio), described, lambda _: None)


def test_other_refusals_are_shown_though_their_text_has_the_number_403(studio, proxy, described):
    proxy.refusal = (400, b"<Code>BadDigest</Code><RequestId>A403</RequestId>")
    with pytest.raises(UploadError, match="BadDigest"):
        upload(client(studio), described, lambda _: None)


def test_a_connection_too_slow_for_s3_is_tried_again(studio, proxy, described):
    proxy.refusal = (400, b"<Error><Code>RequestTimeout</Code></Error>")
    assert upload(client(studio), described, lambda _: None)["checksum"] == NAME[:32]
    assert proxy.puts == 4


def test_a_file_that_changed_meanwhile_is_refused_with_its_reason(studio, proxy, described, monkeypatch):
    monkeypatch.setattr("examples.upload_large_file.md5_of", lambda path: "a" * 32)
    with pytest.raises(UploadError, match="The MD5 of the file is"):
        upload(client(studio), described, lambda _: None)
