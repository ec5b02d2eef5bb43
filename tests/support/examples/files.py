"""Files: uploaded and attached to a node."""

import hashlib

from tests.support.examples.recording import Scene
from tests.support.examples.worlds import fractions
from tests.support.worlds.uploads import store_part

VIDEO = b"a lesson as a video of an hour"
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
    _in_parts(scene)


def _in_parts(scene: Scene) -> None:
    checksum = hashlib.md5(VIDEO).hexdigest()
    sent = {"size": len(VIDEO), "checksum": checksum, "name": "lesson.mp4", "file_format": "mp4"}
    described = {**sent, "preset": "high_res_video", "duration": 3600, "part_size": 5 * 1024**2}
    at = {"id": scene("POST /api/upload", described)["id"]}
    wanted = {"parts": [{"number": 1, "md5": checksum}]}
    (part,) = scene("POST /api/upload/{id}/urls", wanted, at=at)["parts"]
    store_part(scene.studio, part, VIDEO)
    scene("GET /api/upload/{id}", at=at)
    scene("POST /api/upload/{id}/complete", at=at)
    scene.studio.deliver("assembly")
    scene("GET /api/upload/{id}", at=at, title="A stored file")
    scene("DELETE /api/upload/{id}", at=at)
