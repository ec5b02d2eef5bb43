"""The rules of the CDN."""

from typing import Any

import pytest
from le_utils.constants import file_formats

from chalicelib.domain.mimetypes import mimetype_of
from infra import routes

CHANNEL = "0123456789abcdef0123456789abcdef"
MONTH = "public, max-age=2592000, immutable"
FOR_EVER = "public, max-age=31536000, immutable"


@pytest.mark.parametrize(
    ("path", "origin", "cache_control"),
    [
        (f"/content/storage/0/1/{CHANNEL}.mp4", "s3", MONTH),
        (f"/content/databases/{CHANNEL}-12.sqlite3", "s3", "public, max-age=5"),
        (f"/content/databases/{CHANNEL}.sqlite3", "s3", "public, max-age=5"),
        (f"/content/databases/{CHANNEL}-next.sqlite3", "s3", "public, max-age=5"),
        ("/api/internal/add_nodes", "api", None),
        ("/api/public/v1/channels", "api", None),
        ("/", "api", None),
        ("/content", "api", None),
        ("/items/secret.json", "api", None),
    ],
)
def test_a_path_has_its_origin_and_its_time_in_caches(path: str, origin: str, cache_control: str | None) -> None:
    route = routes.match(path)
    assert route.origin
    assert (route.origin.name, route.cache_control) == (origin, cache_control)


@pytest.mark.parametrize("path", ["/content/", "/content/items/x.json", "/content/databases/x.db"])
def test_the_rest_of_content_is_nowhere(path: str) -> None:
    assert routes.match(path).origin is None


@pytest.mark.parametrize("route", routes.load(), ids=lambda route: route.path)
def test_users_files_are_sandboxed_and_nothing_else_is(route: routes.Route) -> None:
    assert (route.safety is not None) == route.path.startswith("/content/")
    if route.safety:
        sandbox, *rest = route.safety.headers["content-security-policy"].split("; ")
        assert (sandbox, rest[0]) == ("sandbox", "default-src 'none'")  # without any allow-…
        assert route.safety.headers["x-content-type-options"] == "nosniff"
        assert route.safety.headers["cross-origin-resource-policy"] == "same-origin"


@pytest.mark.parametrize("form", file_formats.FORMATLIST, ids=lambda form: form.id)
def test_media_and_pdf_are_shown_and_everything_else_is_downloaded(form: Any) -> None:
    safety = routes.match("/content/storage/x").safety
    assert safety
    kind = mimetype_of(form.id)
    is_shown = kind.partition("/")[0] in ("audio", "video", "image") or kind == "application/pdf"
    for status in (200, 206):
        assert ("content-disposition" not in safety.of(status, kind)) == is_shown


def test_unknown_types_are_downloaded_and_errors_are_not() -> None:
    safety = routes.match("/content/storage/x").safety
    assert safety
    downloads = (
        "",
        "binary/octet-stream",
        "text/html; charset=utf-8",
        "Text/HTML",
        "application/xhtml+xml",
        "x/image/",
    )
    assert {safety.of(200, kind)["content-disposition"] for kind in downloads} == {"attachment"}
    for status in (304, 400, 403, 404, 416, 502):
        assert safety.of(status, "application/json") == safety.headers


def test_content_gets_no_credentials_and_keeps_the_bound_headers() -> None:
    origin = routes.match("/content/storage/x").origin
    assert origin
    assert not any(origin.forwards(name) for name in ("authorization", "cookie", "x-amz-acl", "host"))
    assert all(origin.forwards(name) for name in ("content-type", "content-md5", "content-length", "range"))


def test_files_in_parts_are_sent_and_never_served() -> None:
    route = routes.match("/content/incoming/x")
    assert route.methods == {"OPTIONS"}
    assert route.signed_methods == {"PUT"}
    assert route.cache_control is None


def test_only_storage_takes_signed_uploads() -> None:
    assert routes.match("/content/storage/x").signed_methods == {"PUT"}
    assert not routes.match("/content/databases/x.sqlite3").signed_methods


def test_the_last_rule_matches_everything() -> None:
    assert routes.load()[-1].path == "*"
    assert routes.match("/a\nb").origin


def test_only_what_is_the_same_for_all_is_cached_at_the_edge() -> None:
    cached = {route.path: route.edge_seconds for route in routes.load() if route.edge_seconds}
    assert cached == {"/static/*": 31536000, "/healthz": 10, "/api/public/*": 1}


def test_cached_responses_depend_on_no_header() -> None:
    for route in routes.load():
        if route.edge_seconds:
            assert route.origin
            names = ("authorization", "cookie", "x-csrftoken", "accept", "origin")
            assert not any(route.origin.forwards(name) for name in names)


@pytest.mark.parametrize("path", ["/api/internal/add_nodes", "/api/auth/session/current/", "/en/accounts/login/"])
def test_the_rest_of_the_api_gets_every_header_and_sets_cookies(path: str) -> None:
    origin = routes.match(path).origin
    assert origin
    names = ("authorization", "cookie", "x-csrftoken", "accept", "origin", "referer")
    assert all(origin.forwards(name) for name in names)
    assert origin.returns("set-cookie")
