"""A published content database, opened for reading."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from le_utils.constants import modalities

from chalicelib.content_databases.shared_file import SharedFile
from chalicelib.schemas.responses.public import ContentLanguage

_LANGUAGE_COLUMNS = "id, lang_code, lang_subcode, lang_direction, lang_name"
_PATHS_TO_QUIZZES = """
    WITH RECURSIVE up (id) AS (
        SELECT id FROM content_contentnode WHERE json_extract(options, '$.modality') = ?
        UNION
        SELECT above.parent_id FROM up JOIN content_contentnode AS above ON above.id = up.id
        WHERE above.parent_id IS NOT NULL
    )
    SELECT json_group_array(id) AS ids FROM up
"""


class ContentDatabase(SharedFile):
    """A file that `write_content_database` wrote. Queries know `has_words(words, title, description)` beside SQLite's
    functions.

    Nodes lie in it in tree order, so that their rowids count them from 1, and `lft` and `rght` are numbered without
    gaps. There is no index on `lft`, but a node at level L has lft = 2 * rowid - 1 - L: rowids lead to any place
    in the tree, and (rght - lft - 1) / 2 nodes follow below a node.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path, "content_channelmetadata", {"has_words": _has_words})
        self.labels: dict[Any, dict[str, list[str]]] = {}  # by filter, see `labels`

    @cached_property
    def channel(self) -> dict[str, Any]:
        """What the database says of its channel."""
        return dict(self.rows("SELECT * FROM content_channelmetadata")[0])

    @cached_property
    def languages(self) -> dict[str, ContentLanguage]:
        """Languages of nodes and files by id, each as a node gives it."""
        rows = self.rows(f"SELECT {_LANGUAGE_COLUMNS} FROM content_language")  # noqa: S608 (our own columns)
        return {row["id"]: cast(ContentLanguage, dict(row)) for row in rows}

    @cached_property
    def topics(self) -> dict[str, tuple[str, str | None]]:
        """Title and parent of each topic, by its id: only topics have anything below them."""
        rows = self.rows("SELECT id, title, parent_id FROM content_contentnode WHERE kind = 'topic'")
        return {id: (title, parent_id) for id, title, parent_id in rows}

    @cached_property
    def coach_resources(self) -> list[int]:
        """`lft` of the resources that are for coaches only, sorted."""
        rows = self.rows("SELECT lft FROM content_contentnode WHERE coach_content AND kind != 'topic' ORDER BY rowid")
        return [lft for (lft,) in rows]

    @cached_property
    def paths_to_quizzes(self) -> str:
        """Ids of the nodes that are a quiz or have one below, as a JSON array."""
        ids: str = self.rows(_PATHS_TO_QUIZZES, (modalities.QUIZ,))[0]["ids"]
        return ids

    def path_to(self, parent_id: str | None) -> list[str]:
        """Ids of the topics on the way from the root to this one, which is the last."""
        path = []
        while parent_id is not None:
            path.append(parent_id)
            _, parent_id = self.topics[parent_id]
        return path[::-1]


@dataclass(frozen=True)
class Source:
    """A content database, and what the API says of it that it does not know itself."""

    database: ContentDatabase
    tree_id: int  # unique for its channel, while every database numbers its own tree 1
    files_url: str  # what the path of a file hangs below: "" or "https://host"


def _has_words(words: str, title: str, description: str | None) -> bool:
    """Whether one of the texts contains all the words, which are casefolded and separated by spaces."""
    wanted = words.split(" ")
    return _has_all(wanted, title) or _has_all(wanted, description or "")


def _has_all(words: list[str], text: str) -> bool:
    folded = text.casefold()
    return all(word in folded for word in words)
