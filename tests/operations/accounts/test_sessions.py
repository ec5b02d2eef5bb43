"""Sessions follow the profile of their user and are limited in number."""

from datetime import timedelta

import pytest

from chalicelib.domain.tokens import digest
from chalicelib.errors import NotSignedIn
from chalicelib.identity import accounts
from chalicelib.identity.authentication import session_of
from chalicelib.models import in_passing, sessions, users
from chalicelib.models.base import MAX_TRANSACTION, now
from chalicelib.models.sessions import MAX_AGE, MAX_IDLE, Session
from chalicelib.models.users import MAX_SESSIONS, MAX_TOKENS
from chalicelib.operations.accounts.sessions import sign_out, start
from tests.support.aws.calls import Watch, watching
from tests.support.existing import existing


@pytest.fixture
def user_id(aws):
    return accounts.create_user("someone@example.org")[0]


def sign_in(user_id):
    return start(existing(users.get(user_id)))[0]


def expire(session_id, user_id):
    """Make a session expire one second ago."""
    session = Session.get(digest(session_id))
    before = sessions.place(session)
    session.expires = int(now().timestamp()) - 1
    session.save()
    user = existing(users.get(user_id))
    user.session_places = (user.session_places - {before}) | {sessions.place(session)}
    user.save()


def keys(aws):
    return {item["key"]["S"] for item in aws.items("sessions")}


def test_a_session_carries_the_profile_and_ends_in_90_days(user_id):
    session = session_of(sign_in(user_id))
    assert (session.user_id, session.email, session.is_admin) == (user_id, "someone@example.org", False)
    assert 0 <= session.expires - now().timestamp() - MAX_AGE + 2 <= 2
    assert session.expires - session.idle_ends == MAX_AGE - MAX_IDLE
    assert existing(users.get(user_id)).session_places == {sessions.place(session)}


def test_sessions_follow_the_profile_immediately_like_tokens(user_id):
    ids = [sign_in(user_id) for _ in range(3)]
    assert users.change_profile(existing(users.get(user_id)), [], {"first_name": "A", "is_admin": True})
    assert {(session_of(one).first_name, session_of(one).is_admin) for one in ids} == {("A", True)}
    assert users.change_profile(existing(users.get(user_id)), [], {"is_active": False})
    for one in ids:
        with pytest.raises(NotSignedIn):
            session_of(one)


def test_a_session_is_not_created_with_an_outdated_profile(user_id, aws):
    user = existing(users.get(user_id))
    users.change_profile(existing(users.get(user_id)), [], {"is_admin": True})
    assert session_of(start(user)[0]).is_admin
    assert len(keys(aws)) == 1


def test_a_profile_can_change_after_a_session_was_removed(user_id):
    removed, expired, lasting = (sign_in(user_id) for _ in range(3))
    for one in (removed, expired):
        expire(one, user_id)
    Session(digest(removed)).delete()  # as TTL does
    assert users.change_profile(existing(users.get(user_id)), [], {"first_name": "A"})
    assert session_of(lasting).first_name == "A"
    with pytest.raises(Session.DoesNotExist):
        Session.get(digest(removed))


def test_a_new_session_removes_expired_ones(user_id):
    expire(sign_in(user_id), user_id)
    session = session_of(sign_in(user_id))
    assert existing(users.get(user_id)).session_places == {sessions.place(session)}


def test_the_oldest_sessions_end_above_the_maximum(user_id, aws, monkeypatch):
    monkeypatch.setattr(users, "MAX_SESSIONS", 2)
    ids = []
    for number in range(4):
        later = MAX_AGE + number  # each a second later than the one before
        monkeypatch.setattr("chalicelib.operations.accounts.sessions.MAX_AGE", later)
        ids.append(sign_in(user_id))
    assert keys(aws) == {digest(one) for one in ids[2:]}
    assert users.change_profile(existing(users.get(user_id)), [], {"is_admin": True})
    assert session_of(ids[3]).is_admin


def test_the_maximum_of_tokens_and_sessions_fits_one_transaction():
    the_user_and_an_administrator_who_stays = 2
    assert MAX_TOKENS + MAX_SESSIONS + the_user_and_an_administrator_who_stays <= MAX_TRANSACTION


def test_signing_out_deletes_the_session(user_id, aws):
    first, second = sign_in(user_id), sign_in(user_id)
    sign_out(first)
    sign_out(first)
    sign_out("bad")
    assert keys(aws) == {digest(second)}
    assert existing(users.get(user_id)).session_places == {sessions.place(session_of(second))}
    sign_out(second)
    assert existing(users.get(user_id)).session_places is None


def test_signing_out_concurrently_is_not_undone(user_id):
    """A new session rewrites the list of sessions; one removed since the read must not reappear."""
    first = sign_in(user_id)
    user = existing(users.get(user_id))
    sign_out(first)
    second = start(user)[0]
    assert existing(users.get(user_id)).session_places == {sessions.place(session_of(second))}
    assert users.change_profile(existing(users.get(user_id)), [], {"first_name": "A"})


class TestIdleSessions:
    @pytest.fixture
    def clock(self, monkeypatch):
        """Move the time of sessions to this many days from now."""
        started = now()

        def move(days):
            moment = started + timedelta(days=days)
            monkeypatch.setattr(in_passing, "MAX_WAIT", 30)  # a write in passing is awaited, also on a slow machine
            for module in (sessions, users):
                monkeypatch.setattr(module, "now", lambda: moment, raising=False)

        return move

    def test_end_after_two_weeks(self, user_id, clock):
        session_id = sign_in(user_id)
        clock(13.9)
        session_of(session_id)
        clock(13.9 + 14.1)
        with pytest.raises(NotSignedIn):
            session_of(session_id)

    def test_last_as_long_as_they_are_used_but_not_for_ever(self, user_id, clock):
        session_id = sign_in(user_id)
        for day in range(0, 90, 10):
            clock(day)
            session_of(session_id)
        clock(90.1)
        with pytest.raises(NotSignedIn):
            session_of(session_id)

    def test_are_written_once_a_day_at_most(self, user_id, clock, aws):
        session_id = sign_in(user_id)
        calls = []
        for day in (0, 0.5, 0.9, 1.1, 1.2, 2.0, 2.2, 2.3):
            clock(day)
            with watching(Watch()) as watch:
                session_of(session_id)
            calls.append(len(watch.names))
        assert calls == [1, 1, 1, 2, 1, 1, 2, 1]

    def test_are_not_revived_by_a_use_that_races_their_end(self, user_id, clock, aws):
        session_id = sign_in(user_id)
        session = Session.get(digest(session_id))
        sign_out(session_id)
        clock(2)
        sessions.keep(session)
        assert keys(aws) == set()

    def test_that_ended_do_not_prevent_a_change_of_the_profile(self, user_id, clock):
        ended = sign_in(user_id)
        clock(20)
        assert users.change_profile(existing(users.get(user_id)), [], {"first_name": "A"})
        with pytest.raises(NotSignedIn):
            session_of(ended)

    def test_of_earlier_versions_end_when_they_did(self, user_id, clock):
        session_id = sign_in(user_id)
        ends = int(now().timestamp()) + 14 * 24 * 3600
        Session(digest(session_id)).update([Session.idle_ends.remove(), Session.expires.set(ends)])
        clock(13.9)
        session_of(session_id)
        clock(14.1)
        with pytest.raises(NotSignedIn):
            session_of(session_id)
