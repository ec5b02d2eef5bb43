"""Files: uploaded and attached to a node."""

import hashlib

from tests.support.examples.recording import Scene
from tests.support.examples.worlds import fractions

DATA = b"%PDF-1.4 a second document"


def record(scene: Scene) -> None:
    made = fractions(scene)
    checksum = hashlib.md5(DATA).hexdigest()
    sent = {"size": len(DATA), "checksum": checksum, "name": "thirds.pdf", "file_format": "pdf", "preset": "document"}
    upload = scene("POST /api/file/upload_url", sent)
    scene.studio.put(checksum, "pdf", DATA)
    own = {"id": upload["file"]["id"]}
    scene("GET /api/file", query={"contentnode": made.document_id})
    scene("PATCH /api/file/{id}", {"contentnode": made.document_id}, title="Attach an upload to a node", at=own)
    scene("GET /api/file/{id}", at=own)
    scene("PUT /api/file/{id}", {"language": "Swahili"}, at=own)
    scene("DELETE /api/file/{id}", at=own)
