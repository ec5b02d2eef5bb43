"""The list of a channel's tasks."""

import pytest

from chalicelib.models import tasks
from chalicelib.models.channel_members import VIEW
from tests.support.aws.calls import counting
from tests.support.source.routes import NOTHING

LIST = "/api/task"
FIELDS = {"task_id", "task_name", "channel_id", "progress", "status", "detail"}


@pytest.fixture
def channel_id(studio):
    return studio.post("/api/channel", {"name": "n"}).json["id"]


def add(studio, channel_id, number):
    task = tasks.new(f"{number:032x}", tasks.DIFF, channel_id, studio.user_id)
    task.created = f"2030-01-01T00:00:00.{number:06}+00:00"
    task.save()


def test_the_newest_comes_first(studio, channel_id):
    for number in (1, 3, 2):
        add(studio, channel_id, number)
    with counting(studio) as watch:
        found = studio.get(f"{LIST}?channel={channel_id}").json
    assert [int(task["task_id"], 16) for task in found] == [3, 2, 1]
    assert set(found[0]) == FIELDS
    assert len(watch.names) <= 3


def test_a_long_list_is_limited_to_the_newest(studio, channel_id, monkeypatch):
    monkeypatch.setattr(tasks, "LISTED", 2)
    for number in range(4):
        add(studio, channel_id, number)
    assert len(studio.get(f"{LIST}?channel={channel_id}").json) == 2
    assert studio.get(f"{LIST}?channel={channel_id}&page_size=1").json["count"] == 2


def test_only_members_of_the_channel_see_them(studio, channel_id):
    add(studio, channel_id, 1)
    stranger, (viewer_id, viewer) = studio.sign_up("stranger")[1], studio.sign_up("viewer")
    studio.share(channel_id, viewer_id, VIEW)
    found = [studio.get(f"{LIST}?channel={channel_id}", token).status for token in ("", viewer, stranger, None)]
    assert found == [200, 200, 404, 401]


@pytest.mark.parametrize(
    ("query", "status"), [("", 412), ("channel=", 412), ("page=1", 412), (f"channel={NOTHING}", 404)]
)
def test_a_channel_must_be_named(studio, query, status):
    assert studio.get(f"{LIST}?{query}").status == status
