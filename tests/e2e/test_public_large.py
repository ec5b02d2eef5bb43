"""Kolibri reads complete lists that are too large for Lambda."""

from collections.abc import Iterator

import httpx
import pytest

from benchmarks import many_channels
from infra.local.stack import Stack
from tests.e2e import uploads
from tests.e2e.kolibri.kolibri_process import RunningKolibri

COUNT = 220  # with icons of 30 kB


@pytest.fixture(scope="module")
def copies(stack: Stack, wide: str) -> Iterator[list[str]]:
    """The names of many channels, which are listed until these tests end."""
    many_channels.change(stack.environment, COUNT)
    names = [f"Copy {number:04}" for number in range(COUNT)]
    uploads.wait_until(lambda: names[-1] in listed(stack))
    yield names
    many_channels.change(stack.environment, 0)
    uploads.wait_until(lambda: not set(names) & set(listed(stack)))


def listed(stack: Stack) -> list[str]:
    """The names on the list, following redirects."""
    answer = httpx.get(f"{stack.url}/api/public/v1/channels", follow_redirects=True)
    return [channel["name"] for channel in answer.json()]


def test_kolibri_lists_all_channels_with_their_icons(
    kolibri: RunningKolibri, stack: Stack, copies: list[str], wide: str
) -> None:
    assert httpx.get(f"{stack.url}/api/public/v1/channels").status_code == 302
    found = kolibri.body("remotechannel/", keyword="")
    assert [channel["name"] for channel in found if channel["name"] in copies] == copies
    assert wide in [channel["id"] for channel in found]
    icons = {channel["thumbnail"] for channel in found if channel["name"] in copies}
    assert (len(icons), {len(icon) for icon in icons}) == (COUNT, {30_022})


def test_kolibri_browses_all_channels(kolibri: RunningKolibri, copies: list[str]) -> None:
    found = kolibri.browse("channel/")
    assert [channel["name"] for channel in found if channel["name"] in copies] == copies
