"""The list of a thousand public channels with their icons, 30 MB, more than Lambda can return: requests per second for
the redirect to it on 8 connections, and the seconds until a client has the whole list.
"""

import os
import time
from pathlib import Path

import httpx

from benchmarks import many_channels
from benchmarks.channels import make_public_channel
from benchmarks.load import measure as measure_load
from benchmarks.report import Wanted, a_second, milliseconds, seconds
from infra.local.running import running_stack

CHANNELS = 1000
SECONDS = 3.0
ROUNDS = 3
TARGET = 3000
PATHS = {"v1/channels": "/api/public/v1/channels", "v2/channel": "/api/public/v2/channel"}
CACHED, PAST = "public: {} of 1,000 with icons, cached", "public: {} of 1,000 with icons, past the cache"
WHOLE = "public: {} of 1,000 with icons, all of it, {}"
ENCODINGS = ("gzip", "identity")

ROWS: dict[str, Wanted] = {}
for _name in PATHS:
    for _form, _wanted in ((CACHED, a_second(TARGET)), (PAST, a_second())):
        ROWS[_form.format(_name)] = _wanted
        ROWS[f"{_form.format(_name)}, p50"] = milliseconds()
    ROWS |= {WHOLE.format(_name, encoding): seconds() for encoding in ENCODINGS}


def measure(url: str, token: str, work: Path) -> dict[str, list[float]]:
    """Raises ValueError if a response was not a redirect, or the list was incomplete."""
    data_dir = work / "data"
    environment = os.environ | running_stack(data_dir)
    make_public_channel(url, token, data_dir, "a channel to copy", topics=1, documents=1)
    many_channels.change(environment, CHANNELS)
    try:
        return _measured(url)
    finally:
        many_channels.change(environment, 0)


def _measured(url: str) -> dict[str, list[float]]:
    figures: dict[str, list[float]] = {name: [] for name in ROWS}
    time.sleep(2)  # until list and cache are up to date
    for _ in range(ROUNDS):
        for name, path in PATHS.items():
            for encoding in ENCODINGS:
                figures[WHOLE.format(name, encoding)].append(_whole(url + path, encoding))
            for form, target in ((CACHED, path), (PAST, f"{path}?fresh={{n}}")):
                load = measure_load(url, [target], SECONDS, headers={"Accept-Encoding": "gzip"}, status=302)
                if load.errors:
                    raise ValueError(f"{load.errors} responses were not redirects: {form.format(name)}")
                figures[form.format(name)].append(load.requests_per_second)
                figures[f"{form.format(name)}, p50"].append(load.p50 * 1000)
    return figures


def _whole(url: str, encoding: str) -> float:
    started = time.perf_counter()
    answer = httpx.get(url, headers={"Accept-Encoding": encoding}, follow_redirects=True, timeout=60)
    took = time.perf_counter() - started
    if len(answer.raise_for_status().json()) < CHANNELS:
        raise ValueError(f"The list is incomplete: {url}")
    return took
