"""Reads of Kolibri: requests per second on 8 connections, from the edge cache and past it, and their median time.

Past the cache: each request has a different query. "Cached" responses are fresh for a second at a time.
"""

from pathlib import Path

from benchmarks.channels import make_public_channel
from benchmarks.load import Load
from benchmarks.load import measure as measure_load
from benchmarks.report import Wanted, a_second, milliseconds

SECONDS = 3.0
ROUNDS = 3
SMALL, LARGE = "a small channel", "a 10,000-node channel"
V1, V2 = "/api/public/v1", "/api/public/v2"

# name: (path, target of responses per second from the cache)
READS = {
    "channel list": (f"{V1}/channels", 3000),
    "lookup by id": (f"{V1}/channels/lookup/{{small}}", 1000),
    f"25 nodes of {SMALL}": (f"{V2}/contentnode/?channel_id={{small}}&max_results=25", 1000),
    f"25 nodes of {LARGE}": (f"{V2}/contentnode/?channel_id={{large}}&max_results=25", 1000),
    f"tree of {SMALL}": (f"{V2}/contentnode_tree/{{small}}/", 1000),
    f"tree of {LARGE}": (f"{V2}/contentnode_tree/{{large}}/", 1000),
}
CACHED, PAST = "public: {}, cached", "public: {}, past the cache"

ROWS: dict[str, Wanted] = {}
for _read, (_, _target) in READS.items():
    for _form, _wanted in ((CACHED, a_second(_target)), (PAST, a_second())):
        ROWS[_form.format(_read)] = _wanted
        ROWS[f"{_form.format(_read)}, p50"] = milliseconds()


def measure(url: str, token: str, work: Path) -> dict[str, list[float]]:
    """Raises ValueError if a response was not 200."""
    ids = {
        "small": make_public_channel(url, token, work / "data", SMALL, topics=2, documents=10),
        "large": make_public_channel(url, token, work / "data", LARGE, topics=100, documents=99),
    }
    figures: dict[str, list[float]] = {name: [] for name in ROWS}
    for _ in range(ROUNDS):
        for read, (path, _) in READS.items():
            path = path.format(**ids)
            fresh = f"{path}{'&' if '?' in path else '?'}fresh={{n}}"
            for form, target in ((CACHED, path), (PAST, fresh)):
                load = measure_load(url, [target], SECONDS)
                _note(figures, form.format(read), load)
    return figures


def _note(figures: dict[str, list[float]], name: str, load: Load) -> None:
    if load.errors:
        raise ValueError(f"{load.errors} responses were incomplete, or not 200: {name}")
    figures[name].append(load.requests_per_second)
    figures[f"{name}, p50"].append(load.p50 * 1000)
