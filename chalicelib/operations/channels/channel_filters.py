"""Which rows of the channel list match a query."""

from collections.abc import Collection
from typing import NotRequired, TypedDict

from le_utils.constants import content_kinds

from chalicelib.models.channels import Channel
from chalicelib.models.nodes import Node
from chalicelib.operations.access import policy
from chalicelib.schemas.channel import ChannelQuery
from chalicelib.schemas.constants import LICENSES

_LICENSE_NAMES = {str(license.id): name for name, license in LICENSES.items()}


class Content(TypedDict):
    """What is known of a channel's tree; of one in the public index, less."""

    languages: Collection[str]
    kinds: Collection[str]
    coach: bool
    subtitles: NotRequired[bool]
    licenses: NotRequired[Collection[str]]


class Facts(TypedDict):
    """What filters and orderings ask of a channel itself."""

    id: str
    name: str
    description: str
    language: str | None
    version: int
    modified: NotRequired[str]
    created: NotRequired[str]
    last_published: str | None
    public: bool
    deleted: bool
    staged: NotRequired[bool]
    cheffed: NotRequired[bool]


class Row(Facts):
    """A row of the channel list before its page is known; one from the public index has no channel yet."""

    tags: list[str] | None
    content: Content | None
    membership: str | None
    channel: Channel | None
    root: Node | None


def matches(row: Row, query: ChannelQuery) -> bool:
    """Whether a row is one of those asked for, its content aside. Deleted channels must be asked for."""
    flags = (
        (query.published, bool(row["version"])),
        (query.public, row["public"]),
        (query.deleted, row["deleted"]),
        (query.staged, row.get("staged")),
        (query.cheffed, row.get("cheffed")),
        (query.edit, policy.is_editor(row["membership"])),
        (query.view, policy.is_viewer(row["membership"])),
    )
    return all(wanted is None or wanted == has for wanted, has in flags) and _says(row, query.keywords)


def _says(row: Row, words: str) -> bool:
    if not words:
        return True
    tags = row["tags"] if row["channel"] is None else (row["channel"].published or {}).get("tags")
    text = "\n".join((row["name"], row["description"], *(tags or ()))).casefold()
    return all(word in text for word in words.casefold().split())


def asks_for_content(query: ChannelQuery) -> bool:
    """Whether the query asks for what only a tree knows."""
    flags = (query.coach, query.assessments, query.subtitles)
    return any(flag is not None for flag in flags) or bool(query.languages or query.licenses or query.kinds)


def has_content(row: Row, query: ChannelQuery) -> bool:
    """Whether the content of a row's tree is as it is asked for."""
    content = row["content"]
    assert content is not None
    flags = (
        (query.coach, content["coach"]),
        (query.assessments, content_kinds.EXERCISE in content["kinds"]),
        (query.subtitles, content.get("subtitles")),
    )
    spoken = {str(code).lower() for code in (row["language"], *content["languages"])}
    licenses = {_LICENSE_NAMES.get(name, name) for name in query.licenses}
    return (
        all(wanted is None or wanted == has for wanted, has in flags)
        and (not query.languages or not spoken.isdisjoint(query.languages))
        and (not query.kinds or not set(query.kinds).isdisjoint(content["kinds"]))
        and (not licenses or not licenses.isdisjoint(content.get("licenses", ())))
    )
