"""The example channel, uploaded, published and imported once; and once more as version 2."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
import pytest

from examples.clients import CHEF, SOURCE_CHANNEL, ChefRun, Kolibri, rows, run_chef, wait_for_version
from tests.e2e.example import expected

Row = dict[str, Any]


@dataclass
class Version:
    """One version of the example channel: as sent by the chef, as published, and as imported by Kolibri."""

    chef: ChefRun
    chef_run: ChefRun
    database: Path
    number: int
    kolibri: Kolibri
    imported: list[Row] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)

    @cached_property
    def sent(self) -> dict[str, tuple[Row, list[Row]]]:
        """Nodes as sent, by node id, with their ancestors; remote nodes with the data of their sources."""
        sources = {key: node for node, _ in self.chef_run.nodes() for key in (node["node_id"], node["content_id"])}
        nodes = {}
        for node, path in self.chef.nodes():
            if source_id := node.get("source_node_id") or node.get("source_content_id"):
                node = expected.remote(node, sources[source_id])
            nodes[node["node_id"]] = (node, path)
        return nodes

    def named(self, source_id: str) -> Row:
        """The (first) node with this source id."""
        return next(node for node, _ in self.sent.values() if node.get("source_id") == source_id)

    def published(self, sql: str, *values: str) -> list[Row]:
        """Rows of the published content database."""
        return rows(self.database, sql, *values)

    def files_of(self, node_id: str) -> list[Row]:
        return self.published("select * from content_file where contentnode_id = ?", node_id)

    def versioned(self, number: int) -> bytes:
        """The content database at the address of a version."""
        url = f"{self.kolibri.url}/content/databases/{self.chef.channel_id}-{number}.sqlite3"
        return httpx.get(url).raise_for_status().content

    def archive_of(self, node_id: str) -> bytes:
        """An exercise's archive from Kolibri's storage."""
        (file,) = [row for row in self.files_of(node_id) if row["extension"] == "perseus"]
        data = self.kolibri.stored(file["checksum"], file["extension"])
        assert data is not None
        return data


@pytest.fixture(scope="session")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("example")


@pytest.fixture(scope="session")
def chef_run(stack: Any, work: Path) -> ChefRun:
    run = run_chef(SOURCE_CHANNEL, stack.url, stack.token, work / "library")
    wait_for_version(stack.url, run.channel_id, 1)
    return run


@pytest.fixture(scope="session")
def first(stack: Any, work: Path, chef_run: ChefRun) -> Version:
    kolibri = Kolibri(work / "kolibri", stack.url)
    return _publish_and_import(stack, work, chef_run, kolibri, 1)


@pytest.fixture(scope="session")
def second(stack: Any, work: Path, first: Version) -> Version:
    return _publish_and_import(stack, work, first.chef_run, first.kolibri, 2)


def _publish_and_import(stack: Any, work: Path, chef_run: ChefRun, kolibri: Kolibri, number: int) -> Version:
    chef = run_chef(CHEF, stack.url, stack.token, work / f"chef{number}", RUN=str(number))
    wait_for_version(stack.url, chef.channel_id, number)
    database = work / f"version{number}.sqlite3"
    database.write_bytes(
        httpx.get(f"{stack.url}/content/databases/{chef.channel_id}.sqlite3").raise_for_status().content
    )
    (kolibri.upgrade_channel if number > 1 else kolibri.import_channel)(chef.channel_id)
    version = Version(chef, chef_run, database, number, kolibri)
    version.imported = kolibri.rows("select * from content_contentnode where channel_id = ?", chef.channel_id)
    version.damaged = kolibri.damaged_files(chef.channel_id)
    return version
