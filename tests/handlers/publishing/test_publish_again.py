"""Publishing a channel again of which nothing has changed."""

import pytest

from chalicelib.models import channels
from chalicelib.models.channels import Channel
from chalicelib.models.tasks import Task
from chalicelib.operations.publishing import publish_lock, settled
from tests.support.aws.calls import counting
from tests.support.existing import existing
from tests.support.worlds import contentnode, nodes, published

READS_OF_A_TREE = {"Query"}


def deploy(studio, *content, channel_id=None):
    channel_id, root = studio.make_channel(channel_id=channel_id)
    studio.add(root, *content)
    assert studio.finish(channel_id).status == 200
    return channel_id


def exercise(name, **fields):
    return nodes.exercise(name, nodes.question(name), **fields)


def publish(studio, channel_id, notes=""):
    """Return the finished task, and the calls that it took."""
    with counting(studio) as watch:
        task = studio.publish(channel_id, notes)
    assert task["status"] == "SUCCESS", task
    return task, watch.names


def read_the_tree(names):
    return not READS_OF_A_TREE.isdisjoint(names)


def change(channel_id, **fields):
    Channel(channel_id).update([getattr(Channel, name).set(value) for name, value in fields.items()])


def test_takes_the_same_number_of_calls_whatever_the_size_of_the_tree(studio):
    counts = set()
    for size in (1, 12):
        channel_id = deploy(studio, *(nodes.topic(f"{size} {number}") for number in range(size)), exercise(f"e{size}"))
        publish(studio, channel_id)
        _, names = publish(studio, channel_id)
        assert not read_the_tree(names)
        counts.add(len(names))
    assert len(counts) == 1


def test_says_what_the_first_publish_said(studio):
    missing = nodes.resource("incomplete")
    channel_id = deploy(studio, exercise("e"), missing, exercise("same"), nodes.topic("t"))
    first, _ = publish(studio, channel_id)
    again, names = publish(studio, channel_id, "notes")
    assert not read_the_tree(names)
    assert first["detail"].partition(". ")[2] in again["detail"]
    assert (again["result"]["left_out"], again["result"]["version"]) == (first["result"]["left_out"], 1)
    third, names = publish(studio, channel_id)
    assert not read_the_tree(names)
    assert "kept for the next version" in again["detail"]
    assert "kept for the next version" not in third["detail"]
    assert third["result"]["left_out"] == first["result"]["left_out"]
    assert existing(channels.get(channel_id)).next_version_notes == "notes"


def test_reads_the_tree_after_a_change_and_not_after_the_next_publish(studio):
    channel_id = deploy(studio, exercise("one"))
    publish(studio, channel_id)
    deploy(studio, exercise("two"), channel_id=channel_id)
    _, names = publish(studio, channel_id)
    assert read_the_tree(names)
    assert published.titles(studio, channel_id) == ["two"]
    assert not read_the_tree(publish(studio, channel_id)[1])


def test_reads_the_tree_if_it_was_edited_when_the_worker_had_read_the_channel(studio, monkeypatch):
    channel_id, root = studio.make_channel()
    (node_id,) = studio.add(root, exercise("old")).values()
    assert studio.finish(channel_id).status == 200
    publish(studio, channel_id)
    take_lease = publish_lock.take_lease

    def edit(*claimed):
        take_lease(*claimed)
        monkeypatch.undo()
        contentnode.change(studio, node_id, title="new")

    monkeypatch.setattr(publish_lock, "take_lease", edit)
    assert publish(studio, channel_id)[0]["result"]["version"] == 2


def test_writes_no_frozen_tree_if_the_changes_cancel_out(studio):
    channel_id = deploy(studio, exercise("one"))
    publish(studio, channel_id)
    deploy(studio, exercise("one"), channel_id=channel_id)
    studio.deliver()
    before = set(studio.cloud.objects())
    task, names = publish(studio, channel_id)
    assert (task["result"]["version"], read_the_tree(names)) == (1, True)
    assert set(studio.cloud.objects()) == before
    assert not read_the_tree(publish(studio, channel_id)[1])


@pytest.mark.parametrize("field", ["tagline", "name"])
def test_reads_the_tree_if_a_published_field_of_the_channel_differs(studio, field):
    channel_id = deploy(studio, exercise("one"))
    publish(studio, channel_id)
    change(channel_id, **{field: "Other"})
    task, names = publish(studio, channel_id)
    assert (task["result"]["version"], read_the_tree(names)) == (2, True)


def test_reads_the_tree_with_another_version_of_the_code(studio, monkeypatch):
    channel_id = deploy(studio, exercise("one"))
    publish(studio, channel_id)
    monkeypatch.setattr(settled, "CODE", "another")
    assert read_the_tree(publish(studio, channel_id)[1])
    assert not read_the_tree(publish(studio, channel_id)[1])


def test_reads_the_tree_if_the_task_of_the_last_publish_has_expired(studio):
    channel_id = deploy(studio, exercise("one"))
    task, _ = publish(studio, channel_id)
    Task(task["task_id"]).delete()
    assert read_the_tree(publish(studio, channel_id)[1])


def test_reads_the_tree_if_a_picture_was_missing(studio):
    """It may have been stored since."""
    name = f"{'a' * 32}.png"
    question = nodes.question(f"![](${{☣ CONTENTSTORAGE}}/{name})")
    channel_id = deploy(studio, nodes.exercise("e", question))
    publish(studio, channel_id)
    assert read_the_tree(publish(studio, channel_id)[1])
    assert existing(channels.get(channel_id)).settled is None
