"""Uploads 1,000 documents in 50 topics by the real ricecooker, and publishes them."""

import json
import time
from pathlib import Path

import httpx

from examples.clients import run_chef

CHEF = Path(__file__).with_name("thousand_chef.py")
UPLOAD = "ricecooker uploads 1,000 new PDFs"
ADD_NODES = "ricecooker adds 1,000 nodes in 50 topics"
PUBLISH = "publish of 1,000 nodes, call to visible"
ROUNDS = 3


def measure(url: str, token: str, work: Path) -> dict[str, list[float]]:
    """A new channel per round. Each document has its own file; files are uploaded in the first round only."""
    seconds: dict[str, list[float]] = {UPLOAD: [], ADD_NODES: [], PUBLISH: []}
    for number in range(ROUNDS):
        folder = work / f"thousand{number}"
        run = run_chef(CHEF, url, token, folder, flags=("--deploy",), SOURCE_ID=f"thousand-{number}")
        timings = json.loads((folder / "timings.json").read_text())
        if number == 0:
            seconds[UPLOAD].append(timings["upload_files"])
        seconds[ADD_NODES].append(timings["add_nodes"])
        seconds[PUBLISH].append(publish(url, token, run.channel_id))
    return seconds


def publish(url: str, token: str, channel_id: str) -> float:
    """Seconds from the call of publish_channel until the public API shows the channel, its database in place."""
    with httpx.Client(base_url=url, timeout=60) as client:
        started = time.perf_counter()
        headers = {"Authorization": f"Token {token}"}
        body = {"channel_id": channel_id}
        client.post("/api/internal/publish_channel", headers=headers, json=body).raise_for_status()
        while (answer := client.get(f"/api/public/v1/channels/lookup/{channel_id}")).status_code != 200:
            if time.perf_counter() - started > 120:
                raise TimeoutError(f"{channel_id} is not published after 120 s")
            time.sleep(0.01)
        elapsed = time.perf_counter() - started
        if answer.json()[0]["total_resource_count"] != 1000:
            raise ValueError(f"{answer.json()[0]['total_resource_count']} of 1,000 documents were published")
        client.head(f"/content/databases/{channel_id}.sqlite3").raise_for_status()
    return elapsed
