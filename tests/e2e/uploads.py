"""Creates channels by the calls that a chef makes: trees of topics and small documents; makes them public."""

import hashlib
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import httpx

from infra.local.stack import Stack
from tests.e2e.api import Api
from tests.support.worlds import nodes

Node = dict[str, Any]
CHUNK = 10  # nodes per request, as in ricecooker
MAX_AGE = 2.2  # seconds: a public response cached at the edge, from an index that was one second old


def topic(name: str, children: Sequence[Node], **fields: Any) -> Node:
    """A topic for `upload`."""
    return {**nodes.topic(name, **fields), "children": list(children)}


def document(api: Api, name: str, text: str = "", **fields: Any) -> Node:
    """A document for `upload`; its file, which contains the text, is uploaded at once."""
    content = f"%PDF-1.4 {text or name}".encode()
    filename = f"{hashlib.md5(content, usedforsecurity=False).hexdigest()}.pdf"
    sent = api.client.post("/api/internal/file_upload", files={"file": (filename, content)})
    sent.raise_for_status()
    return nodes.resource(name, files=[nodes.file(filename, size=len(content))], **fields)


def upload(api: Api, name: str, language: str, tree: Sequence[Node], **fields: Any) -> str:
    """Upload this tree as a channel's live one and publish it; returns the channel's id, which depends on its name."""
    channel_id = _upload(api, name, language, tree, False, fields)
    task = api.finished(api.publish(channel_id))
    assert task["status"] == "SUCCESS", task
    return channel_id


def stage(api: Api, name: str, language: str, tree: Sequence[Node], **fields: Any) -> str:
    """Upload this tree as a channel's staged one; returns the channel's id."""
    return _upload(api, name, language, tree, True, fields)


def _upload(api: Api, name: str, language: str, tree: Sequence[Node], is_staged: bool, fields: Node) -> str:
    channel_id = nodes.node_id(f"channel {name}")
    channel = {
        "id": channel_id,
        "name": name,
        "description": "",
        "language": language,
        "thumbnail": None,
        "source_domain": "uploads.example.org",
        "source_id": name,
        "files": [],
        **fields,
    }
    _add(api, api.post("create_channel", channel_data=channel)["root"], tree)
    api.post("finish_channel", channel_id=channel_id, stage=is_staged)
    return channel_id


def _add(api: Api, parent: str, children: Sequence[Node]) -> None:
    for start in range(0, len(children), CHUNK):
        chunk = children[start : start + CHUNK]
        sent = [{name: value for name, value in child.items() if name != "children"} for child in chunk]
        ids = api.post("add_nodes", root_id=parent, content_data=sent)["root_ids"]
        for child in chunk:
            _add(api, ids[child["node_id"]], child.get("children", ()))


def make_public(stack: Stack, channel_id: str) -> None:
    """Make a channel public as `make public` does."""
    _run(stack, "infra.local.public", channel_id)


def wait_until_listed(url: str, channel_id: str, listed: bool = True) -> None:
    """Wait until both lists of channels that Kolibri reads contain the channel, or no longer contain it."""
    lists = [f"{url}/api/public/v1/channels", f"{url}/api/public/v2/channel/"]
    wait_until(lambda: all((channel_id in httpx.get(address).text) == listed for address in lists))


def wait_until(condition: Callable[[], bool], seconds: float = 20) -> None:
    """Poll until the condition holds: public responses are cached for some seconds.

    Each gateway has its own cache, so the condition is checked again when all of them must have expired.
    """
    deadline = time.monotonic() + seconds
    for pause in (MAX_AGE, 0):
        while not condition():
            assert time.monotonic() < deadline
            time.sleep(0.1)
        time.sleep(pause)


def administrator(stack: Stack, email: str) -> Api:
    """A new administrator of the stack."""
    return Api(stack.url, _run(stack, "infra.local.user", email, "--admin").split()[-1])


def new_user(stack: Stack, email: str) -> Api:
    """A new user of the stack."""
    return Api(stack.url, _run(stack, "infra.local.user", email).split()[-1])


def _run(stack: Stack, module: str, *arguments: str) -> str:
    environment = stack.environment | {"DATA_DIR": str(stack.data_dir)}
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
