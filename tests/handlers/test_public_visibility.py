"""What is on the public lists follows what channels say, without a publish and after one."""

import pytest

from chalicelib import storage
from chalicelib.errors import Busy
from chalicelib.models import channels, public_index
from chalicelib.models.channels import Channel
from chalicelib.operations import public_index as indexes
from chalicelib.operations import public_listing
from tests.support import nodes
from tests.support.routes import NOTHING

LISTS = ("/api/public/v1/channels", "/api/public/v2/channel/", "/api/public/v1/channelmetadata")


def publish(studio, name="Channel", public=False, channel_id=None):
    channel_id, root = studio.make_channel(name, channel_id)
    studio.add(root, nodes.exercise(f"e {name}", nodes.question("q")))
    studio.finish(channel_id)
    assert studio.publish(channel_id)["status"] == "SUCCESS"
    if public:
        studio.make_public(channel_id)
    return channel_id


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

    def test_may_say_the_same_again(self, studio, administrator):
        channel_id = publish(studio, public=True)
        before = public_index.current()
        assert change(studio, administrator, channel_id, public=True).status == 200
        studio.deliver()
        assert public_index.current().key == before.key

    def test_may_say_nothing(self, studio, administrator):
        channel_id = publish(studio)
        answer = change(studio, administrator, channel_id)
        assert (answer.status, answer.json["public"]) == (200, False)

    @pytest.mark.parametrize("value", ["true", 1, None, [], {}])
    def test_must_say_true_or_false(self, studio, administrator, value):
        channel_id = publish(studio)
        answer = change(studio, administrator, channel_id, public=value)
        assert answer.status == (200 if value is None else 400)
        assert not channels.get(channel_id).public

    @pytest.mark.parametrize("channel_id", [NOTHING, "bad", "%00"])
    def test_are_told_what_is_no_channel(self, studio, administrator, channel_id):
        assert change(studio, administrator, channel_id, public=True).status == 404

    def test_cannot_show_what_is_not_published(self, studio, administrator):
        channel_id, _ = studio.make_channel()
        answer = change(studio, administrator, channel_id, public=True)
        assert (answer.status, channels.get(channel_id).public) == (409, False)


class TestThePublicIndex:
    def test_follows_a_publish(self, studio):
        channel_id = publish(studio, public=True)
        publish(studio, "Renamed", channel_id=channel_id)
        assert listed(studio) == [(channel_id, 2)]
        assert studio.get(LISTS[0], token=None).json[0]["name"] == "Renamed"

    def test_leaves_other_channels_and_their_tree_ids_alone(self, studio):
        ids = [publish(studio, name, public=True) for name in ("a", "b", "c")]
        before = {channel.id: channel.tree_id for channel in index()}
        studio.make_public(ids[1], public=False)
        publish(studio, "c", channel_id=ids[2])
        assert {channel.id: channel.tree_id for channel in index()} == {ids[0]: before[ids[0]], ids[2]: before[ids[2]]}
        studio.make_public(ids[1])
        assert len({channel.tree_id for channel in index()}) == 3

    def test_is_written_by_the_next_delivery_where_the_first_failed_before_it(self, studio, monkeypatch):
        channel_id = publish(studio, public=True)
        refresh, calls = public_listing.refresh_after_publish, []

        def fails_once(channel_id):
            calls.append(listed(studio))
            if len(calls) == 1:
                raise OSError("killed")
            refresh(channel_id)

        monkeypatch.setattr(public_listing, "refresh_after_publish", fails_once)
        publish(studio, "Two", channel_id=channel_id)
        assert calls == [[(channel_id, 1)]] * 2
        assert listed(studio) == [(channel_id, 2)]

    def test_keeps_both_changes_of_two_who_change_it_at_once(self, studio, monkeypatch):
        one, two = publish(studio, "one"), publish(studio, "two")
        for channel_id in (one, two):
            Channel(channel_id).update([Channel.public.set(True)])
        put = storage.put

        def overtaken(*arguments):
            monkeypatch.setattr(storage, "put", put)
            public_listing.refresh([two])
            put(*arguments)

        monkeypatch.setattr(storage, "put", overtaken)
        public_listing.refresh([one])
        assert sorted(listed(studio)) == sorted([(one, 1), (two, 1)])

    def test_gives_up_for_now_where_others_change_it_all_the_time(self, studio, monkeypatch):
        channel_id = publish(studio)
        Channel(channel_id).update([Channel.public.set(True)])
        monkeypatch.setattr(public_index, "replace", lambda *_: False)
        with pytest.raises(Busy):
            public_listing.refresh([channel_id])
        assert [item for item in studio.cloud.objects() if item.startswith("index/")] == []

    def test_leaves_only_two_files(self, studio):
        channel_id = publish(studio)
        for number in range(6):
            studio.make_public(channel_id, public=number % 2 == 0)
        assert len([item for item in studio.cloud.objects() if item.startswith("index/")]) == 2

    def test_can_be_written_anew(self, studio):
        ids = [publish(studio, name, public=True) for name in ("a", "b")]
        publish(studio, "private")
        public_index.current().delete()
        assert listed(studio) == []
        public_listing.rebuild()
        assert listed(studio) == [(channel_id, 1) for channel_id in ids]

    def test_never_has_the_same_second_twice(self, studio):
        channel_id = publish(studio)
        moments = []
        for number in range(4):
            studio.make_public(channel_id, public=number % 2 == 0)
            moments.append(studio.get(LISTS[0], token=None).headers["Last-Modified"])
        assert len(set(moments)) == 4


def index():
    return indexes.current().channels
