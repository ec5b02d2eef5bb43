"""Revoking tokens and deactivating users, as operators do."""

import pytest

from chalicelib.domain.tokens import digest
from chalicelib.errors import Conflict, NotFound, NotSignedIn
from chalicelib.identity import accounts, daily_limits, revocation
from chalicelib.identity.authentication import identify, session_of
from chalicelib.models import tokens, users
from chalicelib.models.users import User
from chalicelib.operations.accounts.sessions import start
from tests.support.aws.calls import Watch, watching
from tests.support.existing import existing

EMAIL = "someone@example.org"


@pytest.fixture
def user_id(aws):
    return accounts.create_user(EMAIL)[0]


def user():
    return accounts.user_with(EMAIL)


@pytest.fixture
def issued(user_id):
    """Three tokens besides the first one."""
    return [accounts.issue_token(user()) for _ in range(3)]


def valid(found):
    """Which of these tokens sign a user in."""

    def is_valid(token):
        try:
            identify(f"Token {token}")
        except NotSignedIn:
            return False
        return True

    return [is_valid(token) for token in found]


def test_a_token_is_revoked_by_itself(issued, aws):
    assert revocation.revoke(issued[1]) == 1
    assert valid(issued) == [True, False, True]
    assert digest(issued[1]) not in user().token_keys
    assert digest(issued[1]) not in {item["key"]["S"] for item in aws.items("tokens")}
    with pytest.raises(NotFound, match="revoked already"):
        revocation.revoke(issued[1])


def test_a_token_is_revoked_by_its_id(issued):
    assert revocation.revoke(tokens.id_of(digest(issued[2])), EMAIL.upper()) == 1
    assert valid(issued) == [True, True, False]


def test_a_token_that_its_user_does_not_refer_to_is_revoked(issued):
    User(user().id).update([User.token_keys.delete({digest(issued[0])})])
    assert revocation.revoke(issued[0]) == 1
    assert valid(issued) == [False, True, True]


def test_all_tokens_are_revoked_and_that_can_be_repeated(issued, user_id):
    other = accounts.create_user("other@example.org")[1]
    assert [revocation.revoke("all", EMAIL) for _ in range(2)] == [4, 0]
    assert valid([*issued, other]) == [False, False, False, True]
    assert user().token_keys is None
    assert valid([accounts.issue_token(user())]) == [True]


@pytest.mark.parametrize(
    ("which", "email"),
    [("all", "nobody@example.org"), ("all", ""), ("", EMAIL), ("a" * 32, EMAIL), ("0" * 40, EMAIL)],
)
def test_an_unknown_token_or_user_is_reported(issued, which, email):
    with pytest.raises(NotFound):
        revocation.revoke(which, email)
    assert valid(issued) == [True, True, True]


def test_a_token_issued_meanwhile_is_revoked_too(issued, monkeypatch):
    revoke_tokens = users.revoke_tokens
    made: list[str] = []

    def meanwhile(found, keys):
        if not made:
            made.append(accounts.issue_token(user()))
        return revoke_tokens(found, keys)

    monkeypatch.setattr(users, "revoke_tokens", meanwhile)
    assert revocation.revoke("all", EMAIL) == 5
    assert valid(made) == [False]


def test_deactivation_and_reactivation_revive_nothing(issued, user_id):
    session_id = start(user())[0]
    for is_active in (False, False, True, True):
        revocation.set_active(EMAIL, is_active)
        assert user().is_active is is_active
        assert valid(issued) == [False, False, False]
        with pytest.raises(NotSignedIn):
            session_of(session_id)
    again = accounts.issue_token(user())
    revocation.set_active(EMAIL, True)
    assert valid([again]) == [True]


def test_deactivation_is_one_write_whatever_there_is_to_revoke(issued, aws):
    start(user())
    with watching(Watch()) as watch:
        revocation.set_active(EMAIL, False)
    assert watch.names == ["GetItem", "GetItem", "TransactWriteItems"]


def test_constant_races_are_reported(issued, monkeypatch):
    monkeypatch.setattr(users, "revoke_tokens", lambda *_: False)
    monkeypatch.setattr(users, "change_profile", lambda *_: False)
    with pytest.raises(Conflict):
        revocation.revoke("all", EMAIL)
    with pytest.raises(Conflict):
        revocation.set_active(EMAIL, False)


def test_the_maximum_of_tokens_and_sessions_is_revoked_at_once(user_id, monkeypatch):
    monkeypatch.setattr(daily_limits, "allowed", lambda _: users.MAX_TOKENS)
    for _ in range(users.MAX_TOKENS - 1):
        accounts.issue_token(user())
    for _ in range(users.MAX_SESSIONS):
        start(user())
    found = user()
    assert (len(found.token_keys), len(found.session_places)) == (users.MAX_TOKENS, users.MAX_SESSIONS)
    revocation.set_active(EMAIL, False)
    after = existing(users.get(user_id))
    assert not after.token_keys
    assert not after.session_places
