"""Every route accepts a session like a token."""

import pytest

from chalicelib.http.router import Access
from chalicelib.identity.authentication import UNSAFE_METHODS
from chalicelib.identity.cookies import CSRF, SESSION
from tests.support.http.client import Browser
from tests.support.source import routes

CLOSED = [route for route in routes.ALL if route.access is not Access.ANYONE]
# Refused with a token, which controls no other token and no session, and neither exports nor deletes the account.
WITH_SESSION = {f"{method} /api/user/me/tokens{end}" for method, end in (("POST", ""), ("DELETE", "/{id}"))}
WITH_SESSION |= {f"{method} /api/user/me/sessions" for method in ("GET", "DELETE")}
WITH_SESSION |= {"DELETE /api/user/me/sessions/{id}", "POST /api/user/me/deletion"}
WITH_SESSION |= {f"{method} /api/user/me/export" for method in ("GET", "POST")}
PUBLIC = [route for route in routes.OPEN if route.path.startswith("/api/public/")]
COOKIES = {SESSION: "0" * 64, CSRF: "0" * 64}


@pytest.mark.parametrize("route", CLOSED, ids=routes.name)
def test_a_session_is_accepted_like_a_token(studio, route):
    admin_id, token = studio.sign_up("admin", is_admin=True)
    browser, path = studio.sign_in(admin_id), routes.url(route)
    by_token = studio.call(route.method, path, None, token)
    by_session = browser.call(route.method, path)
    if routes.name(route) in WITH_SESSION:
        assert by_token.status == 403
    else:
        assert (by_session.status, by_session.headers) == (by_token.status, by_token.headers)
    assert by_session.status not in (401, 403)


@pytest.mark.parametrize("route", [r for r in CLOSED if r.method in UNSAFE_METHODS], ids=routes.name)
def test_a_session_changes_nothing_without_its_csrf_token(studio, route):
    browser = studio.sign_in()
    before = studio.cloud.contents()
    answer = browser.call(route.method, routes.url(route), csrf=False)
    assert (answer.status, answer.json["detail"]) == (403, "CSRF Failed: CSRF token missing or incorrect.")
    assert studio.cloud.contents() == before


@pytest.mark.parametrize("route", CLOSED, ids=routes.name)
def test_an_invalid_session_cookie_authenticates_nobody(studio, route):
    answer = Browser(studio, dict(COOKIES)).call(route.method, routes.url(route))
    assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, "Token")


@pytest.mark.parametrize("route", PUBLIC, ids=routes.name)
def test_public_routes_neither_read_nor_set_cookies(studio, route):
    path = routes.url(route)
    answers = [browser.call(route.method, path) for browser in (Browser(studio), Browser(studio, dict(COOKIES)))]
    answers.append(studio.sign_in().call(route.method, path))
    assert len({answer.status for answer in answers}) == 1
    assert not any(answer.cookies for answer in answers)
