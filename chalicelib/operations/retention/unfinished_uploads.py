"""Discard the trees of uploads that chefs began and never finished."""

from chalicelib.domain.storage import retention
from chalicelib.models.base import now, update_if
from chalicelib.models.channels import Channel
from chalicelib.models.nodes import Node
from chalicelib.models.retention import is_over
from chalicelib.operations.channels import deploy


def end(channel: Channel, root: Node) -> None:
    """Discard the tree that a chef is uploading, if it began long enough ago. Its nodes are removed in the background.

    The root has the time at which the upload began; those of an earlier version get it now.
    """
    if root.modified is None:
        update_if(Node(root.id), [Node.modified.set(now())], Node.id.exists() & Node.modified.does_not_exist())
    elif is_over(retention.UPLOADS, root.modified):
        deploy.removal(channel.id, root.id)
        update_if(Channel(channel.id), [Channel.chef_root_id.remove()], Channel.chef_root_id == root.id)
