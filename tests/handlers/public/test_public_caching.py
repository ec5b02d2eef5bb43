"""Public responses are cacheable, and have validators that distinguish them from older ones."""

from datetime import timedelta
from email.utils import parsedate_to_datetime

import pytest

from chalicelib.handlers import public_nodes
from chalicelib.models import channels, public_index
from chalicelib.models.base import now
from chalicelib.models.channel_sets import ChannelSet
from chalicelib.models.channels import Channel
from chalicelib.models.secret_tokens import SecretToken
from chalicelib.operations.public import channel_lookup
from tests.support.existing import existing
from tests.support.source import routes
from tests.support.worlds import nodes
from tests.support.worlds.publishing import publish

CACHED = "public, max-age=300, stale-while-revalidate=100"
CHANNELS = "/api/public/v1/channels"
BROWSED = "/api/public/v2/channel"
NODES = "/api/public/v2/contentnode"


def get(studio, path, **headers):
    return studio.call("GET", path, token=None, **headers)


def reads(channel_id):
    """Every public read of a channel, in all forms."""
    token = existing(channels.get(channel_id)).primary_token
    paths = [
        f"{CHANNELS}/lookup/{token}",
        *(
            route.path
            for route in routes.OPEN
            if route.path.startswith("/api/public/") and "{version}" not in route.path
        ),
        *(f"/api/public/{version}/contentnode?max_results=1" for version in ("v1", "v2")),
        f"{CHANNELS}?tokens={token}&keyword=c",
        f"{BROWSED}?page=1",
        f"/api/public/v2/importmetadata/{channel_id}?descendants=true&max_results=1",
        f"/api/public/v2/contentnode_tree/{channel_id}?depth=1",
    ]
    filled = [path.partition("{")[0] + (channel_id if "{" in path else "") for path in paths]
    return [path for path in filled if "/v2/channels" not in path]


def moment(answer):
    return parsedate_to_datetime(answer.headers["Last-Modified"])


class TestEveryRead:
    def test_is_cacheable_and_has_validators(self, studio):
        channel_id = publish(studio, public=True)
        assert len(reads(channel_id)) > 20
        for path in reads(channel_id):
            answer = get(studio, path)
            assert answer.status == 200, path
            assert answer.headers["Cache-Control"] == CACHED
            assert answer.headers["ETag"].startswith('"')
            assert answer.headers["Last-Modified"].endswith(" GMT")
            assert get(studio, path).headers == answer.headers

    def test_is_not_sent_again_to_clients_with_a_copy(self, studio):
        channel_id = publish(studio, public=True)
        for path in reads(channel_id):
            first = get(studio, path).headers
            tag, date = first["ETag"], first["Last-Modified"]
            for headers in (
                *({"if_none_match": given} for given in (tag, f"W/{tag}", f'"other", {tag}', f'W/"x",W/{tag}', "*")),
                {"if_modified_since": date},
                {"if_modified_since": "Fri, 31 Dec 2100 23:59:59 GMT"},
                {"if_none_match": tag, "if_modified_since": "Thu, 01 Jan 1970 00:00:00 GMT"},
            ):
                answer = get(studio, path, **headers)
                assert (answer.status, answer.text) == (304, ""), (path, headers)
                names = ("ETag", "Cache-Control", "Last-Modified")
                assert [answer.headers[name] for name in names] == [first[name] for name in names]

    def test_is_sent_to_clients_with_another_version(self, studio):
        channel_id = publish(studio, public=True)
        for path in reads(channel_id):
            tag, date = (get(studio, path).headers[name] for name in ("ETag", "Last-Modified"))
            for headers in (
                {"if_none_match": '"other"'},
                {"if_none_match": tag.strip('"')},
                {"if_none_match": '"other"', "if_modified_since": date},
                {"if_modified_since": "Thu, 01 Jan 1970 00:00:00 GMT"},
            ):
                answer = get(studio, path, **headers)
                assert (answer.status, answer.headers["ETag"]) == (200, tag), (path, headers)

    def test_has_the_same_headers_for_head_and_no_body(self, studio):
        channel_id = publish(studio, public=True)
        for path in reads(channel_id):
            full, head = get(studio, path), studio.call("HEAD", path, token=None)
            assert (head.status, head.headers, head.text) == (200, full.headers, "")
            again = studio.call("HEAD", path, token=None, if_none_match=full.headers["ETag"])
            assert (again.status, again.text) == (304, "")

    def test_is_not_cacheable_if_it_failed(self, studio):
        publish(studio, public=True)
        for path, status in (
            (f"{CHANNELS}/lookup/none", 404),
            (f"/api/public/channel/{routes.NOTHING}", 404),
            (f"{NODES}/{routes.NOTHING}", 404),
            (f"{NODES}?ids=bad", 400),
            (f"{NODES}?max_results=0", 400),
            (f"/api/public/v2/contentnode_tree/{routes.NOTHING}", 404),
            ("/api/public/v2/importmetadata/bad", 400),
            (f"{BROWSED}?page=9", 404),
            ("/api/public/v3/channels", 404),
        ):
            for headers in ({}, {"if_none_match": "*"}):
                answer = get(studio, path, **headers)
                assert answer.status == status, path
                assert answer.headers["Cache-Control"] == "no-store"
                assert answer.headers.keys().isdisjoint({"ETag", "Last-Modified", "Expires"})


def both(answer):
    return answer.headers["ETag"], answer.headers["Last-Modified"]


class TestChanges:
    """Every change shows in both validators, however soon it follows another one."""

    def follow(self, studio, path, *changes):
        before = get(studio, path)
        for change in changes:
            change()
            tag, date = both(before)
            after = get(studio, path)
            assert after.status == 200, after.text
            assert after.headers["ETag"] != tag
            assert moment(after) > moment(before)
            assert get(studio, path, if_none_match=tag).status == 200
            assert get(studio, path, if_modified_since=date).status == 200
            before = after

    def test_of_lists_show_as_channels_come_go_and_are_published(self, studio):
        publish(studio, public=True)
        other = publish(studio, "a", name="Other")
        for path in (CHANNELS, f"{BROWSED}?page=1", NODES):
            self.follow(
                studio,
                path,
                lambda: studio.make_public(other),
                lambda path=path: publish(studio, path, name="Other", channel_id=other),
                lambda: studio.make_public(other, public=False),
            )

    @pytest.mark.parametrize("path", ["v2/contentnode_tree/{}", "v2/importmetadata/{}?descendants=true", "channel/{}"])
    def test_show_when_a_channel_is_published_again(self, studio, path):
        channel_id = publish(studio, "a", public=True)
        self.follow(
            studio,
            f"/api/public/{path.format(channel_id)}",
            lambda: publish(studio, "b", channel_id=channel_id),
            lambda: publish(studio, "c", channel_id=channel_id),
        )

    def test_of_a_lookup_show_as_its_channel_becomes_public_and_private(self, studio):
        channel_id = publish(studio, public=True)
        states = (False, True, False, True)
        for path in (
            f"{CHANNELS}/lookup/{channel_id}",
            f"{CHANNELS}/lookup/{existing(channels.get(channel_id)).primary_token}",
        ):
            self.follow(
                studio, path, *(lambda public=public: studio.make_public(channel_id, public) for public in states)
            )

    def test_show_when_a_private_channel_is_published_again(self, studio):
        channel_id = publish(studio)
        path = f"{CHANNELS}/lookup/{channel_id}"
        tag = get(studio, path).headers["ETag"]
        publish(studio, "b", channel_id=channel_id)
        assert get(studio, path, if_none_match=tag).status == 200

    def test_that_are_undone_restore_the_old_tag(self, studio):
        publish(studio, public=True)
        other = publish(studio, "other", name="Other")
        before = get(studio, NODES)
        studio.make_public(other)
        studio.make_public(other, public=False)
        assert get(studio, NODES, if_none_match=before.headers["ETag"]).status == 304
        assert moment(get(studio, NODES)) > moment(before)


class TestDataFromTables:
    """The time of the last change is unknown: responses are dated by the clock, and identified by their tag."""

    @pytest.fixture
    def pass_time(self, monkeypatch):
        """Sets the clock of lookups to so many seconds after the start."""

        def pass_time(seconds):
            monkeypatch.setattr(channel_lookup, "now", lambda: now() + timedelta(seconds=seconds))

        return pass_time

    def test_is_not_sent_again_to_clients_with_a_copy(self, studio, pass_time):
        path = f"{CHANNELS}/lookup/{publish(studio)}"
        first = get(studio, path)
        pass_time(1000)
        again = get(studio, path, if_none_match=first.headers["ETag"])
        assert (again.status, moment(again) > moment(first)) == (304, True)

    def test_changes_when_a_private_channel_is_deleted(self, studio, pass_time):
        channel_id = publish(studio)
        path = f"{CHANNELS}?tokens={existing(channels.get(channel_id)).primary_token}"
        first = get(studio, path)
        Channel(channel_id).update([Channel.deleted.set(True)])
        pass_time(10)
        answer = get(studio, path, if_modified_since=first.headers["Last-Modified"])
        assert (len(first.json), answer.status, answer.json) == (1, 200, [])

    @pytest.mark.parametrize("public", [False, True])
    def test_changes_when_an_older_channel_joins_a_set(self, studio, pass_time, public):
        old, new = publish(studio, public=public), publish(studio, public=public)
        set_id, path = nodes.node_id("set"), f"{CHANNELS}/lookup/aaaaabbbbb"
        SecretToken("aaaaabbbbb", channel_set_id=set_id).save()
        ChannelSet(set_id, user_id=studio.user_id, name="Set", secret_token="aaaaabbbbb", channel_ids=[new]).save()
        first = get(studio, path)
        ChannelSet(set_id, user_id=studio.user_id, name="Set", secret_token="aaaaabbbbb", channel_ids=[new, old]).save()
        pass_time(10)
        answer = get(studio, path, if_modified_since=first.headers["Last-Modified"])
        assert (len(first.json), answer.status, len(answer.json)) == (1, 200, 2)

    def test_changes_with_a_new_version_if_the_index_was_ahead_of_the_clock(self, studio, pass_time, monkeypatch):
        channel_id = publish(studio)
        path = f"/api/public/channel/{channel_id}"
        monkeypatch.setattr(public_index, "now", lambda: now() + timedelta(seconds=60))
        publish(studio, name="Other", public=True)
        first = get(studio, path)
        publish(studio, "b", channel_id=channel_id)
        pass_time(70)
        answer = get(studio, path, if_modified_since=first.headers["Last-Modified"])
        assert (first.json["version"], answer.status, answer.json["version"]) == (1, 200, 2)

    def test_is_older_than_the_channels_entry_in_the_index(self, studio):
        channel_id = publish(studio)
        path = f"/api/public/channel/{channel_id}"
        first = get(studio, path)
        studio.make_public(channel_id)
        assert moment(get(studio, path)) > moment(first)


class TestSlowLists:
    def test_are_not_reported_as_too_large(self, studio, monkeypatch):
        publish(studio, public=True)
        monkeypatch.setattr("chalicelib.operations.public.public_nodes.TIME_FOR_A_PAGE", -1)
        answer = get(studio, NODES)
        assert (answer.status, "Retry-After" in answer.headers) == (503, True)
        assert "takes too long" in answer.json["detail"]
        assert "Send max_results" in answer.json["detail"]
        for version in ("v1", "v2"):
            page = get(studio, f"/api/public/{version}/contentnode?max_results=5").json
            assert (page["results"], "cursor" in page["more"]) == ([], True)


class TestListsWithTooManyNodes:
    @pytest.fixture(autouse=True)
    def small_limit(self, monkeypatch):
        monkeypatch.setattr(public_nodes, "MAX_NODES", 4)

    def test_must_be_requested_in_pages(self, studio):
        publish(studio, *"abcd", public=True)
        answer = get(studio, NODES)
        assert answer.status == 400
        assert "Send max_results" in answer.json["max_results"][0]
        assert len(get(studio, f"{NODES}?max_results=5").json["results"]) == 5

    def test_are_whole_up_to_the_limit(self, studio):
        publish(studio, *"abc", public=True)
        assert len(get(studio, NODES).json) == 4
        publish(studio, *"abc", public=True, name="Other")
        assert get(studio, NODES).status == 400
        assert len(get(studio, f"{NODES}?kind=topic").json) == 2

    def test_are_too_large_to_be_imported_at_once(self, studio):
        channel_id = publish(studio, *"abcd", public=True)
        path = f"/api/public/v2/importmetadata/{channel_id}"
        answer = get(studio, f"{path}?descendants=true")
        assert answer.status == 400
        assert "Send max_results" in answer.json["max_results"][0]
        assert answer.json["detail"] == answer.json["error"] == f"max_results: {answer.json['max_results'][0]}"
        assert get(studio, path).status == 200
        page = get(studio, f"{path}?descendants=true&max_results=4").json
        assert len(page["results"]["content_contentnode"]) == 4
        last = get(studio, f"{path}?descendants=true&cursor={page['more']['cursor']}").json
        assert len(last["content_contentnode"]) == 1
