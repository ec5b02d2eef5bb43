"""finish_channel: stage the uploaded tree or make it live, compute the differences, remove old trees."""

import pytest

from chalicelib.models import channels
from chalicelib.models.base import find
from chalicelib.models.nodes import Node
from tests.support.aws.interleaved import interrupted
from tests.support.aws.moto_internals import later
from tests.support.existing import existing, values_of
from tests.support.http.recordings import store
from tests.support.source.routes import NOTHING
from tests.support.worlds import nodes

PATH = "/api/internal/finish_channel"


def upload(studio, channel_id=None, *content):
    """Start an upload with these nodes below its root; return (channel id, id of the root)."""
    channel_id, root = studio.make_channel(channel_id=channel_id)
    if content:
        studio.add(root, *content)
    return channel_id, root


def trees_left(studio):
    with later(120):
        studio.deliver()
    return {item["tree_id"]["S"] for item in studio.cloud.items("nodes")}


def status(studio, channel_id):
    answer = studio.post("/api/internal/get_channel_status_bulk", {"channel_ids": [channel_id]})
    return answer.json["statuses"][channel_id]


def test_a_staged_tree_does_not_replace_the_live_one(studio):
    channel_id, root = upload(studio)
    live = existing(channels.get(channel_id)).root_id
    answer = studio.finish(channel_id, stage=True)
    assert set(answer.json) == {"success", "new_channel", "diff_task_id"}
    assert answer.json["new_channel"] == channel_id
    channel = existing(channels.get(channel_id))
    assert values_of(channel, "root_id", "staging_root_id", "chef_root_id") == (live, root, None)
    assert status(studio, channel_id) == "staged"


def test_the_tree_is_staged_by_default(studio):
    channel_id, root = upload(studio)
    assert studio.post(PATH, {"channel_id": channel_id}).status == 200
    assert existing(channels.get(channel_id)).staging_root_id == root


def test_a_tree_goes_live_and_the_former_one_becomes_the_previous_tree(studio):
    channel_id, root = upload(studio)
    before = existing(channels.get(channel_id))
    assert studio.finish(channel_id, stage=False).status == 200
    channel = existing(channels.get(channel_id))
    assert (channel.root_id, channel.previous_root_id) == (root, before.root_id)
    assert values_of(channel, "chef_root_id", "staging_root_id") == (None, None)
    assert channel.rev > before.rev
    assert status(studio, channel_id) == "unpublished"


@pytest.mark.parametrize("stage", [True, False])
def test_finishing_twice_is_a_conflict_and_changes_nothing(studio, stage):
    channel_id, _ = upload(studio)
    studio.finish(channel_id, stage)
    before = studio.cloud.contents()
    for again in (True, False):
        answer = studio.finish(channel_id, again)
        assert answer.status == 409
        assert set(answer.json) == {"error", "detail"}
    assert studio.cloud.contents() == before


def test_concurrent_requests_finish_the_upload_once(studio):
    channel_id, root = upload(studio)
    answers = []
    with interrupted(studio, lambda: answers.append(studio.finish(channel_id))):
        answers.append(studio.finish(channel_id))
    assert sorted(answer.status for answer in answers) in ([200, 200], [200, 409])
    channel = existing(channels.get(channel_id))
    assert values_of(channel, "root_id", "chef_root_id") == (root, None)
    assert channel.previous_root_id != root
    assert find(Node, channel.previous_root_id)


def test_a_new_upload_that_starts_meanwhile_is_not_lost(studio):
    channel_id, root = upload(studio)
    with interrupted(studio, lambda: upload(studio, channel_id, nodes.topic("new"))):
        answer = studio.finish(channel_id)
    assert answer.status == 409
    channel = existing(channels.get(channel_id))
    assert channel.chef_root_id not in (root, None)
    assert existing(find(Node, channel.chef_root_id)).total_count == 1


def test_the_diff_task_returns_the_changes_of_the_new_tree(studio):
    pdf, other = store(studio, b"1", "pdf"), store(studio, b"2", "pdf")
    same = nodes.resource("same", files=[nodes.file(pdf)])
    channel_id, _ = upload(studio, None, same, nodes.topic("removed"), nodes.topic("renamed"), nodes.topic("moved"))
    studio.finish(channel_id)
    _, root = upload(studio, channel_id, {**same, "files": [nodes.file(other)]}, nodes.topic("renamed", title="New"))
    above = studio.add(root, nodes.topic("new"))[nodes.node_id("new")]
    studio.add(above, nodes.topic("moved"))
    task_id = studio.finish(channel_id, stage=True).json["diff_task_id"]
    waiting = studio.task(task_id)
    assert (waiting["status"], waiting["progress"], waiting["channel_id"]) == ("PENDING", 0, channel_id)
    studio.deliver("maintenance")
    task = studio.task(task_id)
    assert (task["status"], task["progress"]) == ("SUCCESS", 100)
    counts = {"added": 1, "removed": 1, "changed": 2, "moved": 1, "files_added": 1, "files_removed": 1}
    assert {name: count for name, count in task["result"].items() if count} == counts
    assert task["detail"]


def test_a_message_delivered_twice_does_not_change_the_diff(studio):
    channel_id, _ = upload(studio, None, nodes.topic("t"))
    task_id = studio.finish(channel_id).json["diff_task_id"]
    studio.deliver("maintenance", times=2)
    result = studio.task(task_id)["result"]
    assert (result["added"], sum(result.values())) == (1, 1)


def test_old_trees_are_removed_but_not_the_trees_of_the_channel(studio):
    channel_id, first = upload(studio, None, nodes.topic("1"), nodes.exercise("e", nodes.question("q")))
    trash, empty = existing(channels.get(channel_id)).trash_root_id, existing(channels.get(channel_id)).root_id
    studio.finish(channel_id)
    assert trees_left(studio) == {trash, empty, first}

    _, second = upload(studio, channel_id, nodes.topic("2"))
    studio.finish(channel_id)
    assert trees_left(studio) == {trash, first, second}  # the first is the previous tree, for a rollback

    _, third = upload(studio, channel_id, nodes.topic("3"))
    studio.finish(channel_id)
    assert trees_left(studio) == {trash, second, third}
    assert studio.cloud.items("assessment_items") == []
    assert len(studio.cloud.items("children")) == 2


def test_an_older_staged_tree_is_removed(studio):
    channel_id, _ = upload(studio, None, nodes.topic("1"))
    channel = existing(channels.get(channel_id))
    studio.finish(channel_id, stage=True)
    _, second = upload(studio, channel_id, nodes.topic("2"))
    studio.finish(channel_id, stage=True)
    assert trees_left(studio) == {channel.trash_root_id, channel.root_id, second}
    _, third = upload(studio, channel_id, nodes.topic("3"))
    studio.finish(channel_id, stage=False)
    assert trees_left(studio) == {channel.trash_root_id, channel.root_id, third}
    assert existing(channels.get(channel_id)).staging_root_id is None


def test_no_tree_of_the_channel_can_be_removed(studio):
    channel_id, _ = upload(studio, None, nodes.topic("1"))
    studio.finish(channel_id)
    upload(studio, channel_id, nodes.topic("2"))
    studio.finish(channel_id, stage=True)
    upload(studio, channel_id, nodes.topic("3"))
    with later(120):
        studio.deliver()
    before = studio.cloud.contents()
    present = set(channels.tree_names(existing(channels.get(channel_id))).values())
    assert len(present) == 5
    for root in present:
        studio.send("maintenance", {"jobs": [{"job": "remove_tree", "channel_id": channel_id, "root_id": root}]})
    studio.deliver()
    assert studio.cloud.contents() == before


def test_a_removal_delivered_twice_is_harmless(studio):
    channel_id, first = upload(studio, None, nodes.topic("1"))
    upload(studio, channel_id, nodes.topic("2"))
    with later(120):
        studio.deliver(times=2)
    assert find(Node, first) is None
    assert find(Node, existing(channels.get(channel_id)).chef_root_id)


@pytest.mark.parametrize("channel_id", [NOTHING, "bad", "", "x" * 10_000])
def test_an_unknown_channel_is_404(studio, channel_id):
    assert studio.post(PATH, {"channel_id": channel_id, "stage": True}).status == 404


@pytest.mark.parametrize("stage", ["true", 1, 0, None, []])
def test_stage_must_be_true_or_false(studio, stage):
    channel_id, root = upload(studio)
    answer = studio.post(PATH, {"channel_id": channel_id, "stage": stage})
    assert (answer.status, "stage" in answer.json) == (400, True)
    assert existing(channels.get(channel_id)).chef_root_id == root
