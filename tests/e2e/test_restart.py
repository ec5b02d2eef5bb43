"""A stack that is restarted on its data directory has lost nothing."""

import time
from pathlib import Path
from typing import Any

from examples.clients import run_chef, wait_for_version
from infra.local.stack import start
from tests.e2e.api import Api

CHEF = Path(__file__).with_name("small_chef.py")
SOON = 10  # seconds


def visible(api: Api, channel_id: str, names: list[str]) -> dict[str, Any]:
    """A channel as a client sees it, without addresses."""
    files = {name: api.client.head(f"/content/storage/{name[0]}/{name[1]}/{name}") for name in names}
    return {
        "user": api.post("authenticate_user_internal"),
        "tree": api.post("get_tree_data", channel_id=channel_id, tree="main"),
        "status": api.post("get_channel_status_bulk", channel_ids=[channel_id]),
        "entry": api.client.get(f"/api/public/v1/channels/lookup/{channel_id}").json(),
        "database": api.database(channel_id).content,
        "files": {name: (answer.status_code, answer.headers["content-length"]) for name, answer in files.items()},
    }


def test_a_restart_loses_nothing(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    with start(0, data_dir) as stack:
        chef = run_chef(CHEF, stack.url, stack.token or "", tmp_path / "chef1")
        wait_for_version(stack.url, chef.channel_id, 1)
        names = [file["filename"] for node, _ in chef.nodes() for file in node["files"]]
        before = visible(Api(stack.url, stack.token or ""), chef.channel_id, names)
    assert {status for status, _ in before["files"].values()} == {200}

    started = time.monotonic()
    with start(stack.port, data_dir) as again:
        assert time.monotonic() - started < SOON
        assert (again.url, again.token) == (stack.url, stack.token)
        assert visible(Api(again.url, again.token or ""), chef.channel_id, names) == before
        run_chef(CHEF, again.url, again.token or "", tmp_path / "chef2", RUN="2")
        assert wait_for_version(again.url, chef.channel_id, 2)["version"] == 2
