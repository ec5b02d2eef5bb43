"""The file resource: files of nodes and questions, and uploads that are not attached yet.

Updating `contentnode` or `assessment_item` attaches an upload to a node or a question.
"""

from collections.abc import Mapping
from typing import Any, cast

from chalicelib.domain.exercises import questions
from chalicelib.domain.files.file_slots import replaced
from chalicelib.domain.ids import new_id, parse_id
from chalicelib.domain.types import FileData
from chalicelib.errors import NotFound, ValidationFailed
from chalicelib.identity.authentication import Identity
from chalicelib.models import file_places, node_parts, stored_objects
from chalicelib.models.assessment_items import AssessmentItem
from chalicelib.models.base import read_many
from chalicelib.models.changes import Change
from chalicelib.models.channel_members import ChannelMember
from chalicelib.models.file_places import FilePlace
from chalicelib.models.node_parts import Changes
from chalicelib.models.nodes import Node
from chalicelib.operations.access import node_rights, policy
from chalicelib.operations.access.channel_rights import memberships
from chalicelib.operations.access.node_rights import live, retried
from chalicelib.operations.changes import node_changes, part_changes
from chalicelib.operations.changes.feed import REQUEST, Origin, emissions
from chalicelib.operations.files import file_owners, file_uploads
from chalicelib.operations.files.file_changes import Lists, Owner, changed, lists_of
from chalicelib.operations.files.file_representation import Address, row_of
from chalicelib.schemas.constants import PRESETS
from chalicelib.schemas.file import UploadUrl
from chalicelib.schemas.file_resource import FileChanges, FileQuery
from chalicelib.schemas.responses.content import File, Upload


def request_upload(user: Identity, sent: UploadUrl) -> Upload:
    """Return an upload URL for a file, and the file's record. An update of the record's id attaches the file.

    A repeated request returns the same record until the file is attached. Raises as `file_uploads.request_upload`.
    """
    answer = file_uploads.request_upload(user, sent)
    note_upload(user, answer["file"])
    return answer


def note_upload(user: Identity, row: File) -> None:
    """Let the user attach an upload by its id, which is replaced if a node or question has the file already."""
    if not file_places.note_upload(user.user_id, _upload(row)):
        row["id"] = new_id()
        file_places.note_upload(user.user_id, _upload(row))


def _upload(row: Mapping[str, Any]) -> FileData:
    return cast(FileData, {**{name: row[name] for name in _UPLOAD_FIELDS}, "source_url": None})


_UPLOAD_FIELDS = (  # fields of a row that are stored in FileData
    *("id", "checksum", "file_format", "file_size", "preset"),
    *("language", "original_filename", "duration", "uploaded_by"),
)


def find(user: Identity, query: FileQuery) -> list[File]:
    """Return the files of the queried nodes and questions that the user may view, filtered by `id__in` if given.

    `id__in` alone also finds the user's uploads that are not attached. Only members see the uploader of a file.
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
    matching = [row for row in rows if row["id"] in query.id__in] if query.id__in else rows
    return _hide_uploaders(user, matching, seen)


def _hide_uploaders(user: Identity, rows: list[File], seen: dict[str, Node]) -> list[File]:
    """Remove the uploader from rows in channels that the user is not a member of.

    One read, unless the user uploaded all of the files.
    """
    if all(_may_view_uploader(user, row, None) for row in rows):
        return rows
    keys = [(user.user_id, channel_id) for channel_id in {node.channel_id for node in seen.values()}]
    stored = memberships(read_many({ChannelMember: keys}))
    by_node = {node_id: stored.get(node.channel_id) for node_id, node in seen.items()}
    return [
        row if _may_view_uploader(user, row, by_node.get(_node_id(row))) else {**row, "uploaded_by": None}
        for row in rows
    ]


def _may_view_uploader(user: Identity, row: File, membership: str | None) -> bool:
    uploader_id = row["uploaded_by"]
    return uploader_id is None or policy.may_view_uploader(user, policy.role_of(user, membership), uploader_id)


def _node_id(row: File) -> str:
    """Return the id of the node that a file belongs to, or "" for an upload that is not attached."""
    return str(row["contentnode"] or (row["assessment_item"] or "").partition(",")[0])


def retrieve(user: Identity, id: str) -> File:
    """Return one file. Raises NotFound if it does not exist or the user may not view it."""
    file_id = parse_id(id)
    rows = find(user, FileQuery.model_construct(id__in=(file_id,))) if file_id else []
    if not rows:
        raise _unknown(id)
    return rows[0]


def update(user: Identity, id: str, sent: FileChanges, origin: Origin = REQUEST) -> File:
    """Update a file, or move it to another node or question. It replaces the node's file of the same preset."""
    return retried(lambda: _update(user, _place(user, id), sent, origin))


def check_editor(user: Identity, id: str) -> None:
    """Check that the user may edit a file. Raises NotFound and Forbidden."""
    _source(user, _place(user, id))


def delete(user: Identity, id: str, origin: Origin = REQUEST) -> None:
    """Remove a file from its node or question, or the record of an upload. The stored bytes remain."""
    retried(lambda: _delete(user, _place(user, id), origin))


def _place(user: Identity, id: str) -> FilePlace:
    file_id = parse_id(id)
    place = next(iter(file_places.get_many([file_id])), None) if file_id else None
    if place is None or (place.file and not policy.may_manage(user, place.user_id)):
        raise _unknown(id)
    return place


def _unknown(id: str) -> NotFound:
    return NotFound(f"File not found: {id[:60]!r}")


def _source(user: Identity, place: FilePlace) -> tuple[Owner | None, FileData]:
    """Return the present owner of a file (None for an upload), and the file.

    Raises NotFound if it does not exist or the user may not view it, and Forbidden if the user may only view it.
    """
    if not place.contentnode_id:
        return None, cast(FileData, place.file)
    try:
        owner = _owner(user, (place.contentnode_id, place.assessment_id))
    except NotFound as error:  # its message would reveal the node
        raise _unknown(place.id) from error
    file = next((file for file in owner.files if file["id"] == place.id), None)
    if file is None:
        raise _unknown(place.id)
    return owner, file


def _owner(user: Identity, address: Address) -> Owner:
    node_id, assessment_id = address
    place = live(user, node_id)
    found = read_many({AssessmentItem: [address]})[AssessmentItem] if assessment_id else []
    if assessment_id and not found:
        raise NotFound(f"Question not found: {node_id},{assessment_id}")
    return Owner(place, found[0] if found else None)


def _update(user: Identity, place: FilePlace, sent: FileChanges, origin: Origin) -> File | None:
    source, file = _source(user, place)
    goal = _goal(source.address if source else None, sent)
    given = {name: getattr(sent, name) for name in ("language", "duration") if name in sent.model_fields_set}
    preset = {"preset": sent.preset} if sent.preset else {}
    after = cast(FileData, {**file, **given, **preset})
    if goal is None:
        return row_of(after, None) if file_places.note_upload(str(place.user_id), after) else None
    target = source if source and source.address == goal else _owner(user, goal)
    if target is not source or preset:
        _check_preset(after, target.node.kind)
    if source is None:
        after["file_size"] = _stored_size(after)
    elif target is source and after == file:
        return row_of(after, goal)
    gone = [] if target.item else replaced(target.files, after)
    lists = lists_of(after, source, target, gone)
    moved = [] if target is source else [(place, FilePlace(place.id, contentnode_id=goal[0], assessment_id=goal[1]))]
    file_owners.prepare(lists, after)
    row, before = row_of(after, goal), source.place.channel.id if source else None
    channel_id = target.place.channel.id
    made = origin.emitted(part_changes.file_updated(user, row, before, channel_id, sent.model_fields_set))
    made += [change for old in gone for change in part_changes.file_deleted(user, old["id"], channel_id)]
    if not node_parts.write(_changes(user, lists, made, moved)):
        return None
    file_places.forget(old["id"] for old in gone)
    return row


def _delete(user: Identity, place: FilePlace, origin: Origin) -> bool | None:
    source, file = _source(user, place)
    if source is None:
        return file_places.forget_upload(place) or None
    made = origin.emitted(part_changes.file_deleted(user, place.id, source.place.channel.id))
    lists = lists_of(file, source, None, [])
    file_owners.prepare(lists, file)
    if not node_parts.write(_changes(user, lists, made)):
        return None
    file_places.forget([place.id])
    return True


def _changes(
    user: Identity, lists: Lists, made: list[Change], moved: list[tuple[FilePlace, FilePlace]] | None = None
) -> Changes:
    nodes, put = changed(lists)
    for one in nodes:
        made = [*made, *node_changes.content_changed(user, one.node, one.content_id)]
    counters = [owner.place.counter for owner, _ in lists]
    return Changes(nodes, put=put, moved=moved or [], emissions=emissions(made, *counters))


def _goal(source: Address | None, sent: FileChanges) -> Address | None:
    """Return the new address of a file; None for an upload that stays unattached."""
    if sent.assessment_item and sent.contentnode not in (None, sent.assessment_item[0]):
        raise ValidationFailed(
            {"assessment_item": ["This question belongs to another node than contentnode. Send one of the two."]}
        )
    goal = sent.assessment_item or ((sent.contentnode, None) if sent.contentnode else None)
    if source and not goal:
        reference = "assessment_item" if source[1] else "contentnode"
        if reference in sent.model_fields_set:
            raise ValidationFailed({reference: ["An attached file cannot be detached. DELETE it to remove it."]})
    return goal or source


def _check_preset(file: FileData, kind: str) -> None:
    preset = PRESETS.get(file["preset"] or "")
    if preset is None:
        raise ValidationFailed({"preset": ["This field is required for a file of a node or question."]})
    if file["file_format"] not in preset.allowed_formats:
        raise ValidationFailed(
            {"preset": [f"{preset.id} does not allow .{file['file_format']} files. Choose another preset."]}
        )
    if preset.kind not in (None, kind):
        raise ValidationFailed(
            {"preset": [f"{preset.id} is for nodes of kind {preset.kind}, not {kind}. Choose another preset."]}
        )


def _stored_size(file: FileData) -> int:
    sizes, missing = stored_objects.stored([questions.file_name(file)])
    if missing:
        raise ValidationFailed({"contentnode": [f"{missing[0]} is not stored. Upload it first."]})
    return sizes[questions.file_name(file)]
