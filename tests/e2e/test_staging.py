"""An upload is staged, looked at, drafted, deployed and published; Kolibri imports the draft, then the version."""

import time
from pathlib import Path
from typing import Any

import pytest

from examples.clients import ChefRun, rows, run_chef
from infra.local.stack import Stack
from tests.e2e.api import Api
from tests.e2e.kolibri.kolibri_process import RunningKolibri

CHEF = Path(__file__).with_name("small_chef.py")


class Staged:
    """A staged upload of the small chef, and calls about its channel."""

    def __init__(self, api: Api, chef: ChefRun) -> None:
        self.api, self.id = api, chef.channel_id
        self.titles = [node["title"] for node, _ in chef.nodes()]
        self.owl = next(node for node, _ in chef.nodes() if node.get("source_id") == "owl")
        self.url = f"/api/channel/{self.id}"

    def do(self, name: str, **body: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self.api.client.post(f"{self.url}/{name}", json=body).raise_for_status().json()
        return answer

    def finished(self, name: str, **body: Any) -> dict[str, Any]:
        task = self.api.finished(self.do(name, **body)["task_id"])
        assert task["status"] == "SUCCESS", task
        return task

    def fields(self) -> dict[str, Any]:
        answer: dict[str, Any] = self.api.client.get(self.url).raise_for_status().json()
        return answer

    def add_late(self) -> None:
        """Add a node to the staged tree."""
        own = {"title": "Late", "node_id": "e" * 32, "content_id": "d" * 32}
        self.api.post("add_nodes", root_id=self.fields()["staging_root_id"], content_data=[self.owl | own])

    def diff(self, seconds: float = 30) -> dict[str, Any]:
        deadline = time.monotonic() + seconds
        while (answer := self.api.client.get(f"{self.url}/diff").raise_for_status()).status_code == 202:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        found: dict[str, Any] = answer.json()
        return found


@pytest.fixture(scope="module")
def staged(stack: Stack, uploader: Api, tmp_path_factory: pytest.TempPathFactory) -> Staged:
    folder = tmp_path_factory.mktemp("staged") / "chef"
    return Staged(uploader, run_chef(CHEF, stack.url, stack.token or "", folder, flags=(), SOURCE_ID="staging"))


def draft_titles(staged: Staged, folder: Path) -> list[str]:
    answer = staged.api.client.get(f"/content/databases/{staged.id}-next.sqlite3", headers={"Authorization": ""})
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "public, max-age=5")
    path = folder / "next.sqlite3"
    path.write_bytes(answer.content)
    return [row["title"] for row in rows(path, "select title from content_contentnode order by lft")][1:]


def test_from_staged_to_published(staged: Staged, kolibri: RunningKolibri, tmp_path: Path) -> None:
    changes = staged.diff()
    assert changes["counts"]["added"] == len(staged.titles) == sum(changes["to"]["kind_count"].values())
    assert [line["title"] for line in changes["added"]] == staged.titles
    assert (changes["from"]["kind_count"], changes["stale"]) == ({}, False)

    token = staged.finished("publish_draft", use_staging_tree=True)["result"]["draft_token"]
    assert (staged.fields()["draft_token"], staged.fields()["version"]) == (token, 0)
    drafted = draft_titles(staged, tmp_path)
    assert set(drafted) <= set(staged.titles)
    kolibri.manage("importchannel", "network", token)
    select = "select version from content_channelmetadata where id = ?"
    assert kolibri.rows(select, staged.id) == [{"version": 0}]

    staged.add_late()
    staged.finished("publish_draft", use_staging_tree=True)
    kolibri.manage("importchannel", "network", "--no_upgrade", token)
    kolibri.manage("importchannel", "network", token)
    late = "select title from content_contentnode where channel_id = ? and title = 'Late'"
    assert kolibri.rows(late, staged.id) == [{"title": "Late"}], "a draft goes over an older one"

    assert staged.do("deploy")["staging_root_id"] is None
    task = staged.finished("publish", version_notes="From staging", language="de")
    assert task["result"]["version"] == 1
    seen = staged.fields()
    assert (seen["version"], seen["draft_token"], seen["unpublished_changes"]) == (1, None, False)
    assert staged.api.client.get(f"/content/databases/{staged.id}-next.sqlite3").status_code == 404
    assert staged.api.client.get(f"/api/public/v1/channels/lookup/{token}").status_code == 404

    kolibri.upgrade_channel(staged.id)
    assert kolibri.rows(select, staged.id) == [{"version": 1}]
    assert kolibri.damaged_files(staged.id) == []
