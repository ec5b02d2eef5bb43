"""What lies below a node that has come into another tree learns of it afterwards, in pieces.

The move itself changes the node, its edge and the counts, whatever hangs below it; which tree and channel a node is in
is decided by its ancestors. Its own `tree_id`, `channel_id` and `created_rev` follow here: what is to be done shows in
the nodes themselves, so it may be done twice, or late. A message is sent before the move is committed, so that it
comes also where whoever moves is killed right after.
"""

from typing import Any

from le_utils.constants import content_kinds

from chalicelib.aws import queues
from chalicelib.aws.unavailable import UNAVAILABLE
from chalicelib.domain import jobs
from chalicelib.errors import StudioError
from chalicelib.models import nodes, trees
from chalicelib.models.nodes import Node
from chalicelib.models.tree_changes import Changes
from chalicelib.operations.access.node_rights import Place
from chalicelib.operations.nodes.node_batches import change_each
from chalicelib.telemetry import log

MAX_AT_ONCE = 200  # nodes that the request itself settles
DELAY = 60  # seconds after which the move was committed, or never will be


def prepare(node_id: str, rev: int) -> None:
    """Have the nodes below one settled if it comes into another tree with this revision. Before the commit."""
    queues.send_maintenance(jobs.SETTLE_NODES.message(node_id=node_id, rev=rev), delay=DELAY)


def complete(node: Node, rev: int) -> None:
    """Settle the nodes below one that has come into another tree, or have it done very soon. After the commit.

    The node is there already, so this fails nobody's request: what is left to do then, the message of `prepare` does.
    """
    try:
        if node.total_count <= MAX_AT_ONCE:
            settle(node.id, rev)
        else:
            queues.send_maintenance(jobs.SETTLE_NODES.message(node_id=node.id, rev=rev))
    except (StudioError, *UNAVAILABLE):
        log.exception("nodes will be settled late", extra={"node_id": node.id})


def settle(node_id: str, rev: int) -> None:
    """Tell the nodes below one in which tree and channel they are, where it came there with this revision.

    Where it did not, or went on to another tree meanwhile, there is nothing to do, or another message for it.
    """
    top = nodes.get(node_id)
    path = trees.lineage(top.id, top.path) if top and top.created_rev == rev else []
    if not path:
        return
    ids = trees.preorder(node_id, trees.edges(node_id))
    together = set(ids)

    def note(changes: Changes, places: list[Place]) -> None:
        changes.is_quiet = True
        for place in places:
            values = _news(place, rev, together)
            if values:
                changes.fields[place.node.id] |= values

    change_each(path[0].channel_id, ids, note, below=node_id)


def _news(place: Place, rev: int, together: set[str]) -> dict[str, Any]:
    """What a node does not know yet; only those that came with it stay its prerequisites in another channel."""
    node = place.node
    values: dict[str, Any] = {}
    if (node.tree_id, node.channel_id) != (place.root_id, place.channel.id) or node.created_rev < rev:
        values = {"channel_id": place.channel.id, **of_new_tree(node.kind, place.root_id, rev)}
    kept = [id for id in node.prerequisites if id in together]
    if len(kept) < len(node.prerequisites) and node.channel_id != place.channel.id:
        values |= nodes.requiring(kept, rev)
    return values


def of_new_tree(kind: str, root_id: str, rev: int) -> dict[str, str | int]:
    """What a node that comes into a tree is there: new."""
    newest = {"newest_created_rev": rev, "newest_modified_rev": 0} if kind == content_kinds.TOPIC else {}
    return {"tree_id": root_id, "created_rev": rev, "modified_rev": rev, **newest}
