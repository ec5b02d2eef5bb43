"""Changes of the files of nodes and questions, with everything that follows from them for the node."""

import json
from dataclasses import dataclass
from typing import cast

from le_utils.constants import content_kinds

from chalicelib.domain.exercises import questions
from chalicelib.domain.exercises.completion import incomplete_reasons
from chalicelib.domain.trees import content_ids
from chalicelib.domain.types import FileData, NodeData
from chalicelib.errors import Conflict, ValidationFailed
from chalicelib.models import assessment_items, nodes
from chalicelib.models.assessment_items import AssessmentItem
from chalicelib.models.node_parts import NodeChange
from chalicelib.models.nodes import MAX_NODE_BYTES, Node
from chalicelib.operations.access.node_rights import Place
from chalicelib.operations.exercises.question_diff import size_of
from chalicelib.operations.files.file_representation import Address

Lists = list[tuple["Owner", list[FileData]]]  # the new files of each owner


@dataclass(frozen=True)
class Owner:
    """The owner of files: a node that the user may edit, or one of its questions."""

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


def lists_of(file: FileData, source: Owner | None, target: Owner | None, gone: list[FileData]) -> Lists:
    """Return the files of both owners after moving the file, as given here, from source to target, which loses `gone`.

    Raises Conflict if the text of the source question shows the file.
    """
    present = [other for other in target.files if other not in gone] if target else []
    if source is not None and source is target:
        return [(target, [file if other["id"] == file["id"] else other for other in present])]
    lists = [(target, [*present, file])] if target else []
    if source:
        remaining = [other for other in source.files if other["id"] != file["id"]]
        _refuse_shown(source.item, file, remaining)
        lists.append((source, remaining))
    return lists


def _refuse_shown(item: AssessmentItem | None, file: FileData, remaining: list[FileData]) -> None:
    name = questions.file_name(file)
    if item is None or name in map(questions.file_name, remaining):
        return
    if name in questions.shown(assessment_items.to_data(item)):
        raise Conflict(f"Question {item.assessment_id} shows {name}. Remove it from the text of the question first.")


def changed(lists: Lists) -> tuple[list[NodeChange], list[AssessmentItem]]:
    """Return (the changes of the nodes, the questions to save) for the new files of each owner.

    Raises ValidationFailed if an owner gets too many files.
    """
    of_nodes = {owner.node.id: files for owner, files in lists if owner.item is None}
    places = {owner.node.id: owner.place for owner, _ in lists}
    put = [AssessmentItem(**{**owner.item.attribute_values, "files": files}) for owner, files in lists if owner.item]
    if any(size_of(item) > MAX_NODE_BYTES for item in put):
        raise ValidationFailed({"assessment_item": ["This question has too many files. Choose another question."]})
    return [_node_change(place, of_nodes.get(node_id)) for node_id, place in places.items()], put


def _node_change(place: Place, files: list[FileData] | None) -> NodeChange:
    node, reasons = place.node, None
    is_changed = files is None or content_ids.is_other_content(node.files, files)
    if files is not None:
        data = cast(NodeData, {**nodes.to_data(node), "files": files})
        if len(json.dumps(data)) > MAX_NODE_BYTES:
            raise ValidationFailed({"contentnode": ["This node has too many files. Choose another node."]})
        if node.kind != content_kinds.EXERCISE:  # exercises are complete by their questions, not their files
            reasons = incomplete_reasons(data, [])
    content_id = content_ids.after_change(node) if is_changed else None
    return NodeChange(node, place.above, place.channel, reasons, files, None, content_id)
