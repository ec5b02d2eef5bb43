"""The upload of a channel by a chef: create it, then stage the uploaded tree or make it live."""

from typing import Any

from chalicelib.aws import queues
from chalicelib.domain import jobs
from chalicelib.domain.ids import derived_id, new_id
from chalicelib.domain.limits import CHANNELS
from chalicelib.errors import Conflict, Forbidden, ValidationFailed
from chalicelib.identity.authentication import Identity
from chalicelib.identity.daily_limits import counted
from chalicelib.models import changes, channel_members, channel_purges, channels, emission, nodes, tasks, trees
from chalicelib.models.base import Transaction, now, read_many, transact, unchanged
from chalicelib.models.changes import Change, Counter
from chalicelib.models.channels import Channel
from chalicelib.models.emission import Emission
from chalicelib.models.nodes import Node
from chalicelib.models.stored_objects import StoredObject, sizes_of
from chalicelib.operations.access import channel_rights, policy
from chalicelib.operations.access.node_rights import retried
from chalicelib.operations.access.policy import Rights
from chalicelib.operations.changes import channel_changes
from chalicelib.operations.changes.feed import emissions
from chalicelib.operations.channels import deploy
from chalicelib.operations.channels.channel_representation import fields_of
from chalicelib.operations.nodes.build_nodes import root_files
from chalicelib.operations.storage import channel_files, uses
from chalicelib.schemas.chef import ChefChannel


def open_for_chef(user: Identity, sent: ChefChannel) -> str:
    """Create the channel, or open an existing one, with a new chef tree; returns the ID of that tree's root.

    The chef tree of an unfinished earlier upload is discarded and removed. The fields set on an existing channel are
    emitted. Raises Forbidden if the channel exists and the user may not edit it, LimitReached if it does not exist and
    the user has created too many today.
    """
    root_id = new_id()
    return retried(lambda: _open(user, sent, root_id))


def check_editor(user: Identity, channel_id: str) -> None:
    """Check that a channel does not exist yet, or that the user may edit it. Raises Forbidden."""
    found = read_many(channel_rights.keys(user, [channel_id]))
    for channel in found[Channel]:
        rights = channel_rights.rights_in(user, channel, channel_rights.memberships(found).get(channel_id))
        _require_editor(channel_id, rights)


def _require_editor(channel_id: str, rights: Rights) -> None:
    if not policy.may_edit(rights.role):
        raise Forbidden(f"Channel {channel_id} belongs to other users. Ask one of its editors to invite you.")


def _open(user: Identity, sent: ChefChannel, root_id: str) -> str | None:
    """An attempt of `open_for_chef`. Returns None if the channel's feed was changed meanwhile."""
    names = [file.filename for file in sent.files]
    keys = channel_rights.keys(user, [sent.id])
    checksums = [name[:32] for name in names]
    found = read_many({**keys, StoredObject: checksums, Change: [changes.counter_key(sent.id)]})
    root = _chef_root(root_id, sent, *sizes_of(names, {entry.checksum: entry for entry in found[StoredObject]}))
    if not found[Channel]:
        return _create(user, sent, root)
    channel = found[Channel][0]
    rights = channel_rights.rights_in(user, channel, channel_rights.memberships(found).get(sent.id))
    _require_editor(sent.id, rights)
    if channel.chef_root_id:
        deploy.removal(channel.id, channel.chef_root_id)
    emitted = _emissions(user, channel, rights, sent, changes.counters_among(found[Change], [sent.id])[sent.id])
    channel_files.prepare_deleted(channel, False)
    _prepare_files(Channel(**{**channel.attribute_values, "deleted": False}), sent, root)
    if not _reopen(channel, sent, root, emitted):
        return None
    if channel.deleted and channel.public:  # restored
        queues.send_maintenance(jobs.LIST_CHANNELS.message(channel_ids=[channel.id]))
    return root_id


def _emissions(user: Identity, channel: Channel, rights: Rights, sent: ChefChannel, counter: Counter) -> list[Emission]:
    """The change with all fields that an upload sets, even to their current values, as it is written regardless of
    other writes of the channel."""
    values = {column.attr_name: value for column, value in _sent_columns(sent)}
    after = Channel(**{**channel.attribute_values, **values})
    made = channel_changes.updated(user, fields_of(after, None, rights), values.keys() - {"modified"})
    return emissions(made, counter)


def _reopen(channel: Channel, sent: ChefChannel, root: Node, emitted: list[Emission]) -> bool:
    """Write the new chef tree and the fields of a channel. Returns False if its feed was changed meanwhile.

    Raises Conflict if another upload has begun.
    """
    sets = [column.set(value) for column, value in _sent_columns(sent)]
    was = Channel.chef_root_id
    as_read = was == channel.chef_root_id if channel.chef_root_id else was.does_not_exist()
    as_read &= Channel.id.exists() & unchanged(Channel.freed, channel.freed)

    def fill(transaction: Transaction) -> None:
        transaction.save(root)
        actions = [*sets, Channel.chef_root_id.set(root.id), Channel.rev.add(1)]
        transaction.update(Channel(channel.id), actions, condition=as_read)
        emission.emit(transaction, emitted)

    codes = transact(fill)
    if codes and codes[-1 - len(emitted)] == "ConditionalCheckFailed" and not _has_freed(channel):
        raise Conflict(f"Another upload to channel {channel.id} has just started. Send this request again.")
    return not codes


def _has_freed(channel: Channel) -> bool:
    """Whether references to the channel's files were removed since it was read."""
    current = channels.get(channel.id)
    return current is not None and current.freed != channel.freed


def _chef_root(root_id: str, sent: ChefChannel, sizes: dict[str, int], missing: list[str]) -> Node:
    if missing:
        raise ValidationFailed(
            {"channel_data.files": [f"Files are not stored. Upload them first: {', '.join(missing)}"]}
        )
    root = trees.new_root(root_id, sent.id, sent.name, sent.language)
    root.extra_fields = sent.extra_fields
    root.modified = now()  # from which on it is kept, see `operations.retention.unfinished_uploads`
    root.files = root_files(root.id, sent.files, sizes)
    return root


def _prepare_files(channel: Channel, sent: ChefChannel, root: Node) -> None:
    """Record the uses of the root's files and of the thumbnail, and that the use of another thumbnail may end."""
    if root.files:
        uses.begin(channel, [nodes.to_data(root)], [])
    if sent.thumbnail != channel.thumbnail:
        uses.begin_thumbnail(channel, sent.thumbnail)
        uses.prepare_thumbnail_end(channel)


def _create(user: Identity, sent: ChefChannel, chef_root: Any) -> str:
    live = trees.new_root(new_id(), sent.id, sent.name, sent.language)
    trash = trees.new_root(new_id(), sent.id, "Trash", None)
    channel = Channel(
        id=sent.id,
        created=now(),
        owner_id=user.user_id,
        root_id=live.id,
        trash_root_id=trash.id,
        chef_root_id=chef_root.id,
        editors_count=1,
        **{column.attr_name: value for column, value in _sent_columns(sent)},
    )
    _prepare_files(Channel(**{**channel.attribute_values, "thumbnail": None}), sent, chef_root)

    def fill(transaction: Transaction) -> None:
        channel_purges.refuse(transaction, channel.id)
        transaction.save(channel, condition=Channel.id.does_not_exist())
        channel_members.add_first_editor(transaction, channel, user.user_id, is_chef=True)
        for root in (live, trash, chef_root):
            transaction.save(root)

    with counted(CHANNELS, user.user_id):
        if codes := transact(fill):
            channel_purges.explain(sent.id, codes)
            raise Conflict(f"Channel {sent.id} is being created by another request. Send this request again.")
    return str(chef_root.id)


def _sent_columns(sent: ChefChannel) -> list[tuple[Any, Any]]:
    return [
        (Channel.name, sent.name),
        (Channel.description, sent.description),
        (Channel.tagline, sent.tagline),
        (Channel.language, sent.language),
        (Channel.thumbnail, sent.thumbnail),
        (Channel.source_domain, sent.source_domain),
        (Channel.source_id, sent.source_id),
        (Channel.ricecooker_version, sent.ricecooker_version),
        (Channel.extra_fields, sent.extra_fields),
        (Channel.deleted, False),
        (Channel.modified, now()),
    ]


def finish(user: Identity, channel_id: str, stage: bool) -> tuple[str, str]:
    """Finish an upload: the chef tree becomes the staging tree or, if `stage` is false, the live tree.

    One transaction swaps the pointers. Returns the ID of the channel and of the task that compares the new tree with
    the live one. Trees that become unreachable are removed; a deploy also removes an older staging tree.
    Raises NotFound and Forbidden as `editable_channel` does, Conflict if there is no chef tree.
    """
    channel = channel_rights.editable_channel(user, channel_id)
    chef_root = channel.chef_root_id
    if not chef_root:
        raise Conflict("No upload is waiting for this channel. Call create_channel and add_nodes first.")
    task = tasks.new(
        derived_id(chef_root, "diff"),
        tasks.DIFF,
        channel.id,
        user.user_id,
        new_root_id=chef_root,
        old_root_id=channel.root_id,
    )
    task.save()
    # Send before the swap: if the message were lost after it, a retry would find no chef tree and could not resume.
    queues.send_maintenance(jobs.COMPARE_TREES.message(task_id=task.id))
    deploy.removal(channel.id, channel.staging_root_id, None if stage else channel.previous_root_id)
    _swap(channel, chef_root, stage)
    return str(channel.id), str(task.id)


def _swap(channel: Channel, chef_root: str, stage: bool) -> None:
    uploaded, no_upload = Channel.chef_root_id == chef_root, Channel.chef_root_id.remove()
    if not stage:
        deploy.go_live(channel, chef_root, uploaded, [no_upload, Channel.staging_root_id.remove()])
        return
    actions = [Channel.staging_root_id.set(chef_root), no_upload, Channel.modified.set(now())]
    roots = (channel.root_id, chef_root)
    deploy.exchange(channel, actions, uploaded, roots, lambda current: bool(current.staging_root_id == chef_root))


def statuses(user: Identity, channel_ids: list[str]) -> dict[str, channels.Status]:
    """Return the status of channels by ID, as defined by `models.channels.status`.

    Raises NotFound and Forbidden as `editable_channels` does.
    """
    found = channel_rights.editable_channels(user, channel_ids)
    return {channel.id: channels.status(channel) for channel in found}
