"""Nested trees of a channel, for chefs who may edit it."""

from typing import cast

from chalicelib.domain.trees import tree_data
from chalicelib.errors import NotFound
from chalicelib.identity.authentication import Identity
from chalicelib.models import channels, nodes, trees
from chalicelib.models.channels import Channel
from chalicelib.operations.access.channel_rights import editable_channel
from chalicelib.schemas.chef import TreeReference
from chalicelib.schemas.responses.internal import TreeNode


def below(user: Identity, sent: TreeReference) -> list[TreeNode]:
    """Return all nodes below a node of a tree, by default its root, nested.

    Raises NotFound and Forbidden as `editable_channel` does, NotFound if the tree or node does not exist.
    """
    return _below(editable_channel(user, sent.channel_id), sent)


def children(user: Identity, sent: TreeReference) -> tuple[list[TreeNode], bool]:
    """Return (the children of a node of a tree, whether the channel has a staged tree). Raises as `below` does."""
    channel = editable_channel(user, sent.channel_id)
    return _below(channel, sent, levels=1), bool(channel.staging_root_id)


def _below(channel: Channel, sent: TreeReference, levels: int | None = None) -> list[TreeNode]:
    root_id = channels.tree_names(channel).get(sent.tree)
    if not root_id:
        raise NotFound(f"Invalid tree name: channel {channel.id} has no {sent.tree[:60]!r} tree.")
    top = root_id
    if sent.node_id:
        node = nodes.find_in_tree(root_id, node_id=sent.node_id)
        if node is None:
            raise NotFound(f"Node {sent.node_id} is not in the {sent.tree} tree.")
        top = node.id
    top_entry = tree_data.nested(trees.walk(top, levels), with_children=levels is None)
    return cast(list[TreeNode], top_entry["children"])
