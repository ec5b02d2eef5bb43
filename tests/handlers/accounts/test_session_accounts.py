"""Studio's paths of signing in and out, for its clients."""

from urllib.parse import urlencode

import pytest

from chalicelib.identity import accounts
from chalicelib.identity.cookies import CSRF, DEVICE, SESSION
from tests.support.http import cdn
from tests.support.http.client import Browser
from tests.support.http.pages import ACCEPT

ACCOUNTS = "/en/accounts"
EMAIL = "someone@example.org"
PASSWORD = "correct horse"
FORM = "application/x-www-form-urlencoded"
ME = "/api/user/me"


@pytest.fixture
def browser(studio):
    accounts.create_user(EMAIL, PASSWORD)
    return Browser(studio)


def send(browser, action, **fields):
    """Submit a form without JavaScript, which would send a header."""
    body = urlencode(fields).encode()
    return browser.call("POST", action.rstrip("/"), body, csrf=False, content_type=FORM)


def test_studios_clients_sign_in_as_recorded(browser):
    """Recorded: the page sets csrftoken; JSON credentials return 302 and the session cookie."""
    page = browser.call("GET", ACCOUNTS)
    assert (page.status, set(browser.cookies)) == (200, {CSRF})
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    answer = browser.call("POST", f"{ACCOUNTS}/login", {"username": EMAIL, "password": PASSWORD})
    assert (answer.status, answer.text) == (302, "")
    assert set(browser.cookies) == {CSRF, DEVICE, SESSION}
    assert browser.call("GET", ME).json["email"] == EMAIL
    refused = browser.call("POST", "/api/channel", {"name": "c"}, csrf=False)
    assert (refused.status, refused.json["detail"]) == (403, "CSRF Failed: CSRF token missing or incorrect.")


def test_browsers_are_led_to_our_page(browser):
    answer = browser.call("GET", ACCOUNTS, accept=ACCEPT)
    assert (answer.status, answer.headers["Location"]) == (302, "/accounts/login/")


def test_json_errors_are_json(browser):
    for body, status in (({"username": EMAIL, "password": "wrong"}, 401), ({}, 400), ([], 400), (b"x", 400)):
        answer = browser.call("POST", f"{ACCOUNTS}/login", body)
        assert (answer.status, answer.headers["Content-Type"]) == (status, "application/json")


def test_a_form_from_another_site_is_refused(browser):
    body = urlencode({"username": EMAIL, "password": PASSWORD}).encode()
    answer = browser.call("POST", f"{ACCOUNTS}/login", body, content_type=FORM, origin="http://evil.example.org")
    assert (answer.status, answer.cookies) == (403, [])


def test_an_oversized_form_is_refused(browser):
    assert send(browser, f"{ACCOUNTS}/login", **{f"f{n}": "x" for n in range(30)}).status == 400


@pytest.mark.parametrize("fields", [{}, {"csrfmiddlewaretoken": "x"}])
def test_signing_out_by_form_needs_the_csrf_token(studio, fields):
    browser = studio.sign_in()
    assert send(browser, f"{ACCOUNTS}/logout", **fields).status == 403
    assert browser.call("GET", ME).status == 200


def test_signing_out_by_script_uses_the_header(studio):
    browser = studio.sign_in()
    assert browser.call("POST", f"{ACCOUNTS}/logout").status == 302
    assert browser.cookies == {}


def test_pages_load_no_resources_and_are_not_cached(browser):
    headers = browser.call("GET", ACCOUNTS).headers
    assert headers["Content-Security-Policy"].startswith("default-src 'none';")
    assert headers["Cache-Control"] == "no-store"


def test_the_cdn_passes_cookies_in_both_directions(studio):
    accounts.create_user(EMAIL, PASSWORD)
    body = {"username": EMAIL, "password": PASSWORD}
    answer = cdn.send("POST", f"{ACCOUNTS}/login/", json=body)
    assert (answer.status_code, set(answer.cookies)) == (302, {SESSION, CSRF, DEVICE})
    cookie = {"Cookie": "; ".join(f"{name}={value}" for name, value in answer.cookies.items())}
    assert cdn.send("GET", f"{ACCOUNTS}/", headers=cookie).status_code == 200
    assert cdn.send("GET", f"{ME}/", headers=cookie).json()["email"] == EMAIL
    sent = {**cookie, "X-CSRFToken": answer.cookies[CSRF]}
    assert cdn.send("POST", "/api/channel/", json={"name": "c"}, headers=sent).status_code == 201
    assert cdn.send("POST", "/api/channel/", json={"name": "c"}, headers=cookie).status_code == 403
