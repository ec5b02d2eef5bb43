"""Search of published nodes in channels that are public or that the caller may view."""

from collections.abc import Collection
from typing import Any

from chalicelib.content_databases.search_file import ChannelInIndex, SearchFile
from chalicelib.content_databases.search_index import SUMMARY
from chalicelib.content_databases.search_words import snippet
from chalicelib.identity.authentication import Identity
from chalicelib.models import bookmarks, channel_members
from chalicelib.models.public_index import SEARCH, PublicIndex
from chalicelib.operations.access import node_rights, policy
from chalicelib.operations.index_files.disk_cache import opened
from chalicelib.operations.index_files.index_reader import NewestFile
from chalicelib.operations.public import public_index
from chalicelib.schemas.responses.search import SearchResult
from chalicelib.schemas.search import SearchQuery

_ORIGINAL = "original_channel_id"


def _load(pointer: PublicIndex | None) -> SearchFile | None:
    return opened(pointer.key, SearchFile) if pointer else None


_file = NewestFile(SEARCH, _load)


def find(user: Identity, query: SearchQuery) -> tuple[int, list[SearchResult]]:
    """Search: (number of matches, the nodes of the page, best match first).

    Reads the caller's memberships, their bookmarks if the query requires them, the original channels of the page's
    nodes in batches of fifty, and once per `index_seconds` the references to the newest indexes.
    """
    index = _file.current()
    if index is None:
        return 0, []
    public = public_index.current().by_id.keys()
    chosen = _chosen(user, query, index.channels.values(), public)
    offset = (query.page - 1) * query.page_size
    count, rows = index.find(query, [channel.number for channel in chosen], query.page_size, offset)
    names = _names(user, rows)
    return count, [_row(row, index.channel_of(row["place"]), public, names, query.keywords) for row in rows]


def _names(user: Identity, rows: list[Any]) -> dict[bytes, str]:
    """The names of the original channels of nodes, if the user may view them."""
    seen, _ = node_rights.channels_of(user, [row[_ORIGINAL].hex() for row in rows if row[_ORIGINAL]])
    return {bytes.fromhex(channel.id): channel.name for channel in seen.values()}


def _chosen(
    user: Identity, query: SearchQuery, channels: Collection[ChannelInIndex], public: Collection[str]
) -> list[ChannelInIndex]:
    """The channels that the user may view and that match the query."""
    own = {member.channel_id: member.role for member in channel_members.of_user(user.user_id)}
    viewable = policy.viewable(user, (channel.id for channel in channels), own, public)
    seen = [channel for channel in channels if channel.id in viewable]
    if query.channel_list is not None:
        listed = _listed(user, query.channel_list, own, public)
        seen = [channel for channel in seen if channel.id in listed]
    if query.channel_id__in:
        seen = [channel for channel in seen if channel.id in query.channel_id__in]
    return [channel for channel in seen if channel.id != query.exclude_channel]


def _listed(user: Identity, name: str, own: dict[str, str], public: Collection[str]) -> Collection[str]:
    """The ids of the channels in one of the user's lists."""
    if name == "public":
        return public
    if name == "bookmark":
        return bookmarks.of_user(user.user_id)
    is_wanted = policy.is_editor if name == "edit" else policy.is_viewer
    return {channel_id for channel_id, membership in own.items() if is_wanted(membership)}


def _row(
    row: Any, channel: ChannelInIndex, public: Collection[str], names: dict[bytes, str], keywords: str
) -> SearchResult:
    original = row[_ORIGINAL]
    text = row[SUMMARY] if SUMMARY in row.keys() else None  # noqa: SIM118 (a row is no mapping)
    return {
        "id": row["id"].hex(),
        "content_id": row["content_id"].hex(),
        "node_id": row["node_id"].hex(),
        "parent": row["parent"].hex(),
        "kind": row["kind"],
        "title": row["title"],
        "resource_count": row["resource_count"],
        "original_channel_name": names.get(original, "") if original else channel.name,
        "root_id": channel.root_id,
        "channel_id": channel.id,
        "channel_name": channel.name,
        "snippet": snippet(text or "", keywords),
        "public": channel.id in public,
    }
