"""Flags of changes in a deployed tree: nothing of it was published, so nothing of it counts as updated."""

import pytest

from tests.support.worlds import nodes
from tests.support.worlds.contentnode import FLAGS, change, values


@pytest.fixture
def deployed(studio):
    """A published channel whose tree was then replaced by another upload: a topic and its document."""
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


def rename(studio, tree):
    change(studio, tree["document"], title="new")


def change_file(studio, tree):
    (file,) = studio.get(f"/api/file?contentnode__in={tree['document']}").json
    assert studio.call("PATCH", f"/api/file/{file['id']}", {"language": "fr"}).status == 200


def require(studio, tree):
    path = f"/api/contentnode/{tree['document']}/prerequisites"
    assert studio.post(path, {"prerequisite": tree["other"]}).status == 201


@pytest.mark.parametrize("edit", [rename, change_file, require])
def test_updates_of_new_nodes_do_not_mark_the_topic_as_updated(studio, deployed, edit):
    edit(studio, deployed)
    assert values(studio, deployed["document"], FLAGS[:2]) == [False, True]
    assert values(studio, deployed["topic"], FLAGS) == [False, True, True, False]
