"""Reads of a curator's screen: requests per second on 8 connections for a topic's children and for a list of channels.

Nothing is cached: each request is authenticated and read from the tables.
"""

import os
import subprocess
import sys
import uuid
from pathlib import Path

import httpx

from benchmarks.channels import DOMAIN, make_public_channel
from benchmarks.load import measure as measure_load
from benchmarks.report import Wanted, a_second, milliseconds
from infra.local.running import running_stack

CHILDREN, CHANNELS = 100, 200
SECONDS = 3.0
ROUNDS = 3
BY_PARENT = f"api: contentnode by parent, {CHILDREN} children"
CHANNEL_LIST = f"api: channel list, {CHANNELS} channels"

ROWS: dict[str, Wanted] = {}
for _name, _target in {BY_PARENT: 100, CHANNEL_LIST: 60}.items():
    ROWS |= {_name: a_second(_target), f"{_name}, p50": milliseconds()}


def measure(url: str, work: Path) -> dict[str, list[float]]:
    """Raises ValueError if a response was not 200, or a list was incomplete."""
    token = _curator(work / "data")
    headers = {"Authorization": f"Token {token}"}
    with httpx.Client(base_url=url, headers=headers, timeout=60) as client:
        paths = {BY_PARENT: _children(client, url, token, work), CHANNEL_LIST: _channels(client)}
    figures: dict[str, list[float]] = {name: [] for name in ROWS}
    for _ in range(ROUNDS):
        for name, path in paths.items():
            load = measure_load(url, [path], SECONDS, headers=headers)
            if load.errors:
                raise ValueError(f"{load.errors} responses were incomplete, or not 200: {name}")
            figures[name].append(load.requests_per_second)
            figures[f"{name}, p50"].append(load.p50 * 1000)
    return figures


def _curator(data: Path) -> str:
    """The token of a user without channels."""
    command = [sys.executable, "-m", "infra.local.user", "--create", f"{uuid.uuid4().hex}@example.org"]
    environment = os.environ | running_stack(data)
    done = subprocess.run(command, env=environment, input="", capture_output=True, text=True, check=True)
    return done.stdout.split()[-1]


def _children(client: httpx.Client, url: str, token: str, work: Path) -> str:
    channel_id = make_public_channel(url, token, work / "data", "a channel to edit", topics=1, documents=CHILDREN)
    root = client.get(f"/api/channel/{channel_id}").raise_for_status().json()["root_id"]
    [topic] = client.get("/api/contentnode", params={"parent": root}).raise_for_status().json()["results"]
    path = f"/api/contentnode?parent={topic['id']}"
    found = client.get(path).raise_for_status().json()["results"]
    if len(found) != CHILDREN:
        raise ValueError(f"{len(found)} children were returned, not {CHILDREN}.")
    return path


def _channels(client: httpx.Client) -> str:
    for number in range(1, CHANNELS):  # in addition to the channel of the children
        channel = {"id": uuid.uuid5(DOMAIN, f"edited {number}").hex, "name": f"Edited {number:03}", "language": "en"}
        client.post("/api/channel", json=channel).raise_for_status()
    path = "/api/channel?edit=true"
    found = len(client.get(path).raise_for_status().json())
    if found != CHANNELS:
        raise ValueError(f"{found} channels were returned, not {CHANNELS}.")
    return path
