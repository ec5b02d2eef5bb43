"""A ministack with the template's resources, shared by the tests of this folder."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from infra import resources
from infra.local.aws import emulator


@dataclass(frozen=True)
class Ministack:
    """A running ministack: its URL, its bucket, and the queues' URLs by name."""

    endpoint: str
    bucket: str
    queues: dict[str, str]

    def client(self, service: str) -> Any:
        return emulator.client(service, self.endpoint)


@pytest.fixture(scope="session")
def ministack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ministack]:
    data_dir: Path = tmp_path_factory.mktemp("ministack")
    with emulator.serve(data_dir) as (endpoint, _):
        yield Ministack(endpoint, resources.bucket_name(emulator.PREFIX), emulator.prepare(endpoint))


def pytest_itemcollected(item: pytest.Item) -> None:
    """Keep the tests that share a ministack in one process of pytest-xdist."""
    if "ministack" in getattr(item, "fixturenames", ()):
        item.add_marker(pytest.mark.xdist_group("ministack"))
