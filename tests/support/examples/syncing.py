"""Sync."""

from tests.support.examples.recording import Scene
from tests.support.examples.worlds import fractions


def record(scene: Scene) -> None:
    made = fractions(scene)
    change = {
        "type": 2,
        "table": "contentnode",
        "key": made.document_id,
        "rev": 1,
        "channel_id": made.channel_id,
        "mods": {"title": "Halves, thirds and quarters"},
    }
    body = {"changes": [change], "channel_revs": {made.channel_id: 0}, "user_rev": 0, "unapplied_revs": []}
    scene("POST /api/sync", body, title="Rename a node, and get the changes of a channel")
