"""What of a tree that was deployed is told as changed: nothing of it was published, so nothing has been updated."""

import pytest

from tests.support.worlds import nodes
from tests.support.worlds.contentnode import FLAGS, change, values


@pytest.fixture
def deployed(studio):
    """A channel that was published, and whose tree was then replaced by another upload: a topic and its document."""
    file = nodes.file(studio.upload(b"%PDF", "pdf", "document"))
    channel_id, root = studio.make_channel()
    studio.add(root, nodes.resource("old", files=[file]))
    studio.finish(channel_id)
    studio.publish(channel_id)
    _, root = studio.make_channel(channel_id=channel_id)
    topic, other = studio.add(root, nodes.topic("t"), nodes.topic("other")).values()
    (document,) = studio.add(topic, nodes.resource("d", files=[file])).values()
    studio.finish(channel_id)
    return {"topic": topic, "document": document, "other": other}


def rename(studio, made):
    change(studio, made["document"], title="new")


def change_file(studio, made):
    (file,) = studio.get(f"/api/file?contentnode__in={made['document']}").json
    assert studio.call("PATCH", f"/api/file/{file['id']}", {"language": "fr"}).status == 200


def require(studio, made):
    path = f"/api/contentnode/{made['document']}/prerequisites"
    assert studio.post(path, {"prerequisite": made["other"]}).status == 201


@pytest.mark.parametrize("edit", [rename, change_file, require])
def test_of_new_nodes_no_topic_says_that_they_were_updated(studio, deployed, edit):
    edit(studio, deployed)
    assert values(studio, deployed["document"], FLAGS[:2]) == [False, True]
    assert values(studio, deployed["topic"], FLAGS) == [False, True, True, False]
