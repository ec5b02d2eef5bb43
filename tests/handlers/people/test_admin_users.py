"""Users in administration."""

import pytest

from chalicelib.domain.tokens import digest
from chalicelib.errors import Conflict, Forbidden, NotSignedIn
from chalicelib.http import large_responses
from chalicelib.identity import accounts
from chalicelib.identity.authentication import identify
from chalicelib.models import users
from chalicelib.models.tokens import Token
from chalicelib.models.users import User
from chalicelib.operations.users import administration
from tests.support.aws.calls import counting
from tests.support.existing import existing
from tests.support.source.routes import NOTHING

URL = "/api/admin-users"
# Recorded: GET /api/admin-users?page_size=2
RECORDED = {
    "id": 2,
    "email": "user@a.com",
    "first_name": "User",
    "last_name": "A",
    "is_active": True,
    "disk_space": 53687091200.0,
    "last_login": "2026-11-21T02:04:10.071400Z",
    "date_joined": "2026-11-21T01:56:36.550876Z",
    "is_admin": False,
    "name": "User A",
    "edit_count": 0,
    "view_count": 0,
}
OURS = {"disk_space_used", "storage_request"}  # not in Studio
OTHER = {"id", "last_login", "date_joined"}  # of the recorded values


@pytest.fixture
def admin(studio):
    """Return (user ID, token)."""
    return studio.sign_up("admin", is_admin=True)


def names(studio, admin, query=""):
    answer = studio.get(URL + query, admin[1])
    assert answer.status == 200, answer.text
    return [row["email"].partition("@")[0] for row in answer.json]


def change(studio, admin, user_id, **fields):
    return studio.call("PATCH", f"{URL}/{user_id}", fields, admin[1])


class TestList:
    def test_has_the_recorded_fields_and_values(self, studio, admin):
        user_id, _ = accounts.create_user("user@a.com")
        User(user_id).update([User.first_name.set("User"), User.last_name.set("A")])
        answer = studio.get(f"{URL}?page_size=2&page=2", admin[1]).json
        assert (answer["page"], answer["count"], answer["total_pages"]) == (2, 3, 2)
        (row,) = answer["results"]
        assert {name: row[name] for name in RECORDED if name not in OTHER} == {
            name: value for name, value in RECORDED.items() if name not in OTHER
        }
        assert (set(row) - OURS, row["id"], row["last_login"]) == (set(RECORDED), user_id, None)
        assert row["date_joined"].endswith("Z")
        assert studio.get(f"{URL}/{user_id}", admin[1]).json == {
            **row,
            "limits": {},
            "session_count": 0,
            "token_count": 1,
        }

    def test_can_be_filtered(self, studio, admin):
        studio.make_channel()
        other, _ = studio.sign_up("other")
        User(other).update([User.is_active.set(False), User.last_name.set("Ärger")])
        found = {
            query: names(studio, admin, query)
            for query in (
                "",
                "?is_active=false",
                "?is_admin=true",
                "?chef=true",
                "?chef=false&is_active=true",
                "?keywords=ärger",
                "?keywords=OTHER+example",
                "?keywords=nobody",
                f"?ids={other},{NOTHING},bad",
                "?ids=bad",
                "?search=chef",
                "?ordering=-email",
            )
        }
        assert list(found.values()) == [
            ["admin", "chef", "other"],
            ["other"],
            ["admin"],
            ["chef"],
            ["admin"],
            ["other"],
            ["other"],
            [],
            ["other"],
            [],
            ["chef"],
            ["other", "chef", "admin"],
        ]

    def test_counts_channels(self, studio, admin):
        studio.make_channel()
        studio.make_channel()
        assert studio.get(f"{URL}/{studio.user_id}", admin[1]).json["edit_count"] == 2
        assert {row["edit_count"] for row in studio.get(f"{URL}?chef=true", admin[1]).json} == {2}

    @pytest.mark.parametrize("query", ["?is_active=maybe", "?page=0", "?keywords=%00"])
    def test_refuses_invalid_filters(self, studio, admin, query):
        assert studio.get(URL + query, admin[1]).status == 400

    def test_costs_three_calls_and_the_token(self, studio, admin):
        for number in range(20):
            studio.sign_up(f"u{number}")
        assert studio.get(URL, admin[1]).status == 200  # which notes the token's use of the day
        for query in ("", "?page_size=5", "?is_admin=true"):
            with counting(studio) as watch:
                assert studio.get(URL + query, admin[1]).status == 200
            assert watch.names[1:] == ["Query", "Query", "BatchGetItem"]

    def test_is_whole_also_if_it_is_larger_than_a_response(self, studio, admin, monkeypatch):
        listed = studio.get(URL, admin[1]).json
        monkeypatch.setattr(large_responses, "MAX_BYTES", 100)
        assert studio.follow(studio.get(URL, admin[1])) == listed

    def test_is_for_administrators(self, studio):
        assert studio.get(f"{URL}?page_size=2").status == 403


class TestUpdate:
    def test_deactivation_ends_all_tokens_and_sessions_for_good(self, studio, admin):
        user_id, first = studio.sign_up("other")
        second = accounts.issue_token(existing(users.get(user_id)))
        browser = studio.sign_in(user_id)
        for is_active in (False, False, True, True):
            assert change(studio, admin, user_id, is_active=is_active).json["is_active"] is is_active
            assert {studio.get("/api/user/me", token).status for token in (first, second)} == {401}
            assert browser.call("GET", "/api/user/me").status == 401
        assert studio.get("/api/user/me", accounts.issue_token(existing(users.get(user_id)))).status == 200

    def test_reactivation_revives_nothing_that_the_previous_version_left(self, studio, admin):
        user_id, token = studio.sign_up("other")
        browser = studio.sign_in(user_id)
        User(user_id).update([User.is_active.set(False)])
        Token(digest(token)).update([Token.is_active.set(False)])
        assert change(studio, admin, user_id, is_active=True).status == 200
        assert studio.get("/api/user/me", token).status == 401
        assert browser.call("GET", "/api/user/me").status == 401

    def test_that_confirms_an_active_user_ends_no_token(self, studio, admin):
        user_id, token = studio.sign_up("other")
        assert change(studio, admin, user_id, is_active=True, is_admin=True).status == 200
        assert studio.get(URL, token).status == 200

    def test_reaches_a_token_created_concurrently(self, studio, admin, monkeypatch):
        user_id, _ = studio.sign_up("other")
        made, change_profile = [], users.change_profile

        def meanwhile(*arguments, **named):
            made.append(accounts.issue_token(existing(users.get(user_id))))
            return change_profile(*arguments, **named)

        monkeypatch.setattr(users, "change_profile", meanwhile)
        assert change(studio, admin, user_id, is_active=False).status == 409
        monkeypatch.setattr(users, "change_profile", change_profile)
        assert change(studio, admin, user_id, is_active=False).status == 200
        with pytest.raises(NotSignedIn):
            identify(f"Token {made[0]}")

    def test_grants_and_revokes_administrator_rights(self, studio, admin):
        user_id, token = studio.sign_up("other")
        assert change(studio, admin, user_id, is_admin=True).json["is_admin"] is True
        assert studio.get(URL, token).status == 200
        assert change(studio, admin, user_id, is_admin=False).status == 200
        assert studio.get(URL, token).status == 403

    @pytest.mark.parametrize("value", [10**9, 1e9, 0])
    def test_of_the_quota_keeps_the_used_space(self, studio, admin, value):
        User(studio.user_id).update([User.disk_space_left.add(-100)])
        assert change(studio, admin, studio.user_id, disk_space=value).json["disk_space"] == value
        user = existing(users.get(studio.user_id))
        assert (user.disk_space, user.disk_space_left) == (value, value - 100)

    def test_of_the_last_administrator_is_refused(self, studio, admin):
        sleeping, _ = studio.sign_up("sleeping", is_admin=True)
        assert change(studio, admin, sleeping, is_active=False).status == 200
        answer = change(studio, admin, admin[0], is_admin=False)
        assert (answer.status, "Make another user an administrator first" in answer.json["detail"]) == (409, True)
        assert change(studio, admin, sleeping, is_active=True).status == 200
        assert change(studio, admin, admin[0], is_admin=False).status == 200

    def test_cannot_deactivate_the_caller(self, studio, admin):
        other = studio.sign_up("other", is_admin=True)
        answer = change(studio, admin, admin[0], is_active=False, disk_space=5)
        assert (answer.status, "Ask another administrator" in answer.json["detail"]) == (409, True)
        assert existing(users.get(admin[0])).disk_space != 5
        assert change(studio, other, admin[0], is_active=False).status == 200

    def test_leaves_an_administrator_if_two_resign_concurrently(self, studio, admin, monkeypatch):
        other = studio.sign_up("other", is_admin=True)
        another = administration.another_administrator

        def meanwhile(leaving):
            monkeypatch.setattr(administration, "another_administrator", another)
            staying = another(leaving)
            assert change(studio, other, other[0], is_admin=False).status == 200
            return staying

        monkeypatch.setattr(administration, "another_administrator", meanwhile)
        assert change(studio, admin, admin[0], is_admin=False).status == 409
        assert existing(users.get(admin[0])).is_admin

    @pytest.mark.parametrize(
        "fields",
        [
            {"is_active": "no"},
            {"is_admin": 1},
            {"disk_space": -1},
            {"disk_space": 1.5},
            {"disk_space": True},
            {"disk_space": "5"},
            {"disk_space": 10**16},
        ],
        ids=str,
    )
    def test_refuses_bad_input(self, studio, admin, fields):
        before = studio.cloud.items("users")
        assert change(studio, admin, studio.user_id, **fields).status == 400
        assert studio.cloud.items("users") == before

    @pytest.mark.parametrize("user_id", [NOTHING, "bad", "%00"])
    def test_needs_a_user(self, studio, admin, user_id):
        assert change(studio, admin, user_id, is_active=False).status == 404
        assert studio.get(f"{URL}/{user_id}", admin[1]).status == 404

    def test_can_be_empty(self, studio, admin):
        assert change(studio, admin, studio.user_id).status == 200
        assert change(studio, admin, studio.user_id, is_active=None, email="x").json["email"] == "chef@example.org"


class TestTokens:
    def test_per_user_are_limited(self, studio, monkeypatch):
        monkeypatch.setattr(accounts, "MAX_TOKENS", 1)
        with pytest.raises(Forbidden):
            accounts.issue_token(existing(users.get(studio.user_id)))

    def test_are_not_created_with_an_outdated_profile(self, studio, admin):
        user = existing(users.get(studio.user_id))
        change(studio, admin, studio.user_id, is_active=False)
        with pytest.raises(Conflict):
            accounts.issue_token(user)
