"""Requests of pages of other sites and of sandboxed documents, such as users' files: no CSRF token, no change."""

import pytest

from chalicelib.config import settings
from chalicelib.identity import accounts
from chalicelib.identity.authentication import UNSAFE_METHODS
from tests.support.http.client import Browser
from tests.support.source import routes

CURRENT = "/api/auth/session/current"
FOREIGN = [
    {"origin": "null"},
    {"origin": "null", "sec_fetch_site": "cross-site"},
    {"sec_fetch_site": "cross-site"},
    {"sec_fetch_site": "same-site"},
    {"sec_fetch_site": "Cross-Site"},
    {"sec_fetch_site": "new-value"},
]
WINDOW = {"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate", "sec_fetch_dest": "document"}
UNSAFE = [route for route in routes.ALL if route.method in UNSAFE_METHODS]


def own(**headers):
    """The headers of one of our pages."""
    return {"origin": settings().public_url, "sec_fetch_site": "same-origin", **headers}


@pytest.mark.parametrize("route", UNSAFE, ids=routes.name)
@pytest.mark.parametrize("headers", FOREIGN[1:4:2], ids=str)
def test_change_nothing_on_any_route_with_any_credentials(studio, route, headers):
    admin_id, token = studio.sign_up("admin", is_admin=True)
    browser, path = studio.sign_in(admin_id), routes.url(route)
    before = studio.cloud.contents()
    by_session = browser.call(route.method, path, {}, **headers)
    answers = [by_session, *(studio.call(route.method, path, {}, sent, **headers) for sent in (token, None))]
    assert {answer.status for answer in answers} == {403}
    assert {"another site" in answer.text for answer in answers} == {True}
    assert studio.cloud.contents() == before


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
class TestForeignPages:
    def test_get_no_csrf_token(self, studio, headers):
        for browser in (studio.sign_in(), Browser(studio)):
            answer = browser.call("GET", CURRENT, **headers)
            assert (answer.status, answer.json["csrf_token"], answer.cookies) == (200, None, [])

    def test_get_no_page_with_the_token(self, studio, headers):
        answer = studio.sign_in().call("GET", "/en/accounts", **headers)
        assert (answer.status, answer.cookies) == (403, [])
        assert "csrfmiddlewaretoken" not in answer.text

    def test_cannot_sign_in(self, studio, headers):
        accounts.create_user("someone@example.org", "correct horse")
        sent = {"username": "someone@example.org", "password": "correct horse"}
        for path in ("/api/auth/session", "/en/accounts/login"):
            answer = Browser(studio).call("POST", path, sent, **headers)
            assert (answer.status, answer.cookies) == (403, [])

    def test_cannot_write_with_a_session_and_its_token(self, studio, headers):
        answer = studio.sign_in().call("POST", "/api/channel", {"name": "c"}, **headers)
        assert answer.status == 403
        assert settings().public_url in answer.json["detail"]


@pytest.mark.parametrize("origin", ["https://evil.example.org", "{own}.evil.example.org", "{own}:1", "file://", "x"])
def test_a_foreign_origin_gets_no_csrf_token_either(studio, origin):
    sent = origin.format(own=settings().public_url)
    answer = studio.sign_in().call("GET", CURRENT, origin=sent)
    assert (answer.json["csrf_token"], answer.cookies) == (None, [])
    assert studio.sign_in().call("GET", "/en/accounts", origin=sent).status == 403


@pytest.mark.parametrize("site", ["same-origin", "none"])
def test_our_own_pages_and_the_user_do(studio, site):
    browser = studio.sign_in()
    token = browser.call("GET", CURRENT, **own(sec_fetch_site=site)).json["csrf_token"]
    assert token == browser.cookies["csrftoken"]
    assert browser.call("POST", "/api/channel", {"name": "c"}, **own(sec_fetch_site=site)).status == 201
    assert token in browser.call("GET", "/en/accounts", sec_fetch_site=site).text


def test_a_link_on_another_site_opens_the_account_page_in_a_window_only(studio):
    browser = studio.sign_in()
    assert browser.call("GET", "/en/accounts", **WINDOW).status == 200
    for more in ({"sec_fetch_dest": "iframe"}, {"sec_fetch_mode": "cors"}, {"sec_fetch_dest": "empty"}):
        assert browser.call("GET", "/en/accounts", **{**WINDOW, **more}).status == 403


def test_clients_that_are_no_browsers_need_none_of_these_headers(studio):
    assert studio.post("/api/channel", {"name": "c"}).status == 201
    proxied = studio.call("POST", "/api/channel", {"name": "c"}, origin="https://proxy.example.org")
    assert proxied.status == 201  # a token, and no browser says that it comes from another site
