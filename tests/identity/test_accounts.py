"""Users, tokens and passwords. No secret is stored in plain text."""

import hashlib

import pytest
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from chalicelib.config import settings
from chalicelib.errors import Conflict, NotSignedIn, ValidationFailed
from chalicelib.identity import accounts
from chalicelib.identity.authentication import identify
from chalicelib.models import email_addresses, tokens, users
from chalicelib.models.email_addresses import EmailAddress
from chalicelib.models.users import User
from tests.support.aws.calls import Watch, watching
from tests.support.existing import existing

EMAIL = "someone@example.org"


def everything(aws):
    """All stored data as one text."""
    return "\n".join(text for part in aws.contents().values() for text in part)


class TestUser:
    def test_is_created_with_a_quota_and_a_token(self, aws):
        user_id, token = accounts.create_user(EMAIL)
        user = existing(users.get(user_id))
        assert (user.email, user.is_admin, user.is_active) == (EMAIL, False, True)
        assert user.disk_space == user.disk_space_left == settings().user_quota > 0
        assert identify(f"Token {token}").user_id == user_id

    def test_may_be_an_administrator(self, aws):
        user_id, token = accounts.create_user(EMAIL, is_admin=True)
        assert existing(users.get(user_id)).is_admin
        assert identify(f"Token {token}").is_admin

    @pytest.mark.parametrize("written", [EMAIL, EMAIL.upper(), f"  {EMAIL}\n", "SomeOne@Example.ORG"])
    def test_has_a_unique_e_mail_address(self, aws, written):
        user_id, token = accounts.create_user(EMAIL)
        with pytest.raises(Conflict, match=EMAIL):
            accounts.create_user(written)
        assert [item["id"]["S"] for item in aws.items("users")] == [user_id]
        assert len(aws.items("tokens")) == 1
        assert identify(f"Token {token}").user_id == user_id

    def test_gets_a_random_id_so_that_a_later_one_of_the_address_inherits_nothing(self, aws):
        first, _ = accounts.create_user(EMAIL)
        User(first).delete()
        EmailAddress(EMAIL).delete()
        second, _ = accounts.create_user(EMAIL)
        assert len({first, second, accounts.address_id(EMAIL)}) == 3
        assert accounts.user_with(EMAIL).id == second

    def test_of_an_earlier_version_keeps_its_id(self, aws):
        older = User(accounts.address_id(EMAIL), email=EMAIL)
        older.save()
        assert accounts.user_with(EMAIL.upper()).id == older.id
        with pytest.raises(Conflict, match=EMAIL):
            accounts.create_user(EMAIL)
        assert accounts.find("other@example.org") is None
        assert [item["id"]["S"] for item in aws.items("users")] == [older.id]

    def test_created_twice_at_the_same_time_exists_once(self, aws, monkeypatch):
        save_user = email_addresses.save_user
        made: list[str] = []

        def meanwhile(*arguments):
            monkeypatch.setattr(email_addresses, "save_user", save_user)
            made.append(accounts.create_user(EMAIL)[0])
            return save_user(*arguments)

        monkeypatch.setattr(email_addresses, "save_user", meanwhile)
        with pytest.raises(Conflict):
            accounts.create_user(EMAIL)
        assert [item["id"]["S"] for item in aws.items("users")] == made
        assert accounts.user_with(EMAIL).id == made[0]

    def test_is_looked_up_by_as_many_reads_as_an_unknown_address(self, aws):
        accounts.create_user(EMAIL)
        User(accounts.address_id("older@example.org"), email="older@example.org").save()
        names = []
        for address in (EMAIL, "older@example.org", "nobody@example.org"):
            with watching(Watch()) as watch:
                accounts.find(address)
            names.append(watch.names)
        assert names == [["GetItem", "GetItem"]] * 3

    def test_with_another_e_mail_address_is_another_user(self, aws):
        ids = {accounts.create_user(f"{name}@example.org")[0] for name in "abc"}
        assert len(ids) == 3

    @pytest.mark.parametrize(
        "email",
        [
            "",
            "  ",
            "someone",
            "@example.org",
            "someone@",
            "a@b@c",
            f"{'x' * 250}@a.org",
            "a\x00@b.org",
            "a@b.org\u202e",
            "a\ud800@b.org",
        ],
    )
    def test_requires_a_valid_e_mail_address(self, aws, email):
        with pytest.raises(ValidationFailed) as caught:
            accounts.create_user(email)
        assert list(caught.value.fields) == ["email"]
        assert aws.items("users") == aws.items("tokens") == []

    def test_that_does_not_exist_is_none(self, aws):
        assert users.get("0" * 32) is None


class TestPassword:
    def test_is_stored_as_an_argon2id_hash_that_verifies(self, aws):
        user_id, _ = accounts.create_user(EMAIL, "correct horse ünï")
        stored = existing(users.get(user_id)).password
        assert stored.startswith("$argon2id$")
        assert PasswordHasher().verify(stored, "correct horse ünï")
        with pytest.raises(VerifyMismatchError):
            PasswordHasher().verify(stored, "correct horse")

    def test_is_not_stored_in_plain_text(self, aws):
        accounts.create_user(EMAIL, "correct-horse-battery")
        assert "correct-horse-battery" not in everything(aws)

    def test_is_optional(self, aws):
        user_id, _ = accounts.create_user(EMAIL)
        assert existing(users.get(user_id)).password is None

    def test_that_is_equal_has_another_hash(self):
        assert accounts.hash_password("same") != accounts.hash_password("same")


class TestToken:
    def test_is_stored_only_as_its_sha256(self, aws):
        _, token = accounts.create_user(EMAIL)
        assert token not in everything(aws)
        (stored,) = aws.items("tokens")
        assert stored["key"]["S"] == hashlib.sha256(token.encode()).hexdigest()

    def test_is_found_by_its_sha256(self, aws):
        user_id, token = accounts.create_user(EMAIL)
        found = existing(tokens.get(hashlib.sha256(token.encode()).hexdigest()))
        assert (found.user_id, found.email) == (user_id, EMAIL)
        assert tokens.get(token) is None

    def test_may_be_one_of_several(self, aws):
        user_id, first = accounts.create_user(EMAIL)
        second = accounts.issue_token(existing(users.get(user_id)))
        assert first != second
        assert {identify(f"Token {token}").user_id for token in (first, second)} == {user_id}

    def test_carries_the_profile(self, aws):
        user_id, _ = accounts.create_user(EMAIL)
        user = existing(users.get(user_id))
        user.first_name, user.last_name = "Ünï", "名前"
        found = identify(f"token {accounts.issue_token(user)}")
        assert (found.first_name, found.last_name, found.email) == ("Ünï", "名前", EMAIL)

    @pytest.mark.parametrize(
        "header",
        [
            None,
            "",
            "Token",
            "Token ",
            "Basic abc",
            "Bearer {token}",
            "{token}",
            "Token {token} more",
            "Token {token}0",
            "Token {upper}",
            "Token {other}",
            "Token {digest}",
            "Token é",
            "Token\t",
        ],
    )
    def test_that_is_missing_or_invalid_is_refused(self, aws, header):
        _, token = accounts.create_user(EMAIL)
        sent = header and header.format(
            token=token, upper=token.upper().replace("0", "A"), other="0" * 40, digest=tokens_key(token)
        )
        with pytest.raises(NotSignedIn):
            identify(sent)

    def test_of_an_inactive_user_is_refused(self, aws):
        user_id, _ = accounts.create_user(EMAIL)
        user = existing(users.get(user_id))
        user.is_active = False
        token = accounts.issue_token(user)
        with pytest.raises(NotSignedIn):
            identify(f"Token {token}")


def tokens_key(token):
    return hashlib.sha256(token.encode()).hexdigest()
