"""The origin secret: requests that carry it come from the CDN, others are refused."""

import json
from dataclasses import replace
from typing import Any

import pytest

import app as application
from chalicelib.config import Settings, settings
from chalicelib.errors import Forbidden
from chalicelib.http import origin
from infra.local.edge.events import LambdaContext, Request, api_gateway_event
from tests.support.http.cdn import require_origin_secret
from tests.support.http.client import Browser

ME = "/api/user/me"
SIGN_IN = "/api/auth/session"


def ask(path, method="GET", **headers):
    """The function's response, without a check against the OpenAPI document, which does not mention the secret."""
    sent = [(name.replace("_", "-"), value) for name, value in headers.items()]
    event = api_gateway_event(Request(method, path, "", sent, b"", "203.0.113.9"), path, {})
    return application.app(event, LambdaContext("api"))


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [("k", "k"), ("old", "new, old"), ("new,old", "old"), ("new,old", "new"), ("new,old", "new,old")],
    ids=["one", "the CDN has both", "we have both, CDN old", "we have both, CDN new", "both have both"],
)
def test_the_secret_can_be_rotated_without_downtime(studio, monkeypatch, ours, theirs):
    require_origin_secret(monkeypatch, ours)
    assert studio.call("GET", ME, x_front_key=theirs).status == 200


@pytest.mark.parametrize("theirs", ["", ",", "K", "k2", "é", "k k"])
@pytest.mark.parametrize("path", [ME, "/api/public/v1/channels"])
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_requests_with_another_secret_are_refused(studio, monkeypatch, theirs, path, method):
    require_origin_secret(monkeypatch, "k,,")
    answer = ask(path, method, authorization=f"Token {studio.token}", x_front_key=theirs)
    assert answer["statusCode"] == 403
    assert settings().public_url in json.loads(answer["body"])["detail"]
    assert answer["headers"]["Cache-Control"] == "no-store"


def test_requests_without_a_secret_are_refused(studio, monkeypatch):
    require_origin_secret(monkeypatch, "k")
    assert ask(ME, authorization=f"Token {studio.token}")["statusCode"] == 403


def test_all_requests_are_accepted_if_no_secret_is_set(studio):
    assert studio.call("GET", ME, x_front_key="k").status == 200


class TestClientAddress:
    @pytest.mark.parametrize(
        ("forwarded", "address"),
        [("", "s"), ("a", "s"), ("a, b", "a"), ("c, a, b", "a")],
        ids=["nothing", "no CloudFront", "CloudFront", "forged by the client"],
    )
    def test_is_added_by_the_cdn(self, monkeypatch, forwarded, address):
        require_origin_secret(monkeypatch, "k")
        assert origin.client_address("k", forwarded, "s") == address

    def test_is_the_source_of_the_request_if_no_secret_is_set(self):
        assert origin.client_address("k", "c, a, b", "s") == "s"

    def test_requires_the_secret(self, monkeypatch):
        require_origin_secret(monkeypatch, "k")
        with pytest.raises(Forbidden):
            origin.client_address("x", "a, b", "s")

    def test_limits_sign_in_attempts_behind_the_cdn(self, studio, monkeypatch):
        require_origin_secret(monkeypatch, "k")
        monkeypatch.setattr("chalicelib.operations.accounts.attempts.MAX_PER_ADDRESS", 2)
        statuses = []
        for number in range(4):
            body = {"username": f"{number}@example.org", "password": "x"}
            studio.address = "203.0.113.9" if number < 3 else "203.0.113.10"
            forwarded: dict[str, Any] = {"x_forwarded_for": f"10.0.0.{number}", "x_front_key": "k"}
            statuses.append(Browser(studio).call("POST", SIGN_IN, body, **forwarded).status)
        assert statuses == [401, 401, 429, 401]


class TestSecrecy:
    def test_the_secret_is_not_in_the_text_of_the_settings(self):
        assert "geheim" not in repr(replace(settings(), origin_secret="geheim"))
        assert isinstance(settings(), Settings)

    def test_the_secret_is_not_passed_to_views(self, studio, monkeypatch):
        require_origin_secret(monkeypatch, "geheim")
        seen = []
        monkeypatch.setattr("chalicelib.http.router.caller_of", lambda method, headers, *_: seen.append(dict(headers)))
        studio_answer = ask(ME, x_front_key="geheim", authorization="Token x")
        assert studio_answer["statusCode"] == 401
        assert seen
        assert all("x-front-key" not in headers for headers in seen)

    def test_the_openapi_document_does_not_mention_it(self, studio):
        assert "front-key" not in studio.call("GET", "/api/openapi.json").text.lower()
