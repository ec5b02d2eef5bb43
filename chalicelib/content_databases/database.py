"""Read access to a published content database."""

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
    """A database written by `write_content_database`. Queries can call `has_words(words, title, description)`.

    Nodes are stored in tree order: rowids count them from 1, and `lft` and `rght` have no gaps. There is no index on
    `lft`, but a node at level L has lft = 2 * rowid - 1 - L, so rowids can be used to find any position in the tree.
    A node has (rght - lft - 1) / 2 descendants, which follow it directly.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path, "content_channelmetadata", {"has_words": _has_words})
        self.labels: dict[Any, dict[str, list[str]]] = {}  # cache of `labels_of`, by filter

    @cached_property
    def channel(self) -> dict[str, Any]:
        """The metadata of the channel."""
        return dict(self.rows("SELECT * FROM content_channelmetadata")[0])

    @cached_property
    def languages(self) -> dict[str, ContentLanguage]:
        """The languages of nodes and files by id, as in the API's nodes."""
        rows = self.rows(f"SELECT {_LANGUAGE_COLUMNS} FROM content_language")  # noqa: S608 (columns from this module)
        return {row["id"]: cast(ContentLanguage, dict(row)) for row in rows}

    @cached_property
    def topics(self) -> dict[str, tuple[str, str | None]]:
        """(title, parent id) of each topic by id. Only topics have children."""
        rows = self.rows("SELECT id, title, parent_id FROM content_contentnode WHERE kind = 'topic'")
        return {id: (title, parent_id) for id, title, parent_id in rows}

    @cached_property
    def coach_resources(self) -> list[int]:
        """The sorted `lft` of all resources for coaches."""
        rows = self.rows("SELECT lft FROM content_contentnode WHERE coach_content AND kind != 'topic' ORDER BY rowid")
        return [lft for (lft,) in rows]

    @cached_property
    def paths_to_quizzes(self) -> str:
        """The ids of quizzes and their ancestors, as a JSON array."""
        ids: str = self.rows(_PATHS_TO_QUIZZES, (modalities.QUIZ,))[0]["ids"]
        return ids

    @cached_property
    def stored_files(self) -> dict[str, int]:
        """The sizes in bytes of all files by "<md5>.<extension>"."""
        rows = self.rows("SELECT id, extension, file_size FROM content_localfile")
        return {f"{checksum}.{extension}": int(size or 0) for checksum, extension, size in rows}

    def path_to(self, parent_id: str | None) -> list[str]:
        """The ids of the topics from the root to this one."""
        path = []
        while parent_id is not None:
            path.append(parent_id)
            _, parent_id = self.topics[parent_id]
        return path[::-1]


@dataclass(frozen=True)
class Source:
    """A content database with data for the API that is not in the database."""

    database: ContentDatabase
    tree_id: int  # unique per channel, while every database has the tree id 1
    files_url: str  # prefix of the URLs of files: "" or "https://host"


def _has_words(words: str, title: str, description: str | None) -> bool:
    """Whether the title or the description contains all words, which are casefolded and separated by spaces."""
    wanted = words.split(" ")
    return _has_all(wanted, title) or _has_all(wanted, description or "")


def _has_all(words: list[str], text: str) -> bool:
    folded = text.casefold()
    return all(word in folded for word in words)
