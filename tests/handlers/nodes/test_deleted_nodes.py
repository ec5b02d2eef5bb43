"""Deleted nodes: gone for readers and editors, listed as trash for those who may restore them."""

import pytest

from chalicelib.models.channel_members import EDIT, VIEW
from chalicelib.operations.nodes import node_moves, propagation
from chalicelib.schemas import sync
from tests.support.aws.calls import counting
from tests.support.worlds import nodes, syncing
from tests.support.worlds.contentnode import URL, make, row

FILES, QUESTIONS = "/api/file", "/api/assessmentitem"


class World:
    """A live channel with a topic that was deleted with its document and its exercise, and a topic that remains."""

    def __init__(self, studio):
        self.studio = studio
        self.channel_id, chef_root = studio.make_channel()
        pdf = nodes.file(studio.upload(b"%PDF-1.4", "pdf", "document"))
        ids = studio.add(chef_root, nodes.topic("deleted"), nodes.topic("remains"))
        self.deleted, self.remains = (ids[nodes.node_id(name)] for name in ("deleted", "remains"))
        below = studio.add(self.deleted, nodes.resource("d", files=[pdf]), nodes.exercise("e", nodes.question("q")))
        self.document, self.exercise = (below[nodes.node_id(name)] for name in "de")
        self.gone = (self.deleted, self.document, self.exercise)
        studio.finish(self.channel_id)
        channel = studio.get(f"/api/channel/{self.channel_id}").json
        self.root, self.trash = channel["root_id"], channel["trash_root_id"]
        self.question = f"{self.exercise},{nodes.node_id('question q')}"
        self.file_id = studio.get(f"{FILES}?contentnode={self.document}").json[0]["id"]
        self.client = syncing.Client(studio, self.channel_id)
        self.delete()

    def delete(self):
        assert self.studio.call("DELETE", f"{URL}/{self.deleted}").status == 204

    def status(self, method, path, body=None, token=""):
        return self.studio.call(method, path, body, token).status

    def ids(self, query, token=""):
        answer = self.studio.get(f"{URL}?{query}", token)
        assert answer.status == 200, answer.text
        return [found["id"] for found in answer.json["results"]]

    def member(self, role):
        user_id, token = self.studio.sign_up(role)
        self.studio.share(self.channel_id, user_id, role)
        return token

    def send(self, *changes):
        return syncing.reasons(self.client.send(*changes))


@pytest.fixture
def world(studio):
    return World(studio)


@pytest.fixture
def late(monkeypatch, studio):
    """Descendants learn of a deletion by a message, as if they were many."""
    monkeypatch.setattr(node_moves, "MAX_MOVED_AT_ONCE", 0)
    monkeypatch.setattr(propagation, "MAX_AT_ONCE", 0)
    return World(studio)


class TestAreGone:
    def test_by_id(self, world):
        for node_id in world.gone:
            assert world.status("GET", f"{URL}/{node_id}") == 404
            assert world.status("GET", f"{URL}/{node_id}/size") == 404
            assert world.status("GET", f"{URL}/{node_id}/requisites") == 404

    def test_by_id_before_their_descendants_are_updated(self, late):
        for node_id in late.gone:
            assert late.status("GET", f"{URL}/{node_id}") == 404
            assert late.status("PATCH", f"{URL}/{node_id}", {"title": "x"}) == 404
        late.studio.deliver("maintenance")
        assert late.ids(f"id__in={','.join(late.gone)}") == []

    def test_in_lists(self, world):
        assert world.ids(f"id__in={','.join(world.gone)},{world.remains}") == [world.remains]
        pairs = ",".join(f"{nodes.node_id(name)},{world.channel_id}" for name in ("deleted", "d", "remains"))
        assert world.ids(f"_node_id_channel_id___in={pairs}") == [world.remains]
        assert world.ids(f"parent={world.root}") == world.ids(f"parent__in={world.root}") == [world.remains]
        assert world.ids(f"root_id={world.root}") == [world.root, world.remains]

    def test_with_their_files_and_questions(self, world):
        for path in (f"{FILES}/{world.file_id}", f"{QUESTIONS}/{world.question}"):
            assert world.status("GET", path) == 404
            assert world.status("PATCH", path, {}) == 404
            assert world.status("DELETE", path) == 404
        for query in (f"contentnode={world.document}", f"id__in={world.file_id}"):
            assert world.studio.get(f"{FILES}?{query}").json == []
        assert world.studio.get(f"{FILES}?assessment_item__in={world.question}").json == []
        assert world.studio.get(f"{QUESTIONS}?contentnode={world.exercise}").json == []
        new = {"contentnode": world.exercise, "type": "single_selection", "question": "?"}
        assert world.status("POST", QUESTIONS, new) == 404

    def test_for_writes(self, world):
        for node_id in world.gone:
            assert world.status("PATCH", f"{URL}/{node_id}", {"title": "x"}) == 404
            assert world.status("PUT", f"{URL}/{node_id}", {"title": "x", "kind": "topic", "parent": world.root}) == 404
            assert world.status("DELETE", f"{URL}/{node_id}") == 404
            assert world.status("POST", f"{URL}/{node_id}/copy", {"target": world.root}) == 404
            other = make(world.studio, world.root)["id"]
            assert world.status("POST", f"{URL}/{other}/prerequisites", {"prerequisite": node_id}) == 404
            assert world.status("POST", f"{URL}/{node_id}/prerequisites", {"prerequisite": other}) == 404
        assert world.status("POST", URL, {"parent": world.deleted, "title": "x", "kind": "topic"}) == 404
        assert world.status("POST", f"{URL}/{world.remains}/copy", {"target": world.deleted}) == 404

    def test_as_prerequisites(self, studio, world):
        one, two = (make(studio, world.root, title)["id"] for title in "ab")
        studio.post(f"{URL}/{one}/prerequisites", {"prerequisite": two})
        assert len(studio.get(f"{URL}/{one}/requisites").json) == 1
        studio.call("DELETE", f"{URL}/{two}")
        assert studio.get(f"{URL}/{one}/requisites").json == []

    def test_on_the_clipboard(self, studio, world):
        source = {"source_node_id": nodes.node_id("d"), "source_channel_id": world.channel_id}
        body = {"parent": studio.user_id, "kind": "document", **source}
        assert studio.post("/api/clipboard", body).status == 400
        studio.post(f"{URL}/{world.deleted}/restore", {})
        entry = studio.post("/api/clipboard", body).json
        world.delete()
        (found,) = studio.get(f"/api/clipboard?parent={studio.user_id}").json
        assert (found["id"], found["total_count"]) == (entry["id"], None)

    def test_for_updates_by_sync(self, world):
        (reason,) = world.send(world.client.updated(world.document, title="x"))
        assert reason[0].endswith(f"{world.document} is in the trash. Restore it first.")


class TestTrash:
    def test_is_listed_by_its_tree(self, world):
        assert world.ids(f"parent={world.trash}") == [world.deleted]
        assert world.ids(f"parent={world.deleted}") == [world.document, world.exercise]
        assert world.ids(f"parent__in={world.trash},{world.deleted}") == list(world.gone)
        assert world.ids(f"root_id={world.trash}") == [world.trash, *world.gone]
        assert world.ids(f"root_id={world.trash}&ordering=title")[-1:] == [world.trash]
        assert world.ids(f"ancestors_of={world.document}") == [world.trash, world.deleted, world.document]

    def test_is_listed_on_request(self, world):
        pair = f"{nodes.node_id('d')},{world.channel_id}"
        assert world.ids(f"id__in={world.document},{world.remains}&deleted=true") == [world.document]
        assert world.ids(f"_node_id_channel_id___in={pair}&deleted=true") == [world.document]
        assert world.ids(f"parent={world.trash}&deleted=false") == []
        assert world.ids(f"root_id={world.root}&deleted=true") == []
        assert world.ids("deleted=true") == list(world.gone)
        assert world.ids("deleted=true&kind=topic") == [world.deleted]
        assert not set(world.ids("kind=topic")) & set(world.gone)

    def test_is_listed_to_editors_only(self, world):
        editor, viewer = world.member(EDIT), world.member(VIEW)
        _, stranger = world.studio.sign_up("stranger")
        for query in (f"parent={world.trash}", f"id__in={world.deleted}&deleted=true"):
            assert world.ids(query, editor) == [world.deleted]
            assert world.ids(query, viewer) == []
            assert world.ids(query, stranger) == []

    def test_costs_no_read_per_node(self, studio, world):
        with counting(studio) as calls:
            world.ids(f"id__in={','.join(world.gone)}")
        assert calls.names.count("BatchGetItem") == 2

    def test_itself_is_a_node(self, studio, world):
        assert row(studio, world.trash)["total_count"] == 3
        assert studio.get(f"{URL}/{world.trash}/size").json["size"] == 8

    def test_gives_back_what_is_restored(self, studio, world):
        answer = studio.post(f"{URL}/{world.deleted}/restore", {})
        assert (answer.status, answer.json["parent"]) == (200, world.root)
        for node_id in world.gone:
            assert world.status("GET", f"{URL}/{node_id}") == 200
        assert world.status("GET", f"{FILES}/{world.file_id}") == 200
        assert world.status("GET", f"{QUESTIONS}/{world.question}") == 200

    def test_gives_back_a_part_of_what_was_deleted(self, studio, world):
        assert studio.post(f"{URL}/{world.document}/restore", {"target": world.remains}).status == 200
        assert row(studio, world.document)["parent"] == world.remains
        assert world.status("GET", f"{URL}/{world.deleted}") == 404

    def test_is_used_by_the_editor_through_sync(self, studio, world):
        """Studio's editor deletes by moving to the trash, restores by moving out of it, and may delete twice."""
        assert world.send(world.client.moved(world.document, world.root)) == []
        assert row(studio, world.document)["parent"] == world.root
        assert world.send(world.client.moved(world.document, world.trash)) == []
        assert world.status("GET", f"{URL}/{world.document}") == 404
        assert world.send(world.client.deleted(world.document)) == []
        assert world.send(world.client.change(sync.DELETED, "contentnode", world.deleted)) == []

    def test_takes_and_gives_nodes_by_moves(self, studio, world):
        answer = studio.post(f"{URL}/{world.remains}/move", {"target": world.trash})
        assert (answer.status, answer.json["parent"]) == (200, world.trash)
        assert world.status("GET", f"{URL}/{world.remains}") == 404
        assert studio.post(f"{URL}/{world.remains}/move", {"target": world.root}).json["parent"] == world.root
