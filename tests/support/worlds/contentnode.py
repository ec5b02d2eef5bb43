"""Content nodes through the REST API, as an editor uses it."""

from typing import Any

from chalicelib.models import channels
from tests.support.http.client import Studio

URL = "/api/contentnode"
COUNTS = ("total_count", "resource_count", "coach_count", "error_count")
FLAGS = ("published", "changed", "has_new_descendants", "has_updated_descendants")


def empty_tree(studio: Studio) -> str:
    """The ID of the live tree's root in a new channel."""
    found = channels.get(studio.make_channel()[0])
    assert found
    return str(found.root_id)


def make(studio: Studio, parent: str, title: str = "n", kind: str = "topic", **fields: Any) -> dict[str, Any]:
    answer = studio.post(URL, {"parent": parent, "title": title, "kind": kind, **fields})
    assert answer.status == 201, answer.text
    made: dict[str, Any] = answer.json
    return made


def row(studio: Studio, node_id: str) -> dict[str, Any]:
    found: dict[str, Any] = studio.get(f"{URL}/{node_id}").json
    return found


def values(studio: Studio, node_id: str, names: tuple[str, ...] = COUNTS) -> list[Any]:
    found = row(studio, node_id)
    return [found[name] for name in names]


def change(studio: Studio, node_id: str, **fields: Any) -> dict[str, Any]:
    answer = studio.call("PATCH", f"{URL}/{node_id}", fields)
    assert answer.status == 200, answer.text
    changed: dict[str, Any] = answer.json
    return changed


def children(studio: Studio, parent: str) -> list[str]:
    return [found["title"] for found in studio.get(f"{URL}?parent={parent}").json["results"]]
