"""A complete local stack for all end-to-end tests, a Kolibri, and the public channels that it reads."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from le_utils.constants.labels import levels

from examples.clients import ChefRun, run_chef, wait_for_version
from infra.local.stack import Stack, start
from tests.e2e import uploads
from tests.e2e.api import Api
from tests.e2e.kolibri.kolibri_process import RunningKolibri

SMALL_CHEF = Path(__file__).with_name("small_chef.py")
LEAVES, BOXES = 30, 13  # more than a page of a topic in Kolibri


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The application on a free port with new data: `url`, `token`, `email`, `password`, `environment`."""
    with start(0, tmp_path_factory.mktemp("stack")) as running:
        yield running


@pytest.fixture(scope="session")
def kolibri(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningKolibri]:
    """A Kolibri without channels, which starts while channels are created."""
    running = RunningKolibri(tmp_path_factory.mktemp("device") / "kolibri", stack.url)
    yield running
    running.stop()


@pytest.fixture(scope="session")
def uploader(stack: Stack) -> Iterator[Api]:
    """The calls of the stack's first user."""
    api = Api(stack.url, stack.token or "")
    yield api
    api.client.close()


@pytest.fixture(scope="session")
def admin(stack: Stack) -> Iterator[Api]:
    """The calls of an administrator."""
    api = uploads.administrator(stack, "admin@example.org")
    yield api
    api.client.close()


@pytest.fixture(scope="session")
def small(stack: Stack, admin: Api, tmp_path_factory: pytest.TempPathFactory) -> ChefRun:
    """A public channel in German with nodes of many kinds, made public by an administrator."""
    chef = run_chef(
        SMALL_CHEF, stack.url, stack.token or "", tmp_path_factory.mktemp("small") / "chef", SOURCE_ID="public"
    )
    wait_for_version(stack.url, chef.channel_id, 1)
    admin.client.patch(f"/api/admin-channels/{chef.channel_id}", json={"public": True}).raise_for_status()
    uploads.wait_until_listed(stack.url, chef.channel_id)
    return chef


@pytest.fixture(scope="session")
def imported(kolibri: RunningKolibri, small: ChefRun) -> ChefRun:
    """The small channel, which Kolibri has imported completely."""
    kolibri.import_channel(small.channel_id)
    return small


@pytest.fixture(scope="session")
def wide(stack: Stack, uploader: Api) -> str:
    """The id of a public channel in English, made public by `make public`.

    Below it are "Shelf" with the documents "Leaf 0", "Leaf 1" and so on, "Deep" in "Cellar" in "Stairs", and topics
    "Box 0", "Box 1" and so on with two documents each.
    """
    leaves = [uploads.document(uploader, f"Leaf {number}") for number in range(LEAVES)]
    deep = uploads.document(uploader, "Deep", tags=["well"], grade_levels=[levels.PRESCHOOL], language="en")
    stairs = uploads.topic("Stairs", [uploads.topic("Cellar", [deep])])
    tree = [uploads.topic("Shelf", leaves), stairs, *(_box(uploader, number) for number in range(BOXES))]
    channel_id = uploads.upload(uploader, "Wide", "en", tree, description="Many leaves")
    uploads.make_public(stack, channel_id)
    uploads.wait_until_listed(stack.url, channel_id)
    return channel_id


def _box(uploader: Api, number: int) -> dict[str, Any]:
    documents = [uploads.document(uploader, f"{side} of {number}", "paper") for side in ("Left", "Right")]
    return uploads.topic(f"Box {number}", documents)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Run them in one process of pytest-xdist: they share the stack and its channels."""
    item.add_marker(pytest.mark.xdist_group("e2e"))
