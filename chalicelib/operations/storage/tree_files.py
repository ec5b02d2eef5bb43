"""The files of trees: their references end before a tree is deleted, and move with nodes between channels."""

from collections.abc import Iterable

from le_utils.constants import content_kinds

from chalicelib.domain.storage_uses import VERSIONS, use_of
from chalicelib.domain.types import AssessmentItemData, NodeData
from chalicelib.models import assessment_items, channels, file_references, nodes
from chalicelib.models.base import in_parallel
from chalicelib.models.channels import Channel
from chalicelib.models.file_references import FileReference
from chalicelib.operations.storage import uses
from chalicelib.operations.storage.charging import reconcile_ended

CHUNK = 100  # nodes whose files are in memory at once
Parts = tuple[list[NodeData], list[AssessmentItemData]]


def release(ids: list[str]) -> None:
    """Delete the references of nodes of an unreachable tree, and give the storage back. Call it before deleting them.

    Raises Busy while a channel of its nodes is being published.
    """
    for at in range(0, len(ids), CHUNK):
        found, items = parts_of(ids[at : at + CHUNK])
        by_channel: dict[str, list[NodeData]] = {}
        for node in found:
            by_channel.setdefault(node["channel_id"], []).append(node)
        for channel_id, own in by_channel.items():
            own_ids = {node["id"] for node in own}
            _release(channel_id, own, [item for item in items if item["contentnode_id"] in own_ids])


def _release(channel_id: str, found: list[NodeData], items: list[AssessmentItemData]) -> None:
    references = file_references.of_parts(channel_id, found, items)
    channel = channels.get(channel_id) if references else None
    if channel is None:
        return
    uses.refuse_publishing(channel)
    _retain(channel, references.values())
    file_references.remove(references)
    if channel.owner_id:
        reconcile_ended(channel.owner_id, [name for name, _ in references])


def _retain(channel: Channel, references: Iterable[FileReference]) -> None:
    """Record which files published versions still use. The databases of a deleted channel cannot be read, so all of its
    files count as used."""
    if not channel.deleted:
        uses.retain(channel, {entry.filename for entry in references})
    elif channel.version:
        sizes = {entry.filename: int(entry.file_size) for entry in references}
        use = use_of(channel.id, VERSIONS)
        file_references.write(file_references.reference(name, use, size) for name, size in sizes.items())


def prepare_move(moved: Iterable[NodeData], goal: Channel) -> None:
    """Record that a channel uses the files of nodes that come from other channels, and charge its owner.

    Call it before the commit. The job that ends uses finds out which channel has the nodes then.
    """
    others = [node for node in moved if node["channel_id"] != goal.id]
    for at in range(0, len(others), CHUNK):
        found = others[at : at + CHUNK]
        items = _questions(found)
        uses.begin(goal, found, items)
        uses.prepare_end(goal.id, file_references.of_parts(goal.id, found, items))
        for channel_id in {node["channel_id"] for node in found}:
            own = [node for node in found if node["channel_id"] == channel_id]
            own_ids = {node["id"] for node in own}
            parts = [item for item in items if item["contentnode_id"] in own_ids]
            uses.prepare_end(channel_id, file_references.of_parts(channel_id, own, parts))


def parts_of(node_ids: list[str]) -> Parts:
    """The nodes with these ids, and their questions without the raw data that is stored apart."""
    found = list(nodes.data_of(node_ids).values())
    return found, _questions(found)


def _questions(found: list[NodeData]) -> list[AssessmentItemData]:
    exercises = [node["id"] for node in found if node["kind"] == content_kinds.EXERCISE]
    stored = in_parallel(assessment_items.as_stored, exercises)
    return [assessment_items.outline(item) for items in stored for item in items]
