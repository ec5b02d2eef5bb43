"""Administration."""

from datetime import timedelta

from chalicelib.models import tasks
from chalicelib.models.base import now
from tests.support.examples.recording import Scene
from tests.support.examples.worlds import published


def record(scene: Scene) -> None:
    made = published(scene)
    user_id, _ = scene.studio.sign_up("ann")
    _, admin = scene.studio.sign_up("admin", is_admin=True)
    user, channel = {"id": user_id}, {"id": made.channel_id}
    scene("GET /api/admin-users", query={"keywords": "ann", "ordering": "email"}, token=admin)
    scene("GET /api/admin-users/{id}", at=user, token=admin)
    scene(
        "PATCH /api/admin-users/{id}", {"disk_space": 2_000_000_000, "limits": {"channels": 5000}}, at=user, token=admin
    )
    scene("DELETE /api/admin-users/{id}/sessions", at=user, token=admin)
    scene("DELETE /api/admin-users/{id}/tokens", at=user, token=admin)
    scene("PUT /api/admin-users/{id}", {"is_admin": False}, at=user, token=admin)
    scene("GET /api/admin-channels", query={"keywords": "fractions"}, token=admin)
    scene("GET /api/admin-channels/{id}", at=channel, token=admin)
    scene("PATCH /api/admin-channels/{id}", {"public": True}, title="Make a channel public", at=channel, token=admin)
    scene.studio.post(f"/api/channel/{made.channel_id}/publish", {"version_notes": "Corrected."})
    scene("GET /api/admin-tasks", token=admin)
    scene("GET /api/admin-queues", token=admin)
    scene("POST /api/admin-tasks/{id}/end", at={"id": _late_task(made.channel_id)}, token=admin)
    scene("POST /api/admin-queues/{id}/redrive", at={"id": "publish"}, token=admin)
    scene("PUT /api/admin-channels/{id}", {"priority": 1, "countries": ["KE"]}, at=channel, token=admin)


def _late_task(channel_id: str) -> str:
    task = tasks.new("7" * 32, tasks.DETAILS, channel_id, "8" * 32)
    task.created = (now() - timedelta(hours=2)).isoformat()
    task.save()
    return str(task.id)
