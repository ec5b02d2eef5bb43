"""The administrators' view of channels. Callers must be administrators."""

from typing import Any, TypedDict

from chalicelib.aws import queues
from chalicelib.domain import jobs
from chalicelib.domain.ids import parse_id
from chalicelib.errors import Busy, NotFound
from chalicelib.identity.authentication import Identity
from chalicelib.models import changes, channels
from chalicelib.models.base import now, read_many
from chalicelib.models.changes import Change, Counter
from chalicelib.models.channels import Channel
from chalicelib.models.nodes import Node
from chalicelib.models.retention import channel_until
from chalicelib.operations.access.channel_rights import rights_in
from chalicelib.operations.access.node_rights import retried
from chalicelib.operations.changes import channel_changes
from chalicelib.operations.changes.feed import emissions
from chalicelib.operations.channels.channel_representation import fields_of
from chalicelib.operations.public import public_index_update
from chalicelib.operations.public.channel_entries import moment
from chalicelib.operations.search import search_index_update
from chalicelib.operations.storage import channel_files
from chalicelib.operations.trees import tree_statistics
from chalicelib.operations.users.admin_lists import counted, has_all
from chalicelib.schemas.admin import AdminChannelChanges, AdminChannelList
from chalicelib.schemas.responses.people import AdminChannel
from chalicelib.telemetry import Audited, audit

_LISTED = ("deleted", "priority", "demo_server_url", "countries")  # fields besides `public` that public lists depend on


class Named(TypedDict):
    """The fields of a listed channel that are needed before paging."""

    id: str
    name: str


def listed(_: Identity, query: AdminChannelList) -> list[Named]:
    """Return the IDs and names of channels, ordered by name."""
    ids = [plain for one in (*query.ids, *query.id__in) if (plain := parse_id(one))]
    known = channels.get_many(ids) if query.ids or query.id__in else channels.everything()
    found: list[Named] = [{"id": channel.id, "name": channel.name} for channel in known if _matches(channel, query)]
    return sorted(found, key=lambda one: (one["name"].casefold(), one["id"]))


def _matches(channel: Channel, query: AdminChannelList) -> bool:
    flags = (
        (query.public, bool(channel.public)),
        (query.deleted, bool(channel.deleted)),
        (query.published, bool(channel.version)),
        (query.cheffed, bool(channel.ricecooker_version)),
    )
    language = (channel.language or "").lower()
    return (
        all(wanted in (None, has) for wanted, has in flags)
        and (not query.languages or language in query.languages)
        and has_all(query.keywords, channel.name, channel.id, channel.primary_token or "")
    )


def fill(_: Identity, rows: list[Named]) -> list[AdminChannel]:
    """Return the full channels of these rows."""
    found = channels.get_many([row["id"] for row in rows])
    roots = tree_statistics.roots(channel.root_id for channel in found)
    return [_row(channel, roots.get(channel.root_id)) for channel in found]


def one(_: Identity, channel_id: str) -> AdminChannel:
    """Return a channel. Raises NotFound."""
    channel = _channel(channel_id)
    return _row(channel, tree_statistics.roots([channel.root_id]).get(channel.root_id))


def update(user: Identity, channel_id: str, sent: AdminChannelChanges) -> AdminChannel:
    """Change a channel in one transaction, which also emits the change. Public lists and search are updated in the
    background; repeating the request sends their messages again.

    Raises NotFound, Conflict if the channel cannot become public or was changed meanwhile, and Busy after too many lost
    races.
    """
    given = {name: value for name, value in sent.model_dump().items() if value is not None}
    channel = retried(lambda: _update(user, channel_id, given))
    messages = channel_files.databases_to_place(channel) if "deleted" in given else []
    if "public" not in given and channel.public and not given.keys().isdisjoint(_LISTED):
        messages.append(jobs.LIST_CHANNELS.message(channel_ids=[channel.id]))
    queues.send_maintenance(*messages)
    if "deleted" in given and given["deleted"] != bool(channel.deleted):
        audit(Audited.CHANNEL_DELETED if given["deleted"] else Audited.CHANNEL_RESTORED, channel.id)
    if "deleted" in given and channel.version:
        search_index_update.send_refresh(channel.id)
    return one(user, channel_id)


def _update(user: Identity, channel_id: str, given: dict[str, Any]) -> Channel | None:
    """The channel before the change; None after a lost race."""
    channel, counter = _with_feed(channel_id)
    emitted = emissions(_described(user, channel, given), counter)
    others = {name: value for name, value in given.items() if name != "public"}
    if "deleted" in given:
        channel_files.prepare_deleted(channel, given["deleted"])
        others |= {"deleted_at": now()} if given["deleted"] and not channel.deleted else {}
    if "public" in given:
        try:
            return public_index_update.set_public(channel.id, given["public"], others, emitted)
        except Busy:
            return None
    written = not others or channels.change(channel, others, emitted)
    if written is False:
        raise NotFound(f"Channel not found: {channel.id}")
    return channel if written else None


def _described(user: Identity, channel: Channel, given: dict[str, Any]) -> list[Change]:
    after = Channel(**{**channel.attribute_values, **given})
    return channel_changes.updated(user, fields_of(after, None, rights_in(user, after, None)), given)


def _with_feed(channel_id: str) -> tuple[Channel, Counter]:
    plain = _parsed(channel_id)
    found = read_many({Channel: [plain], Change: [changes.counter_key(plain)]})
    if not found[Channel]:
        raise _unknown(channel_id)
    return found[Channel][0], changes.counters_among(found[Change], [plain])[plain]


def _channel(channel_id: str) -> Channel:
    channel = channels.get(_parsed(channel_id))
    if channel is None:
        raise _unknown(channel_id)
    return channel


def _parsed(channel_id: str) -> str:
    plain = parse_id(channel_id)
    if plain is None:
        raise _unknown(channel_id)
    return plain


def _unknown(channel_id: str) -> NotFound:
    return NotFound(f"Channel not found: {channel_id[:60]!r}")


def _row(channel: Channel, root: Node | None) -> AdminChannel:
    """`size` is the size in bytes of the live tree as of its last walk; if it was never walked, the published size."""
    size = tree_statistics.read_from(root)["size"]
    row: AdminChannel = {
        "id": channel.id,
        "name": channel.name,
        "description": channel.description,
        "published": channels.is_live(channel),
        "modified": moment(channel.modified),
        "editors_count": counted(channel.editors_count),
        "viewers_count": counted(channel.viewers_count),
        "size": int((channel.published or {}).get("published_size", 0) if size is None else size),
        "public": bool(channel.public),
        "priority": int(channel.priority),
        "created": moment(channel.created),
        "deleted": bool(channel.deleted),
        "source_url": channel.source_url,
        "demo_server_url": channel.demo_server_url,
        "countries": channel.countries,
        "primary_token": channel.primary_token,
    }
    if channel.deleted and channel.deleted_at:
        row["restorable_until"] = moment(channel_until(channel.deleted_at))
    return row
