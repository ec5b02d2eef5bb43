"""Reads published channels."""

import sqlite3
import tempfile
from pathlib import Path
from typing import Any

from tests.support.http.client import Studio


def rows(studio: Studio, channel_id: str, query: str, version: int | str | None = None) -> list[tuple[Any, ...]]:
    """Rows of a channel's content database."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "content.sqlite3"
        path.write_bytes(studio.database(channel_id, version))
        database = sqlite3.connect(path)
        try:
            return database.execute(query).fetchall()
        finally:
            database.close()


def titles(studio: Studio, channel_id: str, version: int | str | None = None) -> list[str]:
    """Titles of all published nodes except the root, in tree order."""
    found = rows(studio, channel_id, "select title from content_contentnode order by lft", version)
    return [title for (title,) in found[1:]]


def node_ids(studio: Studio, channel_id: str, version: int | str | None = None) -> dict[str, str]:
    """The published ids of nodes by title."""
    return dict(rows(studio, channel_id, "select title, id from content_contentnode", version))


def lookup(studio: Studio, identifier: str) -> dict[str, Any] | None:
    """The public API's entry of a channel, None if it is not found."""
    answer = studio.get(f"/api/public/v1/channels/lookup/{identifier}", token=None)
    assert answer.status in (200, 404), answer.text
    return answer.json[0] if answer.status == 200 else None
