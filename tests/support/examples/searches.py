"""Search, saved searches and the catalog."""

from tests.support.examples.recording import Scene
from tests.support.examples.worlds import published


def record(scene: Scene) -> None:
    made = published(scene, public=True)
    scene.studio.deliver()
    found = {"keywords": "quarters", "kinds": "document"}
    scene("GET /api/search", query=found, title="Documents about quarters")
    scene("GET /api/search/search", query={"channel_list": "public", "keywords": "fractions"})
    sent = {"name": "Documents about quarters", "params": found}
    own = {"id": scene("POST /api/search/saved-search", sent)["id"]}
    scene("GET /api/search/saved-search")
    scene("GET /api/search/saved-search/{id}", at=own)
    scene("PATCH /api/search/saved-search/{id}", {"name": "Quarters"}, at=own)
    scene("PUT /api/search/saved-search/{id}", sent, at=own)
    scene("DELETE /api/search/saved-search/{id}", at=own)
    scene("GET /api/catalog", query={"kinds": "document", "languages": "en"}, token=None)
    scene("GET /api/catalog/{id}", token=None, at={"id": made.channel_id})
