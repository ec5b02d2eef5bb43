"""Databases exist under the addresses that Kolibri fetches only while their channel, or their draft, does."""

import pytest

from chalicelib.aws import storage
from chalicelib.domain import jobs
from chalicelib.domain.storage_keys import withdrawn_key
from chalicelib.errors import Busy
from chalicelib.models import channels, secret_tokens, tasks
from chalicelib.models.channels import Channel
from chalicelib.models.leases import LeaseAttributes
from chalicelib.operations.channels import channel_resource
from chalicelib.operations.publishing import publish_lock, withdrawal
from chalicelib.operations.storage import channel_files
from tests.conftest import BUCKET
from tests.faults.feed_world import Killed
from tests.handlers.publishing.test_publish_draft import ask, draft, edit, fields, keys
from tests.support.aws import rights_check
from tests.support.existing import existing
from tests.support.worlds import nodes
from tests.support.worlds.published import lookup, titles
from tests.support.worlds.publishing import publish
from tests.support.worlds.storage import drain
from tests.support.worlds.syncing import Client

ALL = {".sqlite3", "-1.sqlite3", "-2.sqlite3"}


def draft_url(channel_id):
    return f"/api/channel/{channel_id}/draft"


@pytest.fixture
def channel_id(studio):
    """A public channel with two versions."""
    return studio.cloud.once("two versions", lambda: _two_versions(studio))


def _two_versions(studio):
    made = publish(studio, "a", public=True)
    edit(studio, made, "b")
    assert studio.publish(made)["status"] == tasks.SUCCESS
    assert keys(studio, made) == ALL
    return made


def by_rest(studio, channel_id):
    assert studio.call("DELETE", f"/api/channel/{channel_id}").status == 204


def by_patch(studio, channel_id):
    assert studio.call("PATCH", f"/api/channel/{channel_id}", {"deleted": True}).status == 200


def by_sync(studio, channel_id):
    client = Client(studio, channel_id)
    response = client.send(client.change("DELETED", "channel", channel_id))
    assert not response["disallowed"] + response["errors"]


def by_administrator(studio, channel_id):
    token = studio.sign_up(f"admin-{channel_id}", is_admin=True)[1]
    assert studio.call("PATCH", f"/api/admin-channels/{channel_id}", {"deleted": True}, token).status == 200


def restore(studio, channel_id):
    assert studio.post(f"/api/channel/{channel_id}/restore").status == 200
    studio.deliver()


class TestDeletedChannel:
    @pytest.mark.parametrize("delete", [by_rest, by_patch, by_sync, by_administrator])
    def test_has_no_database_until_it_is_restored(self, studio, channel_id, delete):
        draft(studio, channel_id)
        before = {version: studio.database(channel_id, version) for version in (None, 1, 2)}
        delete(studio, channel_id)
        studio.deliver()
        assert keys(studio, channel_id) == set()
        restore(studio, channel_id)
        assert keys(studio, channel_id) == ALL
        assert {version: studio.database(channel_id, version) for version in (None, 1, 2)} == before
        assert existing(lookup(studio, channel_id))["version"] == 2

    def test_has_no_database_although_its_request_was_killed_after_the_commit(self, studio, channel_id, monkeypatch):
        def kill(_):
            raise Killed

        monkeypatch.setattr(channel_resource, "_refresh_lists", kill)
        with pytest.raises(Killed):
            by_rest(studio, channel_id)
        drain(studio)
        assert keys(studio, channel_id) == set()

    def test_has_its_databases_again_when_a_chef_restores_it(self, studio, channel_id):
        by_rest(studio, channel_id)
        studio.deliver()
        studio.make_channel("a", channel_id)
        drain(studio)
        assert keys(studio, channel_id) == ALL

    def test_has_no_draft_any_more(self, studio, channel_id):
        token = draft(studio, channel_id)["result"]["draft_token"]
        by_rest(studio, channel_id)
        studio.deliver()
        restore(studio, channel_id)
        assert fields(studio, channel_id)["draft_token"] is None
        assert secret_tokens.get_many([token]) == []
        assert "-next.sqlite3" not in keys(studio, channel_id)

    def test_that_was_never_published_loses_its_draft(self, studio):
        made, root = studio.make_channel()
        studio.add(root, nodes.exercise("e", nodes.question("q")))
        studio.finish(made)
        draft(studio, made)
        by_rest(studio, made)
        studio.deliver()
        assert keys(studio, made) == set()

    def test_is_published_again_after_it_was_restored(self, studio, channel_id):
        by_rest(studio, channel_id)
        studio.deliver()
        restore(studio, channel_id)
        edit(studio, channel_id, "c")
        assert studio.publish(channel_id)["status"] == tasks.SUCCESS
        assert titles(studio, channel_id) == titles(studio, channel_id, 3) == ["c"]
        by_rest(studio, channel_id)
        studio.deliver()
        restore(studio, channel_id)
        assert keys(studio, channel_id) == ALL | {"-3.sqlite3"}
        assert titles(studio, channel_id) == ["c"]

    def test_that_is_restored_at_once_keeps_its_databases(self, studio, channel_id):
        by_rest(studio, channel_id)
        restore(studio, channel_id)
        assert keys(studio, channel_id) == ALL

    @pytest.mark.parametrize("delivered", [[], ["publish"]], ids=["before its tree is read", "before it is exported"])
    def test_ends_a_publish_that_is_running(self, studio, channel_id, delivered):
        edit(studio, channel_id, "c")
        task_id = ask(studio, channel_id, "publish").json["task_id"]
        for queue in delivered:
            studio.deliver(queue)
        by_rest(studio, channel_id)
        studio.deliver()
        assert studio.task(task_id)["status"] == tasks.FAILURE
        assert "deleted" in studio.task(task_id)["detail"]
        assert keys(studio, channel_id) == set()
        restore(studio, channel_id)
        assert keys(studio, channel_id) == ALL
        assert titles(studio, channel_id) == ["b"]

    def test_loses_what_an_export_wrote_after_its_deletion(self, studio, channel_id, monkeypatch):
        edit(studio, channel_id, "c")
        task_id = ask(studio, channel_id, "publish").json["task_id"]
        studio.deliver("publish")
        finish = publish_lock.finish

        def delete_first(*arguments, **named):
            monkeypatch.setattr(publish_lock, "finish", finish)
            by_rest(studio, channel_id)
            with rights_check.judge.running():  # another function's, not the export's
                studio.deliver("maintenance")
            return finish(*arguments, **named)

        monkeypatch.setattr(publish_lock, "finish", delete_first)
        studio.deliver()
        assert studio.task(task_id)["status"] in tasks.FINISHED
        assert keys(studio, channel_id) == set()

    def test_of_an_earlier_release_is_withdrawn_by_a_job(self, studio, channel_id):
        other = publish(studio, "x")
        Channel(channel_id).update([Channel.deleted.set(True)])
        studio.send("maintenance", {"jobs": [{"job": jobs.PLACE_ALL_DATABASES.name}]})
        studio.deliver("maintenance")
        assert keys(studio, channel_id) == set()
        assert keys(studio, other) == {".sqlite3", "-1.sqlite3"}


class TestKilledOrOvertaken:
    """No file is lost, whatever happens while databases are withdrawn or brought back."""

    @pytest.mark.parametrize("call", range(8))
    @pytest.mark.parametrize("to_delete", [True, False], ids=["withdraw", "bring back"])
    def test_a_killed_worker_is_followed_by_one_that_completes_its_work(
        self, studio, channel_id, monkeypatch, to_delete, call
    ):
        if not to_delete:
            by_rest(studio, channel_id)
            studio.deliver()
        Channel(channel_id).update([Channel.deleted.set(to_delete)])
        left = [call]

        def dying(function):
            def run(*arguments, **named):
                left[0] -= 1
                if left[0] == -1:
                    raise KeyboardInterrupt
                return function(*arguments, **named)

            return run

        with monkeypatch.context() as patched:
            for name in ("copy", "delete", "all_keys"):
                patched.setattr(storage, name, dying(getattr(storage, name)))
            try:
                withdrawal.place(channel_id)
            except KeyboardInterrupt:
                Channel(channel_id).update([Channel.publish_lease.remove(), Channel.publish_worker.remove()])
        withdrawal.place(channel_id)
        assert keys(studio, channel_id) == (set() if to_delete else ALL)
        Channel(channel_id).update([Channel.deleted.set(False)])
        withdrawal.place(channel_id)
        assert keys(studio, channel_id) == ALL

    @pytest.mark.parametrize("call", range(6))
    @pytest.mark.parametrize("first", [True, False], ids=["withdraw", "bring back"])
    def test_another_worker_with_the_opposite_task_may_run_between_any_two_calls(
        self, studio, channel_id, monkeypatch, first, call
    ):
        if not first:
            by_rest(studio, channel_id)
            studio.deliver()
        Channel(channel_id).update([Channel.deleted.set(first)])
        left, originals = [call], {name: getattr(storage, name) for name in ("copy", "delete", "all_keys")}

        def overtaken(name):
            def run(*arguments, **named):
                left[0] -= 1
                if left[0] == -1:
                    Channel(channel_id).update([Channel.deleted.set(not first)])
                    with pytest.MonkeyPatch.context() as usual:
                        for other, original in originals.items():
                            usual.setattr(storage, other, original)
                        usual.setattr(LeaseAttributes, "free", lambda _: Channel.id.exists())
                        usual.setattr(LeaseAttributes, "as_found", lambda *_: Channel.id.exists())
                        withdrawal.place(channel_id)
                return originals[name](*arguments, **named)

            return run

        with monkeypatch.context() as patched:
            for name in originals:
                patched.setattr(storage, name, overtaken(name))
            withdrawal.place(channel_id)
        withdrawal.place(channel_id)
        is_deleted = bool(existing(channels.get(channel_id)).deleted)
        assert keys(studio, channel_id) == (set() if is_deleted else ALL)
        Channel(channel_id).update([Channel.deleted.set(False)])
        withdrawal.place(channel_id)
        assert keys(studio, channel_id) == ALL

    def test_a_version_that_was_written_again_is_withdrawn_as_it_is(self, studio, channel_id):
        """An export that failed leaves the database of a version that another publish then has."""
        key = withdrawn_key(channel_id, 2)
        studio.cloud.s3.put_object(Bucket=BUCKET, Key=key, Body=b"of an export that failed")
        before = studio.database(channel_id, 2)
        by_rest(studio, channel_id)
        studio.deliver()
        restore(studio, channel_id)
        assert studio.database(channel_id, 2) == before

    def test_a_channel_that_does_not_exist_needs_nothing(self, studio):
        withdrawal.place("0" * 32)

    def test_a_channel_that_is_being_published_is_brought_back_afterwards(self, studio, channel_id):
        by_rest(studio, channel_id)
        studio.deliver()
        assert studio.post(f"/api/channel/{channel_id}/restore").status == 200
        edit(studio, channel_id, "c")
        task_id = ask(studio, channel_id, "publish").json["task_id"]
        task, channel = existing(publish_lock.claim(task_id, "publish"))
        studio.cloud.lose_messages("maintenance")
        with pytest.raises(Busy):
            withdrawal.place(channel_id)
        publish_lock.release(task, channel)
        withdrawal.place(channel_id)
        studio.deliver()
        assert keys(studio, channel_id) == ALL | {"-3.sqlite3"}
        assert titles(studio, channel_id) == ["c"]

    def test_a_channel_that_is_present_needs_no_lease(self, studio, channel_id):
        """PUT of what GET returned says that the channel is not deleted. A publish right after must not be delayed."""
        edit(studio, channel_id, "c")
        task_id = ask(studio, channel_id, "publish").json["task_id"]
        existing(publish_lock.claim(task_id, "publish"))
        before = studio.cloud.contents()
        withdrawal.place(channel_id)
        assert studio.cloud.contents() == before


class TestDiscardedDraft:
    def test_has_neither_token_nor_database(self, studio, channel_id):
        client = Client(studio, channel_id)
        token = draft(studio, channel_id)["result"]["draft_token"]
        assert "-next.sqlite3" in keys(studio, channel_id)
        client.send()
        assert studio.call("DELETE", draft_url(channel_id)).status == 204
        assert keys(studio, channel_id) == ALL
        assert fields(studio, channel_id)["draft_token"] is None
        assert secret_tokens.get_many([token]) == []
        assert lookup(studio, token) is None
        received = client.send()["changes"]
        assert [change["mods"] for change in received if change["table"] == "channel"] == [{"draft_token": None}]

    def test_does_not_change_the_published_version(self, studio, channel_id):
        before = fields(studio, channel_id)
        draft(studio, channel_id)
        studio.call("DELETE", draft_url(channel_id))
        assert fields(studio, channel_id) == before
        assert titles(studio, channel_id) == ["b"]

    def test_may_be_discarded_again(self, studio, channel_id):
        draft(studio, channel_id)
        assert [studio.call("DELETE", draft_url(channel_id)).status for _ in range(2)] == [204, 204]

    def test_is_followed_by_another_one(self, studio, channel_id):
        draft(studio, channel_id)
        studio.call("DELETE", draft_url(channel_id))
        assert draft(studio, channel_id)["status"] == tasks.SUCCESS
        assert keys(studio, channel_id) == ALL | {"-next.sqlite3"}

    @pytest.mark.parametrize("what", ["publish", "publish_draft"])
    def test_waits_for_a_task_that_is_running(self, studio, channel_id, what):
        draft(studio, channel_id)
        ask(studio, channel_id, what)
        answer = studio.call("DELETE", draft_url(channel_id))
        assert answer.status == 409
        assert "running" in answer.json["detail"]
        assert "-next.sqlite3" in keys(studio, channel_id)

    def test_is_completed_after_an_interruption(self, studio, channel_id, monkeypatch):
        draft(studio, channel_id)
        with monkeypatch.context() as patched:
            patched.setattr("chalicelib.operations.publishing.drafts._remove_token", lambda _: 1 / 0)
            assert studio.call("DELETE", draft_url(channel_id)).status == 500
        assert studio.call("DELETE", draft_url(channel_id)).status == 204
        assert fields(studio, channel_id)["draft_token"] is None

    def test_is_not_for_viewers(self, studio, channel_id):
        draft(studio, channel_id)
        user_id, token = studio.sign_up(f"viewer-{channel_id}")
        studio.share(channel_id, user_id, "view")
        assert studio.call("DELETE", draft_url(channel_id), None, token).status == 403
        assert "-next.sqlite3" in keys(studio, channel_id)


def test_a_draft_that_failed_leaves_no_database(studio, channel_id, monkeypatch):
    task_id = ask(studio, channel_id).json["task_id"]
    studio.deliver("publish")
    with monkeypatch.context() as patched:
        patched.setattr("chalicelib.operations.publishing.release.public_record", lambda _: 1 / 0)
        studio.deliver("export")
    assert studio.task(task_id)["status"] == tasks.FAILURE
    assert keys(studio, channel_id) == ALL


def test_a_channel_without_databases_needs_no_job(studio):
    made, _ = studio.make_channel()
    by_rest(studio, made)
    assert channel_files.databases_to_place(existing(channels.get(made))) == []
    assert studio.deliver("maintenance") == 0
