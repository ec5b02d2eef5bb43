"""API tokens in use: what they may do, revoking them, and races."""

import pytest

from chalicelib.domain.tokens import digest
from chalicelib.identity import accounts
from chalicelib.models import in_passing, sessions, tokens, users
from chalicelib.models.tokens import Token
from tests.support.aws.calls import Watch, counting, watching
from tests.support.existing import existing
from tests.support.worlds.syncing import URL as SYNC
from tests.support.worlds.tokens import TOKENS as URL
from tests.support.worlds.tokens import create, days, owner, revoke

ME = "/api/user/me"
PASSWORD, NEW = "correct horse", "battery staple"
FIELDS = {"id", "name", "prefix", "created", "last_used", "expires", "current"}


@pytest.fixture
def user_id(studio):
    return accounts.create_user("someone@example.org", PASSWORD)[0]


@pytest.fixture
def browser(studio, user_id):
    return studio.sign_in(user_id)


class TestUse:
    def test_is_recorded_by_day(self, studio, browser):
        made = create(browser).json
        studio.get(ME, made["token"])
        row = next(row for row in browser.call("GET", URL).json if row["id"] == made["id"])
        assert row["last_used"] == days(0)

    def test_takes_one_write_a_day(self, studio, browser):
        token = create(browser).json["token"]
        with counting(studio) as watch:
            for _ in range(3):
                studio.get(ME, token)
        assert watch.names.count("UpdateItem") == 1
        Token(digest(token)).update([Token.used.set(days(-1))])
        with counting(studio) as watch:
            for _ in range(3):
                studio.get(ME, token)
        assert watch.names.count("UpdateItem") == 1
        assert existing(tokens.get(digest(token))).used == days(0)

    @pytest.mark.parametrize("answer_lost", [False, True])
    def test_never_fails_a_request(self, studio, browser, answer_lost):
        token = create(browser).json["token"]
        with watching(Watch(failing=1, answer_lost=answer_lost)) as watch:
            assert studio.get(ME, token).status == 200
        assert watch.hit == "UpdateItem"

    def test_is_not_tried_again_at_once_after_a_failure(self, studio, browser):
        token = create(browser).json["token"]
        with watching(Watch(failing=1)):
            studio.get(ME, token)
        with counting(studio) as watch:
            studio.get(ME, token)
        assert "UpdateItem" not in watch.names
        in_passing.try_again()
        studio.get(ME, token)
        assert existing(tokens.get(digest(token))).used == days(0)

    def test_does_not_revive_a_revoked_token(self, studio, browser, monkeypatch):
        made = create(browser).json
        found = existing(tokens.get(digest(made["token"])))
        revoke(browser, made["id"])
        tokens.record_use(found)
        assert tokens.get(found.key) is None

    def test_of_a_session_never_fails_a_request(self, studio, browser):
        key = next(item["key"]["S"] for item in studio.cloud.items("sessions"))
        found = existing(sessions.get(key))
        found.update([sessions.Session.idle_ends.set(found.idle_ends - 2 * sessions.KEEP_EVERY)])
        with watching(Watch(failing=1)) as watch:
            assert browser.call("GET", ME).status == 200
        assert watch.hit == "UpdateItem"


class TestRevoke:
    def test_ends_a_token_at_once_everywhere(self, studio, browser):
        made = create(browser).json
        upload = {"size": 5, "checksum": "a" * 32, "name": "a.pdf", "file_format": "pdf", "preset": "document"}
        sent = [("GET", ME, None), ("POST", SYNC, {}), ("POST", "/api/file/upload_url", upload)]
        sent += [("POST", "/api/internal/authenticate_user_internal", None), ("GET", "/api/channel?edit=true", None)]
        assert [studio.call(*one, made["token"]).status for one in sent] == [200] * 5
        assert revoke(browser, made["id"]).status == 204
        assert [studio.call(*one, made["token"]).status for one in sent] == [401] * 5
        assert made["id"] not in [row["id"] for row in browser.call("GET", URL).json]

    def test_of_one_token_leaves_the_others(self, studio, browser):
        first, second = create(browser).json, create(browser).json
        revoke(browser, first["id"])
        assert studio.get(ME, second["token"]).status == 200

    def test_twice_is_not_found(self, browser):
        made = create(browser).json
        assert [revoke(browser, made["id"]).status for _ in range(2)] == [204, 404]

    @pytest.mark.parametrize("token_id", ["0" * 32, "bad", "%00", "a" * 500])
    def test_of_an_unknown_token_is_not_found(self, browser, token_id):
        assert revoke(browser, token_id).status == 404

    def test_of_another_users_token_is_not_found(self, studio, browser):
        other = tokens.id_of(digest(studio.token))
        assert revoke(browser, other).status == 404
        assert studio.get(ME).status == 200

    def test_by_a_token_is_for_itself_only(self, studio, browser):
        first, second = create(browser).json, create(browser).json
        for token_id in (second["id"], "0" * 32, tokens.id_of(digest(studio.token))):
            answer = studio.call("DELETE", f"{URL}/{token_id}", None, first["token"])
            assert answer.status == 403
            assert "A token can revoke only itself. Sign in" in answer.json["detail"]
        assert studio.call("DELETE", f"{URL}/{first['id']}", None, first["token"]).status == 204
        assert studio.get(ME, first["token"]).status == 401
        assert studio.get(ME, second["token"]).status == 200

    def test_needs_the_csrf_token(self, studio, browser):
        made = create(browser).json
        assert browser.call("DELETE", f"{URL}/{made['id']}", csrf=False).status == 403
        assert studio.get(ME, made["token"]).status == 200

    def test_meets_a_change_of_the_user(self, browser, user_id, monkeypatch):
        made = create(browser).json
        original = users.revoke_tokens
        met: list[bool] = []

        def meanwhile(user, keys):
            if not met:
                met.append(users.change_profile(owner(user_id), [], {"first_name": "Ada"}))
            return original(user, keys)

        monkeypatch.setattr(users, "revoke_tokens", meanwhile)
        assert revoke(browser, made["id"]).status == 204
        assert met == [True]

    def test_meets_another_one(self, browser, user_id, monkeypatch):
        """Of two that run at the same time, one finds nothing to revoke."""
        made = create(browser).json
        original = users.revoke_tokens
        met: list[bool] = []

        def meanwhile(user, keys):
            if not met:
                met.append(original(owner(user_id), keys))
            return original(user, keys)

        monkeypatch.setattr(users, "revoke_tokens", meanwhile)
        assert revoke(browser, made["id"]).status == 404
        assert met == [True]


class TestRaces:
    """What happens between the reads of a request that creates a token and its write."""

    @pytest.fixture
    def meanwhile(self, monkeypatch):
        original = users.add_token

        def run(action):
            left = [action]

            def add(*arguments):
                while left:
                    left.pop()()
                return original(*arguments)

            monkeypatch.setattr(users, "add_token", add)

        return run

    def test_a_changed_password_ends_the_session_first(self, studio, browser, user_id, meanwhile):
        meanwhile(lambda: accounts.set_password("someone@example.org", NEW))
        assert create(browser).status == 401
        assert len(owner(user_id).token_keys) == 1
        assert len(studio.cloud.items("tokens")) == 2

    def test_a_session_that_ended_before_the_user_was_read_creates_nothing(self, studio, browser, user_id, meanwhile):
        key = next(item["key"]["S"] for item in studio.cloud.items("sessions"))
        meanwhile(lambda: sessions.Session(key).delete())
        assert create(browser).status == 401
        assert len(owner(user_id).token_keys) == 1

    def test_a_changed_name_is_in_the_token(self, studio, browser, user_id, meanwhile):
        meanwhile(lambda: users.change_profile(owner(user_id), [], {"first_name": "Ada"}))
        answer = create(browser)
        assert answer.status == 201
        assert existing(tokens.get(digest(answer.json["token"]))).first_name == "Ada"

    def test_a_deactivated_user_gets_none(self, studio, browser, user_id, meanwhile):
        meanwhile(lambda: users.change_profile(owner(user_id), [], {"is_active": False}))
        assert create(browser).status == 401
        assert owner(user_id).token_keys is None
