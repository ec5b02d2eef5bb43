"""Arbitrary bodies: the response is JSON and not a 5xx, and a refused request has changed nothing."""

import json
import uuid

import pytest

from chalicelib.domain.ids import parse_id
from tests.support.aws.calls import strictly
from tests.support.http import requests
from tests.support.http.requests import BASE, UPLOAD_URL, WRONG
from tests.support.source import routes
from tests.support.worlds.accounts import ACTIVATE, CHOOSE, REGISTER, RESET, new_key

# Paths of one resource ({id}) are left out: they respond 404 before they read the body.
POSTS = [
    r.path
    for r in routes.ALL
    if r.method == "POST" and r.path.startswith("/api/") and "authenticate" not in r.path and "{" not in r.path
    if r.path not in requests.BY_SESSION
]
TOLERANT = ("/api/internal/", "/api/sync", "/api/file/upload_url")  # of unknown fields
# They count failed attempts, or mails.
COUNTED = ("/api/auth/session", "/api/user/me/password", ACTIVATE, REGISTER, RESET)
pytestmark = pytest.mark.usefixtures("mailing")  # without mail, some are refused before the body is read
JSON_POSTS = [path for path in POSTS if not path.endswith("file_upload")]

BODIES = {
    "an open bracket": b"{",
    "a word": b"x",
    "a number": b"1",
    "true": b"true",
    "text": b'"text"',
    "a lone surrogate": b'"\\ud800"',
    "NaN": b"NaN",
    "a number of 10,000 digits": b"9" * 10_000,
    "bytes that are not UTF-8": b'["\xff"]',
    "a null byte": b"\x00",
    "two values": b"{} {}",
    "a comment": b"{} // comment",
    "a form": b"a=b&c=d",
    "lists 100,000 deep": b"[" * 100_000 + b"]" * 100_000,
    "objects 100,000 deep": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
}


def good_body(studio, path):
    bodies = requests.good_bodies(studio)
    assert path in bodies, f"add a body for POST {path} to good_bodies in tests/support/http/requests.py"
    return bodies[path]


def assert_refused(answer):
    assert 400 <= answer.status < 500, answer.text
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json


@pytest.mark.parametrize("path", POSTS)
def test_a_body_that_is_not_an_object_is_refused_and_changes_nothing(studio, path):
    requests.good_bodies(studio)
    before = studio.cloud.contents()
    for label, body in BODIES.items():
        answer = studio.call("POST", path, body)
        assert answer.status == 400, (label, answer.text)
        assert_refused(answer)
    assert studio.cloud.contents() == before


# An empty list of files and an empty sync request are valid.
@pytest.mark.parametrize("path", [path for path in JSON_POSTS if not path.endswith(("file_diff", "/sync"))])
@pytest.mark.parametrize("body", [b"", b" \n", b"{}", b"null", b"[]", b'[{"id": 1}]'])
def test_an_empty_body_lacks_required_fields(studio, path, body):
    answer = studio.call("POST", path, body)
    assert answer.status == 400
    expected = "An object is required." if body.startswith(b"[") else "This field is required."
    fields = {name: texts for name, texts in answer.json.items() if name not in ("error", "detail")}
    assert fields
    assert all(texts == [expected] for texts in fields.values())


@pytest.mark.parametrize("path", JSON_POSTS)
def test_a_body_is_read_as_json_whatever_its_content_type(studio, path):
    body = good_body(studio, path)
    for content_type in ("text/plain", "application/json; charset=utf-8", "application/x-www-form-urlencoded", "x"):
        if path.endswith(("finish_channel", "publish_channel")):
            body = {**body, "channel_id": studio.make_channel()[0]}
        if path == "/api/invitation":  # a second invitation is refused
            body = {**body, "email": f"{uuid.uuid4().hex}@example.org"}
        if path in (ACTIVATE, CHOOSE):  # a link works once
            body = {**body, "key": new_key(body.get("password", ""))}
        if path == "/api/user/me/storage/request":  # one is open at a time
            studio.call("DELETE", path)
        encoded = requests.replaced([body], (0,), body)[1:-1]
        answer = studio.call("POST", path, encoded, content_type=content_type)
        assert answer.status == requests.good_status(path), answer.text


@pytest.mark.parametrize("path", [path for path in JSON_POSTS if not path.endswith("add_nodes")])
def test_an_invalid_value_anywhere_is_not_a_server_error(studio, path):
    body = good_body(studio, path)
    assert problems(studio, path, body, WRONG) == []


def problems(studio, path, body, values):
    """The problems with bodies in which one value is replaced by one of these."""
    found = []
    with strictly(studio) as watch:
        for label, corrupted in requests.corrupted(body, values):
            watch.names.clear()
            problem = problem_with(studio, path, corrupted, watch)
            if problem:
                found.append(f"{label}: {problem}")
    return found


@pytest.mark.parametrize("path", JSON_POSTS)
def test_values_that_no_database_can_store_are_refused(studio, path):
    body = good_body(studio, path)
    with strictly(studio) as watch:
        for label in requests.REFUSED_WHOLE:
            more = [*body, None] if isinstance(body, list) else {**body, "unknown_field": None}
            place = (len(body),) if isinstance(body, list) else ("unknown_field",)
            answer = studio.call("POST", path, requests.replaced(more, place, WRONG[label]))
            assert (answer.status, set(answer.json)) == (400, {"error", "detail"}), label
    assert watch.writes == []


def problem_with(studio, path, body, watch):
    """The problem with the response to this body, or None."""
    try:
        answer = studio.call("POST", path, body)
    except UnicodeEncodeError:
        return "the response is not Unicode text"
    if answer.status >= 500:
        return answer.status
    if answer.status >= 400 and answer.status != 412 and watch.writes and path not in COUNTED:
        return f"refused after writing: {watch.writes}"
    return None if answer.status == 204 or isinstance(answer.json, dict | list) else "no JSON object"


@pytest.mark.parametrize("path", [path for path in JSON_POSTS if path not in (UPLOAD_URL, "/api/upload")])
def test_ids_may_be_written_with_dashes_and_in_capitals(studio, path):
    body = good_body(studio, path)
    ids = {value for value in map(str, requests.values(body)) if parse_id(value)}
    text = json.dumps(body)
    for id in ids:
        text = text.replace(id, str(uuid.UUID(id)).upper())
    answer = studio.call("POST", path, text.encode())
    assert answer.status == requests.good_status(path), answer.text
    assert not any(str(uuid.UUID(id)).upper() in answer.text for id in ids)


def test_all_invalid_fields_are_reported_together(studio):
    answer = studio.post(UPLOAD_URL, {"size": "x", "checksum": "y", "file_format": "exe", "preset": 5})
    assert answer.status == 400
    assert set(answer.json) == {"size", "checksum", "name", "file_format", "preset"}
    assert all(isinstance(texts, list) and texts for texts in answer.json.values())


def test_an_internal_refusal_has_its_fields_and_an_error(studio):
    sent = {"name": "", "language": "zz", "thumbnail": "picture.png"}
    answer = studio.post(f"{BASE}/create_channel", {"channel_data": sent})
    assert answer.status == 400
    names = {f"channel_data.{name}" for name in ("id", "name", "language", "thumbnail")}
    assert set(answer.json) == names | {"error", "detail"}
    assert all(name in answer.json["detail"] for name in names)


def test_chefs_and_sync_may_send_unknown_fields(studio):
    for path, body in requests.good_bodies(studio).items():
        if isinstance(body, dict) and path.startswith(TOLERANT):
            answer = studio.post(path, {**body, "unheard_of": {"a": [1]}})
            assert answer.status == requests.good_status(path), path


def test_rest_refuses_unknown_fields_by_name(studio):
    bodies = {path: body for path, body in requests.good_bodies(studio).items() if not path.startswith(TOLERANT)}
    assert len(bodies) >= 10
    for path, body in bodies.items():
        answer = studio.post(path, {**body, "unheard_of": {"a": [1]}})
        assert (answer.status, list(answer.json)) == (400, ["unheard_of"]), path
