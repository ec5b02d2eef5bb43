"""Minimal published channels."""

from typing import Any

from tests.support.http.client import Studio
from tests.support.worlds import nodes


def publish(
    studio: Studio,
    *added: str | dict[str, Any],
    name: str = "Channel",
    channel_id: str | None = None,
    public: bool = False,
    notes: str = "",
    **fields: Any,
) -> str:
    """Upload and publish a channel, or another version of it; returns its id.

    `added` are nodes, or titles of exercises; by default one exercise. `fields` are those of the channel.
    """
    channel_id, root = studio.make_channel(name, channel_id, **fields)
    for_root = added or (f"e {name}",)
    studio.add(root, *(nodes.exercise(one, nodes.question("q")) if isinstance(one, str) else one for one in for_root))
    assert studio.finish(channel_id).status == 200
    assert studio.publish(channel_id, notes)["status"] == "SUCCESS"
    if public:
        studio.make_public(channel_id)
    return channel_id
