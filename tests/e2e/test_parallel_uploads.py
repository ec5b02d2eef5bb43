"""Uploads that many clients request at the same moment, against real conditional writes: a quota is never exceeded."""

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from infra.local.stack import Stack
from tests.e2e import uploads
from tests.e2e.api import Api

SIZE = 1000  # bytes of each file
ROOM = 7  # files of that size for which the user has storage
CLIENTS = 16
MAX_TRIES = 40
ACCEPTED, FULL, BUSY = 200, 412, 503


@pytest.fixture
def user(stack: Stack, admin: Api) -> Iterator[Api]:
    """A new user whose storage holds ROOM files, and half of another one."""
    email = f"parallel-{time.time_ns()}@example.org"
    user = uploads.new_user(stack, email)
    user_id = user.client.get("/api/user/me").raise_for_status().json()["id"]
    quota = {"disk_space": ROOM * SIZE + SIZE // 2}
    admin.client.patch(f"/api/admin-users/{user_id}", json=quota).raise_for_status()
    yield user
    user.client.close()


def request(user: Api, name: str) -> int:
    """Request an upload as ricecooker does, again where the API says that others were faster; returns the status."""
    checksum = hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()
    file = {"checksum": checksum, "size": SIZE, "name": name, "file_format": "pdf", "preset": "document"}
    for _ in range(MAX_TRIES):
        status = user.client.post("/api/file/upload_url", json=file).status_code
        if status != BUSY:
            return status
    return BUSY


def at_once(act: Callable[[str], int], names: Sequence[str]) -> Counter[int]:
    """The statuses of requests for these files by CLIENTS threads."""
    with ThreadPoolExecutor(CLIENTS) as pool:
        return Counter(pool.map(act, names))


def space(user: Api) -> tuple[int, int]:
    """(used, available) bytes."""
    me: dict[str, Any] = user.client.get("/api/user/me").raise_for_status().json()
    return me["disk_space_used"], me["available_space"]


def test_different_files_at_once_do_not_exceed_the_quota(user: Api) -> None:
    names = [f"file {number}" for number in range(6 * ROOM)]
    assert at_once(lambda name: request(user, name), names) == {ACCEPTED: ROOM, FULL: 5 * ROOM}
    assert space(user) == (ROOM * SIZE, SIZE // 2)


def test_one_file_at_once_is_charged_once(user: Api) -> None:
    assert at_once(lambda name: request(user, name), ["same"] * 4 * CLIENTS) == {ACCEPTED: 4 * CLIENTS}
    assert space(user) == (SIZE, (ROOM - 1) * SIZE + SIZE // 2)


def test_each_of_several_files_requested_repeatedly_is_charged_once(user: Api) -> None:
    names = [f"file {number % (2 * ROOM)}" for number in range(8 * ROOM)]
    statuses = at_once(lambda name: request(user, name), names)
    assert statuses == {ACCEPTED: 4 * ROOM, FULL: 4 * ROOM}
    assert space(user) == (ROOM * SIZE, SIZE // 2)
