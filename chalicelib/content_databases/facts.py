"""Facts about a channel's nodes, stored in the public index to filter channels without opening their databases."""

from typing import Any

from le_utils.constants import content_kinds, format_presets, licenses

from chalicelib.content_databases.database import ContentDatabase, Source
from chalicelib.content_databases.labels import LANGUAGES, labels_of
from chalicelib.domain.types import LABELS

_LICENSE_IDS = {license.name: license.id for license in licenses.LICENSELIST}
_SUBTITLES = "SELECT 1 FROM content_file WHERE preset = ? LIMIT 1"
_LICENSES = "SELECT DISTINCT license_name FROM content_contentnode"
_CONTENTS = "SELECT count(DISTINCT content_id) FROM content_contentnode WHERE kind != ?"


def facts_of(database: ContentDatabase) -> dict[str, Any]:
    """The facts about the nodes of a channel.

    `tags`, `labels` (by field of `LABELS`), `languages` and `licenses` (le_utils ids) are sorted lists.
    `num_coach_contents` is the number of resources for coaches and `content_count` that of distinct contents.
    """
    labels = labels_of(Source(database, 1, ""))
    return {
        "tags": [name for (name,) in database.rows("SELECT tag_name FROM content_contenttag ORDER BY tag_name")],
        "labels": {field: labels[field] for field in LABELS},
        "languages": labels[LANGUAGES],
        "num_coach_contents": len(database.coach_resources),
        "has_quiz": database.paths_to_quizzes != "[]",
        "has_subtitles": bool(database.rows(_SUBTITLES, (format_presets.VIDEO_SUBTITLE,))),
        "licenses": sorted(_LICENSE_IDS[name] for (name,) in database.rows(_LICENSES) if name in _LICENSE_IDS),
        "content_count": database.rows(_CONTENTS, (content_kinds.TOPIC,))[0][0],
    }
