"""Every path with every method, and the accepted forms of paths."""

import pytest

from tests.support.http import cdn
from tests.support.source import routes

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
SOME_GETS = ["/api/public/info", "/api/public/v1/channels", "/api/internal/authenticate_user_internal"]


@pytest.mark.parametrize("path", routes.PATHS)
def test_other_methods_are_405_with_the_allowed_ones(studio, path):
    for method in METHODS - routes.methods(path):
        answer = studio.call(method, path, token=None)
        assert answer.status == 405
        assert set(answer.headers["Allow"].split(", ")) == routes.methods(path)
        assert answer.headers["Content-Type"] == "application/json"
        assert method == "HEAD" or f'Method "{method}" not allowed.' in answer.json["detail"]


@pytest.mark.parametrize("path", routes.PATHS)
def test_options_lists_the_methods_for_anyone(studio, path):
    answer = studio.call("OPTIONS", path, token=None)
    assert answer.status == 200
    assert set(answer.headers["Allow"].split(", ")) == routes.methods(path)
    assert set(answer.json["actions"]) == {route.method for route in routes.ALL if route.path == path}


@pytest.mark.parametrize("path", [path for path in routes.PATHS if "GET" in routes.methods(path)])
@pytest.mark.parametrize("signed_in", [True, False])
def test_head_is_get_without_a_body(studio, path, signed_in):
    token = studio.token if signed_in else None
    head, get = (studio.call(method, path, token=token) for method in ("HEAD", "GET"))
    assert (head.status, head.text) == (get.status, "")
    assert head.headers == get.headers
    assert get.text


@pytest.mark.parametrize("path", SOME_GETS)
def test_a_trailing_slash_makes_no_difference(studio, path):
    headers = {"Authorization": f"Token {studio.token}"}
    with_slash, without = (cdn.send("GET", path + end, headers=headers) for end in ("/", ""))
    assert with_slash.status_code == without.status_code == 200
    assert with_slash.json() == without.json()


@pytest.mark.parametrize(
    "path", ["/nope", "/api/nope", "/api/internal/", "/api/internal/nothing", "/api/public/v3/channels"]
)
def test_an_unknown_path_is_404_as_json(studio, path):
    answer = cdn.send("GET", path)
    assert answer.status_code == 404
    assert set(answer.json()) == {"error", "detail"}
