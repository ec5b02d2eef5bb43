"""Tasks: progress, and results that are final."""

from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.domain.ids import new_id
from chalicelib.models import tasks
from chalicelib.models.tasks import FAILURE, PENDING, STARTED, SUCCESS
from tests.support.existing import existing


def made(**arguments):
    task = tasks.new(new_id(), tasks.PUBLISH, "c" * 32, "u" * 32, **arguments)
    task.save()
    return task


def shown(task):
    found = existing(tasks.get(task.id))
    return found.status, int(found.progress), found.detail


def test_new_task_is_pending_and_not_saved(aws):
    task = tasks.new(new_id(), tasks.PUBLISH, "c" * 32, "u" * 32)
    assert tasks.get(task.id) is None
    task.save()
    assert shown(task) == (PENDING, 0, "")


def test_arguments_are_stored_and_read_back(aws):
    task = existing(tasks.get(made(version_notes="Ünï", rev=3).id))
    assert task.arguments == {"version_notes": "Ünï", "rev": 3}
    assert (task.channel_id, task.user_id, task.task_name) == ("c" * 32, "u" * 32, tasks.PUBLISH)


def test_expires_after_a_month(aws):
    task = made()
    made_at = datetime.fromisoformat(task.created)
    assert datetime.fromtimestamp(task.expires, UTC) == (made_at + timedelta(days=30)).replace(microsecond=0)


def test_advances(aws):
    task = made()
    tasks.advance(task, 30, "On the way")
    assert shown(task) == (STARTED, 30, "On the way")


@pytest.mark.parametrize(("status", "progress"), [(SUCCESS, 100), (FAILURE, 30)])
def test_ends_with_a_sentence_and_a_result(aws, status, progress):
    task = made()
    tasks.advance(task, 30, "On the way")
    tasks.finish(task, status, "Done", {"added": 1})
    assert shown(task) == (status, progress, "Done")
    assert existing(tasks.get(task.id)).result == {"added": 1}


def test_may_end_without_a_result(aws):
    task = made()
    tasks.finish(task, FAILURE, "Done")
    assert existing(tasks.get(task.id)).result is None


@pytest.mark.parametrize("status", tasks.FINISHED)
def test_finished_task_cannot_be_resumed(aws, status):
    task = made()
    seen_before = existing(tasks.get(task.id))
    tasks.finish(task, status, "Done", {"added": 1})
    before = shown(task)
    for stale in (task, seen_before):
        tasks.advance(stale, 5, "Again")
        assert shown(task) == before
    assert existing(tasks.get(task.id)).result == {"added": 1}


@pytest.mark.parametrize(("first", "second"), [(SUCCESS, FAILURE), (FAILURE, SUCCESS)])
def test_finished_task_keeps_its_result(aws, first, second):
    """A repeated message cannot change a result that the caller has seen."""
    task = made()
    stale = existing(tasks.get(task.id))
    tasks.finish(task, first, "First", 1)
    tasks.finish(stale, second, "Second", 2)
    assert shown(task)[::2] == (first, "First")
    assert existing(tasks.get(task.id)).result == 1


def test_expired_task_is_not_recreated_by_its_worker(aws):
    task = made()
    task.delete()
    tasks.advance(task, 30, "On the way")
    assert tasks.get(task.id) is None


def test_unknown_task_is_none(aws):
    assert tasks.get(new_id()) is None
