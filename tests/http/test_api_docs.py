"""docs/api.md is up to date with the routes."""

from tests.support.source import api_docs, routes


def test_document_is_up_to_date():
    written = api_docs.PATH.read_text(encoding="utf-8")
    is_current = api_docs.render() == written
    assert is_current, "docs/api.md is stale: run `python -m tests.support.source.api_docs`"


def test_every_route_is_in_it():
    text = api_docs.render()
    for route in routes.ALL:
        if route.path.startswith("/api") and route.status != 404:
            assert f"### {route.method} `{route.path}`" in text
