"""One upload and publish, with a client that retries and queues that redeliver."""

from collections.abc import Callable
from typing import Any

from chalicelib.domain.ids import derived_id
from tests.support.http.client import Answer, Studio
from tests.support.worlds import images, nodes

CHANNEL = "5e1fc0de" * 4
TRIES = 3


def patiently(send: Callable[[], Answer], allowed: tuple[int, ...] = (200,)) -> Answer:
    """Retry after a 5xx response, as ricecooker's session does."""
    for _ in range(TRIES):
        answer = send()
        if answer.status < 500:
            break
    assert answer.status in allowed, answer.text
    return answer


def upload_and_publish(studio: Studio, times: int = 1) -> dict[str, Any]:
    """Upload and publish; messages are delivered `times` times. Returns the finished publish task."""
    png = images.png()
    files = {name: _upload(studio, data, *rest) for name, (data, *rest) in _FILES.items()} | {
        "image": _upload(studio, png, "png", "document_thumbnail")
    }
    root = patiently(lambda: studio.post("/api/internal/create_channel", {"channel_data": _CHANNEL})).json["root"]
    ids = _add(studio, root, nodes.topic("topic"), nodes.topic("empty"))
    _add(
        studio,
        ids[nodes.node_id("topic")],
        nodes.resource(
            "document", files=[nodes.file(files["pdf"]), nodes.file(files["image"], preset="document_thumbnail")]
        ),
        nodes.exercise("exercise", nodes.question("one"), nodes.question("two")),
    )
    studio.deliver(times=times)
    patiently(lambda: studio.finish(CHANNEL))
    body = {"channel_id": CHANNEL, "version_notes": "notes"}
    task_id = patiently(lambda: studio.post("/api/internal/publish_channel", body)).json["task_id"]
    studio.deliver(times=times)
    return _last_task(studio, task_id)


def _last_task(studio: Studio, task_id: str) -> dict[str, Any]:
    """The task, or the following one if a repeated request started another publish."""
    task = patiently(lambda: studio.get(f"/api/task/{task_id}")).json
    assert task["status"] == "SUCCESS", task
    following = patiently(lambda: studio.get(f"/api/task/{derived_id(task_id, 'again')}"), allowed=(200, 404))
    found: dict[str, Any] = following.json if following.status == 200 else task
    return found


def _upload(studio: Studio, data: bytes, extension: str, preset: str) -> str:
    import hashlib

    checksum = hashlib.md5(data).hexdigest()
    body = {
        "size": len(data),
        "checksum": checksum,
        "name": f"file.{extension}",
        "file_format": extension,
        "preset": preset,
        "duration": None,
    }
    patiently(lambda: studio.post("/api/file/upload_url", body))
    studio.put(checksum, extension, data, notified=False)
    return f"{checksum}.{extension}"


def _add(studio: Studio, parent: str, *content: dict[str, Any]) -> dict[str, str]:
    body = {"root_id": parent, "content_data": list(content)}
    ids: dict[str, str] = patiently(lambda: studio.post("/api/internal/add_nodes", body)).json["root_ids"]
    return ids


_FILES = {"pdf": (b"%PDF-1.4 faults", "pdf", "document")}
_CHANNEL = {"id": CHANNEL, "name": "Faults", "language": "en", "ricecooker_version": "0.8.0"}
