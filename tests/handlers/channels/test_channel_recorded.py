"""Responses on channels, versions and details equal those recorded from Kolibri Studio, except by decision."""

from typing import Any

import pytest

from chalicelib.models.channels import Channel
from tests.support.http import recordings
from tests.support.http.client import Answer, Studio
from tests.support.http.recordings import CHANNEL, TOKEN, Call, Replay
from tests.support.worlds import images

pytestmark = pytest.mark.xdist_group("recordings")

CALLS = recordings.load("channel")
# Fields that depend on the time, on IDs generated here, or on the bytes of files.
OWN = frozenset(
    [
        "id",
        "root_id",
        "trash_root_id",
        "modified",
        "created",
        "last_published",
        "date_published",
        "thumbnail",
        "thumbnail_url",
        "size",
        "included_licenses",
        "included_categories",
    ]
)
ADDED = frozenset({"license_id", "license_name", "countries"})  # to the recorded `content_defaults` and channels
UNORDERED = ("languages", "included_languages")


@pytest.fixture(scope="module")
def answers(shared_cloud: Any) -> dict[str, Answer]:
    """Responses to all recorded calls; the recorded channel is published twice, public, and has its token."""
    shared_cloud.empty()
    studio = Studio(shared_cloud)
    tree = next(c for c in recordings.load("internal") if c.note == "get_tree_data main").response["tree"]
    thumbnail = recordings.store(studio, images.png(), "png")
    for notes in ("golden notes é", "v2 public"):
        left_out = (recordings.ADDED_LATER,) if notes.startswith("golden") else ()
        recordings.build_channel(studio, tree, *left_out, thumbnail=thumbnail, source_domain="peer.example.org")
        assert studio.publish(CHANNEL, notes)["status"] == "SUCCESS"
    studio.make_public(CHANNEL)
    Channel(CHANNEL).update([Channel.primary_token.set(TOKEN)])
    replay = Replay(studio)
    return {call.note: replay.make(call) for call in CALLS}


@pytest.mark.parametrize("call", CALLS, ids=[call.note for call in CALLS])
def test_is_answered_as_recorded(call: Call, answers: dict[str, Answer]) -> None:
    answer = answers[call.note]
    assert answer.status == call.status
    assert plain(answer.json) == plain(as_here(call))


def as_here(call: Call) -> Any:
    if call.path.startswith("/api/channelversion"):
        return {"results": [call.response[0], without_what_came_later(call.response[1])], "more": None}  # decided
    if "page_size" in call.path:  # Studio had more channels, and another one was the latest
        return {
            **call.response,
            "count": 1,
            "total_pages": 1,
            "next": None,
            "previous": None,
            "results": [of_the_channel()],
        }
    return call.response


def without_what_came_later(version: Any) -> Any:
    """The first version; in Studio, its counts follow the newest one."""
    counts = [
        {**entry, "count": entry["count"] - 1} if entry["kind_id"] == "html5" else entry
        for entry in version["kind_count"]
    ]
    return {**version, "kind_count": counts, "resource_count": version["resource_count"] - 1}


def of_the_channel() -> Any:
    return next(call.response for call in CALLS if call.note == f"channel/{CHANNEL}")


def plain(body: Any) -> Any:
    """A response without server-specific values."""
    if isinstance(body, list):
        return [plain(part) for part in body]
    if not isinstance(body, dict):
        return body
    kept: dict[str, Any] = {name: value if name not in OWN else value is not None for name, value in body.items()}
    return {name: sorted(v) if name in UNORDERED else plain(v) for name, v in kept.items() if name not in ADDED}
