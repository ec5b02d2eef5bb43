"""Every file in a list answers by its own id, however its node came to be."""

import pytest

from chalicelib.domain import jobs
from chalicelib.models import trees
from chalicelib.models.file_places import FilePlace
from chalicelib.schemas import sync
from tests.support.worlds import nodes, syncing
from tests.support.worlds.contentnode import URL, empty_tree, row
from tests.support.worlds.images import png
from tests.support.worlds.published import rows as published_rows

FILES = "/api/file"
IMAGE = "![](${☣ CONTENTSTORAGE}/%s)"
THUMBNAILS = """select n.title, f.preset from content_file f join content_contentnode n on n.id = f.contentnode_id
    where f.thumbnail order by n.title"""


class World:
    """A live channel with a topic, its document, and its exercise, whose two questions show the same image."""

    def __init__(self, studio):
        self.studio = studio
        self.channel_id, self.chef_root = studio.make_channel("Source")
        pdf = nodes.file(studio.upload(b"%PDF-1.4", "pdf", "document"))
        self.png = studio.upload(b"\x89PNG", "png", "exercise_image")
        thumbnail = nodes.file(studio.upload(png("red"), "png", "topic_thumbnail"), "topic_thumbnail")
        shown = [nodes.file(self.png, "exercise_image")] * 2
        questions = [nodes.question(name, question=IMAGE % self.png, files=shown) for name in "qr"]
        (self.topic,) = studio.add(self.chef_root, nodes.topic("t", files=[thumbnail])).values()
        ids = studio.add(self.topic, nodes.resource("d", files=[pdf]), nodes.exercise("e", *questions))
        self.document, self.exercise = (ids[nodes.node_id(name)] for name in "de")
        studio.finish(self.channel_id)
        self.root = studio.get(f"/api/channel/{self.channel_id}").json["root_id"]

    def files_of(self, node_id):
        """All files of a node and of its questions, as the lists show them."""
        questions = self.studio.get(f"/api/assessmentitem?contentnode={node_id}").json
        keys = [f"{question['contentnode']},{question['assessment_id']}" for question in questions]
        found = self.studio.get(f"{FILES}?contentnode={node_id}").json
        for key in keys:
            found += self.studio.get(f"{FILES}?assessment_item__in={key}").json
        return found

    def all_below(self, node_id):
        return [file for node in trees.walk(node_id) for file in self.files_of(node["id"])]

    def check(self, top, names=("document", "exercise_image", "exercise_image", "topic_thumbnail")):
        """Check that each file below a node has an id of its own, which finds it."""
        files = self.all_below(top)
        assert sorted(file["preset"] for file in files) == sorted(names)
        assert len({file["id"] for file in files}) == len(files)
        for file in files:
            assert self.studio.get(f"{FILES}/{file['id']}").json == file
            assert self.studio.get(f"{FILES}?id__in={file['id']}").json == [file]
            answer = self.studio.call("PATCH", f"{FILES}/{file['id']}", {"language": "fr"})
            assert (answer.status, answer.json["language"]) == (200, "fr")

    def copy(self, node_id, target=None, **fields):
        answer = self.studio.post(f"{URL}/{node_id}/copy", {"target": target or self.root, **fields})
        assert answer.status == 201, answer.text
        return answer.json["id"]


@pytest.fixture
def world(studio):
    return World(studio)


def test_of_an_upload_by_a_chef(world):
    world.check(world.topic)


def test_of_a_copied_topic(world):
    world.check(world.copy(world.topic))
    world.check(world.topic)


@pytest.mark.parametrize(("name", "presets"), [("document", ["document"]), ("exercise", ["exercise_image"] * 2)])
def test_of_a_copied_resource(world, name, presets):
    world.check(world.copy(getattr(world, name)), presets)


def test_of_a_copy_of_a_copy(world):
    world.check(world.copy(world.copy(world.topic)))


def test_of_a_copy_by_sync(world):
    client = syncing.Client(world.studio, world.channel_id)
    key = "c" * 32
    assert syncing.reasons(client.send(client.copied(key, world.exercise, world.root))) == []
    world.check(key, ["exercise_image"] * 2)
    for file in world.files_of(key):
        assert (
            syncing.reasons(client.send(client.change(sync.UPDATED, "file", file["id"], mods={"language": "de"}))) == []
        )
    assert {file["language"] for file in world.files_of(key)} == {"de"}


def test_of_a_node_copied_by_a_chef(world, studio):
    """The questions' files of the copy and of its source are distinct."""
    channel_id, root = studio.make_channel("Importing")
    remote = {"node_id": nodes.node_id("x"), "source_channel_id": world.channel_id}
    (copied,) = studio.add(root, {**remote, "source_node_id": nodes.node_id("e")}).values()
    studio.finish(channel_id)
    world.check(copied, ["exercise_image"] * 2)
    world.check(world.exercise, ["exercise_image"] * 2)


def test_after_a_pull_from_the_source(world, studio):
    target = empty_tree(studio)
    copied = world.copy(world.topic, target)
    client = syncing.Client(studio, row(studio, target)["channel_id"])
    for file in world.all_below(copied):
        if file["preset"] != "exercise_image":
            assert studio.call("DELETE", f"{FILES}/{file['id']}").status == 204
    everything = {"titles_and_descriptions": True, "resource_details": True, "files": True, "assessment_items": True}
    for node in trees.walk(copied):
        client.send(client.change(sync.SYNCED, "contentnode", node["id"], **everything))
    world.check(copied)


def test_after_a_move_to_another_channel_and_a_restore(world, studio):
    target = empty_tree(studio)
    assert studio.post(f"{URL}/{world.topic}/move", {"target": target}).status == 200
    assert studio.call("DELETE", f"{URL}/{world.topic}").status == 204
    assert studio.post(f"{URL}/{world.topic}/restore", {}).status == 200
    world.check(world.topic)


def test_of_copies_that_lack_their_entries_after_the_job_for_them(world, studio):
    """Copies that an earlier version made."""
    copied = world.copy(world.topic)
    lost = {file["id"] for file in world.all_below(copied)}
    for file_id in lost:
        FilePlace(file_id).delete()
    kept = {place.id: place.contentnode_id for place in FilePlace.scan()}
    studio.send("maintenance", {"jobs": [jobs.NOTE_FILES.message()]})
    studio.deliver("maintenance", times=2)
    places = {place.id: place.contentnode_id for place in FilePlace.scan()}
    assert places.keys() - kept.keys() == lost
    assert {id: places[id] for id in kept} == kept
    world.check(copied)


def test_of_a_deleted_copy_is_gone(world):
    copied = world.copy(world.document)
    (file,) = world.files_of(copied)
    assert world.studio.call("DELETE", f"{FILES}/{file['id']}").status == 204
    assert world.files_of(copied) == []
    assert world.studio.get(f"{FILES}/{file['id']}").status == 404


class TestOneFilePerPreset:
    def attach(self, studio, node_id, data, preset, extension="png"):
        name = studio.upload(data, extension, preset)
        body = {"size": len(data), "checksum": name[:32], "name": f"a.{extension}", "file_format": extension}
        file_id = studio.post(f"{FILES}/upload_url", {**body, "preset": preset}).json["file"]["id"]
        answer = studio.call("PATCH", f"{FILES}/{file_id}", {"contentnode": node_id})
        assert answer.status == 200, answer.text
        return file_id

    def test_a_new_thumbnail_of_a_copied_topic_replaces_the_copied_one(self, world, studio):
        copied = world.copy(world.topic, mods={"title": "u"})
        (old,) = world.files_of(copied)
        new = self.attach(studio, copied, png("blue"), "topic_thumbnail")
        assert [file["id"] for file in world.files_of(copied)] == [new]
        assert studio.get(f"{FILES}/{old['id']}").status == 404
        assert FilePlace.count(old["id"]) == 0
        assert studio.publish(world.channel_id)["status"] == "SUCCESS"
        assert published_rows(studio, world.channel_id, THUMBNAILS) == [
            ("t", "topic_thumbnail"),
            ("u", "topic_thumbnail"),
        ]

    def test_a_new_document_replaces_the_present_one(self, world, studio):
        new = self.attach(studio, world.document, b"%PDF new", "document", "pdf")
        assert [file["id"] for file in world.files_of(world.document)] == [new]

    def test_another_kind_of_thumbnail_is_still_the_only_one(self, world, studio):
        new = self.attach(studio, world.topic, png("blue"), "channel_thumbnail")
        assert [file["id"] for file in world.files_of(world.topic)] == [new]

    def test_a_thumbnail_beside_a_document_replaces_nothing(self, world, studio):
        self.attach(studio, world.document, png("blue"), "document_thumbnail")
        assert len(world.files_of(world.document)) == 2

    def test_sync_clients_learn_what_was_replaced(self, world, studio):
        (old,) = world.files_of(world.topic)
        client = syncing.Client(studio, world.channel_id)
        client.poll()
        self.attach(studio, world.topic, png("blue"), "topic_thumbnail")
        made = [(one["type"], one["key"]) for one in client.poll()["changes"] if one["table"] == "file"]
        assert (sync.DELETED, old["id"]) in made

    def test_the_editor_may_delete_what_was_replaced(self, world, studio):
        """Studio's editor deletes the old file itself after it has attached the new one."""
        (old,) = world.files_of(world.topic)
        self.attach(studio, world.topic, png("blue"), "topic_thumbnail")
        client = syncing.Client(studio, world.channel_id)
        assert syncing.reasons(client.send(client.change(sync.DELETED, "file", old["id"]))) == []

    def test_of_a_chef_the_last_one_remains(self, world, studio):
        channel_id, root = studio.make_channel()
        files = [nodes.file(studio.upload(data, "pdf", "document")) for data in (b"%PDF one", b"%PDF two")]
        (node_id,) = studio.add(root, nodes.resource("d", files=files)).values()
        assert [file["checksum"] for file in world.files_of(node_id)] == [files[1]["filename"][:32]]
        assert studio.finish(channel_id).status == 200
        world.check(node_id, ["document"])

    def test_an_image_that_a_slideshow_shows_twice_is_two_files(self, world, studio):
        channel_id, root = studio.make_channel()
        slide = nodes.file(studio.upload(png("red"), "png", "slideshow_image"), "slideshow_image")
        (node_id,) = studio.add(root, nodes.resource("s", "slideshow", files=[slide, slide])).values()
        studio.finish(channel_id)
        world.check(node_id, ["slideshow_image"] * 2)
