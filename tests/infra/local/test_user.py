"""`make user`: creates users, and changes the passwords of existing ones."""

import io
import sys

import pytest

from chalicelib.identity import accounts
from chalicelib.operations.accounts import passwords
from infra.local import user

EMAIL = "someone@example.org"
PASSWORD = "correct horse"


@pytest.fixture
def make(aws, monkeypatch, capsys):
    """(exit status, output, errors) of the part that runs inside the stack's environment."""

    def run(password="", *options):
        monkeypatch.setattr(sys, "stdin", io.StringIO(password))
        monkeypatch.setattr(sys, "argv", ["user", "--create", *options, EMAIL])
        return (user.main(), *capsys.readouterr())

    return run


def stored():
    return accounts.find(EMAIL)


def test_a_new_user_gets_a_token_and_the_password(make):
    status, token, _ = make(PASSWORD, "--change", "--admin")
    assert (status, len(token.strip()), stored().is_admin) == (0, 40, True)
    assert accounts.is_password_of(stored(), PASSWORD)


def test_a_new_user_without_a_password_gets_a_link_to_choose_one(make):
    """No mail can be sent here."""
    _, said, errors = make()
    assert len(said.strip()) == 40
    key = errors.strip().rstrip("/").rpartition("/")[2]
    assert "choose the password, for a week: http://front.example.org/accounts/password/reset/" in errors
    passwords.choose(key, "tractor-umbrella-seventeen")
    assert accounts.is_password_of(stored(), "tractor-umbrella-seventeen")
    assert make(PASSWORD, "--change")[2] == ""


def test_a_user_whose_password_was_given_gets_no_link(make):
    assert make(PASSWORD)[2] == ""


def test_an_existing_user_gets_the_password_and_no_token(make):
    make()
    keys = stored().token_keys
    status, said, _ = make(PASSWORD, "--change")
    assert (status, stored().token_keys) == (0, keys)
    assert PASSWORD not in said
    assert accounts.is_password_of(stored(), PASSWORD)


@pytest.mark.parametrize(("password", "options"), [("", ("--change",)), (PASSWORD, ())])
def test_an_existing_user_is_not_created_again(make, password, options):
    make()
    status, _, errors = make(password, *options)
    assert (status, errors) == (user.EMAIL_TAKEN, f"The user {EMAIL} exists already.\n")
    assert stored().password is None


def test_a_weak_password_is_refused(make):
    status, _, errors = make("short", "--change")
    assert (status, stored()) == (1, None)
    assert "at least 10 characters" in errors


class TestAccess:
    def test_tokens_are_revoked(self, make):
        token = make()[1].strip()
        assert make("", f"--revoke={token}") == (0, "1 API token is revoked.\n", "")
        make()
        accounts.issue_token(stored())
        assert make("", "--revoke=all")[:2] == (0, "1 API token is revoked.\n")
        assert stored().token_keys is None

    def test_a_user_is_deactivated_and_activated(self, make):
        make()
        assert make("", "--active=0")[:2] == (
            0,
            f"{EMAIL} is deactivated; all API tokens and sessions are revoked for good.\n",
        )
        assert (stored().is_active, stored().token_keys) == (False, None)
        assert make("", "--active=1")[0] == 0
        assert stored().is_active

    @pytest.mark.parametrize("option", ["--revoke=all", "--active=0"])
    def test_an_unknown_user_is_reported(self, make, option):
        assert make("", option) == (1, "", f"User not found: {EMAIL!r}\n")
