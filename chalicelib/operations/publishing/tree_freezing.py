"""Freezing a tree: its nodes are read in tree order, a window at a time, get their derived files and go to a spool.

In memory are the ids, parents and node_ids of all nodes, and a few windows; never the tree.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from chalicelib.domain.exercises.completion import first_sentence
from chalicelib.domain.freezing.snapshot import Freezing, frozen
from chalicelib.domain.trees.frozen_tree import FrozenTree
from chalicelib.domain.trees.tree_tally import Tally
from chalicelib.domain.types import ChannelData, NodeData, SnapshotNode
from chalicelib.errors import Conflict
from chalicelib.models import channels, nodes, tree_outline
from chalicelib.models.channels import Channel
from chalicelib.models.tree_outline import Outline
from chalicelib.operations.background.progress import Progress
from chalicelib.operations.freezing import exercise_pictures, stored_pictures
from chalicelib.operations.freezing.spool import Spool
from chalicelib.operations.publishing import derived_files
from chalicelib.operations.publishing.derived_files import Derived
from chalicelib.operations.publishing.settled import Found
from chalicelib.operations.trees import tree_statistics

WINDOW = 400  # nodes that are read at once


@dataclass(frozen=True)
class FrozenState:
    """A frozen tree, its digest, and what its publish has found."""

    tree: FrozenTree
    digest: str
    found: Found


@contextmanager
def freeze(channel: Channel, root_id: str, progress: Progress) -> Iterator[FrozenState]:
    """Freeze a tree of a channel; its nodes can be read within the block.

    Raises Conflict if the tree changed while it was read.
    """
    progress.step("Reading the tree", 5, 10)
    outline = _outline(channel.id, root_id)
    progress.step("Making thumbnails and exercise archives", 10, 80, len(outline.ids))
    data = _channel_data(channel)
    with tempfile.TemporaryDirectory() as folder, Spool(Path(folder) / "nodes") as spool:
        freezing = Freezing(data, outline.ids, outline.parents, spool)
        derived = _read(channel, outline, freezing, progress)
        _check_tree(channel.id, root_id)
        freezing.finish()
        tree, digest = frozen(freezing, data, int(channel.version) + 1)
        omitted = freezing.left_out(int(channel.rev), first_sentence)
        is_final = derived.is_final and bool(data["thumbnail"] or not channel.thumbnail)
        yield FrozenState(tree, digest, Found(omitted, exercise_pictures.note(derived.left_out), is_final))


def _outline(channel_id: str, root_id: str) -> Outline:
    """The outline of a tree. Raises Conflict if the number of nodes differs from the root's count."""
    root = nodes.get(root_id)
    outline = tree_outline.read(root_id)
    if root is None or len(outline.ids) - 1 != root.total_count:
        raise _changed(channel_id)
    return outline


def _read(channel: Channel, outline: Outline, freezing: Freezing, progress: Progress) -> Derived:
    """Read the nodes of a tree, make their derived files, and store the statistics of the tree."""
    tally, derived = Tally(), Derived(channel.id)
    for at in range(0, len(outline.ids), WINDOW):
        window = list(_window(channel.id, outline, at))
        for node in window:
            tally.add(node)
        _freeze(freezing, window, at, derived, progress)
    tree_statistics.keep(outline.ids[0], tally, int(channel.rev))
    return derived


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
