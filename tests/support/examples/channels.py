"""Channels: made, listed, changed, deleted and restored."""

from tests.support.examples.recording import Scene
from tests.support.examples.worlds import fractions


def record(scene: Scene) -> None:
    made = scene(
        "POST /api/channel",
        {"name": "Fractions", "description": "Parts of a whole.", "language": "English", "countries": ["Kenya"]},
        title="A channel in English for Kenya",
    )
    own = {"id": made["id"]}
    scene("GET /api/channel", query={"edit": "true"}, title="Channels that the caller may edit")
    scene("GET /api/channel", query={"search": "fractions", "page_size": "10"}, title="A page of a search")
    scene("GET /api/channel/{id}", at=own)
    defaults = {"license": "CC BY", "copyright_holder": "Example School"}
    scene("PATCH /api/channel/{id}", {"content_defaults": defaults}, title="The licence of new nodes", at=own)
    scene("PUT /api/channel/{id}", {"name": "Fractions", "description": "Halves and quarters."}, at=own)
    scene("DELETE /api/channel/{id}", at=own)
    scene("POST /api/channel/{id}/restore", at=own)
    full = {"id": fractions(scene).channel_id}
    scene("GET /api/channel/{id}/languages", at=full)
    scene("GET /api/channel/{id}/language_exists", at=full)
    scene.studio.get(f"/api/get_channel_details/{full['id']}")
    scene.studio.deliver()
    scene("GET /api/get_channel_details/{id}", at=full)
