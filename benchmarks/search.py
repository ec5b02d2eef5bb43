"""Searches per second on 8 connections over 20,000 published nodes, each for other words: by prefix, by two words, with
filters. Responses are not cached.

`python -m benchmarks.search CHANNEL COUNT` runs in the environment of a stack: it adds COUNT nodes with random words to
the index, as if the channel had been published with them.
"""

import os
import random
import subprocess
import sys
import time
import uuid
from itertools import islice
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

import httpx

from benchmarks.channels import DOMAIN, make_public_channel
from benchmarks.load import measure as measure_load
from benchmarks.report import Wanted, a_second, milliseconds
from chalicelib.domain.trees.frozen_tree import in_memory
from chalicelib.domain.trees.shape import shape_of
from chalicelib.domain.types import Snapshot
from chalicelib.models import channels
from chalicelib.models.base import now
from chalicelib.operations.search import search_index_update
from infra.local.running import running_stack

NODES = 20_000
WORDS = 8000  # of the vocabulary; the common ones are in thousands of nodes, the others in a few
PATHS = 400
SECONDS = 3.0
ROUNDS = 3
NAME = f"api: search over {NODES:,} nodes"
ROWS: dict[str, Wanted] = {NAME: a_second(300), f"{NAME}, p50": milliseconds()}


def measure(url: str, token: str, work: Path) -> dict[str, list[float]]:
    """Raises ValueError if a response was not 200, or a search found nothing."""
    data = work / "data"
    channel_id = make_public_channel(url, token, data, "a channel to search", topics=1, documents=1)
    command = [sys.executable, "-m", "benchmarks.search", channel_id, str(NODES)]
    subprocess.run(command, env=os.environ | running_stack(data), check=True)
    headers = {"Authorization": f"Token {token}"}
    paths = [f"/api/search?{query}" for query in _queries()]
    _wait_for(url, paths[0], headers)
    figures: dict[str, list[float]] = {name: [] for name in ROWS}
    for _ in range(ROUNDS):
        load = measure_load(url, paths, SECONDS, headers=headers)
        if load.errors:
            raise ValueError(f"{load.errors} responses were incomplete, or not 200.")
        figures[NAME].append(load.requests_per_second)
        figures[f"{NAME}, p50"].append(load.p50 * 1000)
    return figures


def _wait_for(url: str, path: str, headers: dict[str, str]) -> None:
    for _ in range(100):
        if httpx.get(url + path, headers=headers).raise_for_status().json()["count"]:
            return
        time.sleep(0.1)
    raise ValueError(f"Nothing was found: {path}")


def _queries() -> list[str]:
    """Words as users choose them: rarely the most common ones."""
    rng = random.Random(7)
    words = _vocabulary()
    queries = []
    for number in range(PATHS):
        some = [words[int(20 * (WORDS / 20) ** rng.random())] for _ in range(1 + number % 2)]
        keywords = quote(" ".join(word[: rng.randint(4, 9)] for word in some))
        queries.append(f"keywords={keywords}{('', '', '&kinds=video', '&resources=true&page_size=50')[number % 4]}")
    return ["keywords=the", *queries]


def _vocabulary() -> list[str]:
    rng = random.Random(1)
    return ["the", *("".join(rng.choices("aeioubcdfghklmnprst", k=rng.randint(4, 10))) for _ in range(WORDS - 1))]


def _snapshot(channel_id: str, version: int, count: int) -> Snapshot:
    """A version of a channel with `count` nodes, with the parts that the search index reads."""
    rng, words = random.Random(3), _vocabulary()
    common = [1 / (rank + 1) ** 0.8 for rank in range(WORDS)]
    texts = iter(rng.choices(words, common, k=count * 40))
    root = _node("root", None, "topic", "root", "")
    nodes = [root]
    for number in range(count):
        title = " ".join(islice(texts, rng.randint(2, 6)))
        description = " ".join(islice(texts, rng.randint(0, 30)))
        nodes.append(_node(str(number), root["id"], rng.choice(["video", "document", "exercise"]), title, description))
    return cast(Snapshot, {"channel": {"id": channel_id, "name": NAME}, "version": version, "nodes": nodes})


def _node(name: str, parent_id: str | None, kind: str, title: str, description: str) -> dict[str, Any]:
    ids = {field: uuid.uuid5(DOMAIN, f"{field} {name}").hex for field in ("id", "node_id", "content_id")}
    fields = {"kind": kind, "title": title, "description": description, "author": "An Author", "tags": ["benchmark"]}
    origin = {"original_channel_id": None, "language": "en", "license": "CC BY", "role_visibility": "learner"}
    return {**ids, "parent_id": parent_id, **fields, **origin}


def main() -> None:
    """Raises ValueError if there is no such channel."""
    channel = channels.get(sys.argv[1])
    if channel is None:
        raise ValueError(f"There is no channel {sys.argv[1]}.")
    tree = in_memory(_snapshot(channel.id, int(channel.version), int(sys.argv[2])))
    search_index_update.keep_part(tree, shape_of(tree.nodes()), 0, now())
    search_index_update.rebuild()


if __name__ == "__main__":
    main()
