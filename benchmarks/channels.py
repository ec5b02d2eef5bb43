"""Creates published public channels to read from, through the internal API as a chef does."""

import base64
import hashlib
import os
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Any

import httpx

from examples import archives

DOMAIN = uuid.uuid5(uuid.NAMESPACE_DNS, "benchmark.example.org")
CHUNK = 10  # nodes per request, as ricecooker sends them


def make_public_channel(url: str, token: str, data_dir: Path, name: str, topics: int, documents: int) -> str:
    """Create a public channel of topics with documents each, which share one PDF; returns its id."""
    channel_id = make_channel(url, token, name, topics, documents)
    publish(url, token, channel_id)
    make_public(channel_id, data_dir)
    return channel_id


def make_channel(url: str, token: str, name: str, topics: int, documents: int) -> str:
    """`make_public_channel` without publishing it."""
    channel_id = uuid.uuid5(DOMAIN, name).hex
    with connect(url, token) as client:
        root = post(client, "create_channel", channel_data={"id": channel_id, "name": name, "language": "en"})["root"]
        pdf = upload(client, archives.pdf("One for all"))
        for parent, children in _topics(client, root, name, topics).items():
            nodes = [_document(f"{children}-{number}", pdf) for number in range(documents)]
            add(client, parent, nodes)
        post(client, "finish_channel", channel_id=channel_id, stage=False)
    return channel_id


def publish(url: str, token: str, channel_id: str) -> None:
    """Publish a channel and wait for the end.

    Raises ValueError if it failed.
    """
    with connect(url, token) as client:
        task_id = post(client, "publish_channel", channel_id=channel_id)["task_id"]
        while (task := client.get(f"/api/task/{task_id}").json())["status"] not in ("SUCCESS", "FAILURE"):
            time.sleep(0.1)
    if task["status"] != "SUCCESS":
        raise ValueError(f"The channel was not published: {task}")


def make_public(channel_id: str, data_dir: Path) -> None:
    """Make a published channel public on the stack with this data directory."""
    command = [sys.executable, "-m", "infra.local.public", channel_id]
    subprocess.run(command, env=os.environ | {"DATA_DIR": str(data_dir)}, check=True, stdout=subprocess.DEVNULL)


def connect(url: str, token: str) -> httpx.Client:
    """A client with this token."""
    return httpx.Client(base_url=url, headers={"Authorization": f"Token {token}"}, timeout=60)


def _topics(client: httpx.Client, root: str, name: str, count: int) -> dict[str, str]:
    """The titles of the new topics by id."""
    names = [f"{name} topic {number}" for number in range(count)]
    ids = add(client, root, [_node(topic, kind="topic") for topic in names])
    return {ids[uuid.uuid5(DOMAIN, topic).hex]: topic for topic in names}


def add(client: httpx.Client, parent: str, nodes: list[dict[str, Any]]) -> dict[str, str]:
    """Add nodes, CHUNK in a request; returns their ids by node_id."""
    ids: dict[str, str] = {}
    for at in range(0, len(nodes), CHUNK):
        ids |= post(client, "add_nodes", root_id=parent, content_data=nodes[at : at + CHUNK])["root_ids"]
    return ids


def _node(name: str, **fields: Any) -> dict[str, Any]:
    ids = {"node_id": uuid.uuid5(DOMAIN, name).hex, "content_id": uuid.uuid5(DOMAIN, f"content {name}").hex}
    return {**ids, "title": name, "description": f"About {name}.", "source_id": name, "language": "en", **fields}


def _document(name: str, pdf: str) -> dict[str, Any]:
    files = [{"filename": pdf, "preset": "document", "size": 1, "original_filename": "a.pdf", "language": None}]
    licence = {"license": "CC BY", "copyright_holder": "The benchmark"}
    return _node(name, kind="document", files=files, tags=["benchmark"], **licence)


def upload(client: httpx.Client, data: bytes) -> str:
    """Upload a PDF; returns its name."""
    checksum = hashlib.md5(data).hexdigest()
    file = {"size": len(data), "checksum": checksum, "name": "a.pdf", "file_format": "pdf", "preset": "document"}
    answer = client.post("/api/file/upload_url", json=file).raise_for_status().json()
    md5 = base64.b64encode(bytes.fromhex(checksum)).decode()
    headers = {"Content-Type": answer["mimetype"], "Content-MD5": md5}
    client.put(answer["uploadURL"], content=data, headers=headers).raise_for_status()
    return f"{checksum}.pdf"


def post(client: httpx.Client, name: str, **body: Any) -> dict[str, Any]:
    """Call the internal API."""
    answer: dict[str, Any] = client.post(f"/api/internal/{name}", json=body).raise_for_status().json()
    return answer
