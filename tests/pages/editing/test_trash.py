"""The trash of a channel."""

from datetime import timedelta

import pytest

from chalicelib.domain.ids import new_id
from chalicelib.models.base import now
from tests.support.worlds.editing import World


def path(world: World, more: str = "") -> str:
    return f"/channels/{world.channel_id}/trash/{more}"


def deleted(world: World, *titles: str) -> list[str]:
    ids = [world.make(title) for title in titles]
    for id in ids:
        assert world.studio.call("DELETE", f"/api/contentnode/{id}").status == 204
    return ids


def in_trash(world: World) -> list[str]:
    root = world.studio.get(f"/api/channel/{world.channel_id}").json["trash_root_id"]
    return world.titles(root)


class TestTrash:
    def test_lists_what_was_deleted(self, world: World) -> None:
        assert "The trash is empty." in world.editor.open(path(world)).text
        deleted(world, "a", "<b>")
        page = world.editor.open(path(world))
        assert ("a topic" in page.text, "<b> topic" in page.text) == (True, True)
        gone = now() + timedelta(days=30)
        assert f"for good on {gone.day} {gone:%B %Y}" in page.text

    def test_restores(self, world: World) -> None:
        a, _ = deleted(world, "a", "b")
        page = world.editor.submit(world.editor.open(path(world)), path(world), node=[a], do="restore")
        assert (page.path, "Restored" in page.text) == (path(world, "?message=nodes-restored"), True)
        assert (world.titles(), in_trash(world)) == (["a"], ["b"])

    def test_asks_before_it_deletes_for_good(self, world: World) -> None:
        a, _ = deleted(world, "a", "b")
        asked = world.editor.submit(world.editor.open(path(world)), path(world), node=[a], do="delete")
        assert (asked.title, in_trash(world)) == ("Delete for good?", ["a", "b"])
        done = world.editor.submit(asked, path(world, "delete/"))
        assert done.path == path(world, "?message=deleted-for-good")
        assert in_trash(world) == ["b"]
        assert world.studio.get(f"/api/contentnode/{a}").status == 404

    def test_needs_a_selection(self, world: World) -> None:
        deleted(world, "a")
        page = world.editor.submit(world.editor.open(path(world)), path(world), do="restore")
        assert (page.status, "Select at least one." in page.text, in_trash(world)) == (400, True, ["a"])

    def test_says_which_were_refused(self, world: World) -> None:
        a, b = deleted(world, "a", "b")
        page = world.editor.open(path(world))
        world.studio.call("DELETE", f"/api/contentnode/{b}?deleted=true")
        found = world.editor.submit(page, path(world), node=[a, b], do="restore")
        assert (found.status, world.titles()) == (200, ["a"])

    @pytest.mark.parametrize("more", ["", "delete/"])
    def test_has_no_live_nodes_or_those_of_others(self, world: World, more: str) -> None:
        live = world.make("live")
        other = world.studio.post("/api/channel", {"name": "Other"}).json["root_id"]
        foreign = world.make("foreign", other)
        world.studio.call("DELETE", f"/api/contentnode/{foreign}")
        for id in (live, foreign, new_id(), "nothing"):
            answer = world.editor.post(path(world, more).rstrip("/"), node=id, do="restore")
            assert answer.status == 404
        assert world.titles() == ["live"]

    def test_by_role(self, world: World) -> None:
        (a,) = deleted(world, "a")
        assert [who.open(path(world)).status for who in (world.viewer, world.stranger)] == [403, 404]
        for more in ("", "delete"):
            target = path(world, more).rstrip("/")
            statuses = [who.post(target, node=a, do="restore").status for who in (world.viewer, world.stranger)]
            assert statuses == [403, 404]
        assert in_trash(world) == ["a"]
