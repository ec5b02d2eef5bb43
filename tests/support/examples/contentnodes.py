"""Content nodes: read, made, changed, moved, copied, deleted and restored."""

from tests.support.examples.recording import Scene
from tests.support.examples.worlds import fractions


def record(scene: Scene) -> None:
    made = fractions(scene)
    children = {"parent": made.topic_id, "max_results": "1"}
    scene("GET /api/contentnode", query=children, title="Children of a topic, one per page")
    scene("GET /api/contentnode", query={"complete": "false"}, title="Incomplete nodes of all one's channels")
    scene("GET /api/contentnode/{id}", at={"id": made.document_id})
    topic = scene(
        "POST /api/contentnode",
        {"parent": made.root_id, "kind": "topic", "title": "Decimals"},
        title="A topic",
    )
    video = scene(
        "POST /api/contentnode",
        {
            "parent": topic["id"],
            "kind": "Video",
            "title": "Tenths",
            "language": "English",
            "license": "CC BY",
            "copyright_holder": "Example School",
            "categories": ["Mathematics"],
            "grade_levels": ["Upper Primary"],
            "learning_activities": ["Watch"],
        },
        title="A video with labels by name",
    )
    own = {"id": video["id"]}
    scene("PATCH /api/contentnode/{id}", {"title": "Tenths and hundredths", "tags": {"decimals": True}}, at=own)
    scene("PUT /api/contentnode/{id}", {"parent": topic["id"], "kind": "video", "title": "Tenths"}, at=own)
    scene("POST /api/contentnode/{id}/move", {"target": made.topic_id, "position": "first-child"}, at=own)
    copied = {"target": topic["id"], "mods": {"title": "Compare decimals"}}
    scene("POST /api/contentnode/{id}/copy", copied, at={"id": made.exercise_id})
    scene("POST /api/contentnode/{id}/prerequisites", {"prerequisite": made.document_id}, at={"id": made.exercise_id})
    scene("GET /api/contentnode/{id}/requisites", at={"id": made.exercise_id})
    scene("DELETE /api/contentnode/{id}/prerequisites", {"prerequisite": made.document_id}, at={"id": made.exercise_id})
    scene("GET /api/contentnode/{id}/size", at={"id": made.root_id})
    scene("DELETE /api/contentnode/{id}", at=own)
    scene("POST /api/contentnode/{id}/restore", {}, at=own)
    scene.studio.get(f"/api/get_node_details/{made.topic_id}")
    scene.studio.deliver()
    scene("GET /api/get_node_details/{id}", at={"id": made.topic_id})
