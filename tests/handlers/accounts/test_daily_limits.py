"""Limits per day on what users create."""

import uuid

import pytest

from chalicelib.domain import limits
from chalicelib.errors import Conflict, LimitReached
from chalicelib.identity import accounts, daily_limits
from chalicelib.models import users
from tests.support.aws.calls import counting
from tests.support.existing import existing
from tests.support.worlds import nodes

INVITATION, SEARCH, CHANNEL = "/api/invitation", "/api/search/saved-search", "/api/channel"


@pytest.fixture
def two_a_day(monkeypatch):
    """At most two of everything."""
    monkeypatch.setattr(daily_limits, "allowed", lambda _: 2)
    monkeypatch.setattr(daily_limits, "DAY", 10**9)


@pytest.fixture
def channel_id(studio):
    return studio.make_channel()[0]


def new_address():
    return f"{uuid.uuid4().hex}@example.org"


def invite(studio, channel_id, address=""):
    return studio.post(INVITATION, {"channel": channel_id, "email": address or new_address(), "share_mode": "view"})


def save_search(studio):
    return studio.post(SEARCH, {"name": "a", "params": {"keywords": "a"}})


def assert_refused(answer, what):
    assert (answer.status, answer.json["error"]) == (429, "Limit reached")
    assert what in answer.json["detail"]
    assert "Try again after" in answer.json["detail"]
    assert int(answer.headers["Retry-After"]) > 0


class TestRequests:
    def test_for_new_channels_are_limited(self, studio, two_a_day):
        assert [studio.post(CHANNEL, {"name": "a"}).status for _ in range(2)] == [201, 201]
        assert_refused(studio.post(CHANNEL, {"name": "a"}), "2 channels")
        assert len(studio.cloud.items("channels")) == 2

    def test_for_invitations_are_limited(self, studio, channel_id, two_a_day):
        assert [invite(studio, channel_id).status for _ in range(2)] == [201, 201]
        assert_refused(invite(studio, channel_id), "2 invitations")
        assert len(studio.cloud.items("invitations")) == 2

    def test_for_saved_searches_are_limited(self, studio, two_a_day):
        assert [save_search(studio).status for _ in range(2)] == [201, 201]
        assert_refused(save_search(studio), "2 searches")

    def test_for_tokens_are_limited(self, studio, two_a_day):
        user_id, _ = accounts.create_user("other@example.org")
        accounts.issue_token(existing(users.get(user_id)))
        with pytest.raises(LimitReached, match="2 API tokens"):
            accounts.issue_token(existing(users.get(user_id)))

    def test_for_mails_to_one_address_are_limited_whoever_sends_them(self, studio, channel_id, two_a_day):
        _, other = studio.sign_up("other")
        others = studio.post(CHANNEL, {"name": "a"}, other).json["id"]
        sent = {"channel": others, "email": "guest@example.org", "share_mode": "view"}
        assert studio.post(INVITATION, sent, other).status == 201
        assert invite(studio, channel_id, "guest@example.org").status == 201
        third = studio.post(CHANNEL, {"name": "b"}, other).json["id"]
        assert_refused(studio.post(INVITATION, {**sent, "channel": third}, other), "2 mails")
        assert invite(studio, channel_id).status == 201

    def test_that_are_refused_for_other_reasons_do_not_count(self, studio, channel_id, two_a_day):
        taken = studio.post(CHANNEL, {"name": "a"}).json["id"]
        assert {studio.post(CHANNEL, {"id": taken, "name": "a"}).status for _ in range(4)} == {409}
        assert studio.post(CHANNEL, {"name": "a"}).status == 201
        refused = [invite(studio, channel_id, "chef@example.org").status for _ in range(4)]
        assert (refused, invite(studio, channel_id).status) == ([409] * 4, 201)

    def test_of_other_users_have_their_own_limit(self, studio, two_a_day):
        _, other = studio.sign_up("other")
        for _ in range(3):
            studio.post(CHANNEL, {"name": "a"})
        assert studio.post(CHANNEL, {"name": "a"}, other).status == 201

    def test_cost_one_more_call(self, studio):
        with counting(studio) as watch:
            assert save_search(studio).status == 201
        assert watch.names.count("UpdateItem") == 1


class TestChefs:
    def test_may_not_create_more_channels(self, studio, two_a_day):
        for _ in range(2):
            studio.make_channel()
        sent = {"id": uuid.uuid4().hex, "name": "c", "language": "en", "ricecooker_version": "0.8.0"}
        assert_refused(studio.post("/api/internal/create_channel", {"channel_data": sent}), "2 channels")

    def test_are_never_refused_for_a_channel_that_exists(self, studio, two_a_day):
        first, _ = studio.make_channel()
        studio.make_channel()
        for _ in range(3):
            pdf = studio.upload(b"%PDF-1.4 one", "pdf", "document")
            _, root = studio.make_channel(channel_id=first)
            studio.add(root, nodes.resource("Optics", files=[nodes.file(pdf)]))
            assert studio.finish(first).status == 200
            assert studio.publish(first)["status"] == "SUCCESS"


class TestSync:
    def test_refuses_the_changes_past_the_limit_one_by_one(self, studio, two_a_day):
        changes = [
            {"table": "channel", "type": 1, "key": key, "channel_id": key, "obj": {"name": "a"}, "rev": number}
            for number, key in enumerate(uuid.uuid4().hex for _ in range(4))
        ]
        answer = studio.post("/api/sync", {"changes": changes, "channel_revs": {}, "user_rev": 0})
        assert answer.status == 200
        assert [("2 channels" in str(error)) for error in answer.json["errors"]] == [True, True]
        assert len(studio.cloud.items("channels")) == 2


class TestOwnLimits:
    @pytest.fixture
    def admin(self, studio):
        return studio.sign_up("admin", is_admin=True)[1]

    def change(self, studio, admin, given):
        return studio.call("PATCH", f"/api/admin-users/{studio.user_id}", {"limits": given}, admin)

    def test_are_raised_and_removed_by_an_administrator(self, studio, admin, two_a_day):
        assert self.change(studio, admin, {"channels": 3, "mails": 1}).json["limits"] == {"channels": 3, "mails": 1}
        assert [studio.post(CHANNEL, {"name": "a"}).status for _ in range(4)] == [201, 201, 201, 429]
        assert self.change(studio, admin, {"channels": None}).json["limits"] == {"mails": 1}
        assert self.change(studio, admin, {"mails": None}).json["limits"] == {}
        assert_refused(studio.post(CHANNEL, {"name": "a"}), "2 channels")

    def test_that_are_lower_do_not_count(self, studio, admin, two_a_day):
        self.change(studio, admin, {"channels": 0})
        assert studio.post(CHANNEL, {"name": "a"}).status == 201

    @pytest.mark.parametrize(
        "given", [{"channel": 5}, {"channels": -1}, {"channels": "x"}, {"channels": 10**10}, 5], ids=str
    )
    def test_that_are_invalid_are_refused(self, studio, admin, given):
        assert self.change(studio, admin, given).status == 400
        assert existing(users.get(studio.user_id)).limits is None


def test_a_block_that_fails_by_a_bug_counts(aws, monkeypatch):
    monkeypatch.setattr(daily_limits, "allowed", lambda _: 1)
    with pytest.raises(Conflict), daily_limits.counted(limits.CHANNELS, "a" * 32):
        raise Conflict("Taken.")
    with pytest.raises(RuntimeError), daily_limits.counted(limits.CHANNELS, "a" * 32):
        raise RuntimeError
    with pytest.raises(LimitReached), daily_limits.counted(limits.CHANNELS, "a" * 32):
        pass
