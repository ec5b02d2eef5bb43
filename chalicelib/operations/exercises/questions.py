"""The assessmentitem resource: questions of exercises, addressed by `<contentnode>,<assessment_id>`."""

import json
from typing import cast

from le_utils.constants import content_kinds

from chalicelib.domain.exercises import questions
from chalicelib.domain.exercises.completion import incomplete_reasons
from chalicelib.domain.ids import new_id
from chalicelib.domain.storage_uses import QUESTION, use_of
from chalicelib.domain.trees import content_ids
from chalicelib.domain.types import AssessmentItemData, FileData
from chalicelib.errors import Conflict, NotFound, ValidationFailed
from chalicelib.identity.authentication import Identity
from chalicelib.models import assessment_items, file_places, node_parts, nodes, stored_objects
from chalicelib.models.assessment_items import AssessmentItem
from chalicelib.models.base import in_parallel, read_many
from chalicelib.models.changes import Change
from chalicelib.models.node_parts import Changes, NodeChange
from chalicelib.models.nodes import MAX_NODE_BYTES, Node
from chalicelib.operations.access import node_rights
from chalicelib.operations.access.node_rights import Place, live, retried
from chalicelib.operations.changes import node_changes, part_changes
from chalicelib.operations.changes.feed import REQUEST, Origin, emissions
from chalicelib.operations.storage import uses
from chalicelib.schemas.assessmentitem import QuestionChanges, QuestionQuery, QuestionWrite
from chalicelib.schemas.parts import QuestionKey, question_key
from chalicelib.schemas.responses.content import Question

MAX_IMAGES = 100  # per question
_WRITABLE = ("type", "question", "answers", "hints", "raw_data", "order", "source_url", "randomize")


def find(user: Identity, query: QuestionQuery) -> list[Question]:
    """Return the questions, in order, of the queried nodes that the user may view. One read per exercise."""
    wanted = list(dict.fromkeys([*query.contentnode, *query.contentnode__in]))
    seen = node_rights.viewable_by_id(user, read_many({Node: wanted})[Node])
    exercises = [node_id for node_id in wanted if node_id in seen and seen[node_id].assessment_item_count]
    return [_row(item) for items in in_parallel(assessment_items.of, exercises) for item in items]


def part(user: Identity, node_id: str, start: int, count: int) -> tuple[list[Question], int]:
    """Return up to `count` questions of an exercise from the place `start`, and the number of all; none of a node that
    the user may not view. A read of the node, one query, and one read of the questions.
    """
    if not node_rights.viewable_by_id(user, read_many({Node: [node_id]})[Node]):
        return [], 0
    found, total = assessment_items.part_of(node_id, start, count)
    return [_row(item) for item in found], total


def retrieve(user: Identity, id: str) -> Question:
    """Return one question. Raises NotFound if it does not exist or the user may not view it."""
    key = _key(id)
    found = read_many({Node: [key[0]], AssessmentItem: [key]})
    if not found[AssessmentItem] or not node_rights.viewable_by_id(user, found[Node]):
        raise _unknown(key)
    return _row(assessment_items.to_data(found[AssessmentItem][0]))


def create(user: Identity, sent: QuestionWrite, origin: Origin = REQUEST) -> Question:
    """Add a question to an exercise. Raises Conflict if the exercise has a question with this assessment_id."""
    key = (sent.contentnode, sent.assessment_id or new_id())
    return retried(lambda: _create(user, key, sent, origin))


def update(user: Identity, id: str, sent: QuestionChanges, origin: Origin = REQUEST) -> Question:
    """Update a question, or delete it if `deleted` is sent."""
    key = _key(id)
    if sent.deleted:
        return {**retried(lambda: _delete(user, key, origin)), "deleted": True}
    moved = {name for name, own in zip(("contentnode", "assessment_id"), key, strict=True) if _differs(sent, name, own)}
    if moved:
        sentence = "The address of a question cannot be changed. Create another question."
        raise ValidationFailed({name: [sentence] for name in moved})
    return retried(lambda: _update(user, key, sent, origin))


def check_editor(user: Identity, id: str) -> None:
    """Check that the user may edit a question. Raises NotFound and Forbidden."""
    key = _key(id)
    _among(_exercise(user, key)[1], key)


def delete(user: Identity, id: str, origin: Origin = REQUEST) -> None:
    """Delete a question."""
    retried(lambda: _delete(user, _key(id), origin))


def _differs(sent: QuestionChanges, name: str, own: str) -> bool:
    return getattr(sent, name) not in (None, own)


def _create(user: Identity, key: QuestionKey, sent: QuestionWrite, origin: Origin) -> Question | None:
    place, stored = _exercise(user, key)
    if place.node.kind != content_kinds.EXERCISE:
        raise ValidationFailed(
            {"contentnode": [f"Only exercises have questions; this is a {place.node.kind}. Choose an exercise."]}
        )
    if any(item.assessment_id == key[1] for item in stored):
        raise Conflict(
            f"This exercise already has a question {key[1]}. Update that one, or send another assessment_id."
        )
    fields = {name: getattr(sent, name) for name in _WRITABLE}
    if sent.order is None:
        fields["order"] = max((int(item.order) + 1 for item in stored), default=0)
    data = cast(AssessmentItemData, {"contentnode_id": key[0], "assessment_id": key[1], "files": [], **fields})
    made = origin.emitted(part_changes.question_created(user, place.channel.id, _row(data)))
    return _write(user, place, stored, None, data, made)


def _update(user: Identity, key: QuestionKey, sent: QuestionChanges, origin: Origin) -> Question | None:
    place, stored = _exercise(user, key)
    before = _among(stored, key)
    given = set(_WRITABLE) if isinstance(sent, QuestionWrite) else sent.model_fields_set & set(_WRITABLE)
    if sent.order is None:
        given -= {"order"}
    data = cast(
        AssessmentItemData, {**assessment_items.to_data(before), **{name: getattr(sent, name) for name in given}}
    )
    made = origin.emitted(part_changes.question_updated(user, place.channel.id, _row(data), sent))
    return _write(user, place, stored, before, data, made)


def _delete(user: Identity, key: QuestionKey, origin: Origin) -> Question | None:
    place, stored = _exercise(user, key)
    before = _among(stored, key)
    data = assessment_items.to_data(before)
    made = origin.emitted(part_changes.question_deleted(user, place.channel.id, _row(data)))
    _prepare_end(place, data, uses.removed_names(data["files"], []))
    if not node_parts.write(_changes(user, place, stored, before, None, made)):
        return None
    file_places.forget(file["id"] for file in data["files"])
    return _row(data)


def _exercise(user: Identity, key: QuestionKey) -> tuple[Place, list[AssessmentItem]]:
    """Return the node of a question, which the user must be allowed to edit, and all its questions."""
    return live(user, key[0]), assessment_items.as_stored(key[0])


def _among(stored: list[AssessmentItem], key: QuestionKey) -> AssessmentItem:
    found = next((item for item in stored if item.assessment_id == key[1]), None)
    if found is None:
        raise _unknown(key)
    return found


def _write(
    user: Identity,
    place: Place,
    stored: list[AssessmentItem],
    before: AssessmentItem | None,
    data: AssessmentItemData,
    made: list[Change],
) -> Question | None:
    """Write a question and emit the changes `made` for it. Returns None if the node or question changed meanwhile."""
    earlier = assessment_items.to_data(before) if before else None
    after: AssessmentItemData = {**data, "files": _checked_files(data, earlier)}
    if after == earlier:
        return _row(after)
    inline = "" if assessment_items.lies_apart(after) else after["raw_data"]
    if len(json.dumps({**after, "raw_data": inline})) > MAX_NODE_BYTES:
        raise ValidationFailed({"question": [f"The question is larger than {MAX_NODE_BYTES} bytes. Shorten it."]})
    _prepare_files(place, earlier, after)
    if not node_parts.write(_changes(user, place, stored, before, after, made)):
        return None
    remaining = {file["id"] for file in after["files"]}
    file_places.forget(file["id"] for file in (earlier or after)["files"] if file["id"] not in remaining)
    return _row(after)


def _prepare_files(place: Place, earlier: AssessmentItemData | None, after: AssessmentItemData) -> None:
    """Record the uses of added files, and that those of removed files are about to end."""
    before = earlier["files"] if earlier else []
    if uses.removed_names(after["files"], before):
        uses.begin(place.channel, [], [after])
    else:
        file_places.note(place.channel.id, [], [after])
    _prepare_end(place, after, uses.removed_names(before, after["files"]))


def _prepare_end(place: Place, item: AssessmentItemData, names: list[str]) -> None:
    use = use_of(place.channel.id, QUESTION, item["contentnode_id"], item["assessment_id"])
    uses.prepare_end(place.channel.id, [(name, use) for name in names])


def _changes(
    user: Identity,
    place: Place,
    stored: list[AssessmentItem],
    before: AssessmentItem | None,
    after: AssessmentItemData | None,
    made: list[Change],
) -> Changes:
    changed = [after] if after else []
    items = [*(assessment_items.outline(item) for item in stored if item is not before), *changed]
    reasons = incomplete_reasons(nodes.to_data(place.node), items)
    content_id = content_ids.after_change(place.node)
    made = [*made, *node_changes.content_changed(user, place.node, content_id)]
    change = NodeChange(place.node, place.above, place.channel, reasons, None, len(items), content_id)
    return Changes(
        nodes=[change],
        put=[assessment_items.from_data(after)] if after else [],
        deleted=[before] if before and not after else [],
        emissions=emissions(made, place.counter),
    )


def _checked_files(data: AssessmentItemData, earlier: AssessmentItemData | None) -> list[FileData]:
    """Return the files of a question, which follow from the images in its text.

    Raises ValidationFailed for fields that its type cannot have, and for added images that are not stored.
    """
    wrong = questions.disallowed_fields(data) or questions.invalid_raw_data(data)
    shown = questions.shown(data)
    present = {questions.file_name(file) for file in data["files"]}
    added = [name for name in shown if name not in present]
    if len(shown) > MAX_IMAGES:
        wrong["files"], added = [f"A question has at most {MAX_IMAGES} images. Remove some."], []
    sizes, _ = stored_objects.stored([name for name in added if questions.is_image_name(name)])
    before = questions.images(earlier) if earlier else []
    images = questions.images(data)
    missing = [name[:80] for name in added if name in images and name not in sizes and name not in before]
    if missing:
        wrong["files"] = [f"These images are not stored. Upload them first: {', '.join(missing)}"]
    if wrong:
        raise ValidationFailed(wrong)
    return questions.files_of(data, sizes)


def _key(id: str) -> QuestionKey:
    key = question_key(id)
    if key is None:
        raise NotFound("Question not found. Address it as <contentnode>,<assessment_id>.")
    return key


def _unknown(key: QuestionKey) -> NotFound:
    return NotFound(f"Question not found: {','.join(key)}")


def _row(item: AssessmentItemData) -> Question:
    """Return a question in the shape recorded from Kolibri Studio: answers and hints are JSON text."""
    return {
        "contentnode": item["contentnode_id"],
        "assessment_id": item["assessment_id"],
        "type": item["type"],
        "question": item["question"],
        "answers": json.dumps(item["answers"], ensure_ascii=False),
        "hints": json.dumps(item["hints"], ensure_ascii=False),
        "raw_data": item["raw_data"],
        "order": int(item["order"]),
        "source_url": item["source_url"],
        "randomize": item["randomize"],
        "deleted": False,
    }
