"""The root of the API (recorded: GET /api/): all resources by name."""

import pytest

from tests.support.http import cdn
from tests.support.source import routes

# Recorded from Kolibri Studio; the rest of its list is not part of this API.
RECORDED = (
    *("bookmark", "channel", "channelset", "catalog", "admin-channels", "file", "channeluser", "user", "invitation"),
    *("contentnode", "assessmentitem", "admin-users", "clipboard", "channelversion"),
)


def test_names_every_resource_with_its_url(studio):
    found = studio.get("/api", token=None).json
    assert found.items() >= {name: f"http://front.example.org/api/{name}" for name in RECORDED}.items()


def test_names_nothing_that_needs_an_id(studio):
    assert not [name for name in studio.get("/api").json if "{" in name or name.startswith(("public", "internal"))]


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/docs/", "/api/openapi.json"])
def test_is_found_with_and_without_a_slash(path):
    assert cdn.send("GET", path).status_code == 200


def test_every_link_works(studio):
    for url in studio.get("/api").json.values():
        path = url.removeprefix("http://front.example.org")
        assert studio.get(path).status == routes.get_status(path, is_signed_in=True), url
