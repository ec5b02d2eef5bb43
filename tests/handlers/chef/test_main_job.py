"""The main workflow as a whole: upload, deploy, publish, read."""

import sqlite3

from tests.support.worlds import nodes


def test_an_uploaded_channel_is_published_as_a_database(studio, tmp_path):
    pdf = studio.upload(b"%PDF-1.4 one", "pdf", "document")
    channel_id, root = studio.make_channel("Sciences")
    ids = studio.add(root, nodes.topic("Physics"))
    physics = ids[nodes.node_id("Physics")]
    studio.add(
        physics,
        nodes.resource("Optics", files=[nodes.file(pdf)]),
        nodes.exercise("Quiz", nodes.question("one"), nodes.question("two")),
    )
    assert studio.finish(channel_id).status == 200
    task = studio.publish(channel_id, "first")
    assert task["status"] == "SUCCESS", task

    path = tmp_path / "content.sqlite3"
    path.write_bytes(studio.database(channel_id))
    assert studio.database(channel_id, 1) == studio.database(channel_id)
    rows = sqlite3.connect(path).execute("select title, kind from content_contentnode order by lft").fetchall()
    assert rows == [("Sciences", "topic"), ("Physics", "topic"), ("Optics", "document"), ("Quiz", "exercise")]

    entry = studio.get(f"/api/public/v1/channels/lookup/{channel_id}", token=None).json[0]
    assert (entry["version"], entry["version_notes"]) == (1, {"1": "first"})
