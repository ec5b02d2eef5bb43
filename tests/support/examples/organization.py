"""Bookmarks, channel sets and the clipboard."""

from tests.support.examples.recording import Scene
from tests.support.examples.worlds import published


def record(scene: Scene) -> None:
    made = published(scene)
    scene("POST /api/bookmark", {"channel": made.channel_id})
    scene("GET /api/bookmark")
    scene("DELETE /api/bookmark/{id}", at={"id": made.channel_id})
    sent = {"name": "Mathematics", "description": "For grade 5.", "channels": [made.channel_id]}
    own = {"id": scene("POST /api/channelset", sent, title="A set of one channel")["id"]}
    scene("GET /api/channelset")
    scene("GET /api/channelset/{id}", at=own)
    scene("PATCH /api/channelset/{id}", {"channels": {made.channel_id: False}}, title="Take a channel out", at=own)
    scene("PUT /api/channelset/{id}", sent, at=own)
    scene("DELETE /api/channelset/{id}", at=own)
    source = scene.studio.get(f"/api/contentnode/{made.document_id}").json
    copied = {"source_node_id": source["node_id"], "source_channel_id": made.channel_id}
    entry = {"id": scene("POST /api/clipboard", copied)["id"]}
    scene("GET /api/clipboard", query={"parent": scene.studio.user_id})
    scene("GET /api/clipboard/{id}", at=entry)
    scene("PATCH /api/clipboard/{id}", {"extra_fields": {"excluded_descendants": {}}}, at=entry)
    scene("PUT /api/clipboard/{id}", copied, at=entry)
    scene("DELETE /api/clipboard/{id}", at=entry)
