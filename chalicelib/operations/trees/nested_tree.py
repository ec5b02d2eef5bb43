"""Nested trees of a channel, for chefs who may edit it."""

from typing import cast

from chalicelib.domain.trees import tree_data
from chalicelib.errors import NotFound
from chalicelib.identity.authentication import Identity
from chalicelib.models import channels, nodes, trees
from chalicelib.operations.access.channel_rights import editable_channel
from chalicelib.schemas.chef import TreeReference
from chalicelib.schemas.responses.internal import TreeNode


def below(user: Identity, sent: TreeReference, levels: int | None = None) -> list[TreeNode]:
    """Return the nodes below a node of a tree, by default its root: all nested, or `levels` levels without `children`.

    Raises NotFound and Forbidden as `editable_channel` does, NotFound if the tree or node does not exist.
    """
    channel = editable_channel(user, sent.channel_id)
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
