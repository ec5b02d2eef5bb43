"""Freezing a tree: its nodes are read in tree order, a window at a time, get their derived files and go to a spool.

In memory are the ids, parents and node_ids of all nodes, and a few windows; never the tree.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from chalicelib.domain.exercises.completion import first_sentence
from chalicelib.domain.freezing.snapshot import Freezing, frozen
from chalicelib.domain.trees.frozen_tree import FrozenTree
from chalicelib.domain.trees.tree_tally import Tally
from chalicelib.domain.types import ChannelData, NodeData, SnapshotNode
from chalicelib.errors import Busy, Conflict, StudioError
from chalicelib.models import channels, nodes, tree_outline
from chalicelib.models.channels import Channel
from chalicelib.models.tasks import Task
from chalicelib.models.tree_outline import Outline
from chalicelib.operations.background.progress import Progress
from chalicelib.operations.freezing import checkpoints, exercise_pictures, stored_pictures
from chalicelib.operations.freezing.checkpoints import Journal
from chalicelib.operations.freezing.spool import Spool
from chalicelib.operations.publishing import derived_files
from chalicelib.operations.publishing.derived_files import Derived
from chalicelib.operations.publishing.settled import Found
from chalicelib.operations.trees import tree_statistics

WINDOW = 400  # nodes that are read at once
RESTLESS = "The tree was edited again and again while it was read. Publish again when nobody edits the channel."


@dataclass(frozen=True)
class FrozenState:
    """A frozen tree, its digest, and what its publish has found."""

    tree: FrozenTree
    digest: str
    found: Found


class NotPublishable(StudioError):
    """The channel's tree cannot be published; the message is shown to its editors."""

    title = "Not publishable"


@contextmanager
def freeze(task: Task, channel: Channel, root_id: str) -> Iterator[FrozenState]:
    """Freeze a tree of a channel for a task; its nodes can be read within the block.

    Continues where the last worker stopped, if the tree is the same. Raises Conflict if the tree changed while it was
    read, NotPublishable if that happened again and again, and Busy if this worker leaves the rest to the next one.
    """
    progress = Progress(task)
    progress.step("Reading the tree", 5, 10)
    try:
        outline = _outline(channel.id, root_id)
        with tempfile.TemporaryDirectory() as folder, Spool(Path(folder) / "nodes") as spool:
            yield _freeze_nodes(task, channel, outline, spool, progress)
    except Conflict:
        checkpoints.forget(task, channel)
        raise


def _freeze_nodes(task: Task, channel: Channel, outline: Outline, spool: Spool, progress: Progress) -> FrozenState:
    data, journal = _channel_data(channel), Journal(task, channel, checkpoints.tree_of(channel, outline.ids))
    if journal.restarts > checkpoints.MAX_RESTARTS:
        raise NotPublishable(RESTLESS)
    freezing = Freezing(data, outline.ids, outline.parents, spool)
    derived = _restored(channel.id, journal, freezing, spool)
    progress.step("Making thumbnails and exercise archives", 10, 80, len(outline.ids), before=len(spool))
    _read(channel, outline, freezing, derived, spool, journal, progress)
    _check_tree(channel.id, outline.ids[0])
    freezing.finish()
    tree, digest = frozen(freezing, data, int(channel.version) + 1)
    omitted = freezing.left_out(int(channel.rev), first_sentence)
    is_final = derived.is_final and bool(data["thumbnail"] or not channel.thumbnail)
    return FrozenState(tree, digest, Found(omitted, exercise_pictures.note(derived.left_out), is_final))


def _restored(channel_id: str, journal: Journal, freezing: Freezing, spool: Spool) -> Derived:
    """Continue with what earlier workers have read, if anything."""
    derived = Derived(channel_id)
    for noted in journal.restore(spool):
        derived.left_out |= set(noted["left_out"])
        derived.is_final &= noted["is_final"]
        freezing.faults |= {int(number): fault for number, fault in noted["faults"].items()}
    freezing.resume()
    return derived


def _noted(freezing: Freezing, derived: Derived) -> dict[str, Any]:
    """What is noted with a checkpoint."""
    return {"left_out": sorted(derived.left_out), "is_final": derived.is_final, "faults": freezing.faults}


def _outline(channel_id: str, root_id: str) -> Outline:
    """The outline of a tree. Raises Conflict if the number of nodes differs from the root's count."""
    root = nodes.get(root_id)
    outline = tree_outline.read(root_id)
    if root is None or len(outline.ids) - 1 != root.total_count:
        raise _changed(channel_id)
    return outline


def _read(
    channel: Channel,
    outline: Outline,
    freezing: Freezing,
    derived: Derived,
    spool: Spool,
    journal: Journal,
    progress: Progress,
) -> None:
    """Read the other nodes of a tree, make their derived files, and store the statistics of the tree."""
    start, tally = len(spool), Tally()
    for at in range(start, len(outline.ids), WINDOW):
        window = list(_window(channel.id, outline, at))
        for node in window:
            tally.add(node)
        _freeze(freezing, window, at, derived, progress)
        if journal.is_due() or journal.is_late():
            journal.save(spool, _noted(freezing, derived))
        if journal.is_late():
            raise Busy("The next worker continues.", retry_after=0)
    if not start:  # those of a tree that several workers have read are counted when somebody asks for them
        tree_statistics.keep(outline.ids[0], tally, int(channel.rev))


def _window(channel_id: str, outline: Outline, at: int) -> Iterator[NodeData]:
    """The nodes from a number on. Raises Conflict if one is gone or has moved since the outline was read."""
    ids = outline.ids[at : at + WINDOW]
    found = nodes.data_of(ids)
    for number, id in enumerate(ids, at):
        parent_id = outline.ids[outline.parents[number]] if number else None
        if id not in found or found[id]["parent_id"] != parent_id:
            raise _changed(channel_id)
        yield found[id]


def _freeze(freezing: Freezing, window: list[NodeData], at: int, derived: Derived, progress: Progress) -> None:
    prepared = [freezing.prepared(node) for node in window]
    included = {number: cast(SnapshotNode, node) for number, (node, is_in) in enumerate(prepared, at) if is_in}
    derived_files.add(list(included.values()), derived, progress)
    numbers = {node["id"]: number for number, node in included.items()}
    freezing.faults |= {numbers[id]: fault for id, fault in derived.take_faults().items()}
    for node, _ in prepared:
        freezing.add(node)
    progress.done(len(prepared) - len(included))


def _changed(channel_id: str) -> Conflict:
    return Conflict(f"The tree of channel {channel_id} changed while it was read.")


def _check_tree(channel_id: str, root_id: str) -> None:
    """Raise Conflict if the tree no longer belongs to the channel: questions are deleted before nodes."""
    channel = channels.get(channel_id)
    if channel is None or root_id not in channels.tree_names(channel).values():
        raise Conflict(f"A tree of channel {channel_id} was removed while it was read.")


def _channel_data(channel: Channel) -> ChannelData:
    return {
        "id": channel.id,
        "name": channel.name,
        "description": channel.description,
        "tagline": channel.tagline,
        "language": channel.language,
        "thumbnail": stored_pictures.channel_icon(channel.thumbnail, channel.thumbnail_encoding),
        "inherit_metadata": bool(channel.ricecooker_version),
    }
