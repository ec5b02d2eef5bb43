"""What the public index keeps of a channel's nodes, so that channels can be chosen without opening their databases."""

from typing import Any

from chalicelib.domain.types import LABELS
from chalicelib.published.database import ContentDatabase


def facts_of(database: ContentDatabase) -> dict[str, Any]:
    """`tags` and `labels` (of each of the fields `LABELS`) that nodes have, sorted; how many resources are for
    coaches only; whether there is a quiz; `countries`, which neither chefs nor curators can name yet."""
    return {
        "tags": [name for (name,) in database.rows("SELECT tag_name FROM content_contenttag ORDER BY tag_name")],
        "labels": {field: _labels(database, field) for field in LABELS},
        "num_coach_contents": len(database.coach_resources),
        "has_quiz": database.paths_to_quizzes != "[]",
        "countries": [],
    }


def _labels(database: ContentDatabase, field: str) -> list[str]:
    rows = database.rows(f"SELECT DISTINCT {field} FROM content_contentnode WHERE {field} IS NOT NULL")  # noqa: S608
    return sorted({label for (joined,) in rows for label in joined.split(",")})
