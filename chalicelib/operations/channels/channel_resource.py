"""Channels as their curators make and change them."""

from collections.abc import Callable
from typing import Any

from le_utils.constants import licenses

from chalicelib.aws import queues
from chalicelib.domain import jobs
from chalicelib.domain.ids import new_id
from chalicelib.errors import Conflict, NotFound
from chalicelib.identity.authentication import Identity
from chalicelib.models import channel_members, channel_versions, emission, nodes, trees
from chalicelib.models.base import Transaction, now, transact, unchanged
from chalicelib.models.changes import Change
from chalicelib.models.channels import Channel
from chalicelib.models.emission import Emission
from chalicelib.operations.access.channel_rights import rights_in, viewable, writable_with_feed
from chalicelib.operations.access.policy import Role
from chalicelib.operations.changes import channel_changes
from chalicelib.operations.changes.feed import REQUEST, Origin, emissions
from chalicelib.operations.channels.channel_representation import fields_of
from chalicelib.operations.channels.channel_versions import fields_of_version
from chalicelib.operations.search import search_index_update
from chalicelib.operations.trees import tree_statistics
from chalicelib.schemas.channel import ChannelChange, ChannelIn
from chalicelib.schemas.constants import LICENSES
from chalicelib.schemas.responses.channel import Channel as ChannelOut
from chalicelib.schemas.responses.channel import VersionDetail

_TRIES = 8
# What a published version says.
_PUBLISHED = {"name", "description", "language", "thumbnail", "thumbnail_encoding"}


def retrieve(user: Identity, channel_id: str) -> ChannelOut:
    """A channel that one may view."""
    channel, rights = viewable(user, channel_id)
    return fields_of(channel, nodes.get(channel.root_id), rights)


def create(user: Identity, sent: ChannelIn) -> ChannelOut:
    """Make a channel, of which the user becomes the editor. Raises Conflict where its id is taken."""
    channel_id = sent.id or new_id()
    live = trees.new_root(new_id(), channel_id, sent.name, sent.language)
    trash = trees.new_root(new_id(), channel_id, "Trash", None)
    channel = Channel(
        id=channel_id,
        created=now(),
        modified=now(),
        root_id=live.id,
        trash_root_id=trash.id,
        editors_count=1,
        **_columns(sent, {}),
    )

    def fill(transaction: Transaction) -> None:
        transaction.save(channel, condition=Channel.id.does_not_exist())
        channel_members.add_first_editor(transaction, channel, user.user_id)
        for root in (live, trash):
            transaction.save(root)

    if transact(fill):
        raise Conflict(f"There is a channel {channel_id} already. Send another id, or none.")
    return fields_of(channel, live, rights_in(user, channel, Role.EDIT.value))


def update(user: Identity, channel_id: str, sent: ChannelChange, origin: Origin = REQUEST) -> ChannelOut:
    """Change what is given of a channel; returns it.

    Its `rev` counts up where a published version would say something else.

    Raises Conflict where others change it all the time.
    """
    return _update(
        user, channel_id, sent, origin, lambda row: channel_changes.updated(user, row, sent.model_fields_set)
    )


def delete(user: Identity, channel_id: str, origin: Origin = REQUEST) -> None:
    """Set a channel aside, and take it off the public lists. Raises as `update` does."""
    changed = ChannelChange(deleted=True)
    _update(user, channel_id, changed, origin, lambda row: channel_changes.deleted(user, row["id"]))


def restore(user: Identity, channel_id: str) -> ChannelOut:
    """Take a deleted channel back; one that was public becomes so again. Raises as `update` does."""
    return update(user, channel_id, ChannelChange(deleted=False))


def _update(
    user: Identity, channel_id: str, sent: ChannelChange, origin: Origin, describe: Callable[[ChannelOut], list[Change]]
) -> ChannelOut:
    """`describe` gives what is emitted, from the channel as it will be."""
    for _ in range(_TRIES):
        channel, rights, counter = writable_with_feed(user, channel_id)
        values = _changed(channel, _columns(sent, channel.content_defaults))
        after = Channel(**{**channel.attribute_values, **values})
        made = describe(fields_of(after, None, rights)) if origin.emits else []
        if not values or _write(channel, values, emissions(made, counter)):
            if "deleted" in sent.model_fields_set:  # also where nothing changed: the messages may have been lost
                _refresh_lists(after)
            return fields_of(after, nodes.get(after.root_id), rights)
    raise Conflict(f"Channel {channel_id} is being changed by others. Look at it and try again.")


def _refresh_lists(channel: Channel) -> None:
    if channel.public:
        queues.send_maintenance(jobs.LIST_CHANNELS.message(channel_ids=[channel.id]))
    if channel.version:
        search_index_update.send_refresh(channel.id)


def _columns(sent: ChannelChange, defaults: dict[str, Any]) -> dict[str, Any]:
    """Columns with the values given. Of `content_defaults` only what is given replaces what is there."""
    columns: dict[str, Any] = sent.model_dump(exclude_unset=True, exclude={"id", "content_defaults"})
    if "thumbnail_encoding" in columns:
        columns["thumbnail_encoding"] = columns["thumbnail_encoding"] or {}
    if sent.content_defaults:
        columns["content_defaults"] = {**defaults, **sent.content_defaults.model_dump(exclude_unset=True)}
    return columns


def _changed(channel: Channel, columns: dict[str, Any]) -> dict[str, Any]:
    """Those of the columns that get other values, with what follows from them; empty where none does.

    Whoever changes columns of a channel changes `modified`.
    """
    changed = {name: value for name, value in columns.items() if getattr(channel, name) != value}
    rev = {} if _PUBLISHED.isdisjoint(changed) else {"rev": int(channel.rev) + 1}
    return {**changed, "modified": now(), **rev} if changed else {}


def _write(channel: Channel, values: dict[str, Any], emitted: list[Emission]) -> bool:
    """Say whether the channel and its feed were still as they were read."""
    actions = [getattr(Channel, name).set(value) for name, value in values.items()]
    as_read = (Channel.modified == channel.modified) & unchanged(Channel.rev, channel.rev)

    def fill(transaction: Transaction) -> None:
        transaction.update(Channel(channel.id), actions, condition=as_read)
        emission.emit(transaction, emitted)

    return not transact(fill)


def languages(user: Identity, channel_id: str) -> list[str]:
    """le_utils ids of the languages in a channel's live tree, as it was walked last."""
    channel, _ = viewable(user, channel_id)
    return _languages(channel)


def language_exists(user: Identity, channel_id: str) -> bool:
    """Whether anything in a channel's live tree is in the channel's language."""
    channel, _ = viewable(user, channel_id)
    return channel.language in _languages(channel)


def _languages(channel: Channel) -> list[str]:
    facts = tree_statistics.read_from(nodes.get(channel.root_id))
    handed_down = {channel.language} if facts["unspoken"] and channel.language else set()
    return sorted({*facts["languages"], *handed_down})


def version_detail(user: Identity, channel_id: str) -> VersionDetail:
    """What is published of a channel. Raises NotFound where nothing is."""
    channel, _ = viewable(user, channel_id)
    found = channel_versions.get_many([(channel.id, int(channel.version))])
    if not found:
        raise NotFound(f"Nothing of channel {channel.id} is published. Publish it first.")
    fields = fields_of_version(found[0])
    closed = LICENSES[licenses.ALL_RIGHTS_RESERVED].id
    return {
        **fields,
        "non_distributable_licenses_included": [id for id in fields["included_licenses"] if id == closed],
    }
