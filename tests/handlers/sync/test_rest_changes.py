"""REST writes are emitted to sync clients."""

import json

import pytest

from chalicelib.models import changes
from chalicelib.operations.changes import fields
from chalicelib.operations.copying import node_copies
from chalicelib.schemas.sync import MAX_CHANGE_LENGTH
from tests.models.dynamodb import answering
from tests.support.aws.calls import NeverSent, counting
from tests.support.aws.interleaved import interrupted
from tests.support.worlds import contentnode, nodes
from tests.support.worlds.mirror import COPIED, CREATED, DELETED, MOVED, UPDATED, World
from tests.support.worlds.syncing import URL, Client


@pytest.fixture
def world(studio):
    return World(studio)


class TestNodes:
    def test_made_changed_and_deleted(self, world):
        extra = {"tags": {"x": True}, "description": "d"}
        new = world.write("POST", contentnode.URL, {"parent": world.a, "kind": "topic", "title": "n", **extra})
        assert world.synced() == [CREATED]
        assert world.mirror.nodes[new["id"]]["node_id"] == new["node_id"]
        sent = {"title": "m", "tags.y": True, "extra_fields": {"options": {"modality": "UNIT"}}, "modified": "x"}
        world.write("PATCH", f"{contentnode.URL}/{new['id']}", sent)
        assert world.synced() == [UPDATED]
        assert set(world.mirror.nodes[new["id"]]["tags"]) == {"x", "y"}
        assert world.mirror.nodes[new["id"]].get("modified") != "x"
        world.write("PATCH", f"{contentnode.URL}/{new['id']}", {})
        assert world.synced() == []
        world.write("PUT", f"{contentnode.URL}/{new['id']}", {"parent": world.a, "kind": "topic", "title": "p"})
        assert world.synced() == [UPDATED]
        world.write("DELETE", f"{contentnode.URL}/{new['id']}")
        assert world.synced() == [DELETED]
        assert world.studio.call("DELETE", f"{contentnode.URL}/{new['id']}").status == 404
        assert world.synced() == []

    @pytest.mark.parametrize("position", ["first-child", "last-child", "left", "right"])
    def test_moved(self, world, position):
        world.write("POST", f"{contentnode.URL}/{world.b}/move", {"target": world.a, "position": position})
        assert world.synced() == [MOVED]

    def test_deleted_and_restored_with_descendants(self, world):
        world.write("POST", f"{contentnode.URL}/{world.e}/move", {"target": world.a})
        world.write("DELETE", f"{contentnode.URL}/{world.a}")
        world.write("POST", f"{contentnode.URL}/{world.a}/restore", {})
        assert world.synced() == [MOVED, DELETED, CREATED]
        assert world.mirror.children[world.a] == [world.e]

    def test_deleted_by_two_requests_at_once(self, world):
        url = f"{contentnode.URL}/{world.a}"
        with interrupted(world.studio, lambda: world.write("DELETE", url)):
            assert world.studio.call("DELETE", url).status == 404
        assert world.synced() == [DELETED]

    def test_moved_into_the_trash_and_out_of_it(self, world):
        trash = world.studio.get(f"/api/channel/{world.channel_id}").json["trash_root_id"]
        world.write("POST", f"{contentnode.URL}/{world.a}/move", {"target": trash})
        assert world.synced() == [DELETED]
        world.write("POST", f"{contentnode.URL}/{world.a}/move", {"target": world.e, "position": "left"})
        assert world.synced() == [CREATED, MOVED]

    def test_moved_to_another_channel(self, world):
        other_id, _ = world.studio.make_channel("Other")
        other_root = world.studio.get(f"/api/channel/{other_id}").json["root_id"]
        client, mirror = world.following(other_id, other_root)
        world.write("POST", f"{contentnode.URL}/{world.e}/move", {"target": world.a})
        world.write("POST", f"{contentnode.URL}/{world.a}/move", {"target": other_root})
        assert world.synced() == [MOVED, DELETED]
        assert mirror.apply(client.poll()) == [CREATED]
        mirror.assert_true()
        assert mirror.nodes[world.a]["title"] == "a"

    @pytest.mark.parametrize("is_large", [False, True])
    def test_copied(self, world, monkeypatch, is_large):
        monkeypatch.setattr(node_copies, "MIN_BACKGROUND_NODES", 0 if is_large else 1000)
        sent = {"target": world.root, "position": "first-child", "mods": {"title": "c"}, "excluded_descendants": []}
        world.write("POST", f"{contentnode.URL}/{world.e}/copy", {**sent, "key": "c" * 32})
        assert is_large == (world.client.ask().json["changes"] == [])
        world.studio.deliver("maintenance")
        first, second = world.client.ask().json["changes"]
        assert {name: first[name] for name in ("from_key", "target", "position", "mods", "excluded_descendants")} == {
            **sent,
            "from_key": world.e,
            "excluded_descendants": {},
        }
        assert second["mods"]["__COPYING_STATUS"] == "SUCCESS"
        assert world.synced() == [COPIED, UPDATED]

    def test_copied_with_many_descendants_that_are_not_excluded(self, world):
        """Studio sends these as false, without a limit."""
        excluded = {f"{number:032x}": number == 7 for number in range(12_000)}
        mods = {"title": "c", "description": "d" * 100_000, "extra_fields": {"x": "e" * 140_000}}
        sent = {"target": world.root, "mods": mods, "excluded_descendants": excluded}
        world.write("POST", f"{contentnode.URL}/{world.e}/copy", sent)
        copied, _ = world.client.poll()["changes"][-2:]
        assert copied["excluded_descendants"] == {f"{7:032x}": True}

    def test_prerequisites(self, world):
        world.write("POST", f"{contentnode.URL}/{world.a}/prerequisites", {"prerequisite": world.b})
        assert world.synced() == [CREATED]
        pair = {"target_node": world.a, "prerequisite": world.b}
        assert world.row("contentnode_prerequisite", [world.a, world.b]) == pair
        world.write("DELETE", f"{contentnode.URL}/{world.a}/prerequisites", {"prerequisite": world.b})
        assert world.synced() == [DELETED]
        assert world.row("contentnode_prerequisite", [world.a, world.b]) is None


def test_questions(world):
    url = "/api/assessmentitem"
    made = world.write("POST", url, {"contentnode": world.e, "type": "single_selection", "question": "?"})
    key = [world.e, made["assessment_id"]]
    assert (world.synced(), world.row("assessmentitem", key)) == ([CREATED], made)
    one = f"{url}/{','.join(key)}"
    for method, body in (("PATCH", {"question": "!", "order": 5}), ("PUT", {**made, "hints": [{"hint": "h"}]})):
        changed = world.write(method, one, body)
        assert (world.synced(), world.row("assessmentitem", key)) == ([UPDATED], changed)
        assert world.studio.get(one).json == changed
    world.write("PATCH", one, {"deleted": True})
    assert (world.synced(), world.row("assessmentitem", key)) == ([DELETED], None)
    world.write("DELETE", f"{url}/{world.e},{nodes.node_id('question q')}")
    assert world.synced() == [DELETED]


def test_files(world):
    (old,) = world.studio.get(f"/api/file?contentnode={world.d}").json
    other = contentnode.make(world.studio, world.a, kind="document")["id"]
    changed = world.write("PATCH", f"/api/file/{old['id']}", {"language": "fr"})
    assert world.synced() == [CREATED, UPDATED]
    assert world.row("file", old["id"]) == {"language": changed["language"]}
    world.write("PATCH", f"/api/file/{old['id']}", {"contentnode": other})
    assert world.synced() == [UPDATED]
    assert world.row("file", old["id"])["contentnode"] == other
    far = contentnode.make(world.studio, contentnode.empty_tree(world.studio), kind="document")["id"]
    world.write("PATCH", f"/api/file/{old['id']}", {"contentnode": far})
    assert (world.synced(), world.row("file", old["id"])) == ([DELETED], None)
    moved = world.write("PATCH", f"/api/file/{old['id']}", {"contentnode": other})
    assert world.synced() == [CREATED]
    assert world.row("file", old["id"]) == {name: moved[name] for name in moved if name != "uploaded_by"}
    world.write("DELETE", f"/api/file/{old['id']}")
    assert (world.synced(), world.row("file", old["id"])) == ([DELETED], None)


def test_uploads_are_emitted_with_the_files_that_they_replace(world):
    body = {"size": 8, "checksum": "a" * 32, "name": "a.pdf", "file_format": "pdf", "preset": "document"}
    upload = world.write("POST", "/api/file/upload_url", body)["file"]["id"]
    world.write("PATCH", f"/api/file/{upload}", {"language": "fr"})
    assert world.synced() == []
    world.studio.put("a" * 32, "pdf", b"%PDF-1.4")
    world.write("PATCH", f"/api/file/{upload}", {"contentnode": world.d})
    assert (world.synced(), world.row("file", upload)["contentnode"]) == ([CREATED, DELETED], world.d)


def test_channels(world):
    url = f"/api/channel/{world.channel_id}"
    sent = {"name": "new", "content_defaults": {"author": "x"}, "source_domain": "example.org"}
    row = world.write("PATCH", url, sent)
    assert world.synced() == [UPDATED]
    received = world.row("channel", world.channel_id)
    assert set(received) == {"name", "content_defaults", "source_url"}
    assert received == {name: row[name] for name in received}
    world.write("DELETE", url)
    world.write("POST", f"{url}/restore", {})
    assert world.synced() == [DELETED, UPDATED]
    assert world.row("channel", world.channel_id) == {"deleted": False}
    world.write("PATCH", url, sent)
    assert world.synced() == []  # nothing has changed


class TestUploads:
    """A chef that uploads to a channel sets its fields, and restores it if it was deleted."""

    def upload(self, world, **fields):
        sent = {"id": world.channel_id, "name": "New", "description": "d", **fields}
        world.write("POST", "/api/internal/create_channel", {"channel_data": sent})

    def test_set_the_fields_of_a_channel(self, world):
        world.write("DELETE", f"/api/channel/{world.channel_id}")
        self.upload(world, source_domain="example.org")
        received = world.client.poll()["changes"][-1]["mods"]
        row = world.studio.get(f"/api/channel/{world.channel_id}").json
        assert (received["name"], received["source_url"], received["deleted"]) == ("New", "//example.org", False)
        assert received == {name: row[name] for name in received}

    def test_while_the_feed_is_written(self, world):
        with interrupted(world.studio, lambda: contentnode.change(world.studio, world.a, title="new")):
            self.upload(world)
        assert [one["mods"].get("name") for one in world.client.poll()["changes"]] == [None, "New"]

    def test_costs_no_call(self, world):
        with counting(world.studio) as watch:
            self.upload(world)
        assert watch.names == ["GetItem", "BatchGetItem", "TransactWriteItems"]


def test_channels_changed_by_administrators(world):
    admin = world.studio.sign_up("admin", is_admin=True)[1]
    url = f"/api/admin-channels/{world.channel_id}"
    links = {"source_url": "https://a.org", "demo_server_url": "https://b.org"}
    for sent, emitted in (
        ({"priority": 3}, None),
        ({**links, "priority": 4}, links),
        ({"source_domain": "example.org"}, {"source_url": "https://a.org"}),
        ({"deleted": True}, {"deleted": True}),
        ({"deleted": False, "public": False}, {"deleted": False, "public": False}),
    ):
        assert world.studio.call("PATCH", url, sent, admin).status == 200
        assert [one["mods"] for one in world.client.poll()["changes"]] == ([emitted] if emitted else [])


def test_channels_changed_by_administrators_while_the_feed_is_written(world):
    admin = world.studio.sign_up("admin", is_admin=True)[1]
    url = f"/api/admin-channels/{world.channel_id}"
    for sent in ({"demo_server_url": "https://b.org"}, {"public": False, "source_url": "https://a.org"}):
        with interrupted(world.studio, lambda: contentnode.change(world.studio, world.a, title="new")):
            assert world.studio.call("PATCH", url, sent, admin).status == 200
        assert [one["mods"] for one in world.client.poll()["changes"]] == [{"title": "new"}, sent]
        contentnode.change(world.studio, world.a, title="old")
        world.client.poll()


class TestEmitting:
    def test_reaches_the_writers_own_client_as_changes(self, world):
        """Even if the client awaits these revisions: revisions of several channels may coincide."""
        mine = Client(world.studio, world.channel_id)
        mine.waiting = set(range(1, 50))
        contentnode.change(world.studio, world.a, title="new")
        received = mine.poll()
        assert (received["changes"][-1]["mods"], received["successes"]) == ({"title": "new"}, [])

    def test_emits_sync_changes_once(self, world):
        mine = Client(world.studio, world.channel_id)
        mine.poll()
        received = mine.send(
            mine.created("c" * 32, world.root),
            mine.updated(world.a, title="new"),
            mine.moved(world.a, world.b),
            mine.deleted(world.e),
        )
        assert [one["type"] for one in received["successes"]] == [CREATED, UPDATED, MOVED, DELETED]
        heard = [one["type"] for one in world.client.poll()["changes"] if "node_id" not in one.get("mods", {})]
        assert heard == [CREATED, UPDATED, MOVED, DELETED]

    def test_emits_nothing_for_refused_writes(self, world):
        url = f"{contentnode.URL}/{world.a}"
        assert world.studio.call("PATCH", url, {"title": None}).status == 400
        assert world.studio.post(f"{url}/move", {"target": world.a}).status == 400
        assert world.studio.call("DELETE", url, None, world.studio.sign_up("stranger")[1]).status == 404
        assert world.synced() == []

    def test_fails_together_with_the_write(self, world):
        """Both are one transaction."""
        before = contentnode.row(world.studio, world.a)
        sent = {"title": "new"}
        with answering("TransactWriteItems", *[NeverSent(endpoint_url="x")] * 9):
            assert world.studio.call("PATCH", f"{contentnode.URL}/{world.a}", sent).status == 503
        assert contentnode.row(world.studio, world.a) == before
        assert world.synced() == []

    def test_costs_no_extra_call(self, world):
        """The counter of the feed is read with the permissions and increased with the data."""
        other_root = contentnode.empty_tree(world.studio)
        writes = [
            (9, "PATCH", f"{contentnode.URL}/{world.a}", {"title": "x"}),
            (12, "POST", f"{contentnode.URL}/{world.a}/move", {"target": world.b}),
            (13, "POST", f"{contentnode.URL}/{world.a}/move", {"target": other_root}),
            (9, "POST", f"{contentnode.URL}/{world.b}/prerequisites", {"prerequisite": world.e}),
            (4, "PATCH", f"/api/channel/{world.channel_id}", {"name": "x"}),
        ]
        for most, method, path, body in writes:
            with counting(world.studio) as watch:
                world.write(method, path, body)
            assert watch.names.count("TransactWriteItems") == 1
            assert len(watch.names) <= most, watch.names

    def test_leaves_out_fields_too_large_for_a_change(self, world):
        raw = "x" * MAX_CHANGE_LENGTH
        sent = {"contentnode": world.e, "type": "perseus_question", "raw_data": json.dumps({"question": raw})}
        made = world.write("POST", "/api/assessmentitem", sent)
        assert world.synced() == [CREATED]
        received = world.row("assessmentitem", [world.e, made["assessment_id"]])
        assert set(made) - set(received) == {"raw_data"}

    def test_waits_for_pending_changes(self, world):
        append = changes.append(changes.counter_of(world.channel_id), [pending()])
        assert append
        contentnode.change(world.studio, world.a, title="new")
        assert world.studio.post(URL, {"channel_revs": {world.channel_id: append.last - 1}}).json["changes"] == []
        assert changes.counter_of(world.channel_id).last == append.last + 1


def pending():
    return changes.Change(type=2, table="contentnode", key="0" * 32, fields={}, status=changes.PENDING)


def test_the_largest_fields_are_left_out():
    row = {"a": "x" * 200_000, "b": "x" * 100_000, "c": 1}
    assert set(fields.fitting(row, row)) == {"b", "c"}


def test_the_other_fields_of_a_change_count_towards_its_size():
    row = {"a": "x" * 200_000, "b": 1}
    assert set(fields.fitting(row, row, beside={"c": "x" * 100_000})) == {"b"}
