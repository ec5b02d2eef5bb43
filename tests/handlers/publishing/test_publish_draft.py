"""Drafts: a separate content database under a token, until the next version is published."""

import pytest

from chalicelib.aws import queues, storage
from chalicelib.domain.storage_keys import DRAFT, database_key
from chalicelib.models import changes, channels, secret_tokens
from tests.conftest import BUCKET
from tests.handlers.channels.test_channel_deploy import stage
from tests.support.existing import existing
from tests.support.worlds import nodes
from tests.support.worlds.published import lookup, rows, titles
from tests.support.worlds.publishing import publish


def ask(studio, channel_id, what="publish_draft", token="", **body):
    return studio.post(f"/api/channel/{channel_id}/{what}", body, token)


def draft(studio, channel_id, **body):
    """Create a draft and return its finished task."""
    answer = ask(studio, channel_id, **body)
    assert answer.status == 200, answer.text
    studio.deliver()
    return studio.task(answer.json["task_id"])


def fields(studio, channel_id):
    return studio.get(f"/api/channel/{channel_id}").json


def keys(studio, channel_id):
    listed = studio.cloud.s3.list_objects_v2(Bucket=BUCKET, Prefix=f"content/databases/{channel_id}")
    return {entry["Key"].removeprefix(f"content/databases/{channel_id}") for entry in listed.get("Contents", [])}


def edit(studio, channel_id, title):
    """Rename the first node of the live tree."""
    node = studio.get(f"/api/contentnode?parent={existing(channels.get(channel_id)).root_id}").json["results"][0]
    assert studio.call("PATCH", f"/api/contentnode/{node['id']}", {"title": title}).status == 200


class TestDraft:
    def test_has_a_separate_database(self, studio):
        channel_id = publish(studio, "a")
        edit(studio, channel_id, "later")
        task = draft(studio, channel_id)
        assert (task["status"], task["task_name"]) == ("SUCCESS", "export-channel-staging-tree")
        assert titles(studio, channel_id, DRAFT) == ["later"]
        assert rows(studio, channel_id, "select id, version from content_channelmetadata", DRAFT) == [(channel_id, 2)]
        assert keys(studio, channel_id) == {".sqlite3", "-1.sqlite3", "-next.sqlite3"}

    def test_is_cached_for_seconds_only(self, studio):
        channel_id = publish(studio, "a")
        draft(studio, channel_id)
        head = studio.cloud.s3.head_object(Bucket=BUCKET, Key=database_key(channel_id, DRAFT))
        assert (head["CacheControl"], head["ContentType"]) == (storage.NEWEST, storage.SQLITE)

    def test_does_not_change_the_published_version(self, studio):
        channel_id = publish(studio, "a", public=True)
        edit(studio, channel_id, "later")
        before, seen = fields(studio, channel_id), lookup(studio, channel_id)
        assert (before["unpublished_changes"], before["draft_token"]) == (True, None)
        task = draft(studio, channel_id)
        assert fields(studio, channel_id) == {**before, "draft_token": task["result"]["draft_token"]}
        assert lookup(studio, channel_id) == seen
        assert titles(studio, channel_id) == titles(studio, channel_id, 1) == ["a"]
        versions = studio.get(f"/api/channelversion?channel={channel_id}").json["results"]
        assert [version["version"] for version in versions] == [1]

    def test_can_use_the_staged_tree(self, studio):
        channel_id = publish(studio, "a")
        stage(studio, "b", channel_id=channel_id)
        draft(studio, channel_id, use_staging_tree=True)
        assert titles(studio, channel_id, DRAFT) == ["b"]
        draft(studio, channel_id)
        assert titles(studio, channel_id, DRAFT) == ["a"]

    def test_without_a_staged_tree_is_409(self, studio):
        assert ask(studio, publish(studio, "a"), use_staging_tree=True).status == 409

    def test_reports_that_the_staged_tree_was_deployed(self, studio):
        channel_id = stage(studio, "a")
        task_id = ask(studio, channel_id, use_staging_tree=True).json["task_id"]
        ask(studio, channel_id, "deploy")
        studio.deliver()
        task = studio.task(task_id)
        assert (task["status"], fields(studio, channel_id)["draft_token"]) == ("FAILURE", None)
        assert "staged" in task["detail"]

    def test_works_for_an_unpublished_channel(self, studio):
        channel_id = stage(studio, "a")
        token = draft(studio, channel_id, use_staging_tree=True)["result"]["draft_token"]
        assert (lookup(studio, channel_id), existing(lookup(studio, token))["id"]) == (None, channel_id)
        assert keys(studio, channel_id) == {"-next.sqlite3"}
        assert fields(studio, channel_id)["published"] is False

    def test_of_an_empty_tree_is_refused(self, studio):
        channel_id = studio.post("/api/channel", {"name": "n"}).json["id"]
        assert draft(studio, channel_id)["status"] == "FAILURE"
        assert keys(studio, channel_id) == set()

    def test_of_a_deleted_channel_is_409(self, studio):
        channel_id = publish(studio, "a")
        studio.call("DELETE", f"/api/channel/{channel_id}")
        assert [ask(studio, channel_id, what).status for what in ("publish", "publish_draft")] == [409, 409]

    @pytest.mark.parametrize("body", [{"use_staging_tree": "yes"}, [], "x", b"{"])
    def test_bad_bodies_are_400(self, studio, body):
        channel_id = publish(studio, "a")
        assert studio.post(f"/api/channel/{channel_id}/publish_draft", body).status == 400


class TestToken:
    def test_is_reused_by_the_next_draft_and_removed_by_the_next_version(self, studio):
        channel_id = publish(studio, "a")
        edit(studio, channel_id, "b")
        tokens = {draft(studio, channel_id)["result"]["draft_token"] for _ in range(2)}
        (token,) = tokens
        assert fields(studio, channel_id)["draft_token"] == token
        assert studio.publish(channel_id)["status"] == "SUCCESS"
        assert fields(studio, channel_id)["draft_token"] is None
        assert secret_tokens.get_many([token]) == []
        assert keys(studio, channel_id) == {".sqlite3", "-1.sqlite3", "-2.sqlite3"}
        assert draft(studio, channel_id)["result"]["draft_token"] != token

    def test_stays_if_no_new_version_is_published(self, studio):
        channel_id = publish(studio, "a")
        token = draft(studio, channel_id)["result"]["draft_token"]
        assert "Nothing has changed" in studio.publish(channel_id)["detail"]
        assert fields(studio, channel_id)["draft_token"] == token
        assert lookup(studio, token)

    def test_gives_kolibri_access_to_the_draft(self, studio):
        """Kolibri fetches `<id>-next.sqlite3` if the look-up returns no version."""
        channel_id = publish(studio, "a", public=True, notes="first")
        edit(studio, channel_id, "later")
        published = existing(lookup(studio, channel_id))
        token = draft(studio, channel_id)["result"]["draft_token"]
        seen = existing(lookup(studio, f"{token[:5]}-{token[5:].upper()}?channel_versions=true"))
        changed = ("version", "public", "library", "last_published")
        assert (seen["version"], seen["public"], seen["library"]) == (None, False, None)
        assert {name: seen[name] for name in seen if name not in changed} == {
            name: published[name] for name in published if name not in changed
        }

    def test_is_visible_to_editors_only(self, studio):
        channel_id = publish(studio, "a", public=True)
        draft(studio, channel_id)
        viewer_id, viewer = studio.sign_up("viewer")
        studio.share(channel_id, viewer_id, "view")
        stranger = studio.sign_up("stranger")[1]
        for token in (viewer, stranger):
            assert studio.get(f"/api/channel/{channel_id}", token).json["draft_token"] is None

    def test_does_not_appear_in_public_lists(self, studio):
        channel_id = publish(studio, "a")
        token = draft(studio, channel_id)["result"]["draft_token"]
        assert studio.get(f"/api/public/v1/channels?tokens={token}", token=None).json == []
        assert studio.get(f"/api/public/channel/{channel_id}", token=None).json["version"] == 1

    def test_gives_no_access_to_a_deleted_channel(self, studio):
        channel_id = publish(studio, "a")
        token = draft(studio, channel_id)["result"]["draft_token"]
        studio.call("DELETE", f"/api/channel/{channel_id}")
        assert lookup(studio, token) is None

    def test_gives_no_access_while_only_reserved(self, studio):
        channel_id = publish(studio, "a")
        assert lookup(studio, secret_tokens.reserve_for_draft(channel_id)) is None


class TestWithPublish:
    def test_each_runs_after_the_other_if_requested_meanwhile(self, studio):
        channel_id = stage(studio, "a")
        asked = [ask(studio, channel_id).json["task_id"]]
        ask(studio, channel_id, "deploy")
        asked += [ask(studio, channel_id, what).json["task_id"] for what in ("publish", "publish_draft", "publish")]
        assert (asked[2], asked[3]) == (asked[0], asked[1]) != (asked[1], asked[0])
        waiting = studio.task(asked[1])
        assert (waiting["status"], waiting["task_name"]) == ("PENDING", "export-channel")
        assert fields(studio, channel_id)["publishing"] is False
        studio.deliver()
        assert {studio.task(task_id)["status"] for task_id in asked} == {"SUCCESS"}
        seen = fields(studio, channel_id)
        assert (seen["version"], seen["publishing"]) == (1, False)
        assert seen["draft_token"], "the draft was requested again after the publish"

    def test_duplicate_messages_are_harmless(self, studio):
        channel_id = publish(studio, "a")
        edit(studio, channel_id, "b")
        ask(studio, channel_id)
        studio.deliver(times=2)
        token = fields(studio, channel_id)["draft_token"]
        assert lookup(studio, token)
        ask(studio, channel_id, "publish")
        studio.deliver(times=2)
        seen = fields(studio, channel_id)
        assert (seen["version"], seen["draft_token"]) == (2, None)
        assert titles(studio, channel_id) == ["b"]

    def test_a_killed_worker_is_retried(self, studio, monkeypatch):
        channel_id = publish(studio, "a")
        edit(studio, channel_id, "b")
        task_id = ask(studio, channel_id).json["task_id"]
        send = queues.send_export
        lost: list[str] = []
        monkeypatch.setattr(queues, "send_export", lost.append)
        studio.deliver()
        assert (lost, keys(studio, channel_id)) == ([task_id], {".sqlite3", "-1.sqlite3"})
        monkeypatch.setattr(queues, "send_export", send)
        assert ask(studio, channel_id).json["task_id"] == task_id
        studio.deliver()
        assert titles(studio, channel_id, DRAFT) == ["b"]
        assert studio.task(task_id)["status"] == "SUCCESS"


class TestPublish:
    def test_behaves_like_the_internal_api(self, studio):
        channel_id = stage(studio, "a")
        ask(studio, channel_id, "deploy")
        answer = ask(studio, channel_id, "publish", version_notes="first", language="sw")
        assert (answer.status, set(answer.json)) == (200, {"task_id"})
        assert studio.publish(channel_id)["task_id"] == answer.json["task_id"]
        seen = fields(studio, channel_id)
        assert (seen["version"], seen["language"], existing(lookup(studio, channel_id))["version_notes"]) == (
            1, "sw", {"1": "first"},
        )  # fmt: skip

    @pytest.mark.parametrize("body", [{"version_notes": 1}, {"language": "zz-no"}, {"version_notes": "x" * 10_001}, []])
    def test_bad_bodies_are_400(self, studio, body):
        channel_id = publish(studio, "a")
        before = existing(channels.get(channel_id))
        assert studio.post(f"/api/channel/{channel_id}/publish", body).status == 400
        assert existing(channels.get(channel_id)).attribute_values == before.attribute_values

    def test_sync_clients_receive_drafts_and_versions(self, studio):
        """Recorded: the changes after PUBLISHED_NEXT and PUBLISHED."""
        channel_id = stage(studio, "a")
        ask(studio, channel_id, "deploy")
        token = draft(studio, channel_id)["result"]["draft_token"]
        studio.publish(channel_id)
        seen = fields(studio, channel_id)
        names = ("version", "published", "publishing", "draft_token", "primary_token", "last_published")
        emitted = [change.fields["mods"] for change in changes.after(channel_id, 0, 20)]
        assert {"draft_token": token} in emitted
        assert emitted[-1] == {**{name: seen[name] for name in names}, "unpublished_changes": False}
        assert (emitted[-1]["version"], emitted[-1]["draft_token"]) == (1, None)

    def test_sync_clients_receive_a_failure(self, studio):
        channel_id = studio.post("/api/channel", {"name": "n"}).json["id"]
        assert studio.publish(channel_id)["status"] == "FAILURE"
        assert [change.fields["mods"] for change in changes.after(channel_id, 0, 20)][-1] == {"publishing": False}


def test_exercises_have_their_archives(studio):
    channel_id, root = studio.make_channel()
    studio.add(root, nodes.exercise("e", nodes.question("q")))
    studio.finish(channel_id, stage=True)
    draft(studio, channel_id, use_staging_tree=True)
    ((checksum, extension),) = rows(
        studio, channel_id, "select id, extension from content_localfile where extension = 'perseus'", DRAFT
    )
    assert studio.cloud.s3.head_object(
        Bucket=BUCKET, Key=f"content/storage/{checksum[0]}/{checksum[1]}/{checksum}.{extension}"
    )
