"""Deploy the staged tree, and roll back to the previous one."""

from dataclasses import dataclass

import pytest

from chalicelib.models import changes, channels
from tests.conftest import PREFIX
from tests.models.dynamodb import answering, cancelled
from tests.support.aws.calls import AnswerLost, Watch, counting, watching
from tests.support.aws.interleaved import interrupted
from tests.support.aws.moto_internals import later
from tests.support.existing import existing
from tests.support.source.routes import NOTHING
from tests.support.worlds import nodes
from tests.support.worlds.feeds import emit_update
from tests.support.worlds.published import titles
from tests.support.worlds.publishing import publish


def stage(studio, *names, channel_id=None):
    """Return the ID of a channel whose staged tree has exercises with these names."""
    channel_id, root = studio.make_channel(channel_id=channel_id)
    studio.add(root, *(nodes.exercise(name, nodes.question(name)) for name in names))
    assert studio.finish(channel_id, stage=True).status == 200
    return channel_id


def post(studio, channel_id, name, token=""):
    return studio.post(f"/api/channel/{channel_id}/{name}", token=token)


def roots(channel_id):
    channel = existing(channels.get(channel_id))
    return channel.root_id, channel.staging_root_id, channel.previous_root_id


def trees_left(studio):
    with later(120):
        studio.deliver()
    return {item["tree_id"]["S"] for item in studio.cloud.items("nodes")}


@pytest.mark.parametrize("name", ["deploy", "rollback"])
def test_a_deleted_channel_cannot_be_deployed_or_rolled_back(studio, name):
    channel_id = stage(studio, "a")
    post(studio, channel_id, "deploy")
    stage(studio, "b", channel_id=channel_id)
    studio.call("DELETE", f"/api/channel/{channel_id}")
    before = roots(channel_id)
    answer = post(studio, channel_id, name)
    assert (answer.status, "Restore it" in answer.json["detail"]) == (409, True)
    assert roots(channel_id) == before


class TestDeploy:
    def test_makes_the_staged_tree_live_and_keeps_the_previous_one(self, studio):
        channel_id = stage(studio, "a")
        live, staged, _ = roots(channel_id)
        answer = post(studio, channel_id, "deploy")
        assert answer.status == 200
        assert (answer.json["root_id"], answer.json["staging_root_id"], answer.json["count"]) == (staged, None, 1)
        assert answer.json == studio.get(f"/api/channel/{channel_id}").json
        assert roots(channel_id) == (staged, None, live)

    def test_is_an_unpublished_change(self, studio):
        channel_id = publish(studio, "a")
        stage(studio, "b", channel_id=channel_id)
        assert post(studio, channel_id, "deploy").json["unpublished_changes"] is True
        node = studio.get(f"/api/contentnode?parent={existing(channels.get(channel_id)).root_id}").json["results"][0]
        assert (node["title"], node["published"]) == ("b", False)
        assert studio.publish(channel_id)["status"] == "SUCCESS"
        assert titles(studio, channel_id, 2) == ["b"]

    def test_removes_the_tree_before_the_previous_one(self, studio):
        channel_id = stage(studio, "a")
        oldest, *_ = roots(channel_id)
        post(studio, channel_id, "deploy")
        stage(studio, "b", channel_id=channel_id)
        assert oldest in trees_left(studio)
        post(studio, channel_id, "deploy")
        live, _, previous = roots(channel_id)
        left = trees_left(studio)
        assert oldest not in left
        assert {live, previous} <= left

    def test_without_a_staged_tree_is_409(self, studio):
        channel_id = stage(studio, "a")
        assert [post(studio, channel_id, "deploy").status for _ in range(2)] == [200, 409]
        assert "staged" in post(studio, channel_id, "deploy").json["detail"]

    def test_is_409_if_another_tree_is_staged_concurrently(self, studio):
        channel_id = stage(studio, "a")
        with interrupted(studio, lambda: stage(studio, "b", channel_id=channel_id)):
            assert post(studio, channel_id, "deploy").status == 409
        live, staged, _ = roots(channel_id)
        assert {live, staged} <= trees_left(studio)

    def test_that_conflicts_with_other_writes_is_retried(self, studio):
        """A write of the channel was running, and its feed was written, but no tree changed."""
        channel_id = stage(studio, "a")
        _, staged, _ = roots(channel_id)
        conflict = cancelled("None", "TransactionConflict", "ConditionalCheckFailed")
        with answering("TransactWriteItems", conflict):
            answer = post(studio, channel_id, "deploy")
        assert (answer.status, roots(channel_id)[0]) == (200, staged)

    def test_is_applied_once_if_the_response_is_lost(self, studio):
        channel_id = stage(studio, "a")
        live, staged, _ = roots(channel_id)
        with watching(LosesUpdates(), own=(studio.cloud.dynamodb, studio.cloud.s3, studio.cloud.sqs)):
            assert post(studio, channel_id, "deploy").status == 200
        assert roots(channel_id) == (staged, None, live)

    def test_costs_the_same_for_trees_of_any_size(self, studio):
        channel_id = stage(studio, *(f"n{number}" for number in range(30)))
        with counting(studio) as watch:
            assert post(studio, channel_id, "deploy").status == 200
        assert len(watch.names) <= 7


@dataclass
class Counters(Watch):
    """Counts reads of the counter of a feed."""

    number: int = 0

    def __call__(self, client, operation, arguments):
        self.number += operation in ("GetItem", "BatchGetItem") and f"{PREFIX}changes" in str(arguments)
        return super().__call__(client, operation, arguments)


@pytest.mark.parametrize(("name", "reads"), [("publish", 0), ("publish_draft", 0), ("deploy", 1), ("rollback", 1)])
def test_the_counter_of_the_feed_is_read_once_where_a_change_is_emitted(studio, name, reads):
    channel_id = stage(studio, "a")
    if name == "rollback":
        post(studio, channel_id, "deploy")
    with watching(Counters(), own=(studio.cloud.dynamodb, studio.cloud.s3, studio.cloud.sqs)) as watch:
        assert post(studio, channel_id, name).status == 200
    assert watch.number == reads


class LosesUpdates(Watch):
    """Every first update of an item succeeds, but its response is lost."""

    def __call__(self, client, operation, arguments):
        answer = super().__call__(client, operation, arguments)
        if operation == "UpdateItem" and not self.hit:
            self.hit = operation
            raise AnswerLost(endpoint_url=operation)
        return answer


class TestRollback:
    def test_restores_the_previous_tree(self, studio):
        channel_id = stage(studio, "a")
        live, staged, _ = roots(channel_id)
        post(studio, channel_id, "deploy")
        answer = post(studio, channel_id, "rollback")
        assert (answer.status, answer.json["root_id"]) == (200, live)
        assert roots(channel_id) == (live, None, staged)

    def test_twice_restores_the_first_state(self, studio):
        channel_id = stage(studio, "a")
        post(studio, channel_id, "deploy")
        before = roots(channel_id)
        assert [post(studio, channel_id, "rollback").status for _ in range(2)] == [200, 200]
        assert roots(channel_id) == before
        assert trees_left(studio) >= {root for root in before if root}

    def test_keeps_the_staged_tree(self, studio):
        channel_id = stage(studio, "a")
        post(studio, channel_id, "deploy")
        stage(studio, "b", channel_id=channel_id)
        _, staged, _ = roots(channel_id)
        assert post(studio, channel_id, "rollback").json["staging_root_id"] == staged

    def test_of_a_published_tree_can_be_published_again(self, studio):
        channel_id = publish(studio, "a")
        stage(studio, "b", channel_id=channel_id)
        post(studio, channel_id, "deploy")
        studio.publish(channel_id)
        assert post(studio, channel_id, "rollback").json["unpublished_changes"] is True
        assert studio.publish(channel_id)["status"] == "SUCCESS"
        assert titles(studio, channel_id, 3) == titles(studio, channel_id, 1) == ["a"]

    def test_without_a_previous_tree_is_409(self, studio):
        channel_id = stage(studio, "a")
        assert post(studio, channel_id, "rollback").status == 409


@pytest.mark.parametrize("name", ["deploy", "rollback", "publish", "publish_draft"])
def test_an_unknown_channel_is_404(studio, name):
    assert [post(studio, id, name).status for id in (NOTHING, "bad")] == [404, 404]


def test_sync_clients_receive_it(studio):
    """Recorded: the changes emitted by finish_channel and DEPLOYED."""
    channel_id = stage(studio, "a")
    live, staged, _ = roots(channel_id)
    post(studio, channel_id, "deploy")
    emitted = [(change.table, change.key, change.fields) for change in changes.after(channel_id, 0, 10)]
    assert emitted == [
        ("channel", channel_id, {"mods": {"root_id": live, "staging_root_id": staged}}),
        ("channel", channel_id, {"mods": {"root_id": staged, "staging_root_id": None}}),
    ]


def test_retries_after_concurrent_changes(studio):
    channel_id = stage(studio, "a")
    with interrupted(studio, lambda: emit_update(channel_id, "channel", channel_id, {"name": "n"})):
        assert post(studio, channel_id, "deploy").status == 200
    emitted = [change.fields["mods"] for change in changes.after(channel_id, 0, 10)]
    assert emitted[1:] == [{"name": "n"}, {"root_id": roots(channel_id)[0], "staging_root_id": None}]


def test_a_rollback_notices_a_tree_staged_concurrently(studio):
    """The emitted change names the staged tree."""
    channel_id = stage(studio, "a")
    post(studio, channel_id, "deploy")
    with interrupted(studio, lambda: stage(studio, "b", channel_id=channel_id)):
        assert post(studio, channel_id, "rollback").status == 409
