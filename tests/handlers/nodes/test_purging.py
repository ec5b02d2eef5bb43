"""Nodes of the trash are deleted for good: they are gone at once, and their items and storage soon after."""

import pytest

from chalicelib.models import changes, children, purges
from chalicelib.models import nodes as stored_nodes
from chalicelib.models.assessment_items import AssessmentItem
from chalicelib.models.base import now
from chalicelib.models.channel_members import EDIT, VIEW
from chalicelib.models.children import Child
from chalicelib.models.file_places import FilePlace
from chalicelib.models.nodes import Node
from chalicelib.operations.nodes import purging
from chalicelib.operations.storage import tree_files
from tests.support.existing import existing
from tests.support.worlds import images, nodes, storage, syncing
from tests.support.worlds.contentnode import URL, make, row

PDF = b"%PDF-1.4 of the trash" + bytes(900)
PNG = images.png(size=(30, 21))


class World:
    """A topic in the trash, with a document, an exercise that shows an image, and a topic with another document."""

    def __init__(self, studio):
        self.studio = studio
        self.channel_id, chef_root = studio.make_channel()
        self.pdf, self.png = storage.put(studio, PDF, "pdf"), storage.put(studio, PNG, "png")
        ids = studio.add(chef_root, nodes.topic("top"), nodes.topic("remains"))
        self.top, self.remains = (ids[nodes.node_id(name)] for name in ("top", "remains"))
        shown = f"![](${{☣ CONTENTSTORAGE}}/{self.png})"
        question = nodes.question("q", question=shown, files=[nodes.file(self.png, "exercise_image")])
        content = [nodes.resource("d", files=[nodes.file(self.pdf)]), nodes.exercise("e", question), nodes.topic("t")]
        ids |= studio.add(self.top, *content)
        self.document, self.exercise, self.topic = (ids[nodes.node_id(name)] for name in "det")
        ids |= studio.add(self.topic, nodes.resource("below", files=[nodes.file(self.pdf)]))
        self.below = ids[nodes.node_id("below")]
        self.all = (self.top, self.document, self.exercise, self.topic, self.below)
        studio.finish(self.channel_id)
        channel = studio.get(f"/api/channel/{self.channel_id}").json
        self.root, self.trash = channel["root_id"], channel["trash_root_id"]
        self.client = syncing.Client(studio, self.channel_id)
        storage.drain(studio)
        assert studio.call("DELETE", f"{URL}/{self.top}").status == 204

    def purge(self, node_id="", token=""):
        return self.studio.call("DELETE", f"{URL}/{node_id or self.top}?deleted=true", None, token).status

    def status(self, method, path, body=None, token=""):
        return self.studio.call(method, path, body, token).status

    def ids(self, query):
        return [found["id"] for found in self.studio.get(f"{URL}?{query}").json["results"]]

    def used(self):
        return self.studio.get("/api/user/me").json["disk_space_used"]

    def items(self):
        """What is stored of the nodes: nodes, edges, questions, places of files."""
        cloud = self.studio.cloud
        found = [node.id for node in storage.stored(cloud, Node) if node.id in self.all]
        found += [edge.node_id for edge in storage.stored(cloud, Child) if edge.node_id in self.all]
        found += [item.assessment_id for item in storage.stored(cloud, AssessmentItem)]
        return found + [place.id for place in storage.stored(cloud, FilePlace)]

    def send(self, *changes):
        return syncing.reasons(self.client.send(*changes))


@pytest.fixture
def world(studio):
    return World(studio)


class TestRequests:
    def test_nodes_are_gone_at_once(self, world):
        assert world.purge() == 204
        assert world.ids(f"parent={world.trash}") == world.ids("deleted=true") == []
        assert world.ids(f"id__in={world.top}&deleted=true") == world.ids(f"id__in={world.top}") == []
        assert world.ids(f"root_id={world.trash}") == [world.trash]
        assert row(world.studio, world.trash)["total_count"] == 0
        for node_id in world.all:
            assert world.status("GET", f"{URL}/{node_id}") == 404
            assert world.status("POST", f"{URL}/{node_id}/restore", {}) == 404
            assert world.status("POST", f"{URL}/{node_id}/move", {"target": world.root}) == 404
            assert world.status("DELETE", f"{URL}/{node_id}") == 404
            assert world.purge(node_id) == 404

    def test_all_items_are_removed(self, world):
        assert len(world.items()) == 14
        world.purge()
        storage.drain(world.studio)
        assert world.items() == []

    def test_a_part_of_the_trash_is_deleted(self, world):
        assert world.purge(world.topic) == 204
        storage.drain(world.studio)
        assert row(world.studio, world.trash)["total_count"] == 3
        assert world.ids(f"root_id={world.trash}") == [world.trash, world.top, world.document, world.exercise]
        assert world.status("POST", f"{URL}/{world.top}/restore", {}) == 200

    def test_live_nodes_and_roots_stay(self, world):
        for node_id in (world.remains, world.root, world.trash):
            assert world.purge(node_id) == 404
            assert world.status("GET", f"{URL}/{node_id}") == 200
        assert world.status("DELETE", f"{URL}/{world.top}?deleted=false") == 404
        assert world.ids(f"parent={world.trash}") == [world.top]

    @pytest.mark.parametrize(("role", "status"), [(None, 404), (VIEW, 403), (EDIT, 204)])
    def test_those_who_may_restore_may_delete(self, world, role, status):
        user_id, token = world.studio.sign_up("other")
        if role:
            world.studio.share(world.channel_id, user_id, role)
        assert world.purge(token=token) == status
        assert world.ids(f"parent={world.trash}") == ([] if status == 204 else [world.top])


class TestSpace:
    def test_is_given_back(self, world):
        assert world.used() == len(PDF) + len(PNG)
        world.purge()
        storage.drain(world.studio)
        assert world.used() == 0

    def test_stays_charged_for_what_others_use(self, world):
        copy = world.studio.post(f"{URL}/{world.top}/restore", {})
        assert copy.status == 200
        world.studio.post(f"{URL}/{world.below}/copy", {"target": world.remains})
        world.studio.call("DELETE", f"{URL}/{world.top}")
        world.purge()
        storage.drain(world.studio)
        assert world.used() == len(PDF)

    def test_stays_charged_for_published_versions(self, world):
        world.studio.post(f"{URL}/{world.top}/restore", {})
        world.studio.publish(world.channel_id)
        world.studio.call("DELETE", f"{URL}/{world.top}")
        world.purge()
        storage.drain(world.studio)
        assert world.items() == []
        assert world.used() == len(PDF)  # archives contain the images of questions
        storage.recount_all(world.studio)
        assert world.used() == len(PDF)


class TestRemoval:
    def test_takes_bounded_steps(self, world, monkeypatch):
        monkeypatch.setattr(purging, "MAX_NODES", 2)
        monkeypatch.setattr(tree_files, "CHUNK", 1)
        world.purge()
        purging.remove(world.top)
        assert len(set(world.all) & set(world.items())) == 3
        storage.drain(world.studio)
        assert world.items() == []

    def test_does_nothing_without_a_cut(self, world):
        before = world.items()
        purging.remove(world.top)
        purging.remove(world.remains)
        purging.remove("0" * 32)
        assert world.items() == before

    def test_removes_many_questions_and_files(self, world, monkeypatch):
        monkeypatch.setattr(purges, "MAX_TRANSACTION", 3)
        world.purge()
        storage.drain(world.studio)
        assert world.items() == []

    def test_keeps_the_id_until_it_is_done(self, world):
        new = {"id": world.top, "parent": world.root, "kind": "topic", "title": "again"}
        world.purge()
        assert world.status("POST", URL, new) == 409
        storage.drain(world.studio)
        assert world.status("POST", URL, new) == 201
        assert row(world.studio, world.top)["total_count"] == 0

    def test_a_chef_waits_for_an_id(self, world):
        root, content = world.root, [nodes.topic("top")]
        world.purge()
        sent = {"root_id": root, "content_data": content}
        assert world.status("POST", "/api/internal/add_nodes", sent) == 503
        storage.drain(world.studio)
        ids = world.studio.add(root, *content)
        assert ids == {nodes.node_id("top"): world.top}
        assert row(world.studio, world.top)["parent"] == root

    def test_spares_a_node_that_left_the_trash(self, world):
        moved = world.studio.post(f"{URL}/{world.topic}/move", {"target": world.remains})
        assert moved.status == 200
        world.purge()
        storage.drain(world.studio)
        assert world.ids(f"parent={world.topic}") == [world.below]
        assert world.used() == len(PDF)

    def test_spares_what_a_wrong_edge_names(self, world):
        """A node's parent decides, not an edge."""
        Child(world.top, "9", node_id=world.remains, kind="topic").save()
        below = make(world.studio, world.remains)["id"]
        world.purge()
        storage.drain(world.studio)
        assert world.items() == []
        assert world.ids(f"parent={world.remains}") == [below]
        assert children.of(world.top) == []

    @pytest.mark.parametrize("parent", ["remains", "topic"])
    def test_spares_nodes_that_were_created_again(self, world, parent):
        """A removal that was interrupted for long is resumed when the ids are used again."""
        edge = next(edge for edge in children.of(world.topic) if edge.node_id == world.below)
        world.purge()
        moment = now()
        storage.drain(world.studio)
        if parent == "topic":
            make(world.studio, world.root, id=world.topic)
        make(world.studio, getattr(world, parent), id=world.below)
        assert not purges.remove(world.below, world.topic, edge, moment, [])
        purging.remove(world.top)
        assert world.status("GET", f"{URL}/{world.below}") == 200
        assert existing(stored_nodes.get(world.below)).parent_id == getattr(world, parent)


class TestSync:
    def test_a_deleted_node_is_deleted_for_good(self, world):
        assert world.send(world.client.deleted(world.remains)) == []
        assert world.ids(f"parent={world.trash}") == [world.top, world.remains]
        assert world.send(world.client.deleted(world.top)) == []
        assert world.ids(f"parent={world.trash}") == [world.remains]
        storage.drain(world.studio)
        assert (world.items(), world.used()) == ([], 0)
        assert world.send(world.client.deleted(world.top)) != []

    def test_a_request_reaches_clients(self, world):
        world.client.poll()
        world.purge()
        (change,) = world.client.poll()["changes"]
        assert (change["type"], change["table"], change["key"]) == (3, "contentnode", world.top)

    def test_a_viewer_may_not_delete(self, world):
        user_id, token = world.studio.sign_up("viewer")
        world.studio.share(world.channel_id, user_id, VIEW)
        client = syncing.Client(world.studio, world.channel_id, token)
        assert len(client.send(client.deleted(world.top))["disallowed"]) == 1
        assert world.ids(f"parent={world.trash}") == [world.top]

    @pytest.mark.parametrize("is_live", [True, False])
    def test_a_change_that_is_applied_twice_does_one_thing(self, world, is_live, monkeypatch):
        """A worker is killed after the write, before it marks the change."""
        node_id = world.remains if is_live else world.top
        mark = changes.mark
        monkeypatch.setattr(changes, "mark", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            world.send(world.client.deleted(node_id))
        monkeypatch.setattr(changes, "mark", mark)
        storage.drain(world.studio)
        received = world.client.poll()
        assert received["errors"] == []
        assert world.ids(f"parent={world.trash}") == ([world.top, world.remains] if is_live else [])
