"""A copy has its source's content_id until its files or questions change."""

import pytest

from chalicelib.models import trees
from chalicelib.schemas import sync
from tests.support.worlds import nodes, syncing
from tests.support.worlds.contentnode import URL, change, row
from tests.support.worlds.images import png

FILES, QUESTIONS = "/api/file", "/api/assessmentitem"
ANSWERS = '[{"answer": "4", "correct": true, "order": 0}]'


class World:
    """A live channel with a document and an exercise, and copies of them."""

    def __init__(self, studio):
        self.studio = studio
        self.channel_id, chef_root = studio.make_channel()
        pdf = nodes.file(studio.upload(b"%PDF-1.4", "pdf", "document"))
        ids = studio.add(
            chef_root, nodes.resource("d", files=[pdf]), nodes.exercise("e", nodes.question("q"), nodes.question("r"))
        )
        self.source = {name: ids[nodes.node_id(name)] for name in "de"}
        studio.finish(self.channel_id)
        self.root = studio.get(f"/api/channel/{self.channel_id}").json["root_id"]
        self.shared = {name: self.content_id(node_id) for name, node_id in self.source.items()}
        self.copy = {name: self.copied(node_id) for name, node_id in self.source.items()}
        self.client = syncing.Client(studio, self.channel_id)
        self.client.poll()

    def content_id(self, node_id):
        return row(self.studio, node_id)["content_id"]

    def copied(self, node_id):
        return self.studio.post(f"{URL}/{node_id}/copy", {"target": self.root}).json["id"]

    def question(self, node_id, name="q"):
        return f"{node_id},{nodes.node_id(f'question {name}')}"

    def file(self, node_id):
        return self.studio.get(f"{FILES}?contentnode={node_id}").json[0]["id"]

    def upload(self, data, preset, extension):
        name = self.studio.upload(data, extension, preset)
        body = {"size": len(data), "checksum": name[:32], "name": f"a.{extension}", "file_format": extension}
        return self.studio.post(f"{FILES}/upload_url", {**body, "preset": preset}).json["file"]["id"]

    def call(self, method, path, body=None):
        answer = self.studio.call(method, path, body)
        assert answer.status < 300, answer.text

    def send(self, *changes):
        assert syncing.reasons(self.client.send(*changes)) == []

    def is_shared(self, name):
        """Whether a copy still has its source's content_id; the source always keeps it."""
        assert self.content_id(self.source[name]) == self.shared[name]
        return self.content_id(self.copy[name]) == self.shared[name]


@pytest.fixture
def world(studio):
    return World(studio)


def attach(world, preset="document", data=b"%PDF new", extension="pdf"):
    file_id = world.upload(data, preset, extension)
    world.call("PATCH", f"{FILES}/{file_id}", {"contentnode": world.copy["d"]})


CHANGES = {
    "question updated": ("e", lambda w: w.call("PATCH", f"{QUESTIONS}/{w.question(w.copy['e'])}", {"question": "x"})),
    "question deleted": ("e", lambda w: w.call("DELETE", f"{QUESTIONS}/{w.question(w.copy['e'])}")),
    "question added": (
        "e",
        lambda w: w.call(
            "POST",
            QUESTIONS,
            {"contentnode": w.copy["e"], "type": "single_selection", "question": "?", "answers": ANSWERS},
        ),
    ),
    "question updated by sync": (
        "e",
        lambda w: w.send(
            w.client.change(sync.UPDATED, "assessmentitem", w.question(w.copy["e"]).split(","), mods={"question": "x"})
        ),
    ),
    "question deleted by sync": (
        "e",
        lambda w: w.send(w.client.change(sync.DELETED, "assessmentitem", w.question(w.copy["e"]).split(","))),
    ),
    "file replaced": ("d", attach),
    "file removed": ("d", lambda w: w.call("DELETE", f"{FILES}/{w.file(w.copy['d'])}")),
    "file updated": ("d", lambda w: w.call("PATCH", f"{FILES}/{w.file(w.copy['d'])}", {"language": "fr"})),
    "file removed by sync": ("d", lambda w: w.send(w.client.change(sync.DELETED, "file", w.file(w.copy["d"])))),
}
OTHERS = {
    "title": ("d", lambda w: change(w.studio, w.copy["d"], title="x")),
    "question set to what it is": (
        "e",
        lambda w: w.call("PATCH", f"{QUESTIONS}/{w.question(w.copy['e'])}", {"question": "q"}),
    ),
    "thumbnail": ("d", lambda w: attach(w, "document_thumbnail", png("red"), "png")),
    "question of the source": (
        "e",
        lambda w: w.call("PATCH", f"{QUESTIONS}/{w.question(w.source['e'])}", {"question": "x"}),
    ),
    "file of the source": ("d", lambda w: w.call("DELETE", f"{FILES}/{w.file(w.source['d'])}")),
}


@pytest.mark.parametrize("name", CHANGES)
def test_changes_with_the_content(world, name):
    kind, make = CHANGES[name]
    make(world)
    assert not world.is_shared(kind)


@pytest.mark.parametrize("name", OTHERS)
def test_stays_when_the_content_stays(world, name):
    kind, make = OTHERS[name]
    make(world)
    assert world.is_shared(kind)


def test_changes_once(world):
    attach(world)
    own = world.content_id(world.copy["d"])
    attach(world, data=b"%PDF newest")
    assert world.content_id(world.copy["d"]) == own


def test_a_copy_of_a_changed_copy_shares_with_it_until_it_changes_too(world, studio):
    attach(world)
    again = world.copied(world.copy["d"])
    own = world.content_id(world.copy["d"])
    assert world.content_id(again) == own
    world.call("DELETE", f"{FILES}/{world.file(again)}")
    assert world.content_id(again) not in (own, world.shared["d"])
    assert world.content_id(world.copy["d"]) == own


@pytest.mark.parametrize("make", [CHANGES["question updated"][1], CHANGES["question updated by sync"][1]])
def test_sync_clients_learn_the_new_one(world, studio, make):
    other = syncing.Client(studio, world.channel_id)
    other.poll()
    make(world)
    made = [one for one in other.poll()["changes"] if one["table"] == "contentnode"]
    assert [(one["key"], one["mods"]) for one in made] == [
        (world.copy["e"], {"content_id": world.content_id(world.copy["e"])})
    ]


def test_is_the_source_s_again_after_a_pull(world):
    attach(world)
    CHANGES["question updated"][1](world)
    everything = {"titles_and_descriptions": False, "resource_details": False, "files": True, "assessment_items": True}
    world.send(*(world.client.change(sync.SYNCED, "contentnode", id, **everything) for id in world.copy.values()))
    assert world.is_shared("d")
    assert world.is_shared("e")


def test_a_chef_s_copy_with_another_file_has_its_own(world, studio):
    channel_id, root = studio.make_channel("Importing")
    pdf = nodes.file(studio.upload(b"%PDF other", "pdf", "document"))
    remote = {"source_channel_id": world.channel_id, "source_node_id": nodes.node_id("d")}
    picture = nodes.file(studio.upload(png("red"), "png", "document_thumbnail"), None)
    studio.add(
        root,
        {**remote, "node_id": nodes.node_id("same"), "files": [picture]},
        {**remote, "node_id": nodes.node_id("changed"), "files": [pdf]},
    )
    studio.finish(channel_id)
    live = studio.get(f"/api/channel/{channel_id}").json["root_id"]
    same, changed = trees.walk(live)[1:]
    assert same["content_id"] == world.shared["d"]
    assert changed["content_id"] != world.shared["d"]
    assert len(changed["files"]) == 1


def test_a_chef_s_changed_copy_has_the_same_one_after_each_run(world, studio):
    """Learners would lose their progress otherwise, and every run would make a version."""
    pdf = nodes.file(studio.upload(b"%PDF other", "pdf", "document"))
    remote = {"source_channel_id": world.channel_id, "source_node_id": nodes.node_id("d"), "files": [pdf]}
    channel_id, found = None, []
    for _ in range(2):
        channel_id, root = studio.make_channel("Importing", channel_id=channel_id)
        studio.add(root, nodes.topic("t"))
        (topic,) = trees.walk(root)[1:]
        studio.add(topic["id"], {**remote, "node_id": nodes.node_id("changed")})
        studio.finish(channel_id)
        found.append(trees.walk(root)[-1]["content_id"])
    assert found[0] == found[1]
    assert found[0] != world.shared["d"]
