"""The status of tasks, for authorized users."""

import uuid
from datetime import timedelta

import pytest

from chalicelib.models import tasks
from chalicelib.models.base import now
from chalicelib.models.channel_members import EDIT, VIEW
from tests.support.existing import existing
from tests.support.source.routes import NOTHING
from tests.support.worlds import nodes
from tests.support.worlds.publishing import publish

FIELDS = {"task_id", "task_name", "channel_id", "progress", "status", "detail"}


@pytest.fixture
def task_id(studio):
    channel_id, _ = studio.make_channel()
    return studio.finish(channel_id).json["diff_task_id"]


def test_the_owner_sees_a_task(studio, task_id):
    answer = studio.get(f"/api/task/{task_id}")
    assert answer.status == 200
    assert set(answer.json) >= FIELDS
    assert (answer.json["task_id"], answer.json["status"]) == (task_id, "PENDING")


def test_a_dashed_id_is_accepted(studio, task_id):
    dashed = str(uuid.UUID(task_id))
    assert studio.get(f"/api/task/{dashed}").json["task_id"] == task_id
    assert studio.get(f"/api/task/{dashed.upper()}").status == 200


def test_only_members_see_the_tasks_of_a_channel(studio, task_id):
    """Their results are for editors only."""
    channel_id = studio.task(task_id)["channel_id"]
    studio.deliver("maintenance")
    assert studio.task(task_id)["result"]
    editor_id, editor = studio.sign_up("editor")
    viewer_id, viewer = studio.sign_up("viewer")
    studio.share(channel_id, editor_id, EDIT)
    studio.share(channel_id, viewer_id, VIEW)
    admin, stranger = studio.sign_up("admin", is_admin=True)[1], studio.sign_up("stranger")[1]
    answers = [studio.get(f"/api/task/{task_id}", token) for token in (editor, admin, viewer, stranger)]
    assert [answer.status for answer in answers] == [200, 200, 200, 404]
    assert [bool(answer.json["result"]) for answer in answers[:3]] == [True, True, False]


@pytest.mark.parametrize(("name", "status"), [(tasks.DETAILS, 200), (tasks.DIFF, 404), (tasks.PUBLISH, 404)])
def test_viewers_of_a_public_channel_see_only_its_details_tasks(studio, name, status):
    """Details are computed for everyone by one task."""
    channel_id = publish(studio, "e", public=True)
    tasks.new("a" * 32, name, channel_id, studio.user_id).save()
    path, stranger = f"/api/task/{'a' * 32}", studio.sign_up("stranger")[1]
    assert studio.get(path, stranger).status == status
    studio.make_public(channel_id, public=False)
    assert studio.get(path, stranger).status == 404


def test_only_members_can_list_the_tasks_of_a_public_channel(studio):
    channel_id, root = studio.make_channel()
    studio.add(root, nodes.exercise("e", nodes.question("q")))
    studio.finish(channel_id)
    studio.publish(channel_id)
    studio.make_public(channel_id)
    viewer_id, viewer = studio.sign_up("viewer")
    studio.share(channel_id, viewer_id, VIEW)
    admin, stranger = studio.sign_up("admin", is_admin=True)[1], studio.sign_up("stranger")[1]
    seen = [studio.get(f"/api/task?channel={channel_id}", token).status for token in (viewer, admin, stranger)]
    assert seen == [200, 200, 403]


def test_a_task_of_others_is_not_found(studio, task_id):
    stranger = studio.sign_up("stranger")[1]
    theirs, none = (studio.get(f"/api/task/{id}", stranger) for id in (task_id, NOTHING))
    assert theirs.text.replace(task_id, "") == none.text.replace(NOTHING, "")


@pytest.mark.parametrize("id", [NOTHING, "bad", "%00", "%ff", "%F0%9F%8C%8D", "a" * 10_000, "..", "{task_id}", "-"])
def test_an_unknown_task_is_404(studio, id):
    answer = studio.get(f"/api/task/{id}")
    assert answer.status == 404
    assert set(answer.json) == {"error", "detail"}
    assert len(answer.text) < 1000


@pytest.mark.parametrize("status", [tasks.PENDING, tasks.STARTED])
def test_a_task_that_nothing_can_end_any_more_is_shown_as_failed(studio, status):
    channel_id, _ = studio.make_channel()
    recent, lost = (tasks.new(number * 32, tasks.COPY, channel_id, studio.user_id) for number in "12")
    lost.created = (now() - tasks.LOST_AFTER - timedelta(minutes=1)).isoformat()
    for task in (recent, lost):
        task.status = status
        task.save()
    shown = {task["task_id"]: task["status"] for task in studio.get(f"/api/task?channel={channel_id}").json}
    assert shown == {recent.id: status, lost.id: tasks.FAILURE}
    assert studio.task(lost.id)["detail"] == tasks.LOST
    assert studio.task(recent.id)["status"] == status


def test_a_running_task_has_an_estimate_until_it_ends(studio, task_id):
    assert "seconds_left" not in studio.task(task_id)
    task = existing(tasks.get(task_id))
    tasks.advance(task, 10, "On the way", int(now().timestamp()) + 100)
    assert 90 < studio.task(task_id)["seconds_left"] <= 100
    (listed,) = studio.get(f"/api/task?channel={task.channel_id}").json
    assert 90 < listed["seconds_left"] <= 100
    tasks.finish(task, tasks.SUCCESS, "Done")
    assert "seconds_left" not in studio.task(task_id)
