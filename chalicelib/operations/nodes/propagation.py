"""Propagate a new tree and channel to the descendants of a moved node, in batches after the move.

A move changes only the node, its edge and the counts, whatever the size of the subtree, because the ancestors decide
which tree and channel a node is in. The `tree_id`, `channel_id` and `created_rev` of descendants are updated here. The
nodes themselves show whether they are up to date, so the update may run repeatedly or late. Its message is sent before
the move is committed, so that it arrives even if the process is killed right after the commit.
"""

from typing import Any

from le_utils.constants import content_kinds

from chalicelib.aws import queues
from chalicelib.aws.unavailable import UNAVAILABLE
from chalicelib.domain import jobs
from chalicelib.errors import StudioError
from chalicelib.models import nodes, tree_streams, trees
from chalicelib.models.nodes import Node
from chalicelib.models.tree_changes import Changes
from chalicelib.operations.access.node_rights import Place
from chalicelib.operations.nodes.node_batches import change_each
from chalicelib.operations.storage import tree_files
from chalicelib.telemetry import log

MAX_AT_ONCE = 200  # descendants that the request itself updates
DELAY = 60  # seconds after which the move has either been committed or failed


def prepare(node_id: str, rev: int) -> None:
    """Schedule the update of a node's descendants in case it moves to another tree with this revision.

    Call it before the commit.
    """
    queues.send_maintenance(jobs.PROPAGATE_MOVE.message(node_id=node_id, rev=rev), delay=DELAY)


def complete(node: Node, rev: int) -> None:
    """Update the descendants of a moved node now if they are few, or else schedule it without delay.

    Call it after the commit. The move is complete, so errors are logged only: the message of `prepare` does the rest.
    """
    try:
        if node.total_count <= MAX_AT_ONCE:
            propagate(node.id, rev)
        else:
            queues.send_maintenance(jobs.PROPAGATE_MOVE.message(node_id=node.id, rev=rev))
    except (StudioError, *UNAVAILABLE):
        log.exception("descendants will be updated late", extra={"node_id": node.id})


def propagate(node_id: str, rev: int) -> None:
    """Update tree and channel of the descendants of a node that moved to its tree with this revision.

    Does nothing if the move was not committed, or if the node has moved again, which sends another message.
    """
    top = nodes.get(node_id)
    path = trees.lineage(top.id, top.path) if top and top.created_rev == rev else []
    if not path:
        return
    ids = tree_streams.ids(node_id)
    together = set(ids)

    def note(changes: Changes, places: list[Place]) -> None:
        changes.is_quiet = True
        tree_files.prepare_move([nodes.to_data(place.node) for place in places], places[0].channel)
        for place in places:
            values = _outdated_fields(place, rev, together)
            if values:
                changes.fields[place.node.id] |= values

    change_each(path[0].channel_id, ids, note, below=node_id)


def _outdated_fields(place: Place, rev: int, together: set[str]) -> dict[str, Any]:
    """Return new values of the outdated fields of a node.

    In another channel, only nodes that moved `together` with it remain its prerequisites.
    """
    node = place.node
    values: dict[str, Any] = {}
    if (node.tree_id, node.channel_id) != (place.root_id, place.channel.id) or node.created_rev < rev:
        values = {"channel_id": place.channel.id, **of_new_tree(node.kind, place.root_id, rev)}
    remaining = [id for id in node.prerequisites if id in together]
    if len(remaining) < len(node.prerequisites) and node.channel_id != place.channel.id:
        values |= nodes.requiring(remaining, rev)
    return values


def of_new_tree(kind: str, root_id: str, rev: int) -> dict[str, str | int | None]:
    """Return the fields of a node that moves to another tree, where it counts as new. Revisions of its former tree at
    which it became complete or incomplete are removed, as they may be those of another channel."""
    newest = {"newest_created_rev": rev, "newest_modified_rev": 0} if kind == content_kinds.TOPIC else {}
    return {"tree_id": root_id, "created_rev": rev, "modified_rev": rev, "incomplete_revs": None, **newest}
