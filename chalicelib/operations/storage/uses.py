"""Begin and end uses of files by the nodes, questions and thumbnails of channels.

A reference is written before its use begins and deleted after it has ended (`models.file_references`). The job that
deletes references reads whether the uses have ended, so its message may arrive early, twice, or without a reason.
"""

from collections.abc import Iterable, Sequence

from chalicelib.aws import queues
from chalicelib.domain import jobs
from chalicelib.domain.storage_uses import DATABASES, QUESTION, THUMBNAIL, VERSIONS, parse_use, use_of
from chalicelib.domain.types import AssessmentItemData, FileData, NodeData
from chalicelib.errors import Busy
from chalicelib.models import assessment_items, channels, file_places, file_references, nodes, stored_objects
from chalicelib.models.assessment_items import AssessmentItem
from chalicelib.models.base import read_many
from chalicelib.models.channels import Channel
from chalicelib.models.file_references import MAX_REMOVED, Key, name_of
from chalicelib.models.nodes import Node
from chalicelib.operations.storage import retained_files
from chalicelib.operations.storage.charging import MAX_RACES, Rows, charge, reconcile_ended

END_DELAY = 10  # seconds after which the write that ends the uses has been committed or has failed
MAX_USES = 800  # of a message, which holds 256 kB
PUBLISH_PAUSE = 20  # seconds after which a channel that is being published is tried again


def begin(
    channel: Channel, nodes: Iterable[NodeData], items: Iterable[AssessmentItemData], known: Rows | None = None
) -> None:
    """Record that nodes and questions use their files, and charge the channel's owner. Call it before writing them.

    `known` are the owner's items of all these files, if they were just read, see `charging.charge`.
    """
    nodes, items = list(nodes), list(items)
    file_places.note(channel.id, nodes, items)
    if not channel.deleted:
        charge(channel.owner_id, sizes_of(nodes, items), known)


def begin_part(channel: Channel, use: str, file: FileData) -> None:
    """Record that a node or question uses one more file, as `begin` does; its place is recorded by the caller."""
    name, size = name_of(file), int(file["file_size"])
    file_references.write([file_references.reference(name, use, size)])
    if not channel.deleted:
        charge(channel.owner_id, {name: size})


def begin_thumbnail(channel: Channel, filename: str | None) -> None:
    """Record that a channel has this file as its thumbnail, and charge the owner. Call it before the write."""
    if not filename:
        return
    sizes, _ = stored_objects.stored([filename])
    size = sizes.get(filename, 0)
    file_references.write([file_references.reference(filename, use_of(channel.id, THUMBNAIL), size)])
    if not channel.deleted:
        charge(channel.owner_id, {filename: size})


def prepare_thumbnail_end(channel: Channel) -> None:
    """`prepare_end` for the thumbnail of a channel as it was read."""
    prepare_end(channel.id, [(channel.thumbnail, use_of(channel.id, THUMBNAIL))] if channel.thumbnail else [])


def sizes_of(nodes: Iterable[NodeData], items: Iterable[AssessmentItemData]) -> dict[str, int]:
    """The sizes in bytes of the files of nodes and questions, by filename."""
    files = [file for part in (*nodes, *items) for file in part["files"]]
    return {name_of(file): int(file["file_size"]) for file in files}


def removed_names(before: Sequence[FileData], after: Sequence[FileData]) -> list[str]:
    """The names of files that are among `before` only."""
    remaining = set(map(name_of, after))
    return [name for name in dict.fromkeys(map(name_of, before)) if name not in remaining]


def prepare_end(channel_id: str, keys: Iterable[Key]) -> None:
    """Queue the end of uses that the next write may end. Call it before the commit; it sends nothing without keys."""
    every = list(dict.fromkeys(keys))
    for at in range(0, len(every), MAX_USES):
        part = every[at : at + MAX_USES]
        queues.send_maintenance(jobs.END_USES.message(channel_id=channel_id, uses=part), delay=END_DELAY)


def end(channel_id: str, uses: list[list[str]]) -> None:
    """Delete the references of a channel whose uses have ended, and give the storage back. Others stay.

    `uses` are the keys of references. Raises Busy while the channel is being published, as its version may need them.
    """
    keys: list[Key] = [(filename, use) for filename, use in uses]
    for at in range(0, len(keys), MAX_REMOVED):
        _end_part(channel_id, keys[at : at + MAX_REMOVED])


def _end_part(channel_id: str, keys: list[Key]) -> None:
    for _ in range(MAX_RACES):
        channel = channels.get(channel_id)
        if channel is None or channel.deleted:  # a deleted channel is not charged, and may be restored
            return
        refuse_publishing(channel)
        ended = _ended(channel, keys)
        retain(channel, {name for name, _ in ended})
        if not ended or file_references.remove_ended(channel, ended):
            if channel.owner_id:
                reconcile_ended(channel.owner_id, [name for name, _ in ended])
            return
    raise Busy(f"Channel {channel_id} is being changed. Try again.", retry_after=PUBLISH_PAUSE)


def refuse_publishing(channel: Channel) -> None:
    """Raise Busy while a channel is being published."""
    if channel.publish_task_id:
        raise Busy(f"Channel {channel.id} is being published. Try again.", retry_after=PUBLISH_PAUSE)


def retain(channel: Channel, names: set[str]) -> None:
    """Record which of these files published versions or the draft use. Call it before deleting other references."""
    sizes = retained_files.among(channel, names)
    use = use_of(channel.id, VERSIONS)
    file_references.write(file_references.reference(name, use, size) for name, size in sizes.items())


def _ended(channel: Channel, keys: list[Key]) -> list[Key]:
    """The references among these whose uses have ended."""
    uses = [parse_use(use) for _, use in keys]
    node_ids = {use.node_id for use in uses if use.node_id}
    item_ids = {(use.node_id, use.assessment_id) for use in uses if use.kind == QUESTION}
    found = read_many({Node: sorted(node_ids), AssessmentItem: sorted(item_ids)})
    roots = channels.tree_names(channel).values()
    own = [nodes.to_data(node) for node in found[Node] if node.channel_id == channel.id and node.tree_id in roots]
    ids = {node["id"] for node in own}
    items = [assessment_items.outline(item) for item in found[AssessmentItem] if item.contentnode_id in ids]
    used = set(file_references.of_parts(channel.id, own, items))
    if channel.thumbnail:
        used.add((channel.thumbnail, use_of(channel.id, THUMBNAIL)))
    of_versions = [key for key in keys if parse_use(key[1]).kind in (VERSIONS, DATABASES)]
    retained = retained_files.among(channel, {name for name, _ in of_versions})
    used |= {key for key in of_versions if key[0] in retained}
    return [key for key in keys if key not in used]
