"""Chalice's own tools: the events of `chalice.test.Client`, which are those of `chalice local`, too."""

import json

from chalice.test import Client

import app as application
from infra.local.edge.events import LambdaContext
from tests.support.http.client import HTTP


def test_the_client_from_chalices_documentation_works(studio):
    with Client(application.app) as client:
        answer = client.http.get("/api/user/me", headers={"Authorization": f"Token {studio.token}"})
        assert (answer.status_code, answer.json_body["email"]) == (200, "chef@example.org")
        assert client.http.get("/api/public/info").json_body["application"] == "studio"


def test_trailing_slashes_make_no_difference(studio):
    for path in ("/api/user/me", "/api/user/me/"):
        assert HTTP.get(path, headers={"Authorization": f"Token {studio.token}"}).status_code == 200


def test_parameters_of_paths_are_decoded_once(studio):
    answer = HTTP.get("/api/public/v1/channels/lookup/a%2525%C3%A9")
    assert (answer.status_code, answer.json_body["detail"]) == (404, "No channel matching a%25é found")


def test_parameters_of_queries_may_be_repeated(studio):
    first, second = studio.make_channel("one")[0], studio.make_channel("two")[0]
    headers = {"Authorization": f"Token {studio.token}"}
    found = HTTP.get(f"/api/channel?id__in={first},{second}&edit=false&edit=true", headers=headers).json_body
    assert {channel["id"] for channel in found} == {first, second}


def test_a_request_without_an_identity_is_accepted(studio):
    """Local events lack the identity that API Gateway adds to their context."""
    event = {
        "requestContext": {"httpMethod": "GET", "resourcePath": "/api/public/info", "path": "/api/public/info"},
        "multiValueQueryStringParameters": None,
        "headers": {},
        "pathParameters": {},
        "stageVariables": {},
        "body": None,
    }
    answer = application.app(event, LambdaContext("api"))
    assert (answer["statusCode"], json.loads(answer["body"])["application"]) == (200, "studio")


def test_every_response_lists_cookies_separately(studio):
    answer = HTTP.get("/en/accounts/")
    assert [cookie.partition("=")[0] for cookie in answer.headers["Set-Cookie"]] == ["csrftoken"]
