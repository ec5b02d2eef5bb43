"""The channel list: find the channels that the caller may view and that match the filters, then fill one page.

Channels that the caller is a member of are read from the table. Other public channels come from the public index and
are read only if they are on the page (`fill`) or if a filter needs a field that the index does not hold.
"""

from collections.abc import Callable, Iterable, Sequence

from chalicelib.content_databases.index_file import PublicChannel
from chalicelib.domain.ids import parse_id
from chalicelib.identity.authentication import Identity
from chalicelib.models import bookmarks, channel_members, channel_sets, channels
from chalicelib.models.channels import Channel
from chalicelib.models.lazy import remembered
from chalicelib.operations.access import policy
from chalicelib.operations.access.channel_rights import rights_in, role_in
from chalicelib.operations.channels.channel_filters import Content, Facts, Row, asks_for_content, has_content, matches
from chalicelib.operations.channels.channel_representation import fields_of
from chalicelib.operations.public import public_index
from chalicelib.operations.public.channel_entries import moment
from chalicelib.operations.trees import tree_statistics
from chalicelib.operations.trees.tree_statistics import TreeFacts
from chalicelib.schemas.channel import ChannelQuery
from chalicelib.schemas.listing import ListQuery
from chalicelib.schemas.responses.channel import Channel as ChannelOut

Memberships = dict[str, str]  # the caller's, by channel ID
Chosen = Callable[[list[Row]], list[Row]]  # the rows that match a query

MAX_KEPT = 500  # channels that a list holds in memory at once: their images make some 100 kB each

FILTERS = frozenset(ChannelQuery.model_fields) - frozenset(ListQuery.model_fields) - {"exclude"}
ORDERING = ("name", "modified", "created", "last_published", "version", "language", "id")
_NOT_IN_INDEX = {"created", "modified"}


def find(user: Identity, query: ChannelQuery) -> list[Row]:
    """Return rows for `fill`: first the matching channels read from the table, latest change first; then other public
    channels by name. Without a filter, return those that the caller edits, views or has bookmarked."""
    own = {member.channel_id: member.role for member in channel_members.of_user(user.user_id)}
    excluded = set(_ids(query.exclude))
    if query.bookmark is False:
        excluded |= set(bookmarks.of_user(user.user_id))
    named = _named(user, query) if query.model_fields_set & FILTERS else _known(user, own)

    def chosen(rows: list[Row]) -> list[Row]:
        return _chosen([row for row in rows if row["id"] not in excluded], query)

    rows = _read_rows(user, named if named is not None else _wanted(own, query), own, chosen)
    if named is None and _includes_others(query):
        rows += _listed_rows(user, query, own, chosen)
    return rows


def _chosen(rows: list[Row], query: ChannelQuery) -> list[Row]:
    """The rows that match the filters."""
    rows = [row for row in rows if matches(row, query)]
    if not asks_for_content(query):
        return rows
    _add_roots(rows)
    return [row for row in rows if has_content(row, query)]


def fill(user: Identity, rows: Sequence[Row]) -> list[ChannelOut]:
    """Return the channels of rows from `find` in API form, without those that the caller may no longer view."""
    lacking = [row for row in rows if row["channel"] is None]
    read = {channel.id: channel for channel in channels.get_many_to_read([row["id"] for row in lacking])}
    for row in lacking:
        channel = read.get(row["id"])
        row["channel"] = channel if channel and _may_view(user, channel, row["membership"]) else None
    _add_roots(rows)
    return [
        fields_of(channel, row["root"], rights_in(user, channel, row["membership"]))
        for row in rows
        if (channel := row["channel"])
    ]


def _known(user: Identity, own: Memberships) -> list[str]:
    """Return the IDs of the channels that the caller edits, views or has bookmarked."""
    return list(dict.fromkeys((*own, *bookmarks.of_user(user.user_id))))


def _ids(texts: Iterable[str]) -> list[str]:
    """Return the texts that are valid IDs."""
    return [plain for plain in map(parse_id, texts) if plain]


def _named(user: Identity, query: ChannelQuery) -> list[str] | None:
    """Return the IDs of the channels that the query names explicitly, or None if it names none."""
    lists: list[list[str]] = []
    if "id__in" in query.model_fields_set:
        lists.append(_ids(query.id__in))
    if query.bookmark:
        lists.append(bookmarks.of_user(user.user_id))
    if query.collection:
        lists.append([id for found in channel_sets.get_many(_ids([query.collection])) for id in found.channel_ids])
    return [id for id in dict.fromkeys(lists[0]) if all(id in other for other in lists)] if lists else None


def _includes_others(query: ChannelQuery) -> bool:
    return query.public is not False and not query.edit and not query.view and not query.deleted


def _wanted(own: Memberships, query: ChannelQuery) -> list[str]:
    """Return the IDs of the caller's channels to read. All public channels come from the index."""
    if query.public and _includes_others(query):
        return []
    chosen = ((policy.is_editor, query.edit), (policy.is_viewer, query.view))
    wanted = [is_one for is_one, asked in chosen if asked]
    return [id for id, membership in own.items() if not wanted or any(is_one(membership) for is_one in wanted)]


def _may_view(user: Identity, channel: Channel, membership: str | None) -> bool:
    return policy.may_view(role_in(user, channel, membership))


def _read_rows(user: Identity, ids: list[str], own: Memberships, chosen: Chosen) -> list[Row]:
    """The chosen rows of channels, latest change first. Those of a long list do not keep their channel, which may hold
    an image: `fill` reads the channels of the page again."""
    rows: list[Row] = []
    for at in range(0, len(ids), MAX_KEPT):
        found = [
            channel
            for channel in channels.get_many_to_read(ids[at : at + MAX_KEPT])
            if _may_view(user, channel, own.get(channel.id))
        ]
        found.sort(key=lambda channel: channel.modified, reverse=True)
        before = len(rows)
        rows += chosen([_row_of(channel, own.get(channel.id)) for channel in found])
        if len(ids) > MAX_KEPT:
            for row in rows[before:]:
                row["channel"] = row["root"] = None
    return rows if len(ids) <= MAX_KEPT else sorted(rows, key=lambda row: row["modified"], reverse=True)


def _listed_rows(user: Identity, query: ChannelQuery, own: Memberships, chosen: Chosen) -> list[Row]:
    """Return the chosen rows of public channels that were not read with the caller's own."""
    read = set(_wanted(own, query))
    listed = [channel for channel in public_index.current().channels if channel.id not in read]
    needs_table = query.staged is not None or query.cheffed is not None or bool(query.licenses)
    if needs_table or query.subtitles is not None or query.ordering.removeprefix("-") in _NOT_IN_INDEX:
        return _read_rows(user, [channel.id for channel in listed], own, chosen)
    return chosen([_listed_row(channel, own.get(channel.id)) for channel in listed])


def _row_of(channel: Channel, membership: str | None) -> Row:
    return {
        **_facts(channel),
        "tags": None,
        "content": None,
        "root": None,
        "membership": membership,
        "channel": channel,
    }


@remembered(1000)
def _facts(channel: Channel) -> Facts:
    """Return the channel's fields that filters and orderings use."""
    return {
        "id": channel.id,
        "name": channel.name,
        "description": channel.description,
        "language": channel.language,
        "version": int(channel.version),
        "modified": moment(channel.modified),
        "created": moment(channel.created),
        "last_published": moment(channel.last_published) if channel.last_published else None,
        "public": bool(channel.public),
        "deleted": bool(channel.deleted),
        "staged": bool(channel.staging_root_id),
        "cheffed": bool(channel.ricecooker_version),
    }


def _listed_row(channel: PublicChannel, membership: str | None) -> Row:
    entry = channel.entry
    content: Content = {
        "languages": entry["included_languages"],
        "kinds": entry["kind_count"],
        "coach": channel.facts["num_coach_contents"] > 0,
    }
    return {
        "id": entry["id"],
        "name": entry["name"],
        "description": entry["description"],
        "language": entry["language"],
        "version": entry["version"],
        "last_published": entry["last_published"],
        "public": True,
        "deleted": False,
        "tags": channel.facts["tags"],
        "content": content,
        "membership": membership,
        "channel": None,
        "root": None,
    }


def _add_roots(rows: Iterable[Row]) -> None:
    """Add the root of the live tree and the facts stored on it to the rows that have a channel."""
    lacking = [(row, row["channel"].root_id) for row in rows if row["channel"] and row["root"] is None]
    roots = tree_statistics.roots(root_id for _, root_id in lacking)
    for row, root_id in lacking:
        row["root"] = roots.get(root_id)
        row["content"] = _content(tree_statistics.read_from(row["root"]))


def _content(facts: TreeFacts) -> Content:
    return {
        "languages": facts["languages"],
        "kinds": facts["kinds"],
        "coach": facts["coach"],
        "subtitles": facts["subtitles"],
        "licenses": facts["licenses"],
    }
