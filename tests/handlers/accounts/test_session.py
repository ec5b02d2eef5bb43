"""Sign in with a password, sign out, and use a session."""

import pytest

from chalicelib.config import settings
from chalicelib.domain.tokens import csrf_token, digest, new_session_id
from chalicelib.identity import accounts
from chalicelib.identity.cookies import CSRF, DEVICE, SESSION
from chalicelib.models.sessions import MAX_AGE, Session
from chalicelib.models.users import User
from tests.support.aws.calls import counting
from tests.support.http.client import Browser

URL = "/api/auth/session"
CURRENT = f"{URL}/current"
EMAIL = "someone@example.org"
PASSWORD = "correct horse"
ME = "/api/user/me"
CSRF_FAILED = "CSRF Failed: CSRF token missing or incorrect."  # recorded: POST /api/sync/ of a session without it


@pytest.fixture
def user_id(studio):
    return accounts.create_user(EMAIL, PASSWORD)[0]


@pytest.fixture
def browser(studio):
    return Browser(studio)


@pytest.fixture
def https(monkeypatch):
    """The public URL is one of https."""
    monkeypatch.setenv("PUBLIC_URL", "https://front.example.org")
    settings.cache_clear()
    yield
    monkeypatch.undo()
    settings.cache_clear()


def sign_in(browser, password=PASSWORD, **names):
    return browser.call("POST", URL, {**(names or {"username": EMAIL}), "password": password})


class TestSignIn:
    def test_returns_the_user_and_sets_both_cookies(self, browser, user_id):
        answer = sign_in(browser)
        assert answer.status == 201
        assert answer.json == {
            "id": "current",
            "user_id": user_id,
            "username": EMAIL,
            "email": EMAIL,
            "first_name": "",
            "last_name": "",
            "full_name": "",
            "is_admin": False,
            "csrf_token": browser.cookies[CSRF],
        }
        assert answer.headers["Cache-Control"] == "no-store"
        assert browser.call("GET", ME).json["id"] == user_id

    def test_sets_cookies_for_the_same_site_only(self, browser, user_id):
        session, csrf, device = sign_in(browser).cookies
        kept = f"Path=/; Max-Age={MAX_AGE}; SameSite=Lax"
        assert session == f"{SESSION}={browser.cookies[SESSION]}; {kept}; HttpOnly"
        assert csrf == f"{CSRF}={browser.cookies[CSRF]}; {kept}"
        year = f"Path=/; Max-Age={365 * 24 * 3600}; SameSite=Lax; HttpOnly"
        assert device == f"{DEVICE}={browser.cookies[DEVICE]}; {year}"
        assert MAX_AGE == 90 * 24 * 3600

    def test_over_https_sets_a_cookie_that_no_other_host_can_set(self, browser, user_id, https):
        session, csrf, device = sign_in(browser).cookies
        assert device.startswith(f"__Host-{DEVICE}=")
        assert device.endswith("; SameSite=Lax; HttpOnly; Secure")
        name, value = session.partition(";")[0].split("=")
        assert name == f"__Host-{SESSION}"
        assert session == f"{name}={value}; Path=/; Max-Age={MAX_AGE}; SameSite=Lax; HttpOnly; Secure"
        assert csrf.startswith(f"{CSRF}=")
        assert csrf.endswith("; SameSite=Lax; Secure")
        assert browser.call("GET", ME).status == 200
        assert browser.call("GET", ME, cookie=f"{SESSION}={value}").status == 401
        assert browser.call("DELETE", CURRENT).status == 204
        assert name not in browser.cookies

    @pytest.mark.parametrize("names", [{"email": EMAIL}, {"username": f" {EMAIL.upper()} "}])
    def test_accepts_spelling_variants_of_the_address(self, browser, user_id, names):
        assert sign_in(browser, **names).status == 201

    def test_creates_a_new_session_each_time(self, browser, studio, user_id):
        given = new_session_id()
        browser.cookies[SESSION] = given
        sign_in(browser)
        assert browser.cookies[SESSION] != given
        other = Browser(studio)
        sign_in(other)
        assert other.cookies[SESSION] != browser.cookies[SESSION]
        assert [browser.call("GET", ME).status, other.call("GET", ME).status] == [200, 200]

    def test_stores_no_secret(self, browser, studio, user_id):
        sign_in(browser)
        stored = str(studio.cloud.contents())
        assert digest(browser.cookies[SESSION]) in stored
        assert not any(secret in stored for secret in (*browser.cookies.values(), PASSWORD))

    def test_from_another_site_is_refused(self, browser, user_id):
        body = {"username": EMAIL, "password": PASSWORD}
        for headers in ({"origin": "https://evil.example.org"}, {"origin": "null"}, {"referer": "http://[bad"}):
            answer = browser.call("POST", URL, body, **headers)
            assert (answer.status, answer.cookies) == (403, []), headers
        assert browser.call("POST", URL, body, origin=settings().public_url).status == 201

    def test_is_recorded_once_per_hour(self, browser, studio, user_id):
        sign_in(browser)
        first = User.get(user_id).last_login
        sign_in(Browser(studio))
        assert User.get(user_id).last_login == first
        admin = studio.sign_up("admin", is_admin=True)[1]
        row = studio.get(f"/api/admin-users/{user_id}", admin).json
        assert row["last_login"].startswith(first.strftime("%Y-%m-%dT%H:%M:%S"))


class TestCurrent:
    def test_without_a_user_has_a_csrf_token(self, browser):
        answer = browser.call("GET", CURRENT)
        assert (answer.status, answer.json["user_id"], answer.json["username"]) == (200, None, "")
        assert answer.json["csrf_token"] == browser.cookies[CSRF]
        assert SESSION not in browser.cookies
        assert browser.call("GET", CURRENT).json == answer.json

    def test_of_a_session_has_user_and_csrf_token(self, studio):
        browser = studio.sign_in()
        del browser.cookies[CSRF]
        answer = browser.call("GET", CURRENT)
        assert answer.json["user_id"] == studio.user_id
        assert answer.json["csrf_token"] == browser.cookies[CSRF] == csrf_token(browser.cookies[SESSION])

    def test_of_a_token_has_its_user(self, studio):
        assert studio.get(CURRENT).json["user_id"] == studio.user_id

    @pytest.mark.parametrize("csrf", ["x", "\u00e9", "a" * 63, ""])
    def test_replaces_an_invalid_csrf_token(self, browser, csrf):
        browser.cookies[CSRF] = csrf
        assert browser.call("GET", CURRENT).json["csrf_token"] != csrf

    def test_is_not_cached(self, browser):
        assert browser.call("GET", CURRENT).headers["Cache-Control"] == "no-store"


class TestSignOut:
    def test_ends_the_session_and_deletes_the_cookies(self, studio):
        browser = studio.sign_in()
        kept = dict(browser.cookies)
        answer = browser.call("DELETE", CURRENT)
        assert (answer.status, browser.cookies) == (204, {})
        assert Browser(studio, kept).call("GET", ME).status == 401
        assert studio.cloud.items("sessions") == []

    def test_keeps_other_sessions_and_tokens(self, studio):
        first, second = studio.sign_in(), studio.sign_in()
        first.call("DELETE", CURRENT)
        assert second.call("GET", ME).status == studio.get(ME).status == 200

    def test_needs_the_csrf_token(self, studio):
        browser = studio.sign_in()
        assert browser.call("DELETE", CURRENT, csrf=False).status == 403
        assert browser.call("GET", ME).status == 200

    def test_is_idempotent(self, studio, browser):
        assert browser.call("DELETE", CURRENT).status == 204
        signed_in = studio.sign_in()
        for _ in range(2):
            assert Browser(studio, dict(signed_in.cookies)).call("DELETE", CURRENT).status == 204


class TestSession:
    def test_costs_one_read(self, studio):
        browser = studio.sign_in()
        with counting(studio) as watch:
            browser.call("GET", "/api/internal/authenticate_user_internal")
        assert watch.names == ["GetItem"]

    def test_expires_before_it_is_removed(self, studio):
        browser = studio.sign_in()
        Session(digest(browser.cookies[SESSION])).update([Session.expires.set(1)])
        assert_over(browser)

    def test_ends_when_its_user_is_deactivated(self, studio):
        browser = studio.sign_in()
        admin = studio.sign_up("admin", is_admin=True)[1]
        studio.call("PATCH", f"/api/admin-users/{studio.user_id}", {"is_active": False}, admin)
        assert_over(browser)

    @pytest.mark.parametrize("value", ["", "x", "0" * 64, "A" * 64, "0" * 63, "\u00e9", '"' + "0" * 64, "a" * 9000])
    def test_with_an_invalid_id_is_ignored(self, studio, value):
        browser = Browser(studio, {SESSION: value, CSRF: csrf_token(value)})
        for method, path in (("GET", ME), ("POST", "/api/channel")):
            answer = browser.call(method, path)
            assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, "Token")
            assert len(value) < 9 or value not in answer.text
        assert browser.call("GET", CURRENT).json["user_id"] is None

    def test_has_lower_precedence_than_a_token(self, studio):
        browser = studio.sign_in()
        other_id, token = studio.sign_up("other")
        assert browser.call("GET", ME, authorization=f"Token {token}").json["id"] == other_id
        assert browser.call("GET", ME, authorization="Token bad").status == 401
        sent = {"name": "c"}
        assert browser.call("POST", "/api/channel", sent, csrf=False, authorization=f"Token {token}").status == 201

    def test_is_used_if_another_scheme_is_sent(self, studio):
        assert studio.sign_in().call("GET", ME, authorization="Basic abc").status == 200

    def test_is_found_among_other_cookies(self, studio):
        browser = studio.sign_in()
        cookie = f'a=b;c; {SESSION}={browser.cookies[SESSION]};{SESSION}=x; d="e=f"'
        assert studio.call("GET", ME, None, None, cookie=cookie).status == 200


class TestCsrf:
    @pytest.mark.parametrize("token", ["", "x", "0" * 64, "\u00e9", "{session}", "{digest}", "{other}"])
    def test_token_must_match_the_session(self, studio, token):
        browser, other = studio.sign_in(), studio.sign_in()
        session = browser.cookies[SESSION]
        sent = token.format(session=session, digest=digest(session), other=other.cookies[CSRF])
        answer = browser.call("POST", "/api/channel", {"name": "c"}, csrf=False, x_csrftoken=sent)
        assert (answer.status, answer.json["detail"]) == (403, CSRF_FAILED)
        assert studio.cloud.items("channels") == []

    def test_token_is_not_read_from_the_cookie(self, studio):
        answer = studio.sign_in().call("POST", "/api/channel", {"name": "c"}, csrf=False)
        assert (answer.status, answer.json["detail"]) == (403, CSRF_FAILED)

    @pytest.mark.parametrize(
        "headers", [{"origin": "http://evil.example.org"}, {"referer": "http://evil.example.org/"}]
    )
    def test_token_is_refused_from_another_site(self, studio, headers):
        answer = studio.sign_in().call("POST", "/api/channel", {"name": "c"}, **headers)
        assert answer.status == 403
        assert settings().public_url in answer.json["detail"]

    def test_token_is_accepted_from_the_same_site(self, studio):
        own = settings().public_url
        for headers in ({"origin": own}, {"referer": f"{own}/en/channels/?a=b"}, {"origin": own.upper()}):
            assert studio.sign_in().call("POST", "/api/channel", {"name": "c"}, **headers).status == 201

    def test_token_is_not_needed_for_reads(self, studio):
        browser = studio.sign_in()
        for method in ("GET", "HEAD", "OPTIONS"):
            assert browser.call(method, ME, csrf=False, origin="http://evil.example.org").status == 200


def assert_over(browser):
    answer = browser.call("GET", ME)
    assert (answer.status, answer.json["detail"]) == (401, "Your session has ended. Sign in again.")
