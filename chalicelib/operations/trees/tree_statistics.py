"""Statistics of whole trees, stored on the root by the last walk so that reads need not walk the tree.

A tree is walked when a chef finishes an upload, on every publish, and in the background when a client requests
outdated statistics.
"""

import time
from collections.abc import Iterable

from chalicelib.aws import queues
from chalicelib.domain import jobs
from chalicelib.domain.trees.tree_tally import Found, Tally
from chalicelib.domain.types import NodeData
from chalicelib.models import tree_streams, trees
from chalicelib.models.base import find, read_raw
from chalicelib.models.channels import Channel
from chalicelib.models.lazy import to_read
from chalicelib.models.nodes import Node

PAUSE = 60  # seconds after which an unfinished walk is requested again
MAX_WALKED_AT_ONCE = 200  # nodes of a tree that a request walks itself


TreeFacts = Found  # the statistics on a tree's root; `size` and `total` are None before the first walk

NOTHING: TreeFacts = {
    "duplicates": 0,
    "size": None,
    "total": None,
    "languages": [],
    "unspoken": False,
    "licenses": [],
    "kinds": [],
    "coach": False,
    "subtitles": False,
}


STORED = ("id", "resource_count", "tree_facts")  # the attributes of a root that are read here


def store(root_id: str, nodes: Iterable[NodeData], rev: int = 0) -> TreeFacts:
    """Store and return the statistics of a tree that is read as a stream, root first.

    `rev` is the channel's revision before the walk; statistics of a later revision are not overwritten. It applies to
    the live tree and the trash.
    """
    tally = Tally()
    for node in nodes:
        tally.add(node)
    keep(root_id, tally, rev)
    return tally.result()


def keep(root_id: str, tally: Tally, rev: int) -> None:
    """`store` for nodes that were counted while they were read for something else."""
    trees.keep_facts(root_id, tally.result(), rev)


def is_behind(root: Node, channel: Channel) -> bool:
    """Whether a tree may have changed since its statistics were stored."""
    if root.id in (channel.root_id, channel.trash_root_id) and root.facts_rev == channel.rev:
        return False
    is_untouched = root.id not in (channel.root_id, channel.trash_root_id) or channel.rev == channel.root_rev
    return not is_untouched or root.id == channel.trash_root_id or read_from(root)["total"] != root.total_count


def current(root: Node, channel: Channel) -> tuple[TreeFacts, bool]:
    """Return (the statistics of a tree, whether it may have changed since).

    A small tree that may have changed is walked now, a large one in the background. `channel` was read before `root`.
    """
    if not is_behind(root, channel):
        return read_from(root), False
    if root.total_count <= MAX_WALKED_AT_ONCE:
        return store(root.id, tree_streams.data(root.id), int(channel.rev)), False
    refresh_soon(root)
    return read_from(root), True


def refresh_soon(root: Node) -> None:
    """Queue a walk of a tree, unless one was requested within the last `PAUSE` seconds and is not done yet."""
    if trees.ask_for_facts(root.id, int(time.time()), PAUSE):
        queues.send_maintenance(jobs.WALK_TREE.message(root_id=root.id))


def refresh(root_id: str) -> None:
    """Walk a tree and store its statistics."""
    root = find(Node, root_id)
    channel = find(Channel, root.channel_id) if root else None
    if channel:
        store(root_id, tree_streams.data(root_id), int(channel.rev))


def roots(root_ids: Iterable[str]) -> dict[str, Node]:
    """Return the existing roots by ID, read-only and with the `STORED` attributes. One batch read per 100."""
    found = read_raw({Node: list(root_ids)}, {Node: STORED})[Node]
    return {root.id: root for root in to_read(Node, found)}


def read_from(root: Node | None) -> TreeFacts:
    """Return the statistics stored on a root."""
    stored: TreeFacts | None = root.tree_facts if root else None
    return {**NOTHING, **stored} if stored else NOTHING


def content_count(root: Node | None) -> int:
    """Return the number of distinct contents of a tree. Copies made since the last walk count separately until the
    next one."""
    return max(0, int(root.resource_count) - int(read_from(root)["duplicates"])) if root else 0
