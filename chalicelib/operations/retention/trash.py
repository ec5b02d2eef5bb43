"""Delete nodes for good whose time in the trash is over."""

import time
from itertools import islice

from chalicelib.aws import queues
from chalicelib.domain import jobs
from chalicelib.domain.storage import retention
from chalicelib.models import channels, children, nodes
from chalicelib.models.base import now, update_if
from chalicelib.models.nodes import Node
from chalicelib.models.retention import is_over
from chalicelib.operations.nodes import purging

MAX_SECONDS = 120  # of one message, after which another one follows
PAGE = 100  # nodes that are read at once


def end(channel_id: str, after: str) -> None:
    """Delete the nodes of a channel's trash for good whose time is over, from a position on: a job.

    A deleted channel keeps its trash as it was, in case it is restored.
    """
    channel = channels.get(channel_id)
    if channel is None or channel.deleted:
        return
    deadline = time.monotonic() + MAX_SECONDS
    edges = children.some_of(channel.trash_root_id, above=after or None)
    while page := list(islice(edges, PAGE)):
        for node in nodes.get_many([edge.node_id for edge in page]):
            if node.deleted_at is None:
                _note_deletion(node)
            elif is_due(node):
                purging.expire(node.id, is_due)
        if time.monotonic() > deadline:
            message = jobs.END_TRASH.message(channel_id=channel_id, after=page[-1].position)
            queues.send_maintenance(message)
            return


def is_due(node: Node) -> bool:
    """Whether the time of a node in the trash is over."""
    return node.deleted_at is not None and is_over(retention.TRASH, node.deleted_at)


def _note_deletion(node: Node) -> None:
    """Let the time of a node begin that an earlier version moved to the trash, where it would have stayed for ever."""
    is_there = (Node.parent_id == node.parent_id) & Node.deleted_at.does_not_exist()
    update_if(Node(node.id), [Node.deleted_at.set(now())], is_there)
