"""Create, change, delete and restore channels."""

from collections.abc import Callable, Mapping
from typing import Any

from le_utils.constants import licenses

from chalicelib.aws import queues
from chalicelib.domain import jobs
from chalicelib.domain.ids import new_id
from chalicelib.domain.limits import CHANNELS
from chalicelib.errors import Conflict, NotFound
from chalicelib.identity.authentication import Identity
from chalicelib.identity.daily_limits import counted
from chalicelib.models import channel_members, channel_purges, channel_versions, emission, nodes, trees
from chalicelib.models.base import Transaction, now, transact, unchanged
from chalicelib.models.changes import Change
from chalicelib.models.channels import Channel
from chalicelib.models.emission import Emission
from chalicelib.operations.access.channel_rights import rights_in, viewable, writable_with_feed
from chalicelib.operations.access.node_rights import retried
from chalicelib.operations.access.policy import Rights, Role
from chalicelib.operations.changes import channel_changes
from chalicelib.operations.changes.feed import REQUEST, Origin, emissions
from chalicelib.operations.channels.channel_representation import fields_of
from chalicelib.operations.channels.channel_versions import fields_of_version
from chalicelib.operations.search import search_index_update
from chalicelib.operations.storage import channel_files, uses
from chalicelib.operations.trees import tree_statistics
from chalicelib.schemas.channel import ChannelChange, ChannelIn
from chalicelib.schemas.constants import LICENSES
from chalicelib.schemas.responses.channel import Channel as ChannelOut
from chalicelib.schemas.responses.channel import VersionDetail
from chalicelib.telemetry import Audited, audit

# Fields that are part of a published version.
_PUBLISHED = {"name", "description", "language", "thumbnail", "thumbnail_encoding"}


def retrieve(user: Identity, channel_id: str) -> ChannelOut:
    """Return a channel that the caller may view. Raises NotFound."""
    channel, rights = viewable(user, channel_id)
    return fields_of(channel, nodes.get(channel.root_id), rights)


def create(user: Identity, sent: ChannelIn) -> ChannelOut:
    """Create a channel with the user as its editor. Raises Conflict if the ID is taken, LimitReached."""
    channel_id = sent.id or new_id()
    live = trees.new_root(new_id(), channel_id, sent.name, sent.language)
    trash = trees.new_root(new_id(), channel_id, "Trash", None)
    channel = Channel(
        id=channel_id,
        created=now(),
        modified=now(),
        owner_id=user.user_id,
        root_id=live.id,
        trash_root_id=trash.id,
        editors_count=1,
        **_columns(sent, {}),
    )
    uses.begin_thumbnail(channel, channel.thumbnail)

    def fill(transaction: Transaction) -> None:
        channel_purges.refuse(transaction, channel.id)
        transaction.save(channel, condition=Channel.id.does_not_exist())
        channel_members.add_first_editor(transaction, channel, user.user_id)
        for root in (live, trash):
            transaction.save(root)

    with counted(CHANNELS, user.user_id):
        if codes := transact(fill):
            channel_purges.explain(channel_id, codes)
            raise Conflict(f"Channel {channel_id} already exists. Send another ID, or none.")
    return fields_of(channel, live, rights_in(user, channel, Role.EDIT.value))


def update(
    user: Identity,
    channel_id: str,
    sent: ChannelChange,
    origin: Origin = REQUEST,
    seen: Mapping[str, str] | None = None,
) -> ChannelOut:
    """Change the given fields of a channel and return it.

    Its `rev` increases if the change would alter a published version.

    Raises Busy after too many lost races, and Conflict if a field no longer has the value that the user saw (`seen`,
    with "" for none).
    """

    def describe(row: ChannelOut) -> list[Change]:
        return channel_changes.updated(user, row, sent.model_fields_set)

    return _update(user, channel_id, sent, origin, describe, seen or {})


def delete(user: Identity, channel_id: str, origin: Origin = REQUEST) -> None:
    """Mark a channel as deleted and remove it from the public lists. Raises as `update` does."""
    changed = ChannelChange(deleted=True)
    _update(user, channel_id, changed, origin, lambda row: channel_changes.deleted(user, row["id"]), {})


def restore(user: Identity, channel_id: str) -> ChannelOut:
    """Restore a deleted channel; if it was public, it is listed again. Raises as `update` does."""
    return update(user, channel_id, ChannelChange(deleted=False))


def _update(
    user: Identity,
    channel_id: str,
    sent: ChannelChange,
    origin: Origin,
    describe: Callable[[ChannelOut], list[Change]],
    seen: Mapping[str, str],
) -> ChannelOut:
    """`describe` returns the changes to emit, given the channel after the update."""

    def attempt() -> tuple[Channel, Rights] | None:
        return _attempt(user, channel_id, sent, origin, describe, seen)

    after, rights = retried(attempt)
    # Even if nothing changed: earlier messages may have been lost.
    if "deleted" in sent.model_fields_set:
        _refresh_lists(after)
    elif "countries" in sent.model_fields_set and after.public:
        queues.send_maintenance(jobs.LIST_CHANNELS.message(channel_ids=[after.id]))
    return fields_of(after, nodes.get(after.root_id), rights)


def _attempt(
    user: Identity,
    channel_id: str,
    sent: ChannelChange,
    origin: Origin,
    describe: Callable[[ChannelOut], list[Change]],
    seen: Mapping[str, str],
) -> tuple[Channel, Rights] | None:
    """The channel after the change, and the user's rights in it; None after a lost race."""
    channel, rights, counter = writable_with_feed(user, channel_id)
    other = [name for name, value in seen.items() if (getattr(channel, name) or "") != value]
    if other:
        raise Conflict(f"{', '.join(other)}: Someone changed this after you opened it. Compare it, then save again.")
    values = _changed(channel, _columns(sent, channel.content_defaults))
    after = Channel(**{**channel.attribute_values, **values})
    made = origin.emitted(describe(fields_of(after, None, rights)))
    _prepare_files(channel, values)
    if values and not _write(channel, values, emissions(made, counter)):
        return None
    if "deleted" in values:
        audit(Audited.CHANNEL_DELETED if values["deleted"] else Audited.CHANNEL_RESTORED, channel.id, by=user.user_id)
    return after, rights


def _prepare_files(channel: Channel, values: dict[str, Any]) -> None:
    """Prepare that a channel, as read, gets these values: for the files of the channel and its thumbnail."""
    if "deleted" in values:
        channel_files.prepare_deleted(channel, values["deleted"])
    if "thumbnail" in values:
        uses.begin_thumbnail(channel, values["thumbnail"])
        uses.prepare_thumbnail_end(channel)


def _refresh_lists(channel: Channel) -> None:
    messages = channel_files.databases_to_place(channel)
    if channel.public:
        messages.append(jobs.LIST_CHANNELS.message(channel_ids=[channel.id]))
    queues.send_maintenance(*messages)
    if channel.version:
        search_index_update.send_refresh(channel.id)


def _columns(sent: ChannelChange, defaults: dict[str, Any]) -> dict[str, Any]:
    """Return the columns with the given values; given `content_defaults` are merged into the existing ones."""
    columns: dict[str, Any] = sent.model_dump(exclude_unset=True, exclude={"id", "content_defaults"})
    if "thumbnail_encoding" in columns:
        columns["thumbnail_encoding"] = columns["thumbnail_encoding"] or {}
    if sent.content_defaults:
        columns["content_defaults"] = {**defaults, **sent.content_defaults.model_dump(exclude_unset=True)}
    return columns


def _changed(channel: Channel, columns: dict[str, Any]) -> dict[str, Any]:
    """Return the columns whose values change, with `modified` and `rev`; empty if none changes.

    Every write to a channel must change `modified`: it is the version that conditional writes compare.
    """
    changed = {name: value for name, value in columns.items() if getattr(channel, name) != value}
    rev = {} if _PUBLISHED.isdisjoint(changed) else {"rev": int(channel.rev) + 1}
    deleted = {"deleted_at": now()} if changed.get("deleted") else {}
    return {**changed, "modified": now(), **rev, **deleted} if changed else {}


def _write(channel: Channel, values: dict[str, Any], emitted: list[Emission]) -> bool:
    """Write the values; returns False if the channel or its feed has changed since it was read."""
    actions = [getattr(Channel, name).set(value) for name, value in values.items()]
    as_read = (Channel.modified == channel.modified) & unchanged(Channel.rev, channel.rev)
    if "thumbnail" in values:
        as_read &= unchanged(Channel.freed, channel.freed)

    def fill(transaction: Transaction) -> None:
        transaction.update(Channel(channel.id), actions, condition=as_read)
        emission.emit(transaction, emitted)

    return not transact(fill)


def languages(user: Identity, channel_id: str) -> list[str]:
    """Return the le_utils IDs of the languages in a channel's live tree as of its last walk."""
    channel, _ = viewable(user, channel_id)
    return _languages(channel)


def language_exists(user: Identity, channel_id: str) -> bool:
    """Whether the channel's live tree contains content in the channel's language."""
    channel, _ = viewable(user, channel_id)
    return channel.language in _languages(channel)


def _languages(channel: Channel) -> list[str]:
    facts = tree_statistics.read_from(nodes.get(channel.root_id))
    inherited = {channel.language} if facts["unspoken"] and channel.language else set()
    return sorted({*facts["languages"], *inherited})


def version_detail(user: Identity, channel_id: str) -> VersionDetail:
    """Return the published version of a channel. Raises NotFound if it has never been published."""
    channel, _ = viewable(user, channel_id)
    found = channel_versions.get_many([(channel.id, int(channel.version))])
    if not found:
        raise NotFound(f"Channel {channel.id} is not published. Publish it first.")
    fields = fields_of_version(found[0])
    closed = LICENSES[licenses.ALL_RIGHTS_RESERVED].id
    return {
        **fields,
        "non_distributable_licenses_included": [id for id in fields["included_licenses"] if id == closed],
    }
