"""The file resource: files of nodes and of questions, and uploads that are part of nothing yet.

An upload becomes part of a node, or of a question, by an update of `contentnode` or `assessment_item`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from le_utils.constants import content_kinds

from chalicelib.domain.exercises import questions
from chalicelib.domain.exercises.completion import is_complete
from chalicelib.domain.ids import new_id, parse_id
from chalicelib.domain.types import FileData, NodeData
from chalicelib.errors import Conflict, NotFound, ValidationFailed
from chalicelib.identity.authentication import Identity
from chalicelib.models import assessment_items, file_places, node_parts, nodes, stored_objects
from chalicelib.models.assessment_items import AssessmentItem
from chalicelib.models.base import read_many
from chalicelib.models.changes import Change
from chalicelib.models.channel_members import ChannelMember
from chalicelib.models.file_places import FilePlace
from chalicelib.models.node_parts import Changes, NodeChange
from chalicelib.models.nodes import MAX_NODE_BYTES, Node
from chalicelib.operations.access import node_rights, policy
from chalicelib.operations.access.channel_rights import memberships
from chalicelib.operations.access.node_rights import Place, editable, retried
from chalicelib.operations.changes import part_changes
from chalicelib.operations.changes.feed import REQUEST, Origin, emissions
from chalicelib.operations.exercises.question_diff import size_of
from chalicelib.operations.files import file_uploads
from chalicelib.operations.files.file_representation import Address, row_of
from chalicelib.schemas.constants import PRESETS
from chalicelib.schemas.file import UploadUrl
from chalicelib.schemas.file_resource import FileChanges, FileQuery
from chalicelib.schemas.responses.content import File, Upload

Lists = list[tuple["_Spot", list[FileData]]]  # the files that each spot is to have


@dataclass(frozen=True)
class _Spot:
    """A node that the user may edit, or one of its questions: what has files."""

    place: Place
    item: AssessmentItem | None

    @property
    def node(self) -> Node:
        return self.place.node

    @property
    def files(self) -> list[FileData]:
        return cast(list[FileData], self.item.files if self.item else self.node.files)

    @property
    def address(self) -> Address:
        return self.node.id, self.item.assessment_id if self.item else None


def request_upload(user: Identity, sent: UploadUrl) -> Upload:
    """Where to upload a file, and its record, whose id an update takes. One that is part of nothing is given again.

    Raises as `files.request_upload` does.
    """
    answer = file_uploads.request_upload(user, sent)
    row = answer["file"]
    if not file_places.note_upload(user.user_id, _upload(row)):
        row["id"] = new_id()
        file_places.note_upload(user.user_id, _upload(row))
    return answer


def _upload(row: Mapping[str, Any]) -> FileData:
    return cast(FileData, {**{name: row[name] for name in _KEPT}, "source_url": None})


_KEPT = (  # of a row, in FileData
    *("id", "checksum", "file_format", "file_size", "preset"),
    *("language", "original_filename", "duration", "uploaded_by"),
)


def find(user: Identity, query: FileQuery) -> list[File]:
    """The files of the nodes and questions asked for, where the user may view these; only those of `id__in`, if given.

    By `id__in` alone, also the user's own uploads that are part of nothing. Who uploaded a file is told to members.
    """
    node_ids, keys = [*query.contentnode, *query.contentnode__in], list(query.assessment_item__in)
    rows: list[File] = []
    if not node_ids and not keys:
        places = file_places.get_many(query.id__in)
        rows = [row_of(place.file, None) for place in places if place.file and policy.owns(user, place.user_id)]
        node_ids = [place.contentnode_id for place in places if place.contentnode_id and not place.assessment_id]
        keys = [(place.contentnode_id, place.assessment_id) for place in places if place.assessment_id]
    found = read_many({Node: [*node_ids, *(key[0] for key in keys)], AssessmentItem: list(keys)})
    seen = node_rights.viewable_by_id(user, found[Node])
    items = {(item.contentnode_id, item.assessment_id): item for item in found[AssessmentItem]}
    for node_id in dict.fromkeys(node_ids):
        rows += [row_of(file, (node_id, None)) for file in (seen[node_id].files if node_id in seen else [])]
    for key in dict.fromkeys(keys):
        rows += [row_of(file, key) for file in (items[key].files if key in items and key[0] in seen else [])]
    asked = [row for row in rows if row["id"] in query.id__in] if query.id__in else rows
    return _as_told(user, asked, seen)


def _as_told(user: Identity, rows: list[File], seen: dict[str, Node]) -> list[File]:
    """The rows, not telling who uploaded them where the user is no member. One read where they name anybody else."""
    if all(_may_view_uploader(user, row, None) for row in rows):
        return rows
    keys = [(user.user_id, channel_id) for channel_id in {node.channel_id for node in seen.values()}]
    own = memberships(read_many({ChannelMember: keys}))
    by_node = {node_id: own.get(node.channel_id) for node_id, node in seen.items()}
    return [
        row if _may_view_uploader(user, row, by_node.get(_node_id(row))) else {**row, "uploaded_by": None}
        for row in rows
    ]


def _may_view_uploader(user: Identity, row: File, membership: str | None) -> bool:
    uploader_id = row["uploaded_by"]
    return uploader_id is None or policy.may_view_uploader(user, policy.role_of(user, membership), uploader_id)


def _node_id(row: File) -> str:
    """The node that a file is in, "" for an upload that is part of nothing."""
    return str(row["contentnode"] or (row["assessment_item"] or "").partition(",")[0])


def retrieve(user: Identity, id: str) -> File:
    """One file."""
    file_id = parse_id(id)
    rows = find(user, FileQuery.model_construct(id__in=(file_id,))) if file_id else []
    if not rows:
        raise _unknown(id)
    return rows[0]


def update(user: Identity, id: str, sent: FileChanges, origin: Origin = REQUEST) -> File:
    """Change a file, or put it into another node or question."""
    return retried(lambda: _update(user, _place(user, id), sent, origin))


def delete(user: Identity, id: str, origin: Origin = REQUEST) -> None:
    """Take a file out of its node or question; an upload is forgotten. The stored bytes stay."""
    retried(lambda: _delete(user, _place(user, id), origin))


def _place(user: Identity, id: str) -> FilePlace:
    file_id = parse_id(id)
    place = next(iter(file_places.get_many([file_id])), None) if file_id else None
    if place is None or (place.file and not policy.may_manage(user, place.user_id)):
        raise _unknown(id)
    return place


def _unknown(id: str) -> NotFound:
    return NotFound(f"File not found: {id[:60]!r}")


def _source(user: Identity, place: FilePlace) -> tuple[_Spot | None, FileData]:
    """Where a file is now (None: nowhere), and the file.

    Raises NotFound where it is gone or the user may not view it, Forbidden where the user may only view it.
    """
    if not place.contentnode_id:
        return None, cast(FileData, place.file)
    try:
        spot = _spot(user, (place.contentnode_id, place.assessment_id))
    except NotFound as error:  # which would tell of the node
        raise _unknown(place.id) from error
    file = next((file for file in spot.files if file["id"] == place.id), None)
    if file is None:
        raise _unknown(place.id)
    return spot, file


def _spot(user: Identity, address: Address) -> _Spot:
    node_id, assessment_id = address
    place = editable(user, node_id)
    found = read_many({AssessmentItem: [address]})[AssessmentItem] if assessment_id else []
    if assessment_id and not found:
        raise NotFound(f"Question not found: {node_id},{assessment_id}")
    return _Spot(place, found[0] if found else None)


def _update(user: Identity, place: FilePlace, sent: FileChanges, origin: Origin) -> File | None:
    source, file = _source(user, place)
    goal = _goal(source.address if source else None, sent)
    given = {name: getattr(sent, name) for name in ("language", "duration") if name in sent.model_fields_set}
    preset = {"preset": sent.preset} if sent.preset else {}
    changed = cast(FileData, {**file, **given, **preset})
    if goal is None:
        return row_of(changed, None) if file_places.note_upload(str(place.user_id), changed) else None
    target = source if source and source.address == goal else _spot(user, goal)
    if target is not source or preset:
        _check_preset(changed, target.node.kind)
    if source is None:
        changed["file_size"] = _stored_size(changed)
    lists = _lists(changed, source, target)
    moved = [] if target is source else [(place, FilePlace(place.id, contentnode_id=goal[0], assessment_id=goal[1]))]
    row, made = row_of(changed, goal), list[Change]()
    if origin.emits:
        before = source.place.channel.id if source else None
        made = part_changes.file_updated(user, row, before, target.place.channel.id, sent.model_fields_set)
    return row if node_parts.write(_changes(lists, made, moved)) else None


def _delete(user: Identity, place: FilePlace, origin: Origin) -> bool | None:
    source, file = _source(user, place)
    if source is None:
        return file_places.forget_upload(place) or None
    made = part_changes.file_deleted(user, place.id, source.place.channel.id) if origin.emits else []
    if not node_parts.write(_changes(_lists(file, source, None), made)):
        return None
    file_places.forget([place.id])
    return True


def _goal(source: Address | None, sent: FileChanges) -> Address | None:
    """Where a file is to be; None: nowhere, as before."""
    if sent.assessment_item and sent.contentnode not in (None, sent.assessment_item[0]):
        raise ValidationFailed({"assessment_item": ["This is a question of another node than contentnode."]})
    goal = sent.assessment_item or ((sent.contentnode, None) if sent.contentnode else None)
    if source and not goal:
        holder = "assessment_item" if source[1] else "contentnode"
        if holder in sent.model_fields_set:
            raise ValidationFailed({holder: ["A file is part of something. DELETE it to take it out."]})
    return goal or source


def _check_preset(file: FileData, kind: str) -> None:
    preset = PRESETS.get(file["preset"] or "")
    if preset is None:
        raise ValidationFailed({"preset": ["This field is required for a file that is part of something."]})
    if file["file_format"] not in preset.allowed_formats:
        raise ValidationFailed({"preset": [f"{preset.id} takes no .{file['file_format']} files."]})
    if preset.kind not in (None, kind):
        raise ValidationFailed({"preset": [f"{preset.id} is for a {preset.kind}, and this is a {kind}."]})


def _stored_size(file: FileData) -> int:
    sizes, missing = stored_objects.stored([questions.file_name(file)])
    if missing:
        raise ValidationFailed({"contentnode": [f"{missing[0]} is not stored, upload it first."]})
    return sizes[questions.file_name(file)]


def _lists(file: FileData, source: _Spot | None, target: _Spot | None) -> Lists:
    """The files of both spots when the file is in the target as it is given here, and not in the source.

    Raises Conflict where a question shows what is taken out of it.
    """
    if source is not None and source is target:
        return [(target, [file if other["id"] == file["id"] else other for other in target.files])]
    lists = [(target, [*target.files, file])] if target else []
    if source:
        left = [other for other in source.files if other["id"] != file["id"]]
        _refuse_shown(source.item, file, left)
        lists.append((source, left))
    return lists


def _refuse_shown(item: AssessmentItem | None, file: FileData, left: list[FileData]) -> None:
    name = questions.file_name(file)
    if item is None or name in map(questions.file_name, left):
        return
    if name in questions.shown(assessment_items.to_data(item)):
        raise Conflict(f"Question {item.assessment_id} shows {name}. Take it out of the question's text first.")


def _changes(lists: Lists, made: list[Change], moved: list[tuple[FilePlace, FilePlace]] | None = None) -> Changes:
    of_nodes = {spot.node.id: left for spot, left in lists if spot.item is None}
    places = {spot.node.id: spot.place for spot, _ in lists}
    put = [AssessmentItem(**{**spot.item.attribute_values, "files": left}) for spot, left in lists if spot.item]
    if any(size_of(item) > MAX_NODE_BYTES for item in put):
        raise ValidationFailed({"assessment_item": ["This question has too many files. Put this one into another."]})
    changed = [_node_change(place, of_nodes.get(node_id)) for node_id, place in places.items()]
    counters = [place.counter for place in places.values()]
    return Changes(changed, put=put, moved=moved or [], emissions=emissions(made, *counters))


def _node_change(place: Place, left: list[FileData] | None) -> NodeChange:
    node, complete = place.node, bool(place.node.complete)
    if left is not None:
        data = cast(NodeData, {**nodes.to_data(node), "files": left})
        if len(json.dumps(data)) > MAX_NODE_BYTES:
            raise ValidationFailed({"contentnode": ["This node has too many files. Put this one into another."]})
        if node.kind != content_kinds.EXERCISE:  # where questions count, and files do not
            complete = is_complete(data, [])
    return NodeChange(node, place.above, place.channel, complete, left)
