"""Where the pages of channels and nodes are."""

from chalicelib.operations.editing.node_editor import Opened


def channel(channel_id: str) -> str:
    return f"/channels/{channel_id}/"


def node(channel_id: str, node_id: str) -> str:
    return f"/channels/{channel_id}/nodes/{node_id}/"


def of(at: Opened) -> str:
    """The page of a node; for the root of a channel, that of the channel."""
    return node(at.channel_id, at.node["id"]) if at.above else channel(at.channel_id)


def above(at: Opened) -> str:
    """The page of the topic that a node is in."""
    return node(at.channel_id, at.above[-1].id) if at.above[1:] else channel(at.channel_id)


def trash(channel_id: str) -> str:
    return f"{channel(channel_id)}trash/"
