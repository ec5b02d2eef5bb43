"""Publishing again: nothing changed, several times at once, and changes made in between."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from examples.clients import ChefRun, run_chef
from tests.e2e.api import Api

CHEF = Path(__file__).with_name("small_chef.py")


@pytest.fixture
def api(stack: Any) -> Api:
    return Api(stack.url, stack.token)


def deploy(stack: Any, folder: Path, source_id: str) -> ChefRun:
    """Upload the small channel under a separate id, and make it live."""
    return run_chef(CHEF, stack.url, stack.token, folder, flags=("--deploy",), SOURCE_ID=source_id)


def wait_until(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_an_unchanged_channel_gets_no_new_version(stack: Any, api: Api, tmp_path: Path) -> None:
    channel_id = deploy(stack, tmp_path / "chef", "unchanged").channel_id
    assert api.finished(api.publish(channel_id))["status"] == "SUCCESS"
    before = api.database(channel_id).content
    task = api.finished(api.publish(channel_id))
    assert (task["status"], task["progress"]) == ("SUCCESS", 100)
    assert "Nothing has changed" in task["detail"]
    assert api.version(channel_id) == 1
    assert api.database(channel_id).content == before
    assert api.database(channel_id, 2).status_code == 404


def test_repeating_a_chef_run_creates_no_new_version(stack: Any, api: Api, tmp_path: Path) -> None:
    for number in (1, 2):
        channel_id = deploy(stack, tmp_path / f"chef{number}", "again").channel_id
        assert api.finished(api.publish(channel_id))["status"] == "SUCCESS"
    assert api.version(channel_id) == 1


def test_concurrent_publishes_share_one_task(stack: Any, api: Api, tmp_path: Path) -> None:
    channel_id = deploy(stack, tmp_path / "chef", "at-once").channel_id
    with ThreadPoolExecutor(4) as threads:
        task_ids = set(threads.map(api.publish, [channel_id] * 4))
    assert len(task_ids) == 1
    task = api.finished(task_ids.pop())
    assert (task["status"], task["channel_id"], task["progress"]) == ("SUCCESS", channel_id, 100)
    assert api.version(channel_id) == 1
    assert api.database(channel_id, 2).status_code == 404


def test_a_tree_that_goes_live_during_a_publish_is_published_afterwards(stack: Any, api: Api, tmp_path: Path) -> None:
    chef = deploy(stack, tmp_path / "chef", "meanwhile")
    next_tree = {key: value for key, value in chef.tree.items() if key != "children"} | {"name": "Danach"}
    owl = next(node for node, _ in chef.nodes() if node.get("source_id") == "owl") | {"title": "Die späte Eule"}
    root_id = api.post("create_channel", channel_data=next_tree)["root"]
    api.post("add_nodes", root_id=root_id, content_data=[owl])

    tasks = [api.publish(chef.channel_id)]
    api.post("finish_channel", channel_id=chef.channel_id, stage=False)
    tasks.append(api.publish(chef.channel_id))

    assert {api.finished(task_id)["status"] for task_id in tasks} == {"SUCCESS"}
    wait_until(lambda: "Die späte Eule".encode() in api.database(chef.channel_id).content)
    wait_until(
        lambda: (
            api.database(chef.channel_id, api.version(chef.channel_id)).content == api.database(chef.channel_id).content
        )
    )
    assert api.version(chef.channel_id) in (1, 2)


def test_a_staged_channel_is_not_published(stack: Any, api: Api, tmp_path: Path) -> None:
    chef = run_chef(CHEF, stack.url, stack.token, tmp_path / "chef", flags=(), SOURCE_ID="staged")
    statuses = api.post("get_channel_status_bulk", channel_ids=[chef.channel_id])["statuses"]
    assert statuses == {chef.channel_id: "staged"}
    staged = api.post("get_tree_data", channel_id=chef.channel_id, tree="staging")["tree"]
    assert [node["title"] for node in staged] == [node["title"] for node in chef.tree["children"]]
    assert api.database(chef.channel_id).status_code == 404
