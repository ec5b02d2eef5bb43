"""Password rules, limits on attempts, and the effects of a password change."""

import json
import time

import pytest
from argon2 import PasswordHasher

from chalicelib.identity import accounts
from chalicelib.identity.cookies import DEVICE
from chalicelib.models import users
from chalicelib.models.users import User
from chalicelib.operations.accounts import attempts, sessions
from tests.support.aws.calls import counting
from tests.support.existing import existing
from tests.support.http import cdn
from tests.support.http.client import Browser

URL = "/api/auth/session"
CHANGE = "/api/user/me/password"
EMAIL = "someone@example.org"
PASSWORD = "correct horse"
NEW = "battery staple"
ME = "/api/user/me"


@pytest.fixture
def user_id(studio):
    return accounts.create_user(EMAIL, PASSWORD)[0]


@pytest.fixture(autouse=True)
def morning(monkeypatch):
    """A 15-minute window that does not end while a test runs."""
    monkeypatch.setattr(attempts, "WINDOW", 10**9)


@pytest.fixture
def few(monkeypatch):
    """Fewer attempts, because each is slow."""
    monkeypatch.setattr(attempts, "MAX_PER_ACCOUNT", 2)
    monkeypatch.setattr(attempts, "MAX_PER_DEVICE", 2)
    monkeypatch.setattr(attempts, "MAX_PER_ADDRESS", 4)


def sign_in(studio, password=PASSWORD, email=EMAIL):
    return Browser(studio).call("POST", URL, {"username": email, "password": password})


def change(browser, old=PASSWORD, new=NEW):
    return browser.call("POST", CHANGE, {"old_password": old, "new_password": new})


class TestRefusal:
    def test_is_the_same_whatever_is_wrong(self, studio, user_id):
        accounts.create_user("without@example.org")
        accounts.create_user("sleeping@example.org", PASSWORD)
        User(accounts.user_with("sleeping@example.org").id).update([User.is_active.set(False)])
        wrong = [
            sign_in(studio, "wrong"),
            sign_in(studio, PASSWORD + " "),
            *(sign_in(studio, PASSWORD, f"{name}@example.org") for name in ("without", "sleeping", "nobody")),
            sign_in(studio, PASSWORD, "no address"),
        ]
        assert {(answer.status, answer.text, answer.headers["WWW-Authenticate"]) for answer in wrong} == {
            (401, json.dumps({"error": "Not signed in", "detail": sessions.WRONG}, separators=(",", ":")), "Token")
        }
        assert not any(answer.cookies for answer in wrong)

    def test_takes_as_long_for_an_unknown_account(self, proper_passwords):
        assert not accounts.is_outdated(accounts._DUMMY_HASH)
        user = User("a" * 32, password=accounts.hash_password(PASSWORD))
        assert accounts.is_password_of(user, PASSWORD)
        assert not accounts.is_password_of(user, "wrong")
        for unknown in (None, User("a" * 32)):
            started = time.process_time()
            assert not accounts.is_password_of(unknown, PASSWORD)
            assert time.process_time() - started > 0.005

    def test_does_not_repeat_the_input(self, studio, user_id):
        for password, status in (("mistyped-secret", 401), ("mistyped-secret" * 100, 400)):
            answer = sign_in(studio, password)
            assert "mistyped-secret" not in answer.text
            assert answer.status == status


class TestAttempts:
    def test_per_account_are_limited(self, studio, user_id, few):
        other = accounts.create_user("other@example.org", PASSWORD)[0]
        assert [sign_in(studio, "wrong").status for _ in range(3)] == [401, 401, 429]
        answer = sign_in(studio)
        assert (answer.status, answer.json["error"]) == (429, "Too many attempts")
        assert 0 < int(answer.headers["Retry-After"]) <= attempts.WINDOW
        assert sign_in(studio, email="other@example.org").json["user_id"] == other

    def test_for_unknown_accounts_are_limited_in_the_same_words_by_as_many_calls(
        self, studio, user_id, few, monkeypatch
    ):
        monkeypatch.setattr(attempts, "MAX_PER_ADDRESS", 100)
        seen = []
        for email in (EMAIL, "nobody@example.org"):
            with counting(studio) as watch:
                answers = [sign_in(studio, "wrong", email) for _ in range(3)]
            assert [answer.status for answer in answers] == [401, 401, 429]
            seen.append((watch.names, [answer.text for answer in answers], [answer.cookies for answer in answers]))
        assert seen[0] == seen[1]

    def test_per_ip_address_are_limited(self, studio, user_id, few, monkeypatch):
        cdn.require_origin_secret(monkeypatch, "k")
        studio.origin_secret = "k"
        statuses = [sign_in(studio, "x", f"{number}@example.org").status for number in range(5)]
        assert statuses == [401] * 4 + [429]
        assert sign_in(studio).status == 429
        studio.address = "203.0.113.9"
        assert sign_in(studio).status == 201

    def test_of_others_at_the_same_address_leave_an_owner_one(self, studio, user_id, few, monkeypatch):
        """An attacker, or a class that mistypes, does not shut out whoever signs in there with a new device."""
        monkeypatch.setattr(attempts, "MANY_FROM_ADDRESS", 2)
        statuses = [sign_in(studio, "x", f"{number}@example.org").status for number in range(3)]
        assert statuses == [401] * 3
        assert sign_in(studio, "x", "2@example.org").status == 429
        assert sign_in(studio).status == 201
        assert sign_in(studio).status == 201
        assert [sign_in(studio, "wrong").status for _ in range(2)] == [401, 429]

    def test_ignore_a_forwarded_address_sent_by_the_client(self, studio, few):
        body = {"username": EMAIL, "password": "x"}
        for number in range(4):
            sent = {**body, "username": f"{number}@example.org"}
            Browser(studio).call("POST", URL, sent, x_forwarded_for=f"10.0.0.{number}")
        assert Browser(studio).call("POST", URL, body, x_forwarded_for="10.0.0.9").status == 429

    def test_that_are_refused_do_not_count_against_the_address(self, studio, user_id, few):
        for _ in range(8):
            sign_in(studio, "wrong")
        assert sign_in(studio, "x", "nobody@example.org").status == 401

    def test_with_the_right_password_do_not_count(self, studio, user_id, few):
        assert {sign_in(studio).status for _ in range(6)} == {201}

    def test_are_available_again_after_15_minutes(self, studio, user_id, few, monkeypatch):
        assert [sign_in(studio, "wrong").status for _ in range(3)] == [401, 401, 429]
        monkeypatch.setattr(attempts, "WINDOW", 5 * 10**8)  # another window
        assert sign_in(studio).status == 201

    def test_do_not_affect_signed_in_users(self, studio, user_id, few):
        browser = studio.sign_in(user_id)
        for _ in range(3):
            sign_in(studio, "wrong")
        assert browser.call("GET", ME).status == 200

    def test_to_change_a_password_are_counted_per_session(self, studio, user_id, few):
        browser, other = studio.sign_in(user_id), studio.sign_in(user_id)
        assert [change(browser, "wrong").status for _ in range(3)] == [400, 400, 429]
        assert change(browser).status == 429
        assert sign_in(studio).status == 201
        assert change(other).status == 200

    def test_of_strangers_do_not_prevent_a_change_of_the_password(self, studio, user_id, few):
        browser = studio.sign_in(user_id)
        for number in range(6):
            sign_in(studio, f"wrong {number}")
        assert change(browser).status == 200


class TestOwner:
    """While others guess the password."""

    @pytest.fixture
    def attack(self, studio, user_id, few, monkeypatch):
        """Guess from this address or, with a number, from as many others."""
        cdn.require_origin_secret(monkeypatch, "k")
        studio.origin_secret = "k"

        def guess(addresses=0, tries=3):
            own, statuses = studio.address, []
            for number in range(addresses or 1):
                studio.address = f"203.0.{number // 250}.{number % 250}" if addresses else own
                statuses += [sign_in(studio, "wrong").status for _ in range(tries)]
            studio.address = own
            return statuses

        return guess

    def test_signs_in_from_another_address(self, studio, attack):
        assert attack() == [401, 401, 429]
        studio.address = "198.51.100.7"
        assert sign_in(studio).status == 201

    def test_signs_in_with_a_known_device_even_from_the_same_address(self, studio, attack):
        device = Browser(studio)
        body = {"username": EMAIL, "password": PASSWORD}
        assert device.call("POST", URL, body).status == 201
        assert device.call("DELETE", f"{URL}/current").status == 204
        attack(tries=6)
        assert sign_in(studio).status == 429
        for _ in range(3):
            assert device.call("POST", URL, body).status == 201

    def test_has_a_limit_on_each_known_device(self, studio, attack):
        device, other = Browser(studio), Browser(studio)
        right, wrong = ({"username": EMAIL, "password": password} for password in (PASSWORD, "wrong"))
        assert [browser.call("POST", URL, right).status for browser in (device, other)] == [201, 201]
        assert [device.call("POST", URL, wrong).status for _ in range(3)] == [401, 401, 429]
        assert [browser.call("POST", URL, right).status for browser in (device, other)] == [429, 201]
        assert sign_in(studio).status == 201

    def test_is_not_shut_out_by_many_addresses_which_get_fewer_tries(self, studio, attack, monkeypatch):
        monkeypatch.setattr(attempts, "MANY", 6)
        monkeypatch.setattr(attempts, "MAX_UNDER_ATTACK", 1)
        assert attack(addresses=5, tries=2) == [401] * 7 + [429] + [401, 429]
        studio.address = "198.51.100.7"
        assert sign_in(studio).status == 201

    def test_addresses_of_one_ipv6_network_count_together(self, studio, attack):
        statuses = []
        for number in range(3):
            studio.address = f"2001:db8:1:2::{number + 1}"
            statuses.append(sign_in(studio, "wrong").status)
        assert statuses == [401, 401, 429]
        studio.address = "2001:db8:1:3::1"
        assert sign_in(studio).status == 201

    def test_gets_no_privilege_from_a_device_of_another_account_or_a_forged_one(self, studio, attack):
        accounts.create_user("other@example.org", PASSWORD)
        stranger = Browser(studio)
        assert stranger.call("POST", URL, {"username": "other@example.org", "password": PASSWORD}).status == 201
        cookie = stranger.cookies[DEVICE]
        number, _, signature = cookie.partition(".")
        forged = [cookie, f"{number}.{'0' * 64}", f"{'1' * 32}.{signature}", number, "", "x.y", cookie.upper()]
        attack()
        for value in forged:
            sent = Browser(studio, {DEVICE: value})
            assert sent.call("POST", URL, {"username": EMAIL, "password": PASSWORD}).status == 429

    def test_is_a_stranger_again_on_all_devices_after_deactivation(self, studio, user_id, attack):
        device = Browser(studio)
        body = {"username": EMAIL, "password": PASSWORD}
        assert device.call("POST", URL, body).status == 201
        before = device.cookies[DEVICE]
        for is_active in (False, True):
            users.change_profile(existing(users.get(user_id)), [], {"is_active": is_active})
        attack()
        assert Browser(studio, {DEVICE: before}).call("POST", URL, body).status == 429

    def test_is_a_stranger_again_on_all_devices_after_a_change_of_the_password(self, studio, user_id, attack):
        """Whoever knew the old password may have made any number of devices, each with attempts of its own."""
        device = Browser(studio)
        assert device.call("POST", URL, {"username": EMAIL, "password": PASSWORD}).status == 201
        before = device.cookies[DEVICE]
        assert change(device).status == 200
        attack()
        body = {"username": EMAIL, "password": NEW}
        assert Browser(studio, {DEVICE: before}).call("POST", URL, body).status == 429

    def test_keeps_the_number_of_a_known_device(self, studio, user_id, few):
        device = Browser(studio)
        seen = set()
        for _ in range(2):
            assert device.call("POST", URL, {"username": EMAIL, "password": PASSWORD}).status == 201
            seen.add(device.cookies[DEVICE])
        assert len(seen) == 1
        assert not any(cookie in str(studio.cloud.contents()) for cookie in seen)


class TestChange:
    def test_ends_other_sessions(self, studio, user_id):
        own, other = studio.sign_in(user_id), studio.sign_in(user_id)
        answer = change(own)
        assert (answer.status, answer.json["id"]) == (200, user_id)
        assert [own.call("GET", ME).status, other.call("GET", ME).status] == [200, 401]
        assert [sign_in(studio).status, sign_in(studio, NEW).status] == [401, 201]

    def test_by_a_token_ends_all_sessions_and_no_token(self, studio):
        user_id, token = accounts.create_user(EMAIL, PASSWORD)
        browser = studio.sign_in(user_id)
        sent = {"old_password": PASSWORD, "new_password": NEW}
        assert studio.post(CHANGE, sent, token).status == 200
        assert browser.call("GET", ME).status == 401
        assert studio.get(ME, token).status == 200

    def test_revokes_tokens_only_if_requested(self, studio):
        user_id, token = accounts.create_user(EMAIL, PASSWORD)
        other = accounts.issue_token(existing(users.get(user_id)))
        browser = studio.sign_in(user_id)
        sent = {"old_password": PASSWORD, "new_password": NEW}
        assert browser.call("POST", CHANGE, {**sent, "revoke_tokens": False}).status == 200
        assert {studio.get(ME, one).status for one in (token, other)} == {200}
        sent = {"old_password": NEW, "new_password": PASSWORD}
        assert browser.call("POST", CHANGE, {**sent, "revoke_tokens": True}).status == 200
        assert {studio.get(ME, one).status for one in (token, other)} == {401}
        assert browser.call("GET", ME).status == 200
        assert studio.get(ME, accounts.issue_token(existing(users.get(user_id)))).status == 200

    def test_needs_the_old_password(self, studio, user_id):
        answer = change(studio.sign_in(user_id), "wrong")
        assert (answer.status, set(answer.json)) == (400, {"old_password"})
        assert sign_in(studio).status == 201

    @pytest.mark.parametrize(
        "new",
        [
            "",
            "short",
            "v7!qZm2#k",
            "x" * 1001,
            "1234567890",
            "password1234",
            "P@ssw0rd123",
            EMAIL,
            "Someone@example.org",
        ],
        ids=range(9),
    )
    def test_to_a_weak_password_is_refused(self, studio, user_id, new):
        answer = change(studio.sign_in(user_id), new=new)
        assert (answer.status, set(answer.json)) == (400, {"new_password"})
        assert sign_in(studio).status == 201

    def test_changes_nothing_after_a_lost_race(self, studio, user_id, monkeypatch):
        browser, hash_password = studio.sign_in(user_id), accounts.hash_password

        def meanwhile(password):
            accounts.issue_token(existing(users.get(user_id)))
            return hash_password(password)

        monkeypatch.setattr(accounts, "hash_password", meanwhile)
        assert change(browser).status == 409
        assert sign_in(studio).status == 201

    def test_by_the_operator_ends_all_sessions(self, studio, user_id):
        browser = studio.sign_in(user_id)
        accounts.set_password(EMAIL.upper(), NEW)
        assert browser.call("GET", ME).status == 401
        assert sign_in(studio, NEW).status == 201


def test_a_password_with_old_parameters_is_rehashed(studio, user_id):
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    User(user_id).update([User.password.set(weak)])
    assert sign_in(studio).status == 201
    stored = existing(users.get(user_id)).password
    assert stored != weak
    assert not accounts.is_outdated(stored)
    assert sign_in(studio).status == 201


def test_a_user_deactivated_while_signing_in_is_not_signed_in(studio, user_id, monkeypatch):
    is_password_of = accounts.is_password_of

    def meanwhile(user, password):
        users.change_profile(user, [], {"is_active": False})
        return is_password_of(user, password)

    monkeypatch.setattr(accounts, "is_password_of", meanwhile)
    answer = sign_in(studio)
    assert (answer.status, answer.cookies) == (503, [])
    assert studio.cloud.items("sessions") == []
