"""The descriptions of the API."""

from typing import Any

from tests.support.examples.recording import Scene


def record(scene: Scene) -> None:
    scene("GET /api", token=None, only=_some)
    scene("GET /api/openapi.json", token=None, only=_head)
    scene("GET /api/docs", query={"search": "publish"}, token=None)
    scene("GET /api/docs/{subject}", token=None, at={"subject": "channels"})


def _head(document: dict[str, Any]) -> dict[str, Any]:
    return {"openapi": document["openapi"], "info": document["info"], "paths": {}}


def _some(addresses: dict[str, str]) -> dict[str, str]:
    return {name: addresses[name] for name in ("channel", "contentnode", "file")}
