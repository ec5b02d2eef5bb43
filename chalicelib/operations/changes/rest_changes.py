"""Telling those who sync a channel what was written by other requests, as if it had come by sync.

Such changes are born done, and told to the sender's own client too. They hold what is now there, as it was read after
the write: fields whole, as reads give them. What leaves a live tree is DELETED, and what comes into one (also out of
the trash) is CREATED; clients read what lies below it, as below a copy. It is a courtesy: where it fails, what was
written stays written.

One read and one transaction, whatever is told; one read more where the channel is not known.
"""

import functools
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ParamSpec

from chalicelib.aws.unavailable import UNAVAILABLE
from chalicelib.domain.ids import parse_id
from chalicelib.identity.authentication import Identity
from chalicelib.models import changes, nodes
from chalicelib.models.changes import Change
from chalicelib.operations.access.node_rights import Moved
from chalicelib.operations.changes import feed
from chalicelib.operations.changes.feed import Key
from chalicelib.schemas.assessmentitem import QuestionChanges, QuestionWhole
from chalicelib.schemas.contentnode import NodeChange, NodeWrite
from chalicelib.schemas.parts import question_key
from chalicelib.schemas.sync import COPIED, CREATED, DELETED, MAX_CHANGE_LENGTH, MOVED, UPDATED
from chalicelib.telemetry import log

Row = Mapping[str, Any]
Fields = dict[str, object]  # what a change holds
P = ParamSpec("P")
_OF_NEW_NODES = ("id", "parent", "kind", "title", "node_id", "content_id")
_WHOLE = (*_OF_NEW_NODES, *NodeWrite.model_fields, "total_count", "resource_count", "has_children", "complete")
_HOLDERS = frozenset({"contentnode", "assessment_item"})


def _courtesy(do: Callable[P, None]) -> Callable[P, None]:
    @functools.wraps(do)
    def told(*arguments: P.args, **named: P.kwargs) -> None:
        try:
            do(*arguments, **named)
        except UNAVAILABLE:
            log.exception("a change could not be told")

    return told


def change(user: Identity, channel_id: str, type: int, table: str, key: Key, **fields: Any) -> Change:
    """A change that a user has made, to be told.

    The session is told apart from that of changes that came by sync: a client does not do again what is answered as a
    success of its own.
    """
    session = f"rest:{user.session}" if user.session else None
    return feed.done(channel_id, type, table, key, fields, created_by_id=user.user_id, session=session)


@_courtesy
def tell(*made: Change) -> None:
    """Tell changes, each to those who sync its channel."""
    _tell(*made)


def _tell(*made: Change) -> None:
    told: dict[str, list[Change]] = {}
    for one in made:
        told.setdefault(str(one.channel_id), []).append(one)
    if told:
        changes.append_all_done(told)


def fitting(row: Row, names: Iterable[str]) -> Fields:
    """These fields of a row, as far as a change can hold them: of more, the largest are left to be read."""
    chosen = {name: row[name] for name in dict.fromkeys(names) if name in row}
    sizes = {name: len(json.dumps({name: value})) for name, value in chosen.items()}
    room = MAX_CHANGE_LENGTH
    for name in sorted(sizes, key=lambda name: sizes[name]):
        room -= sizes[name]
        if room < 0:
            del chosen[name]
    return chosen


# ---- nodes ----


def _node(row: Row, names: Iterable[str]) -> Fields:
    """Fields of a node; its tags as changes have them."""
    return fitting({**row, "tags": dict.fromkeys(row["tags"], True)}, names)


def as_new(row: Row) -> Fields:
    """What CREATED tells of a node that came from elsewhere."""
    return _node(row, _WHOLE)


def node_created(user: Identity, row: Row, given: Iterable[str]) -> None:
    obj = _node(row, [*_OF_NEW_NODES, *given])
    tell(change(user, row["channel_id"], CREATED, "contentnode", row["id"], obj=obj))


def node_updated(user: Identity, row: Row, given: Iterable[str]) -> None:
    mods = _node(row, given)
    tell(*([change(user, row["channel_id"], UPDATED, "contentnode", row["id"], mods=mods)] if mods else []))


def node_moved(user: Identity, moved: Moved, position: str = "last-child") -> None:
    """A move within a tree, out of a live one, or into one; also from one channel to another."""
    before, goal, row = moved.before, moved.goal, moved.row
    placed = change(user, goal.channel.id, MOVED, "contentnode", row["id"], target=goal.node.id, position=position)
    if before.root_id == goal.root_id:
        tell(placed)
        return
    told = [change(user, before.channel.id, DELETED, "contentnode", row["id"])] if before.is_live else []
    if goal.is_live:
        told += [change(user, goal.channel.id, CREATED, "contentnode", row["id"], obj=as_new(row))]
        told += [placed] if position != "last-child" else []
    tell(*told)


def node_copied(user: Identity, source_id: str, row: Row, body: Row) -> None:
    """A copy that a request has made; `body` is what it sent."""
    tell(*_of_copy(user, source_id, row["channel_id"], row["id"], row["node_id"], body))


@_courtesy
def copy_ended(user_id: str, source_id: str, body: Row) -> None:
    """A copy that was made in the background; its id is the `key` of what was sent."""
    node = nodes.get(body["key"])
    if node is not None:
        user = Identity(user_id, "", "", "", is_admin=False)
        _tell(*_of_copy(user, source_id, node.channel_id, node.id, node.node_id, body))


def _of_copy(user: Identity, source_id: str, channel_id: str, id: str, node_id: str, body: Row) -> list[Change]:
    """What sync tells of a copy: the copy as it was sent, and then what only we know of it."""
    sent, excluded = body.get("mods") or {}, body.get("excluded_descendants") or {}
    fields = {
        "from_key": parse_id(source_id),
        "target": parse_id(body["target"]),
        "position": body.get("position") or "last-child",
        "mods": fitting(sent, [name for name in sent if name.split(".")[0] in NodeChange.model_fields]),
        "excluded_descendants": excluded if isinstance(excluded, dict) else dict.fromkeys(excluded, True),
    }
    known = {"node_id": node_id, "__COPYING_STATUS": "SUCCESS"}
    return [
        change(user, channel_id, COPIED, "contentnode", id, **fields),
        feed.made(channel_id, "contentnode", id, known, True, user.user_id),
    ]


# ---- parts of nodes ----


@_courtesy
def _tell_of_part(user: Identity, node_id: str | None, type: int, table: str, key: Key, **fields: Any) -> None:
    """A change of what belongs to a node, in whose channel it is."""
    node = nodes.get(node_id) if node_id else None
    if node is not None:
        _tell(change(user, node.channel_id, type, table, key, **fields))


def prerequisite_added(user: Identity, pair: Row) -> None:
    key = [pair["target_node"], pair["prerequisite"]]
    _tell_of_part(user, key[0], CREATED, "contentnode_prerequisite", key, obj=pair)


def prerequisite_removed(user: Identity, node_id: str, prerequisite_id: str) -> None:
    target = parse_id(node_id) or node_id
    _tell_of_part(user, target, DELETED, "contentnode_prerequisite", [target, prerequisite_id])


def question_created(user: Identity, row: Row) -> None:
    _tell_of_part(user, row["contentnode"], CREATED, "assessmentitem", _question(row), obj=fitting(row, row))


def question_updated(user: Identity, row: Row, sent: QuestionChanges) -> None:
    """A question that was changed, or deleted where that was sent."""
    if sent.deleted:
        _tell_of_part(user, row["contentnode"], DELETED, "assessmentitem", _question(row))
        return
    given = set(row) if isinstance(sent, QuestionWhole) else sent.model_fields_set
    mods = fitting(row, given - {"contentnode", "assessment_id", "deleted"})
    if mods:
        _tell_of_part(user, row["contentnode"], UPDATED, "assessmentitem", _question(row), mods=mods)


def question_deleted(user: Identity, id: str) -> None:
    key = question_key(id)
    if key:
        _tell_of_part(user, key[0], DELETED, "assessmentitem", list(key))


def _question(row: Row) -> list[str]:
    return [row["contentnode"], row["assessment_id"]]


def file_updated(user: Identity, row: Row, channel_ids: tuple[str | None, str | None], given: set[str]) -> None:
    """A file that was changed, or put elsewhere: into a channel that did not have it, as a new one.

    `channel_ids` are those that it was in, and is in.
    """
    before, after = channel_ids
    told = []
    if before and before != after:
        told.append(change(user, before, DELETED, "file", row["id"]))
    if after and before != after:
        told.append(change(user, after, CREATED, "file", row["id"], obj=fitting(row, row.keys() - {"uploaded_by"})))
    mods = fitting(row, given | (_HOLDERS if given & _HOLDERS else set()))
    if after and before == after and mods:
        told.append(change(user, after, UPDATED, "file", row["id"], mods=mods))
    tell(*told)


def file_deleted(user: Identity, file_id: str, channel_id: str) -> None:
    if channel_id:
        tell(change(user, channel_id, DELETED, "file", file_id))


# ---- channels ----


def channel_updated(user: Identity, row: Row, given: Iterable[str]) -> None:
    """A channel that was changed, or taken back. Where it comes from is read as `source_url`."""
    names = {"source_url" if name == "source_domain" else name for name in given} - {"id"}
    mods = fitting(row, names)
    tell(*([change(user, row["id"], UPDATED, "channel", row["id"], mods=mods)] if mods else []))


def channel_deleted(user: Identity, row: Row) -> None:
    tell(change(user, row["id"], DELETED, "channel", row["id"]))
