"""`chalice local`, with the variables of a running stack, serves its API on a separate port."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from infra.local.checks import HOST
from infra.local.stack import Stack
from tests.e2e.api import Api
from tests.support.source.code import ROOT

CHALICE = Path(sys.executable).with_name("chalice")
# As in CONTRIBUTING.md, without reloading changed code.
COMMAND = (
    'eval "$("$PYTHON" -m infra.local.running)" && exec "$CHALICE" local --host "$HOST" --port "$PORT" --no-autoreload'
)


@pytest.fixture
def server(stack: Stack, tmp_path: Path) -> Iterator[httpx.Client]:
    """A client of a server that is stopped afterwards."""
    port = _free_port()
    given = {"PYTHON": sys.executable, "CHALICE": str(CHALICE), "HOST": HOST, "PORT": str(port)}
    environment = {**os.environ, **given, "DATA_DIR": str(stack.data_dir)}
    with (tmp_path / "log").open("w+") as log:
        process = subprocess.Popen(["bash", "-c", COMMAND], cwd=ROOT, env=environment, stdout=log, stderr=log)
        try:
            with httpx.Client(base_url=f"http://{HOST}:{port}", timeout=30, trust_env=False) as client:
                _wait(client, process, tmp_path / "log")
                yield client
        finally:
            process.terminate()
            process.wait(10)


def _free_port() -> int:
    with socket.create_server((HOST, 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def _wait(client: httpx.Client, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            client.get("/api/public/info")
        except httpx.TransportError:
            time.sleep(0.2)
        else:
            return
    pytest.fail(f"chalice local does not answer: {log.read_text()}")


def test_requests_are_answered_from_the_data_of_the_stack(stack: Stack, server: httpx.Client, uploader: Api) -> None:
    info = server.get("/api/public/info", params={"v": 3})
    assert (info.status_code, info.json()) == (200, uploader.client.get("/api/public/info/?v=3").json())
    assert server.get("/api/user/me").status_code == 401
    token = {"Authorization": f"Token {stack.token}"}
    assert server.get("/api/user/me/", headers=token).json()["email"] == stack.email
    made = server.post("/api/channel/", headers=token, json={"name": "Made with chalice local é"})
    assert made.status_code == 201
    read = uploader.client.get(f"/api/channel/{made.json()['id']}/")
    assert read.json()["name"] == "Made with chalice local é"


def test_pages_are_served(stack: Stack, server: httpx.Client) -> None:
    page = server.get("/en/accounts/")
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "csrftoken" in page.cookies
