"""The public lists follow changes of channels, with and without a publish."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.aws import storage
from chalicelib.config import settings
from chalicelib.errors import Busy
from chalicelib.models import channels, public_index
from chalicelib.models.channels import Channel
from chalicelib.operations.index_files import index_reader
from chalicelib.operations.public import public_index_update
from chalicelib.operations.public.public_index import current
from tests.models.dynamodb import answering, failed
from tests.support.existing import existing
from tests.support.source.routes import NOTHING
from tests.support.worlds.publishing import publish

LISTS = ("/api/public/v1/channels", "/api/public/v2/channel/", "/api/public/v1/channelmetadata")


def listed(studio):
    """The ids and versions on all public lists, which must agree."""
    answers = [studio.get(path, token=None) for path in LISTS]
    assert [answer.status for answer in answers] == [200] * 3
    entries = [[(entry["id"], entry["version"]) for entry in answer.json] for answer in answers]
    assert entries[0] == entries[1] == entries[2]
    return entries[0]


@pytest.fixture
def administrator(studio):
    return studio.sign_up("administrator", is_admin=True)[1]


def change(studio, token, channel_id, **body):
    return studio.call("PATCH", f"/api/admin-channels/{channel_id}", body, token)


class TestAdministrators:
    def test_make_a_published_channel_public_and_private(self, studio, administrator):
        channel_id = publish(studio)
        for public in (True, False, True):
            answer = change(studio, administrator, channel_id, public=public)
            assert (answer.status, answer.json["public"], answer.json["published"]) == (200, public, True)
            studio.deliver()
            assert listed(studio) == ([(channel_id, 1)] if public else [])

    def test_can_repeat_a_change(self, studio, administrator):
        channel_id = publish(studio, public=True)
        before = existing(public_index.current())
        assert change(studio, administrator, channel_id, public=True).status == 200
        studio.deliver()
        assert existing(public_index.current()).key == before.key

    def test_can_send_no_change(self, studio, administrator):
        channel_id = publish(studio)
        answer = change(studio, administrator, channel_id)
        assert (answer.status, answer.json["public"]) == (200, False)

    @pytest.mark.parametrize("value", ["true", 1, None, [], {}])
    def test_must_send_a_boolean(self, studio, administrator, value):
        channel_id = publish(studio)
        answer = change(studio, administrator, channel_id, public=value)
        assert answer.status == (200 if value is None else 400)
        assert not existing(channels.get(channel_id)).public

    @pytest.mark.parametrize("channel_id", [NOTHING, "bad", "%00"])
    def test_get_404_for_an_unknown_channel(self, studio, administrator, channel_id):
        assert change(studio, administrator, channel_id, public=True).status == 404

    def test_make_a_channel_public_before_its_first_publish(self, studio, administrator):
        channel_id, _ = studio.make_channel()
        assert change(studio, administrator, channel_id, public=True).json["public"] is True
        studio.deliver()
        assert listed(studio) == []
        publish(studio, channel_id=channel_id)
        assert listed(studio) == [(channel_id, 1)]


class TestPublicIndex:
    def test_follows_a_publish(self, studio):
        channel_id = publish(studio, public=True)
        publish(studio, name="Renamed", channel_id=channel_id)
        assert listed(studio) == [(channel_id, 2)]
        assert studio.get(LISTS[0], token=None).json[0]["name"] == "Renamed"

    def test_does_not_change_other_channels_and_their_tree_ids(self, studio):
        ids = [publish(studio, name=name, public=True) for name in ("a", "b", "c")]
        before = {channel.id: channel.tree_id for channel in index()}
        studio.make_public(ids[1], public=False)
        publish(studio, name="c", channel_id=ids[2])
        assert {channel.id: channel.tree_id for channel in index()} == {ids[0]: before[ids[0]], ids[2]: before[ids[2]]}
        studio.make_public(ids[1])
        assert len({channel.tree_id for channel in index()}) == 3

    def test_is_written_by_the_next_delivery_if_the_first_failed(self, studio, monkeypatch):
        channel_id = publish(studio, public=True)
        refresh, calls = public_index_update.refresh_after_publish, []

        def fails_once(channel_id):
            calls.append(listed(studio))
            if len(calls) == 1:
                raise OSError("killed")
            refresh(channel_id)

        monkeypatch.setattr(public_index_update, "refresh_after_publish", fails_once)
        publish(studio, name="Two", channel_id=channel_id)
        assert calls == [[(channel_id, 1)]] * 2
        assert listed(studio) == [(channel_id, 2)]

    def test_contains_both_of_two_concurrent_changes(self, studio, monkeypatch):
        one, two = publish(studio, name="one"), publish(studio, name="two")
        for channel_id in (one, two):
            Channel(channel_id).update([Channel.public.set(True)])
        put = storage.put

        def overtaken(*arguments):
            monkeypatch.setattr(storage, "put", put)
            public_index_update.refresh([two])
            put(*arguments)

        monkeypatch.setattr(storage, "put", overtaken)
        public_index_update.refresh([one])
        assert sorted(listed(studio)) == sorted([(one, 1), (two, 1)])

    def test_is_retried_later_if_others_change_it_constantly(self, studio, monkeypatch):
        channel_id = publish(studio)
        Channel(channel_id).update([Channel.public.set(True)])
        monkeypatch.setattr(public_index, "replace", lambda *_: False)
        with pytest.raises(Busy):
            public_index_update.refresh([channel_id])
        assert index_files(studio) == []

    def test_retains_only_two_files(self, studio):
        channel_id = publish(studio)
        for number in range(6):
            studio.make_public(channel_id, public=number % 2 == 0)
        assert len(index_files(studio)) == 2

    def test_is_valid_if_only_the_response_to_its_write_was_lost(self, studio, monkeypatch):
        channel_id = publish(studio)
        replace = public_index.replace

        def lost(*arguments):
            replace(*arguments)
            return replace(*arguments)  # as botocore retries it: refused

        monkeypatch.setattr(public_index, "replace", lost)
        studio.make_public(channel_id)
        assert listed(studio) == [(channel_id, 1)]
        assert len(index_files(studio)) == 1

    def test_includes_a_change_between_the_read_of_a_channel_and_the_write(self, studio, monkeypatch):
        """It is private when it is read, and public again before that is written."""
        channel_id = publish(studio, public=True)
        put = storage.put

        def meanwhile(*arguments):
            monkeypatch.setattr(storage, "put", put)
            Channel(channel_id).update([Channel.public.set(True)])
            public_index_update.refresh([channel_id])  # finds the index up to date
            put(*arguments)

        monkeypatch.setattr(storage, "put", meanwhile)
        Channel(channel_id).update([Channel.public.set(False)])
        public_index_update.refresh([channel_id])
        assert listed(studio) == [(channel_id, 1)]

    def test_is_rebuilt_if_its_file_is_missing(self, studio):
        ids = [publish(studio, name=name, public=True) for name in ("a", "b")]
        storage.delete(existing(public_index.current()).key)
        Channel(ids[0]).update([Channel.public.set(False), Channel.public_key.remove()])
        public_index_update.refresh([ids[0]])
        assert listed(studio) == [(ids[1], 1)]

    def test_can_be_rebuilt(self, studio):
        ids = [publish(studio, name=name, public=True) for name in ("a", "b")]
        publish(studio, name="private")
        existing(public_index.current()).delete()
        assert listed(studio) == []
        studio.send("maintenance", {"jobs": [{"job": "rebuild_public_index"}]})
        studio.deliver()
        assert listed(studio) == [(channel_id, 1) for channel_id in ids]

    def test_rebuild_retains_tree_ids_and_channels_that_only_the_index_has(self, studio):
        """The query of public channels is eventually consistent."""
        ids = [publish(studio, name=name, public=True) for name in ("a", "b", "c")]
        studio.make_public(ids[0], public=False)
        Channel(ids[1]).update([Channel.public_key.remove()])
        before = {channel.id: channel.tree_id for channel in index()}
        public_index_update.rebuild()
        assert {channel.id: channel.tree_id for channel in index()} == before
        assert set(before) == set(ids[1:])

    def test_rebuild_deletes_orphaned_files_of_killed_workers(self, studio, monkeypatch):
        publish(studio, public=True)
        storage.put("index/left.sqlite3", b"", storage.SQLITE)
        public_index_update.rebuild()
        assert "index/left.sqlite3" in index_files(studio)  # it may still be in use by a running worker
        monkeypatch.setattr("chalicelib.operations.index_files.index_swap.OLD", timedelta(seconds=-5))
        public_index_update.rebuild()
        assert set(index_files(studio)) == {
            existing(public_index.current()).key,
            existing(public_index.current()).previous_key,
        }

    def test_stays_in_use_if_it_cannot_be_checked(self, studio):
        channel_id = publish(studio, public=True)
        assert listed(studio) == [(channel_id, 1)]
        error = failed("ProvisionedThroughputExceededException", "GetItem")
        with answering("GetItem", *[error] * 50):
            assert listed(studio) == [(channel_id, 1)]

    def test_stays_in_use_if_its_newest_file_is_missing(self, studio):
        channel_id = publish(studio, public=True)
        assert listed(studio) == [(channel_id, 1)]
        assert public_index.replace(public_index.current(), "index/gone.sqlite3")
        assert listed(studio) == [(channel_id, 1)]

    def test_is_checked_once_for_all_waiting_requests(self, studio, monkeypatch):
        publish(studio, public=True)
        monkeypatch.setattr(index_reader, "settings", lambda: replace(settings(), index_seconds=60))
        monkeypatch.setattr("chalicelib.operations.public.public_index._file.known", {})
        calls, read = [], public_index.current

        def counted(name: str) -> Any:
            calls.append(name)
            return read(name)

        monkeypatch.setattr(public_index, "current", counted)
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(lambda _: current(), range(16)))
        assert len({id(each) for each in found}) == 1
        assert len(calls) == 1

    def test_never_has_the_same_second_twice(self, studio):
        channel_id = publish(studio)
        moments = []
        for number in range(4):
            studio.make_public(channel_id, public=number % 2 == 0)
            moments.append(studio.get(LISTS[0], token=None).headers["Last-Modified"])
        assert len(set(moments)) == 4


def index_files(studio):
    return [key for key in studio.cloud.objects() if key.startswith("index/")]


def index():
    return current().channels
