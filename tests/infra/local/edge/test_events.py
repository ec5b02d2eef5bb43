"""Events as API Gateway and SQS pass them to functions."""

import base64
import json
from typing import Any

import pytest

from infra.local.edge.events import (
    LambdaContext,
    Request,
    RouteTable,
    api_gateway_event,
    exceeds_payload_limit,
    response_of,
    sqs_event,
)


def request(**changes: Any) -> Request:
    values: dict[str, Any] = {
        "method": "POST",
        "path": "/api/thing/a%20b",
        "query": "x=1&x=2&y=%C3%A9&z=",
        "headers": [("content-type", "application/json"), ("accept", "a"), ("accept", "b")],
        "body": b'{"title": "\xc3\xa9"}',
        "source_ip": "192.0.2.1",
    }
    return Request(**values | changes)


def test_a_greedy_path_is_found_last() -> None:
    table = RouteTable(["/", "/{proxy+}", "/api/{kind}", "/api/channel"])
    assert table.find("/") == ("/", {})
    assert table.find("/api/channel") == ("/api/channel", {})
    assert table.find("/channels/1%2F2/") == ("/{proxy+}", {"proxy": "channels/1%2F2"})
    assert table.find("/api/a/b") == ("/{proxy+}", {"proxy": "api/a/b"})


def test_an_event_has_last_and_all_values_of_headers_and_parameters() -> None:
    event = api_gateway_event(request(), "/api/thing/{thing_id}", {"thing_id": "a%20b"})
    assert event["headers"]["accept"] == "b"
    assert event["multiValueHeaders"]["accept"] == ["a", "b"]
    assert event["queryStringParameters"] == {"x": "2", "y": "é", "z": ""}
    assert event["multiValueQueryStringParameters"] == {"x": ["1", "2"], "y": ["é"], "z": [""]}
    assert event["pathParameters"] == {"thing_id": "a%20b"}
    assert event["requestContext"]["resourcePath"] == event["resource"] == "/api/thing/{thing_id}"
    assert event["requestContext"]["identity"]["sourceIp"] == "192.0.2.1"


def test_the_clients_address_follows_its_own_forwarded_header() -> None:
    event = api_gateway_event(request(headers=[("x-forwarded-for", "10.0.0.1")]), "/", {})
    assert event["headers"]["x-forwarded-for"].split(", ")[:-1] == ["10.0.0.1", "192.0.2.1"]


def test_text_stays_text() -> None:
    event = api_gateway_event(request(), "/", {})
    assert (event["body"], event["isBase64Encoded"]) == ('{"title": "é"}', False)


def test_nothing_is_null() -> None:
    event = api_gateway_event(request(body=b"", query=""), "/", {})
    names = ("body", "pathParameters", "queryStringParameters", "multiValueQueryStringParameters", "stageVariables")
    assert [event[name] for name in names] == [None] * 5


@pytest.mark.parametrize(
    ("body", "content_type"), [(b"\xff\x00", "application/json"), (b"plain", "multipart/form-data; boundary=x")]
)
def test_binary_and_multipart_bodies_are_base64(body: bytes, content_type: str) -> None:
    event = api_gateway_event(request(body=body, headers=[("content-type", content_type)]), "/", {})
    assert event["isBase64Encoded"]
    assert base64.b64decode(event["body"]) == body


def test_a_literal_segment_wins_over_a_parameter() -> None:
    table = RouteTable(["/", "/api/{kind}", "/api/channel", "/api/channel/{id}/publish", "/api/{kind}/{id}"])
    assert table.find("/") == ("/", {})
    assert table.find("/api/channel") == ("/api/channel", {})
    assert table.find("/api/file") == ("/api/{kind}", {"kind": "file"})
    assert table.find("/api/channel/7/publish") == ("/api/channel/{id}/publish", {"id": "7"})


def test_a_path_that_begins_with_a_literal_segment_is_never_read_as_a_parameter() -> None:
    table = RouteTable(["/api/channel/new", "/api/{kind}/{id}"])
    assert table.find("/api/channel/7") is None
    assert table.find("/api/file/new") == ("/api/{kind}/{id}", {"kind": "file", "id": "new"})


@pytest.mark.parametrize("path", ["/api", "/api//x", "/api/a/b/c", "/api/a/", "/%7Bkind%7D", "/api/{kind}/x/y"])
def test_other_paths_are_not_found(path: str) -> None:
    table = RouteTable(["/api/{kind}/{id}"])
    assert table.find(path) is None


def test_two_names_for_one_place_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\{kind\}"):
        RouteTable(["/api/{kind}", "/api/{name}/x"])


def test_a_result_becomes_a_response_with_all_its_headers() -> None:
    result = {
        "statusCode": 201,
        "headers": {"Content-Type": "image/png"},
        "multiValueHeaders": {"Set-Cookie": ["a", "b"]},
        "body": base64.b64encode(b"\x89PNG").decode(),
        "isBase64Encoded": True,
    }
    response = response_of(result)
    assert (response.status, response.body) == (201, b"\x89PNG")
    assert response.headers == [("content-type", "image/png"), ("set-cookie", "a"), ("set-cookie", "b")]


def test_a_result_without_a_type_is_json() -> None:
    assert response_of({"statusCode": 200, "body": "{}"}).headers == [("content-type", "application/json")]


@pytest.mark.parametrize(
    ("body", "exceeds"),
    [("x" * 6_000_000, False), ("x" * 6_291_456, True), ("\n" * 3_200_000, True), ("é" * 3_100_000, False)],
)
def test_lambdas_limit_counts_bytes_of_json(body: str, exceeds: bool) -> None:
    assert exceeds_payload_limit({"body": body}) is exceeds


def test_messages_become_records() -> None:
    message = {
        "MessageId": "m",
        "ReceiptHandle": "r",
        "Body": json.dumps({"task": 1}),
        "Attributes": {"ApproximateReceiveCount": "3"},
    }
    (record,) = sqs_event([message], "arn:aws:sqs:us-east-1:000000000000:publish")["Records"]
    assert record["messageId"] == "m"
    assert record["receiptHandle"] == "r"
    assert record["attributes"]["ApproximateReceiveCount"] == "3"
    assert record["eventSource"] == "aws:sqs"
    assert record["awsRegion"] == "us-east-1"


def test_a_context_counts_down() -> None:
    left = LambdaContext("api", timeout=2).get_remaining_time_in_millis()
    assert 1900 < left <= 2000
