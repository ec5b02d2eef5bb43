"""Update copies from their source nodes."""

import pytest

from chalicelib.errors import Forbidden, NotFound
from chalicelib.identity.authentication import Identity
from chalicelib.models import assessment_items, channels, trees
from chalicelib.models.channel_members import EDIT, VIEW
from chalicelib.operations.copying import pull_from_source
from chalicelib.operations.exercises import question_diff
from tests.support.existing import existing
from tests.support.worlds import counts, nodes
from tests.support.worlds.contentnode import URL, change, empty_tree, row

PARTS = ("titles_and_descriptions", "resource_details", "files", "assessment_items")


class World:
    """A channel with a topic, which contains a document and an exercise, and another channel with a copy of it."""

    def __init__(self, studio):
        self.studio = studio
        self.source_channel, root = studio.make_channel("Source")
        (topic,) = studio.add(root, nodes.topic("t")).values()
        pdf = nodes.file(studio.upload(b"%PDF", "pdf", "document"))
        questions = [nodes.question(name) for name in "qr"]
        below = studio.add(topic, nodes.resource("d", files=[pdf]), nodes.exercise("e", *questions))
        studio.finish(self.source_channel)
        self.source = {"t": topic, "d": below[nodes.node_id("d")], "e": below[nodes.node_id("e")]}
        self.root = empty_tree(studio)
        self.channel = row(studio, self.root)["channel_id"]
        copied = studio.post(f"{URL}/{topic}/copy", {"target": self.root}).json
        self.copy = {node["title"]: node["id"] for node in trees.walk(copied["id"])}
        self.user = Identity(studio.user_id, "", "", "", is_admin=False)

    def pull(self, *parts, user=None):
        pull_from_source.pull(user or self.user, self.channel, **dict.fromkeys(parts, True))
        assert counts.stored(self.root) == counts.recounted(self.root)

    def seen(self, name):
        return row(self.studio, self.copy[name])

    def questions(self):
        return [item["question"] for item in assessment_items.of(self.copy["e"])]


@pytest.fixture
def world(studio):
    return World(studio)


def test_unchanged_sources_change_nothing(studio, world):
    before = studio.cloud.contents()
    world.pull(*PARTS)
    assert studio.cloud.contents() == before


def test_titles_and_descriptions_are_pulled_unless_empty(studio, world):
    change(studio, world.copy["t"], description="mine")
    change(studio, world.source["t"], title="T", author="A")
    change(studio, world.source["d"], description="D")
    world.pull("titles_and_descriptions")
    seen = world.seen("t")
    assert (seen["title"], seen["description"], seen["author"]) == ("T", "mine", "")
    assert (world.seen("d")["title"], world.seen("d")["description"]) == ("d", "D")


def test_details_are_pulled(studio, world):
    details = {"license": 2, "copyright_holder": "H", "author": "A", "language": "fr", "role_visibility": "coach"}
    change(studio, world.source["d"], title="D", tags=["x"], categories=["d&WXdXWF"], **details)
    world.pull("resource_details")
    seen = world.seen("d")
    assert {name: seen[name] for name in details} == details
    assert (seen["title"], seen["tags"], seen["categories"]) == ("d", ["x"], {"d&WXdXWF": True})


def test_files_are_pulled(studio, world):
    file = studio.get(f"/api/file?contentnode__in={world.source['d']}").json[0]
    studio.call("DELETE", f"/api/file/{file['id']}")
    world.pull("files")
    assert studio.get(f"/api/file?contentnode__in={world.copy['d']}").json == []
    assert not world.seen("d")["complete"]
    added = studio.post(
        "/api/file/upload_url",
        {"size": 4, "checksum": file["checksum"], "name": "n", "file_format": "pdf", "preset": "document"},
    ).json["file"]["id"]
    assert studio.call("PATCH", f"/api/file/{added}", {"contentnode": world.source["d"]}).status == 200
    world.pull("files")
    (pulled,) = studio.get(f"/api/file?contentnode__in={world.copy['d']}").json
    assert (pulled["checksum"], world.seen("d")["complete"]) == (file["checksum"], True)
    assert studio.get(f"/api/file?id__in={pulled['id']}").json == [pulled]


@pytest.mark.parametrize("max_changed", [40, 1])
def test_questions_are_pulled(studio, world, max_changed, monkeypatch):
    monkeypatch.setattr(question_diff, "MAX_CHANGED", max_changed)
    keys = [f"{world.source['e']},{nodes.node_id(f'question {name}')}" for name in "qr"]
    studio.call("PATCH", f"/api/assessmentitem/{keys[0]}", {"question": "Q"})
    studio.call("DELETE", f"/api/assessmentitem/{keys[1]}")
    for text in "st":
        body = {"contentnode": world.source["e"], "type": "free_response", "question": text}
        assert studio.post("/api/assessmentitem", body).status == 201
    world.pull("titles_and_descriptions")
    assert world.questions() == ["q", "r"]
    world.pull("assessment_items")
    assert (world.questions(), world.seen("e")["assessment_item_count"]) == (["Q", "s", "t"], 3)
    assert world.seen("e")["changed"]


def test_one_node_is_pulled(studio, world):
    for name in "td":
        change(studio, world.source[name], title=name.upper())
    pull_from_source.pull_node(world.user, world.copy["d"], titles_and_descriptions=True)
    assert (world.seen("d")["title"], world.seen("t")["title"]) == ("D", "t")


def test_a_copy_of_a_copy_pulls_from_the_original_if_the_copy_is_deleted(studio, world):
    again = studio.post(f"{URL}/{world.copy['d']}/copy", {"target": world.root}).json["id"]
    change(studio, world.copy["d"], title="nearer")
    change(studio, world.source["d"], title="first")
    pull_from_source.pull_node(world.user, again, titles_and_descriptions=True)
    assert row(studio, again)["title"] == "nearer"
    studio.call("DELETE", f"{URL}/{world.copy['d']}")
    pull_from_source.pull_node(world.user, again, titles_and_descriptions=True)
    assert row(studio, again)["title"] == "first"


def test_hidden_sources_are_not_pulled(studio, world):
    user_id, _ = studio.sign_up("someone")
    other = Identity(user_id, "", "", "", is_admin=False)
    with pytest.raises(NotFound):
        pull_from_source.pull_node(other, world.copy["t"], files=True)
    studio.share(world.channel, user_id, VIEW)
    with pytest.raises(Forbidden):
        world.pull("files", user=other)
    studio.share(world.channel, user_id, EDIT)
    change(studio, world.source["t"], title="hidden")
    world.pull(*PARTS, user=other)
    assert world.seen("t")["title"] == "t"
    studio.share(world.source_channel, user_id, VIEW)
    world.pull(*PARTS, user=other)
    assert world.seen("t")["title"] == "hidden"


def test_deleted_channels_and_trash_are_not_pulled(studio, world):
    change(studio, world.source["t"], title="T")
    change(studio, world.source["d"], title="D")
    studio.call("DELETE", f"{URL}/{world.source['d']}")
    world.pull(*PARTS)
    assert (world.seen("t")["title"], world.seen("d")["title"]) == ("T", "d")
    existing(channels.get(world.source_channel)).update(actions=[channels.Channel.deleted.set(True)])
    change(studio, world.copy["t"], title="mine")
    world.pull(*PARTS)
    assert world.seen("t")["title"] == "mine"
