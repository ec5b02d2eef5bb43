"""What the public index keeps of a channel's nodes, so that channels can be chosen without opening their databases."""

from typing import Any

from chalicelib.domain.types import LABELS
from chalicelib.published.database import ContentDatabase, Source
from chalicelib.published.labels import LANGUAGES, labels_of


def facts_of(database: ContentDatabase) -> dict[str, Any]:
    """`tags`, `labels` (of each of the fields `LABELS`) and `languages` that nodes have, sorted; how many resources
    are for coaches only; whether there is a quiz; `countries`, which neither chefs nor curators can name yet."""
    labels = labels_of(Source(database, 1, ""))
    return {
        "tags": [name for (name,) in database.rows("SELECT tag_name FROM content_contenttag ORDER BY tag_name")],
        "labels": {field: labels[field] for field in LABELS},
        "languages": labels[LANGUAGES],
        "num_coach_contents": len(database.coach_resources),
        "has_quiz": database.paths_to_quizzes != "[]",
        "countries": [],
    }
