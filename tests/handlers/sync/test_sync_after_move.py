"""Changes of sync clients whose nodes or files are in another channel than the one whose feed has the change."""

import uuid

import pytest

from chalicelib.models import changes
from chalicelib.operations.sync import apply
from chalicelib.schemas.sync import PUBLISHED
from tests.support.worlds import contentnode, nodes
from tests.support.worlds.mirror import COPIED, CREATED, DELETED, MOVED, UPDATED, World
from tests.support.worlds.replay import Follower

NODE, FILE, QUESTION, PREREQUISITE = "contentnode", "file", "assessmentitem", "contentnode_prerequisite"
NEW = uuid.uuid4().hex


@pytest.fixture
def world(studio):
    return World(studio)


@pytest.fixture
def there(world, studio):
    """A client that follows another channel, which the client of the world may edit."""
    id, _ = studio.make_channel()
    studio.share(id, world.user_id, "edit")
    return Follower(studio, id)


def file_of(world):
    (file,) = world.studio.get(f"/api/file?contentnode={world.d}").json
    return file["id"]


def question_of(world):
    return [world.e, nodes.node_id("question q")]


def move_everything(world, there):
    """Move the exercise, the document and the topic b into the topic a, and that to the other channel."""
    for node in (world.e, world.d, world.b):
        world.write("POST", f"{contentnode.URL}/{node}/move", {"target": world.a})
    world.write("POST", f"{contentnode.URL}/{world.a}/move", {"target": there.mirror.root})


PENDING = {
    "a node is changed": (lambda w: [UPDATED, NODE, w.a, {"mods": {"title": "n", "tags": {"t": True}}}], [UPDATED]),
    "a node is made": (
        lambda w: [CREATED, NODE, NEW, {"obj": {"parent": w.a, "kind": "topic", "title": "n"}}],
        [CREATED],
    ),
    "a node is deleted": (lambda w: [DELETED, NODE, w.e, {}], [DELETED]),
    "a node is moved": (lambda w: [MOVED, NODE, w.e, {"target": w.a, "position": "last-child"}], [MOVED]),
    "a node is copied": (
        lambda w: [COPIED, NODE, NEW, {"from_key": w.e, "target": w.a, "position": "last-child"}],
        [COPIED, UPDATED],
    ),
    "a question is made": (
        lambda w: [CREATED, QUESTION, [w.e, NEW], {"obj": {"type": "single_selection", "question": "?"}}],
        [CREATED],
    ),
    "a question is changed": (lambda w: [UPDATED, QUESTION, question_of(w), {"mods": {"question": "!"}}], [UPDATED]),
    "a question is deleted": (lambda w: [DELETED, QUESTION, question_of(w), {}], [DELETED]),
    "a file is changed": (lambda w: [UPDATED, FILE, file_of(w), {"mods": {"language": "fr"}}], [UPDATED]),
    "a file is deleted": (lambda w: [DELETED, FILE, file_of(w), {}], [DELETED]),
    "a prerequisite is added": (lambda w: [CREATED, PREREQUISITE, [w.b, w.d], {"obj": {}}], [CREATED]),
}


@pytest.mark.parametrize("name", PENDING)
def test_a_pending_change_is_emitted_where_its_node_is_when_it_is_applied(world, there, name):
    describe, emitted = PENDING[name]
    type, table, key, fields = describe(world)
    held = changes.take(changes.counter_of(world.channel_id), "another request", 30)
    assert held
    (sent,) = world.client.send(world.client.change(type, table, key, **fields))["allowed"]
    move_everything(world, there)
    changes.give_back(held)
    apply.apply_changes(world.channel_id)
    (applied,) = [one for one in changes.after(world.channel_id, 0, 100) if one.rev == sent["server_rev"]]
    assert (applied.status, applied.errors) == (changes.DONE, None)
    assert there.replay() == [CREATED, *([MOVED] if name == "a node is moved" else emitted)]


def test_a_file_that_sync_moves_to_another_channel_is_created_there(world, studio, there):
    document = contentnode.make(studio, there.mirror.root, "document", "document")["id"]
    there = Follower(studio, there.channel_id)
    answer = world.client.send(world.client.change(UPDATED, FILE, file_of(world), mods={"contentnode": document}))
    assert answer["errors"] == []
    assert there.replay() == [CREATED]


def test_a_publish_by_sync_that_changes_the_language_emits_it(world, studio):
    follower = Follower(studio, world.channel_id)
    answer = world.client.send(world.client.change(PUBLISHED, "channel", world.channel_id, language="sw"))
    assert answer["errors"] == []
    assert follower.replay() == [PUBLISHED, UPDATED, UPDATED]  # the language, and the task
    assert follower.studio.get(f"/api/channel/{world.channel_id}").json["language"] == "sw"
