"""Publishing, drafts, staged trees, versions and tasks."""

from tests.support.examples.recording import Scene
from tests.support.examples.worlds import fractions
from tests.support.worlds import nodes


def record(scene: Scene) -> None:
    studio, made = scene.studio, fractions(scene)
    own = {"id": made.channel_id}
    started = scene("POST /api/channel/{id}/publish", {"version_notes": "First version"}, at=own)
    studio.deliver()
    scene("GET /api/task/{task_id}", at={"task_id": started["task_id"]})
    scene("GET /api/task", query={"channel": made.channel_id})
    scene("GET /api/channel/{id}/version_detail", at=own)
    scene("GET /api/channelversion", query={"channel": made.channel_id})
    scene("POST /api/channel/{id}/publish_draft", {"use_staging_tree": False}, at=own)
    studio.deliver()
    scene("DELETE /api/channel/{id}/draft", at=own)
    studio.deliver()
    _, chef_root = studio.make_channel("Fractions", made.channel_id)
    studio.add(chef_root, nodes.topic("Decimals"))
    assert studio.finish(made.channel_id, stage=True).status == 200
    studio.deliver()
    scene("GET /api/channel/{id}/diff", query={"from": "main", "to": "staging"}, at=own)
    scene("POST /api/channel/{id}/deploy", at=own)
    scene("POST /api/channel/{id}/rollback", at=own)
    _, chef_root = studio.make_channel("Fractions", made.channel_id)
    studio.add(chef_root, nodes.topic("Percentages"))
    assert studio.finish(made.channel_id, stage=True).status == 200
    scene("DELETE /api/channel/{id}/staging", at=own)
