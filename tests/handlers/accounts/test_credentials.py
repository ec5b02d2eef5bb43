"""Authentication: routes that need a user refuse requests without a valid token."""

import pytest

from chalicelib.domain.tokens import digest, new_api_token
from chalicelib.models.tokens import Token
from tests.support.source import routes

AUTHENTICATE = "/api/internal/authenticate_user_internal"


def assert_not_signed_in(answer):
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"] == "Token"
    assert answer.headers["Content-Type"] == "application/json"
    assert set(answer.json) == {"error", "detail"}


@pytest.mark.parametrize("route", routes.SIGNED_IN, ids=routes.name)
@pytest.mark.parametrize("token", [None, "0" * 40], ids=["anonymous", "unknown token"])
def test_a_route_that_needs_a_user_refuses_others_before_it_reads_the_body(studio, route, token):
    body = b"not json" if route.method == "POST" else None
    assert_not_signed_in(studio.call(route.method, routes.url(route), body, token))


@pytest.mark.parametrize("route", routes.OPEN, ids=routes.name)
def test_a_route_for_everyone_does_not_look_at_credentials(studio, route):
    url = routes.url(route) + ("?public=true" if route.path == "/api/catalog" else "")  # it requires a filter
    answers = {studio.call(route.method, url, None, token).status for token in (None, "0" * 40, studio.token)}
    assert len(answers) == 1
    assert answers < ({200, 404} if route.method == "GET" else {204, 302, 400, 403})


@pytest.mark.parametrize(
    "header",
    [
        "",
        " ",
        "Token",
        "Token ",
        "Token a b",
        "Token {token} {token}",
        "Token {token}x",
        "Token {token}\x00",
        "Token {upper}",
        "Token é",
        "Token " + "a" * 10_000,
        "Bearer {token}",
        "Basic {token}",
        "{token}",
        "Tokens {token}",
        "Token={token}",
        "Token\u00a0{token}x",
    ],
)
def test_a_malformed_header_signs_nobody_in(studio, header):
    sent = header.format(token=studio.token, upper=studio.token.upper())
    assert_not_signed_in(studio.call("GET", AUTHENTICATE, token=None, authorization=sent))


@pytest.mark.parametrize("header", ["Token {token}", "token {token}", "TOKEN   {token} "])
def test_the_scheme_may_be_written_in_any_case(studio, header):
    sent = header.format(token=studio.token)
    assert studio.call("GET", AUTHENTICATE, token=None, authorization=sent).status == 200


def test_the_name_of_the_header_may_be_written_in_any_case(studio):
    for name in ("Authorization", "AUTHORIZATION"):
        sent = {name: f"Token {studio.token}"}
        assert studio.call("GET", AUTHENTICATE, token=None, **sent).status == 200


def test_the_token_of_a_user_who_is_not_active_is_refused(studio):
    token = Token.get(digest(studio.token))
    token.update([Token.is_active.set(False)])
    assert_not_signed_in(studio.get(AUTHENTICATE))


def test_a_token_identifies_its_user(studio):
    other_id, other = studio.sign_up("other", is_admin=True)
    answers = [studio.get(AUTHENTICATE, token).json for token in (studio.token, other)]
    assert [answer["user_id"] for answer in answers] == [studio.user_id, other_id]
    assert [answer["username"] for answer in answers] == ["chef@example.org", "other@example.org"]
    assert [answer["is_admin"] for answer in answers] == [False, True]


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("body", [b"", b"{}", b"not json"], ids=["nothing", "object", "not json"])
def test_authenticating_needs_no_body(studio, method, body):
    answer = studio.call(method, AUTHENTICATE, body)
    assert answer.status == 200
    expected = {"success", "username", "user_id", "first_name", "last_name", "is_admin"}
    assert set(answer.json) == expected


def test_tokens_are_40_hex_digits_and_only_their_hash_is_stored(studio):
    assert len(new_api_token()) == 40
    stored = str(studio.cloud.contents())
    assert studio.token not in stored
    assert digest(studio.token) in stored
