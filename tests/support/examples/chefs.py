"""What ricecooker calls, in its order."""

import hashlib

from tests.support.examples.recording import Scene
from tests.support.examples.worlds import PDF, sent_nodes
from tests.support.worlds import nodes

BASE = "/api/internal"
NOT_STORED = b"%PDF-1.4 to be uploaded"


def record(scene: Scene) -> None:
    channel_id = nodes.node_id("Fractions")
    own = {"channel_id": channel_id}
    scene(f"POST {BASE}/authenticate_user_internal")
    scene(f"GET {BASE}/authenticate_user_internal")
    scene(f"POST {BASE}/check_version", {"version": "0.8.0"})
    pdf = scene.studio.upload(PDF, "pdf", "document")
    missing = f"{hashlib.md5(NOT_STORED).hexdigest()}.pdf"
    scene(f"POST {BASE}/file_diff", [pdf, missing], title="One of two files is missing")
    scene(f"POST {BASE}/file_upload", form=(missing, NOT_STORED))
    channel = {
        "id": channel_id,
        "name": "Fractions",
        "description": "Parts of a whole.",
        "language": "en",
        "source_domain": "example.org",
        "source_id": "fractions",
        "ricecooker_version": "0.8.0",
    }
    root_id = scene(f"POST {BASE}/create_channel", {"channel_data": channel})["root"]
    document, exercise = sent_nodes(pdf)
    added = {"root_id": root_id, "content_data": [document, exercise]}
    scene(f"POST {BASE}/add_nodes", added, title="A document and an exercise")
    scene(f"POST {BASE}/finish_channel", {**own, "stage": False}, title="Make the tree live")
    scene(f"POST {BASE}/publish_channel", {**own, "version_notes": "First version"})
    scene(f"POST {BASE}/check_user_is_editor", own)
    scene(f"POST {BASE}/get_channel_status_bulk", {"channel_ids": [channel_id]})
    scene(f"POST {BASE}/get_tree_data", {**own, "tree": "main"})
    scene(f"POST {BASE}/get_node_tree_data", {**own, "tree": "main"})
