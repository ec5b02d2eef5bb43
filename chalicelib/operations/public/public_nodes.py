"""One list of the nodes of all public channels: sorted by channel id, then in tree order.

Only content databases that may contain matching nodes are opened. The public index has the channels of each node, and
the kinds, languages and labels of each channel.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chalicelib.content_databases import nodes
from chalicelib.content_databases.cursors import Cursor
from chalicelib.content_databases.database import ContentDatabase, Source
from chalicelib.content_databases.filters import CONTENT, NodeFilter
from chalicelib.content_databases.index_file import PublicChannel
from chalicelib.domain.labels import has_label
from chalicelib.domain.storage_keys import database_key
from chalicelib.domain.types import LABELS
from chalicelib.errors import NotFound
from chalicelib.operations.index_files.disk_cache import opened
from chalicelib.operations.public import public_index
from chalicelib.operations.public.public_index import Index
from chalicelib.schemas.responses.public import PublicNode

TIME_FOR_A_PAGE = 10.0  # seconds; API Gateway waits 29


@dataclass(frozen=True)
class Page:
    """Nodes in order, and the cursor of the next page, None after the last.

    `in_time` is False if the page ended early because the search took too long.
    """

    nodes: Sequence[PublicNode]
    more: Cursor | None
    in_time: bool = True


def source_of(channel: PublicChannel, files_url: str, version: int | None = None) -> Source:
    """The content database of a channel's public version, or of an older one.

    Raises KeyError if the version does not exist.
    """
    key = database_key(channel.id, channel.version if version is None else version)
    return Source(opened(key, ContentDatabase), channel.tree_id, files_url)


def holding(node_id: str, index: Index, files_url: str) -> Iterator[Source]:
    """The content databases of public channels that may contain this node, usually at most one."""
    return (source_of(channel, files_url) for channel in _channels_of(node_id, index))


def importable(node_id: str, index: Index, after: Cursor | None) -> Iterator[tuple[PublicChannel, Source]]:
    """The channels and content databases that may contain a node; after a cursor, only the cursor's version.

    Raises NotFound for a cursor of a version that does not exist.
    """
    if after is None:
        for channel in _channels_of(node_id, index):
            yield channel, source_of(channel, "")
    else:
        index = _knowing(index, after)
        if after.channel_id in index.by_id:
            channel = index.by_id[after.channel_id]
            yield channel, _source_at(channel, after, "")


def _channels_of(node_id: str, index: Index) -> list[PublicChannel]:
    found = index.file.of_nodes([node_id]) if index.file else set()
    return [channel for channel in index.channels if channel.tree_id in found]


def page(index: Index, chosen: NodeFilter, after: Cursor | None, limit: int, files_url: str) -> Page:
    """At most `limit` nodes after a cursor. A page continues in the same version as the previous page.

    If many databases have to be fetched, a page may end early, even empty, and still have a next page.
    Raises NotFound for a cursor of a version that does not exist.
    """
    found: list[PublicNode] = []
    end = time.monotonic() + TIME_FOR_A_PAGE
    places: list[Cursor] = []
    for channel in candidates(_knowing(index, after), chosen, after):
        here = after if after and after.channel_id == channel.id else Cursor(channel.id, channel.version, 0)
        if time.monotonic() > end:
            return Page(found, here, in_time=False)
        source = _source_at(channel, here, files_url)
        new = nodes.page(source, chosen, here.lft, limit + 1 - len(found))
        places += [Cursor(channel.id, here.version, node["lft"]) for node in new]
        found += new
        if len(found) > limit:
            return Page(found[:limit], places[limit - 1])
    return Page(found, None)


def _knowing(index: Index, after: Cursor | None) -> Index:
    """The index, or the newest one if the cursor comes from an instance with a newer index.

    Raises NotFound for a version of a public channel that does not exist.
    """
    if after is None or (after.channel_id in index.by_id and index.by_id[after.channel_id].version >= after.version):
        return index
    index = public_index.newest()
    if after.channel_id in index.by_id and index.by_id[after.channel_id].version < after.version:
        raise NotFound("Invalid cursor")
    return index


def _source_at(channel: PublicChannel, place: Cursor, files_url: str) -> Source:
    try:
        return source_of(channel, files_url, place.version)
    except KeyError as error:
        if place.version == channel.version:
            raise
        raise NotFound("Invalid cursor") from error


def candidates(index: Index, chosen: NodeFilter, after: Cursor | None) -> list[PublicChannel]:
    """Public channels, sorted by id, that may have matching nodes after the cursor.

    The cursor's channel is always included, as the cursor's version may have nodes that the current version lacks.
    """
    located = _located(index, chosen)

    def may_have(channel: PublicChannel) -> bool:
        if after and channel.id <= after.channel_id:
            return channel.id == after.channel_id
        return (located is None or channel.tree_id in located) and _may_have(channel, chosen)

    return sorted(filter(may_have, index.channels), key=lambda channel: channel.id)


def _located(index: Index, chosen: NodeFilter) -> set[int] | None:
    """The tree ids of channels that may have the nodes in the filter; None if it contains no node ids."""
    if index.file is None:
        return set()
    named = [chosen.parent, chosen.descendant_of, chosen.prerequisite_for, chosen.has_prerequisite]
    found = [index.file.of_nodes([node_id]) for node_id in named if node_id]
    if chosen.ids:
        found.append(index.file.of_nodes(chosen.ids))
    if chosen.content_id:
        found.append(index.file.of_contents([chosen.content_id]))
    return set.intersection(*found) if found else None


def _may_have(channel: PublicChannel, chosen: NodeFilter) -> bool:
    """Whether a channel may have matching nodes, according to the public index."""
    return (
        (not chosen.channels or channel.id in chosen.channels)
        and chosen.channel_id in (None, channel.id)
        and chosen.tree_id in (None, channel.tree_id)
        and _has_kinds(channel, chosen)
        and _has_labels(channel, chosen)
        and (not chosen.contains_quiz or channel.facts["has_quiz"])
        and (not chosen.languages or not set(chosen.languages).isdisjoint(channel.entry["included_languages"]))
    )


def _has_kinds(channel: PublicChannel, chosen: NodeFilter) -> bool:
    kinds = channel.entry["kind_count"]
    one = chosen.kind in (None, CONTENT) or chosen.kind in kinds
    return one and (not chosen.kind_in or any(kind in kinds for kind in chosen.kind_in))


def _has_labels(channel: PublicChannel, chosen: NodeFilter) -> bool:
    labels = channel.facts["labels"]
    return all(has_label(labels[field], ids) for field in LABELS for ids in getattr(chosen, field))
