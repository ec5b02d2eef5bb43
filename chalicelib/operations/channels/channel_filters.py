"""Filters of the channel list."""

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
    """Facts about a channel's tree. The public index does not hold the optional ones."""

    languages: Collection[str]
    kinds: Collection[str]
    coach: bool
    subtitles: NotRequired[bool]
    licenses: NotRequired[Collection[str]]


class Facts(TypedDict):
    """The channel's fields that filters and orderings use."""

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
    """A row of the channel list before paging; rows from the public index have no channel yet."""

    tags: list[str] | None
    content: Content | None
    membership: str | None
    channel: Channel | None
    root: Node | None


def matches(row: Row, query: ChannelQuery) -> bool:
    """Whether a row matches the filters on the channel itself. Deleted channels match only if requested."""
    flags = (
        (query.published, bool(row["version"])),
        (query.public, row["public"]),
        (query.deleted, row["deleted"]),
        (query.staged, row.get("staged")),
        (query.cheffed, row.get("cheffed")),
        (query.edit, policy.is_editor(row["membership"])),
        (query.view, policy.is_viewer(row["membership"])),
    )
    return all(wanted is None or wanted == has for wanted, has in flags) and _matches_keywords(row, query.keywords)


def _matches_keywords(row: Row, words: str) -> bool:
    if not words:
        return True
    tags = row["tags"] if row["channel"] is None else (row["channel"].published or {}).get("tags")
    text = "\n".join((row["name"], row["description"], *(tags or ()))).casefold()
    return all(word in text for word in words.casefold().split())


def asks_for_content(query: ChannelQuery) -> bool:
    """Whether the query filters on the content of the tree."""
    flags = (query.coach, query.assessments, query.subtitles)
    return any(flag is not None for flag in flags) or bool(query.languages or query.licenses or query.kinds)


def has_content(row: Row, query: ChannelQuery) -> bool:
    """Whether a row's tree matches the content filters."""
    content = row["content"]
    assert content is not None
    flags = (
        (query.coach, content["coach"]),
        (query.assessments, content_kinds.EXERCISE in content["kinds"]),
        (query.subtitles, content.get("subtitles")),
    )
    languages = {str(code).lower() for code in (row["language"], *content["languages"])}
    licenses = {_LICENSE_NAMES.get(name, name) for name in query.licenses}
    return (
        all(wanted is None or wanted == has for wanted, has in flags)
        and (not query.languages or not languages.isdisjoint(query.languages))
        and (not query.kinds or not set(query.kinds).isdisjoint(content["kinds"]))
        and (not licenses or not licenses.isdisjoint(content.get("licenses", ())))
    )
