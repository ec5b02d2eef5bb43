"""The public API, as Kolibri calls it."""

from tests.support.examples.recording import Scene
from tests.support.examples.worlds import published

BASE = "/api/public"


def record(scene: Scene) -> None:
    made = published(scene, public=True)
    channel = scene.studio.get(f"/api/channel/{made.channel_id}").json
    node_id = scene.studio.get(f"/api/contentnode/{made.document_id}").json["node_id"]
    topic_id = scene.studio.get(f"/api/contentnode/{made.topic_id}").json["node_id"]
    scene(f"GET {BASE}/info", query={"v": "3"}, token=None)
    scene(f"GET {BASE}/v1/channels", query={"keyword": "fractions"}, token=None)
    scene(f"GET {BASE}/v1/channels/lookup/{{identifier}}", at={"identifier": channel["primary_token"]}, token=None)
    scene(f"GET {BASE}/channel/{{channel_id}}", at={"channel_id": made.channel_id}, token=None)
    for path in ("v1/channelmetadata", "v2/channel"):
        scene(f"GET {BASE}/{path}", query={"languages": "en"}, token=None)
        scene(f"GET {BASE}/{path}/{{channel_id}}", at={"channel_id": made.channel_id}, token=None)
    scene(f"GET {BASE}/v2/channel/labels", token=None)
    for version in ("v1", "v2"):
        listed = {"channel_id": made.channel_id, "kind_in": "document,exercise", "max_results": "1"}
        scene(f"GET {BASE}/{version}/contentnode", query=listed, token=None)
        scene(f"GET {BASE}/{version}/contentnode/{{node_id}}", at={"node_id": node_id}, token=None)
        scene(f"GET {BASE}/{version}/contentnode_tree/{{node_id}}", at={"node_id": topic_id}, token=None)
    scene(f"GET {BASE}/v2/importmetadata/{{node_id}}", at={"node_id": node_id}, token=None)
