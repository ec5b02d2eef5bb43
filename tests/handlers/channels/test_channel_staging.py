"""The review of a staged tree, and discarding it."""

import pytest

from chalicelib.errors import NotFound
from chalicelib.identity.authentication import Identity
from chalicelib.models import channels
from chalicelib.operations.trees import diff_levels, staging_review
from tests.handlers.channels.test_channel_deploy import post, roots, stage, trees_left
from tests.handlers.channels.test_channel_diff import staged_over
from tests.support.aws.calls import counting
from tests.support.existing import existing
from tests.support.worlds import nodes, storage


def discard(studio, channel_id, token=""):
    return studio.call("DELETE", f"/api/channel/{channel_id}/staging", None, token)


def review(studio, channel_id, topic="", page=1):
    return staging_review.review(Identity(studio.user_id, "", "", "", is_admin=False), channel_id, topic, page)


def shown(studio, channel_id, topic="", page=1):
    """The review when the trees were compared."""
    studio.deliver("maintenance")
    found = review(studio, channel_id, topic, page)
    assert found["comparison"] is None
    return existing(found["shown"])


def titles(level):
    return [entry["title"] for entry in level["entries"]]


class TestReview:
    def test_compares_first_and_shows_progress(self, studio):
        channel_id = staged_over(studio, [nodes.topic("a")], [nodes.topic("b")])
        found = review(studio, channel_id)
        assert (found["shown"], found["may_edit"]) == (None, True)
        comparison = existing(found["comparison"])
        assert studio.get(f"/api/task/{comparison['task_id']}").json["status"] == "PENDING"
        assert found["staged"] == existing(channels.get(channel_id)).staging_root_id

    def test_is_opened_level_by_level(self, studio):
        channel_id = staged_over(studio, [nodes.topic("t")], [nodes.topic("t"), nodes.topic("n")])
        top = shown(studio, channel_id)
        assert titles(top) == ["n"]
        assert top["summary"]["counts"]["added"] == 1
        assert [total["kind_count"] for total in top["summary"]["totals"]] == [{"topic": 1}, {"topic": 2}]
        with pytest.raises(NotFound, match="Nothing below this topic"):
            review(studio, channel_id, "f" * 32)

    def test_is_paged(self, studio, monkeypatch):
        monkeypatch.setattr(staging_review, "PAGE", 2)
        channel_id = staged_over(studio, [], [nodes.topic(f"t{number}") for number in range(5)])
        assert [titles(shown(studio, channel_id, page=page)) for page in (1, 3, 9, -1)] == [
            ["t0", "t1"],
            ["t4"],
            ["t4"],
            ["t0", "t1"],
        ]
        assert shown(studio, channel_id, page=9)["pages"] == 3

    def test_of_equal_trees_says_so(self, studio):
        channel_id = staged_over(studio, [nodes.topic("t")], [nodes.topic("t")])
        found = shown(studio, channel_id)
        assert (found["entries"], found["summary"]["marks"]) == ([], {})

    def test_is_stale_after_an_edit_until_compared_again(self, studio):
        channel_id = staged_over(studio, [nodes.topic("t")], [nodes.topic("n")])
        assert not shown(studio, channel_id)["stale"]
        live = existing(channels.get(channel_id)).root_id
        (node,) = studio.get(f"/api/contentnode?parent={live}").json["results"]
        assert studio.call("PATCH", f"/api/contentnode/{node['id']}", {"title": "edited"}).status == 200
        found = review(studio, channel_id)
        assert existing(found["shown"])["stale"]
        assert existing(found["comparison"])["progress"] == 0
        assert not shown(studio, channel_id)["stale"]

    def test_is_empty_if_nothing_is_staged(self, studio):
        channel_id, _ = studio.make_channel()
        found = review(studio, channel_id)
        assert (found["staged"], found["shown"], found["comparison"]) == ("", None, None)

    @pytest.mark.parametrize("entries", [2000, 1])
    def test_reads_as_much_for_trees_of_any_size(self, studio, monkeypatch, entries):
        monkeypatch.setattr(diff_levels, "ENTRIES", entries)
        monkeypatch.setattr(staging_review, "PAGE", min(entries, staging_review.PAGE))
        made = []
        for count in (1, 60):
            channel_id = staged_over(studio, [], [nodes.topic(f"t{number}") for number in range(count)])
            shown(studio, channel_id)
            with counting(studio) as calls:
                review(studio, channel_id)
            made.append(calls.names)
        assert made[0] == made[1] == ["BatchGetItem", "BatchGetItem", "GetObject", "GetObject"]


class TestDiscard:
    def test_removes_the_staged_tree_and_keeps_the_live_one(self, studio):
        channel_id = stage(studio, "a")
        live, staged, _ = roots(channel_id)
        assert discard(studio, channel_id).status == 204
        assert roots(channel_id) == (live, None, None)
        left = trees_left(studio)
        assert live in left
        assert staged not in left
        assert post(studio, channel_id, "deploy").status == 409

    def test_gives_its_storage_back(self, studio):
        data = b"%PDF-1.4 of a staged tree"
        channel_id, root = studio.make_channel()
        studio.add(root, nodes.resource("d", files=[nodes.file(storage.put(studio, data, "pdf"))]))
        studio.finish(channel_id, stage=True)
        storage.drain(studio)
        assert studio.get("/api/user/me").json["disk_space_used"] == len(data)
        discard(studio, channel_id)
        storage.drain(studio)
        assert studio.get("/api/user/me").json["disk_space_used"] == 0

    def test_without_a_staged_tree_changes_nothing(self, studio):
        channel_id = stage(studio, "a")
        assert [discard(studio, channel_id).status for _ in range(2)] == [204, 204]

    def test_of_a_deleted_channel_is_409(self, studio):
        channel_id = stage(studio, "a")
        studio.call("DELETE", f"/api/channel/{channel_id}")
        assert discard(studio, channel_id).status == 409

    def test_reaches_sync_clients(self, studio):
        channel_id = stage(studio, "a")
        discard(studio, channel_id)
        answer = studio.post("/api/sync", {"changes": [], "channel_revs": {channel_id: 0}})
        assert [change["mods"] for change in answer.json["changes"]][-1]["staging_root_id"] is None
