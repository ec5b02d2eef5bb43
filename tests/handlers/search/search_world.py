"""Calls of the search."""

from typing import Any

from tests.support.http.client import Studio


def found(studio: Studio, query: str = "", token: str = "") -> list[dict[str, Any]]:
    answer = studio.get(f"/api/search{query}", token)
    assert answer.status == 200, answer.text
    rows: list[dict[str, Any]] = answer.json["results"]
    return rows


def titles(studio: Studio, query: str = "", token: str = "") -> list[str]:
    """The titles of the results, sorted."""
    return sorted(row["title"] for row in found(studio, query, token))
