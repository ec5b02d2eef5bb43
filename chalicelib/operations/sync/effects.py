"""The effect of each kind of change, as data: (table, type) -> function.

A function takes the sender and the change, calls the same operation as the REST API, and returns the changes to emit in
addition to the change itself. It raises the errors of that operation.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from chalicelib.domain.ids import parse_id
from chalicelib.errors import NotFound, ValidationFailed
from chalicelib.identity.authentication import Identity
from chalicelib.models import nodes, trees
from chalicelib.models.changes import Change
from chalicelib.operations.changes.feed import Origin, by_server
from chalicelib.operations.channels import channel_resource, channel_sets, deploy
from chalicelib.operations.copying import node_copies, pull_from_source
from chalicelib.operations.exercises import questions
from chalicelib.operations.files import node_files
from chalicelib.operations.nodes import bulk_update, node_moves, node_writes, prerequisites, purging
from chalicelib.operations.publishing import publish_request
from chalicelib.operations.sync import people_effects
from chalicelib.operations.users import bookmarks, clipboard, invitations, saved_searches
from chalicelib.schemas.assessmentitem import QuestionChanges, QuestionWrite
from chalicelib.schemas.base import Schema, parse
from chalicelib.schemas.channel import ChannelChange, ChannelIn
from chalicelib.schemas.channelset import ChannelSetChanges, ChannelSetIn
from chalicelib.schemas.clipboard import ClipboardChange, ClipboardIn
from chalicelib.schemas.contentnode import Copy, Move, NodeChange, NodeWrite, Prerequisite
from chalicelib.schemas.file_resource import FileChanges
from chalicelib.schemas.invitation import InvitationChanges
from chalicelib.schemas.search import SavedSearchChange, SavedSearchIn
from chalicelib.schemas.sync import (
    COPIED,
    CREATED,
    DELETED,
    DEPLOYED,
    MOVED,
    PUBLISHED,
    PUBLISHED_NEXT,
    REQUIRED,
    SYNCED,
    UPDATED,
    UPDATED_DESCENDANTS,
    DraftIn,
    PublishIn,
    PullIn,
)

Effect = Callable[[Identity, Change], list[Change] | None]
_NESTED = frozenset({"content_defaults", "thumbnail_encoding", "extra_fields", "channels"})


def apply(user: Identity, change: Change) -> list[Change] | None:
    """Apply a change. Raises ValidationFailed if it lacks its object, and the errors of the operation."""
    name = REQUIRED.get(int(change.type))
    if name and change.fields.get(name) is None:
        raise ValidationFailed(
            {name: ["An object is required." if name in change.fields else "This field is required."]}
        )
    return EFFECTS[change.table, int(change.type)](user, change)


def _obj(change: Change) -> dict[str, Any]:
    """Return a new object as sent, with its ID."""
    return {**_unflatten(change.fields["obj"]), "id": change.key}


def _mods(change: Change) -> dict[str, Any]:
    return _unflatten(change.fields["mods"])


def _unflatten(sent: dict[str, Any]) -> dict[str, Any]:
    """Turn `{"channels.a": true}` into `{"channels": {"a": true}}`. Dotted names of nodes are left to their schema."""
    plain: dict[str, Any] = {}
    for name, value in sent.items():
        *outer, last = name.split(".") if name.split(".")[0] in _NESTED else [name]
        place = plain
        for part in outer:
            inner = place.get(part)
            place[part] = place = dict(inner) if isinstance(inner, dict) else {}
        place[last] = value
    return plain


# ---- nodes ----


def _create_node(user: Identity, change: Change) -> list[Change]:
    node_writes.create(user, parse(NodeWrite, {**change.fields["obj"], "id": change.key}), Origin(change))
    return server_values(user, change)


def _update_node(user: Identity, change: Change) -> None:
    node_writes.apply(user, change.key, parse(NodeChange, change.fields["mods"]), Origin(change))


def _delete_node(user: Identity, change: Change) -> None:
    """Studio's editor moves nodes to the trash, and deletes what is in the trash for good."""
    purging.delete(user, change.key, Origin(change))


def _move_node(user: Identity, change: Change) -> None:
    """A move to another channel is also emitted in the other channel's feed, in the same transaction."""
    node_moves.relocate(user, change.key, parse(Move, change.fields), Origin(change))


def _copy_node(user: Identity, change: Change) -> list[Change]:
    source = change.fields.get("from_key")
    sent = parse(Copy, {**change.fields, "key": change.key})
    node_copies.copy(user, str(source), sent, as_sent=change.fields, origin=Origin(change))
    return server_values(user, change)


def server_values(user: Identity, change: Change) -> list[Change]:
    """Return the change with the server-assigned values of a new node (recorded: after CREATED and COPIED)."""
    node = nodes.get(change.key)
    if node is None:
        return []
    is_copy = change.type == COPIED
    known = {"__COPYING_STATUS": "SUCCESS"} if is_copy else {"content_id": node.content_id}
    mods = {"node_id": node.node_id, **known}
    return [by_server(change.channel_id, change.table, change.key, mods, is_copy, user.user_id)]


def was_created(change: Change) -> bool:
    """Whether a node is the one that CREATED or COPIED requested in this channel: its ID may belong to another node."""
    found = nodes.get(change.key)
    path = trees.lineage(found.id, found.path) if found else []
    if not path or path[0].channel_id != change.channel_id:
        return False
    node, obj = path[-1], change.fields.get("obj", {})
    if change.type == COPIED:
        source = nodes.get(parse_id(change.fields.get("from_key")) or "-")
        return source is not None and node.source_node_id == source.node_id
    return (node.parent_id, node.kind) == (parse_id(obj.get("parent")), obj.get("kind"))


def _change_descendants(user: Identity, change: Change) -> None:
    bulk_update.update(user, change.key, parse(NodeChange, change.fields["mods"]))


def _pull(user: Identity, change: Change) -> None:
    wanted = parse(PullIn, change.fields).model_dump()
    pull = pull_from_source.pull if change.table == "channel" else pull_from_source.pull_node
    pull(user, change.key, **wanted)


def is_large(change: Change) -> bool:
    """Whether a change may take too long for a request. One read, if its type can be slow."""
    if change.type == SYNCED:
        return change.table == "channel"
    if change.type not in (COPIED, UPDATED_DESCENDANTS):
        return False
    top = nodes.get(str(change.fields.get("from_key") if change.type == COPIED else change.key) or "-")
    return top is not None and node_copies.is_large(top)


# ---- parts of nodes ----


def _question(change: Change) -> str:
    return ",".join(change.key)


def _create_question(user: Identity, change: Change) -> None:
    node_id, assessment_id = change.key
    own = {"contentnode": node_id, "assessment_id": assessment_id}
    questions.create(user, parse(QuestionWrite, {**change.fields["obj"], **own}), Origin(change))


def _update_question(user: Identity, change: Change) -> None:
    questions.update(user, _question(change), parse(QuestionChanges, change.fields["mods"]), Origin(change))


def _delete_question(user: Identity, change: Change) -> None:
    questions.delete(user, _question(change), Origin(change))


def _update_file(user: Identity, change: Change) -> None:
    node_files.update(user, change.key, parse(FileChanges, _mods(change)), Origin(change))


def _delete_file(user: Identity, change: Change) -> None:
    """Studio's editor also deletes files that others have replaced already."""
    with suppress(NotFound):
        node_files.delete(user, change.key, Origin(change))


def _prerequisite(do: Callable[[Identity, str, Prerequisite, Origin], Any]) -> Effect:
    def effect(user: Identity, change: Change) -> None:
        target, prerequisite = change.key
        do(user, target, Prerequisite(prerequisite=prerequisite), Origin(change))

    return effect


# ---- channels ----


def _update_channel(user: Identity, change: Change) -> None:
    channel_resource.update(user, change.key, parse(ChannelChange, _mods(change)), Origin(change))


def _delete_channel(user: Identity, change: Change) -> None:
    channel_resource.delete(user, change.key, Origin(change))


def _publish(user: Identity, change: Change) -> list[Change]:
    wanted = parse(PublishIn, change.fields)
    return _task(change, publish_request.request(user, change.key, wanted.version_notes, wanted.language).task_id)


def _publish_draft(user: Identity, change: Change) -> list[Change]:
    return _task(
        change, publish_request.request_draft(user, change.key, parse(DraftIn, change.fields).use_staging_tree)
    )


def _task(change: Change, task_id: str) -> list[Change]:
    return [by_server(change.channel_id, "channel", change.key, {"__TASK_ID": task_id})]


# ---- by table ----


def _created(create: Callable[[Identity, Any], Any], schema: type[Schema]) -> Effect:
    def effect(user: Identity, change: Change) -> None:
        create(user, parse(schema, _obj(change)))

    return effect


def _updated(update: Callable[[Identity, str, Any], Any], schema: type[Schema]) -> Effect:
    def effect(user: Identity, change: Change) -> None:
        update(user, change.key, parse(schema, _mods(change)))

    return effect


def _deleted(delete: Callable[[Identity, str], Any]) -> Effect:
    def effect(user: Identity, change: Change) -> None:
        delete(user, change.key)

    return effect


EFFECTS: dict[tuple[str, int], Effect] = {
    ("contentnode", CREATED): _create_node,
    ("contentnode", UPDATED): _update_node,
    ("contentnode", DELETED): _delete_node,
    ("contentnode", MOVED): _move_node,
    ("contentnode", COPIED): _copy_node,
    ("contentnode", UPDATED_DESCENDANTS): _change_descendants,
    ("contentnode", SYNCED): _pull,
    ("contentnode_prerequisite", CREATED): _prerequisite(prerequisites.add),
    ("contentnode_prerequisite", DELETED): _prerequisite(prerequisites.remove),
    ("file", UPDATED): _update_file,
    ("file", DELETED): _delete_file,
    ("assessmentitem", CREATED): _create_question,
    ("assessmentitem", UPDATED): _update_question,
    ("assessmentitem", DELETED): _delete_question,
    ("channel", CREATED): _created(channel_resource.create, ChannelIn),
    ("channel", UPDATED): _update_channel,
    ("channel", DELETED): _delete_channel,
    ("channel", PUBLISHED): _publish,
    ("channel", PUBLISHED_NEXT): _publish_draft,
    ("channel", SYNCED): _pull,
    ("channel", DEPLOYED): _deleted(deploy.deploy),
    ("user", UPDATED): people_effects.rename,
    ("bookmark", CREATED): people_effects.bookmark,
    ("bookmark", DELETED): _deleted(bookmarks.delete),
    ("channelset", CREATED): _created(channel_sets.create, ChannelSetIn),
    ("channelset", UPDATED): _updated(channel_sets.update, ChannelSetChanges),
    ("channelset", DELETED): _deleted(channel_sets.delete),
    ("clipboard", CREATED): _created(clipboard.create, ClipboardIn),
    ("clipboard", UPDATED): _updated(clipboard.update, ClipboardChange),
    ("clipboard", DELETED): _deleted(clipboard.delete),
    ("savedsearch", CREATED): _created(saved_searches.create, SavedSearchIn),
    ("savedsearch", UPDATED): _updated(saved_searches.update, SavedSearchChange),
    ("savedsearch", DELETED): _deleted(saved_searches.delete),
    ("invitation", CREATED): people_effects.invite,
    ("invitation", UPDATED): _updated(invitations.update, InvitationChanges),
    ("invitation", DELETED): people_effects.revoke,
    ("editor_m2m", CREATED): people_effects.add_editor,
    ("editor_m2m", DELETED): people_effects.remove_editor,
    ("viewer_m2m", CREATED): people_effects.add_viewer,
    ("viewer_m2m", DELETED): people_effects.remove_viewer,
}
