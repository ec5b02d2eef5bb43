"""The difference between the staged and the live tree, as a resource."""

from datetime import timedelta

import pytest

from chalicelib.models import channels, tasks
from chalicelib.models.base import now
from chalicelib.models.tasks import Task
from tests.handlers.channels.test_channel_deploy import stage
from tests.support.aws.calls import counting
from tests.support.existing import existing
from tests.support.http.recordings import store
from tests.support.source.routes import NOTHING
from tests.support.worlds import nodes


def diff(studio, channel_id, query="", token=""):
    return studio.get(f"/api/channel/{channel_id}/diff{query}", token)


def computed(studio, channel_id, query=""):
    """Return the difference after its task has run."""
    studio.deliver("maintenance")
    answer = diff(studio, channel_id, query)
    assert answer.status == 200, answer.text
    return answer.json


def staged_over(studio, live, staged):
    """A channel with one upload live and another one staged."""
    channel_id, root = studio.make_channel()
    studio.add(root, *live)
    studio.finish(channel_id)
    _, root = studio.make_channel(channel_id=channel_id)
    studio.add(root, *staged)
    studio.finish(channel_id, stage=True)
    return channel_id


def titles(answer, section):
    return [line["title"] for line in answer[section]]


class TestDiff:
    def test_lists_the_changes_of_the_staged_tree(self, studio):
        pdf, other = (nodes.file(store(studio, data, "pdf")) for data in (b"1", b"22"))
        quiz = [nodes.question("kept"), nodes.question("gone"), nodes.question("text")]
        asked = [nodes.question("kept"), nodes.question("new"), nodes.question("text", question="Other text?")]
        live = [
            nodes.resource("doc", files=[pdf]),
            nodes.exercise("quiz", *quiz),
            nodes.topic("gone"),
            nodes.topic("t"),
        ]
        new = [nodes.topic("t"), nodes.resource("doc", files=[other]), nodes.exercise("quiz", *asked), nodes.topic("n")]
        found = computed(studio, staged_over(studio, live, new))
        assert [titles(found, name) for name in ("added", "removed", "moved")] == [["n"], ["gone"], []]
        assert {line["title"]: line["fields"] for line in found["changed"]} == {"doc": ["files"]}
        assert titles(found, "reordered") == ["t"]
        assert [(line["title"], line["file_size"]) for line in found["files_added"]] == [("doc", 2)]
        assert [(line["title"], line["file_size"]) for line in found["files_removed"]] == [("doc", 1)]
        assert [line["question"] for line in found["questions_added"]] == ["new"]
        assert [line["question"] for line in found["questions_removed"]] == ["gone"]
        (line,) = found["questions_changed"]
        assert (line["title"], line["question"], line["fields"]) == ("quiz", "Other text?", ["question"])
        totals = {"kind_count": {"document": 1, "exercise": 1, "topic": 2}, "question_count": 3, "file_count": 1}
        assert found["from"] == {"tree": "main", **totals, "file_size": 1}
        assert found["to"] == {"tree": "staging", **totals, "file_size": 2}

    def test_is_ready_when_the_task_of_the_upload_ends(self, studio):
        channel_id = stage(studio, "a")
        studio.deliver("maintenance")
        answer = diff(studio, channel_id)
        assert (answer.status, answer.json["stale"], answer.json["task_id"]) == (200, False, None)
        assert answer.json["counts"]["added"] == 1

    def test_is_202_with_a_task_before(self, studio):
        channel_id = stage(studio, "a")
        answers = [diff(studio, channel_id) for _ in range(2)]
        assert [answer.status for answer in answers] == [202, 202]
        assert answers[0].json == answers[1].json
        assert answers[0].headers["Location"] == f"/api/task/{answers[0].json['task_id']}"
        assert int(answers[0].headers["Retry-After"]) > 0
        studio.deliver("maintenance")
        task = studio.task(answers[0].json["task_id"])
        assert (task["status"], task["result"]["added"]) == ("SUCCESS", 1)
        assert diff(studio, channel_id).status == 200

    def test_is_restarted_if_its_worker_was_killed(self, studio):
        channel_id = stage(studio, "a")
        task_id = diff(studio, channel_id).json["task_id"]
        studio.cloud.lose_messages("maintenance")
        for minutes, is_lost in ((29, False), (31, True)):
            started = (now() - timedelta(minutes=minutes)).isoformat()
            Task(task_id).update([Task.status.set(tasks.STARTED), Task.created.set(started)])
            assert diff(studio, channel_id).json == {"task_id": task_id}
            studio.deliver("maintenance")
            assert studio.task(task_id)["status"] == ("SUCCESS" if is_lost else "STARTED")
        assert diff(studio, channel_id).status == 200

    def test_is_stale_after_an_edit_and_then_refreshed(self, studio):
        channel_id = staged_over(studio, [nodes.topic("a")], [nodes.topic("a")])
        assert set(computed(studio, channel_id)["counts"].values()) == {0}
        node = studio.get(f"/api/contentnode?parent={existing(channels.get(channel_id)).root_id}").json["results"][0]
        assert studio.call("PATCH", f"/api/contentnode/{node['id']}", {"title": "b"}).status == 200
        old = diff(studio, channel_id).json
        assert (old["stale"], old["counts"]["changed"]) == (True, 0)
        found = computed(studio, channel_id)
        assert (found["stale"], found["task_id"]) == (False, None)
        assert [(line["title"], line["fields"]) for line in found["changed"]] == [("a", ["title"])]
        assert studio.task(old["task_id"])["status"] == "SUCCESS"

    def test_is_stale_when_a_chef_adds_to_the_staged_tree(self, studio):
        channel_id = stage(studio, "a")
        assert titles(computed(studio, channel_id), "added") == ["a"]
        studio.add(existing(channels.get(channel_id)).staging_root_id, nodes.topic("late"))
        assert diff(studio, channel_id).json["stale"] is True
        assert titles(computed(studio, channel_id), "added") == ["a", "late"]

    def test_compares_other_trees(self, studio):
        channel_id = stage(studio, "a")
        studio.post(f"/api/channel/{channel_id}/deploy")
        query = "?from=main&to=previous"
        assert diff(studio, channel_id, query).status == 202
        assert titles(computed(studio, channel_id, query), "removed") == ["a"]
        assert titles(computed(studio, channel_id, "?from=previous&to=main"), "added") == ["a"]
        same = "?from=main&to=main"
        diff(studio, channel_id, same)
        assert set(computed(studio, channel_id, same)["counts"].values()) == {0}

    def test_has_pages(self, studio):
        channel_id = stage(studio, *"abcde")
        pages = [computed(studio, channel_id, f"?page={page}&page_size=2") for page in (1, 2, 3, 4)]
        assert [titles(page, "added") for page in pages] == [["a", "b"], ["c", "d"], ["e"], []]
        assert {page["counts"]["added"] for page in pages} == {5}

    def test_costs_the_same_for_trees_of_any_size(self, studio):
        channel_id = stage(studio, *(f"n{number}" for number in range(30)))
        computed(studio, channel_id)
        with counting(studio) as watch:
            diff(studio, channel_id)
        assert (len(watch.names), watch.names[-1]) == (4, "GetObject"), watch.names

    @pytest.mark.parametrize("query", ["?to=none", "?from=chef", "?page=0", "?page_size=x", "?page=-1"])
    def test_bad_queries_are_400(self, studio, query):
        assert diff(studio, stage(studio, "a"), query).status == 400

    def test_of_missing_trees_is_404(self, studio):
        channel_id = studio.post("/api/channel", {"name": "n"}).json["id"]
        assert [diff(studio, channel_id, query).status for query in ("", "?to=previous")] == [404, 404]
        assert diff(studio, NOTHING).status == 404


class TestRights:
    def test_only_members_see_it(self, studio):
        channel_id = stage(studio, "a")
        viewer_id, viewer = studio.sign_up("viewer")
        studio.share(channel_id, viewer_id, "view")
        studio.deliver("maintenance")
        tokens = [viewer, studio.sign_up("admin", is_admin=True)[1], studio.sign_up("stranger")[1], None]
        assert [diff(studio, channel_id, token=token).status for token in tokens] == [200, 200, 404, 401]

    def test_a_public_channel_shows_it_to_members_only(self, studio):
        channel_id = stage(studio, "a")
        studio.post(f"/api/channel/{channel_id}/deploy")
        studio.publish(channel_id)
        studio.make_public(channel_id)
        stage(studio, "b", channel_id=channel_id)
        assert diff(studio, channel_id, token=studio.sign_up("stranger")[1]).status == 404
        assert titles(computed(studio, channel_id), "added") == ["b"]


def test_a_removed_tree_fails_the_task(studio):
    channel_id = stage(studio, "a")
    task_id = diff(studio, channel_id).json["task_id"]
    from chalicelib.models import trees

    trees.remove(existing(channels.get(channel_id)).staging_root_id, lambda ids: None, lambda: False)
    studio.deliver("maintenance")
    assert studio.task(task_id)["status"] == "FAILURE"
