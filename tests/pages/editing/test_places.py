"""Moving, copying and deleting nodes, one and several."""

from typing import Any

import pytest

from chalicelib.domain.ids import new_id
from chalicelib.operations.copying import node_copies
from chalicelib.operations.editing import node_editor, several
from tests.support.aws.calls import counting
from tests.support.worlds.editing import World


def selected(world: World, do: str, *ids: str, **more: str) -> Any:
    query = "&".join([f"do={do}", *(f"node={id}" for id in ids), *(f"{name}={value}" for name, value in more.items())])
    return world.editor.open(f"/channels/{world.channel_id}/selected/?{query}")


def form_path(world: World) -> str:
    return f"/channels/{world.channel_id}/selected/"


class TestMoves:
    def test_to_a_topic_found_by_going_through_the_tree(self, world: World) -> None:
        plants = world.make("Plants")
        trees = world.make("Trees", plants)
        oak = world.make("Oak", kind="document")
        page = world.editor.click(world.editor.click(world.open(oak, "move"), "Plants"), "Trees")
        assert page.links["Plants"] == f"?into={plants}"
        moved = world.sent(page, world.path(oak, "move/"))
        assert moved.path == world.path(trees, "?message=nodes-moved")
        assert (world.titles(), world.titles(trees)) == (["Plants"], ["Oak"])

    @pytest.mark.parametrize(
        ("place", "titles"), [("first-child", ["c", "a", "b"]), ("last-child", ["a", "b", "c"]), ("", ["a", "c", "b"])]
    )
    def test_to_a_place_among_the_children(self, world: World, place: str, titles: list[str]) -> None:
        a, _, c = (world.make(name) for name in "abc")
        world.sent(world.open(c, "move"), world.path(c, "move/"), place=place or f"right:{a}")
        assert world.titles() == titles

    def test_up_and_down(self, world: World) -> None:
        a, _, c = (world.make(name) for name in "abc")
        for node_id, step, titles in [(c, "up", "acb"), (c, "up", "cab"), (c, "up", "cab"), (a, "down", "cba")]:
            answer = world.editor.post(world.path(node_id, "move"), step=step)
            assert answer.headers["Location"] == world.path(node_id, "move/?message=nodes-ordered")
            assert world.titles() == list(titles)

    @pytest.mark.parametrize(("side", "titles"), [("left", ["b", "a", "c"]), ("right", ["b", "c", "a"])])
    def test_by_dragging_lead_back_to_the_tree(self, world: World, side: str, titles: list[str]) -> None:
        a, _, c = (world.make(name) for name in "abc")
        sent = {"place": f"{side}:{c}", "into": "", "next": f"/channels/{world.channel_id}/"}
        answer = world.editor.post(world.path(a, "move"), **sent)
        assert answer.headers["Location"] == f"/channels/{world.channel_id}/?message=nodes-moved"
        assert world.titles() == titles

    def test_lead_to_this_host_alone(self, world: World) -> None:
        a, b = world.make("a"), world.make("b")
        sent = {"place": f"right:{b}", "next": "//evil.example/"}
        assert world.editor.post(world.path(a, "move"), **sent).headers["Location"] == "/?message=nodes-moved"

    def test_are_refused_below_itself(self, world: World) -> None:
        above = world.make("above")
        below = world.make("below", above)
        page = world.sent(world.open(above, "move", f"?into={below}"), world.path(above, "move/"))
        assert (page.status, "A node cannot be moved below itself." in page.text) == (400, True)

    @pytest.mark.parametrize("page", ["move", "copy"])
    def test_are_refused_into_resources(self, world: World, page: str) -> None:
        found = world.open(world.make(), page, f"?into={world.make(kind='document')}")
        assert (found.status, "Only topics can have children." in found.text) == (400, True)

    @pytest.mark.parametrize("into", ["nothing", "0" * 32, "<b>", "%00"])
    def test_into_what_does_not_exist(self, world: World, into: str) -> None:
        assert world.open(world.make(), "move", f"?into={into}").status == 404

    def test_of_the_root_are_refused(self, world: World) -> None:
        answer = world.editor.post(world.path(world.root, "move"), into=world.make())
        assert answer.status == 400

    @pytest.mark.parametrize("place", ["left", "<b>", "right:nothing", "right:"])
    def test_to_unknown_places_are_refused(self, world: World, place: str) -> None:
        answer = world.editor.post(world.path(world.make(), "move"), into=world.root, place=place)
        assert answer.status in (400, 404)

    def test_by_role(self, world: World) -> None:
        node_id = world.make()
        path = world.path(node_id, "move")
        assert [who.open(path).status for who in (world.viewer, world.stranger)] == [403, 404]
        sent = {"into": world.root, "step": "up"}
        assert [who.post(path, **sent).status for who in (world.viewer, world.stranger)] == [403, 404]


class TestCopies:
    def test_from_a_channel_that_one_may_view(self, world: World) -> None:
        node_id = world.make("Oak", world.make("Trees"), kind="document")
        assert "You edit no channel yet." in world.viewer.open(world.path(node_id, "copy/")).text
        own = world.viewer.browser.call("POST", "/api/channel", {"name": "My own"}).json
        page = world.viewer.click(world.viewer.open(world.path(node_id, "copy/")), "My own")
        copied = world.viewer.submit(page, world.path(node_id, "copy/"))
        assert copied.path == f"/channels/{own['id']}/?message=nodes-copied"
        listed = world.viewer.browser.call("GET", f"/api/contentnode?parent={own['root_id']}").json["results"]
        assert [row["title"] for row in listed] == ["Oak"]

    def test_to_another_channel(self, world: World) -> None:
        node_id = world.make("Oak", kind="document")
        other = world.studio.post("/api/channel", {"name": f"Library {new_id()}"}).json
        page = world.editor.click(world.open(node_id, "copy"), other["name"])
        copied = world.sent(page, world.path(node_id, "copy/"))
        assert copied.path == f"/channels/{other['id']}/?message=nodes-copied"
        assert world.titles(other["root_id"]) == ["Oak"]
        assert world.titles() == ["Oak"]

    def test_are_made_once(self, world: World) -> None:
        node_id = world.make("Oak")
        page = world.open(node_id, "copy", f"?into={world.root}")
        for _ in range(2):
            assert (
                world.sent(page, world.path(node_id, "copy/")).path
                == f"/channels/{world.channel_id}/?message=nodes-copied"
            )
        assert world.titles() == ["Oak", "Oak"]

    def test_of_many_nodes_run_in_the_background(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(node_copies, "MIN_BACKGROUND_NODES", 1)
        top = world.make("Trees")
        world.make("Oak", top)
        page = world.open(top, "copy", f"?into={world.root}")
        assert world.sent(page, world.path(top, "copy/")).path.endswith("?message=copy-started")
        world.studio.deliver("maintenance")
        assert world.titles() == ["Trees", "Trees"]

    def test_into_channels_that_one_may_only_view_are_refused(self, world: World) -> None:
        node_id = world.make()
        path = world.path(node_id, "copy")
        assert [who.post(path, into=world.root).status for who in (world.viewer, world.stranger)] == [403, 404]
        assert world.viewer.open(f"{path}/?into={world.root}").status == 403
        assert world.titles() == ["n"]

    @pytest.mark.parametrize("key", ["", "nothing", "0" * 32])
    def test_with_any_key(self, world: World, key: str) -> None:
        answer = world.editor.post(world.path(world.make(), "copy"), into=world.root, key=key)
        assert (answer.status, world.titles()) == (303, ["n", "n"])


class TestDeletion:
    def test_asks_first(self, world: World) -> None:
        top = world.make("Trees", world.make("Plants"))
        world.make("Oak", top)
        page = world.open(top, "delete")
        assert (page.title, "What is in it goes with it: 1 node." in page.text) == ("Delete Trees?", True)
        parent = world.row(top)["parent"]
        assert world.titles(parent) == ["Trees"]
        assert world.sent(page, world.path(top, "delete/")).path == world.path(parent, "?message=nodes-deleted")
        assert world.titles(parent) == []

    def test_leads_from_the_first_level_to_the_channel(self, world: World) -> None:
        answer = world.editor.post(world.path(world.make(), "delete"))
        assert answer.headers["Location"] == f"/channels/{world.channel_id}/?message=nodes-deleted"

    def test_of_the_root_is_refused(self, world: World) -> None:
        assert world.editor.post(world.path(world.root, "delete")).status == 400

    def test_by_role(self, world: World) -> None:
        path = world.path(world.make(), "delete")
        assert [who.post(path).status for who in (world.viewer, world.stranger)] == [403, 404]
        assert [who.open(path).status for who in (world.viewer, world.stranger)] == [403, 404]
        assert world.titles() == ["n"]


class TestSeveral:
    def test_are_selected_among_the_children(self, world: World) -> None:
        a, _, c = (world.make(name) for name in "abc")
        page = world.open(world.root, "several")
        found = world.editor.submit(page, form_path(world), node=[a, c], do="delete")
        assert found.title == "Delete 2 nodes?"
        assert world.sent(found, form_path(world)).path == f"/channels/{world.channel_id}/?message=nodes-deleted"
        assert world.titles() == ["b"]

    @pytest.mark.parametrize("place", ["first-child", "last-child", "right"])
    def test_keep_their_order(self, world: World, place: str) -> None:
        goal = world.make("goal")
        x = world.make("x", goal)
        ids = [world.make(name) for name in "abc"]
        page = selected(world, "move", *ids, into=goal)
        world.sent(page, form_path(world), place=f"right:{x}" if place == "right" else place)
        assert world.titles(goal) == (["a", "b", "c", "x"] if place == "first-child" else ["x", "a", "b", "c"])

    def test_are_copied(self, world: World) -> None:
        goal = world.make("goal")
        ids = [world.make(name) for name in "abc"]
        page = selected(world, "copy", *ids, into=goal)
        assert world.sent(page, form_path(world)).path == world.path(goal, "?message=nodes-copied")
        assert world.titles(goal) == ["a", "b", "c"]

    def test_that_are_refused_are_named_with_the_reason(self, world: World) -> None:
        goal = world.make("goal")
        inner = world.make("inner", goal)
        other = world.make("other")
        page = world.sent(selected(world, "move", goal, other, into=inner), form_path(world))
        assert (page.status, "1 of 2 are done. These are not:" in page.text) == (409, True)
        assert "goal : A node cannot be moved below itself." in page.text
        assert world.titles(inner) == ["other"]

    @pytest.mark.parametrize("do", ["move", "copy", "delete", "<b>", ""])
    def test_need_a_selection(self, world: World, do: str) -> None:
        page = selected(world, do)
        assert (page.status, "Select at least one." in page.text) == (400, True)

    @pytest.mark.parametrize("do", ["move", "copy", "delete"])
    def test_are_of_one_channel(self, world: World, do: str) -> None:
        other = world.studio.post("/api/channel", {"name": "Other"}).json["root_id"]
        assert selected(world, do, world.make(parent=other), other, "nothing").status == 404

    def test_are_few(self, world: World) -> None:
        page = selected(world, "delete", *(new_id() for _ in range(node_editor.MAX_SEVERAL + 1)))
        assert (page.status, "Select at most 50 at a time." in page.text) == (400, True)

    def test_by_role(self, world: World) -> None:
        node_id = world.make()
        for do, status in [("move", 403), ("delete", 403), ("copy", 200)]:
            path = f"{form_path(world)}?do={do}&node={node_id}"
            assert [who.open(path).status for who in (world.viewer, world.stranger)] == [status, 404]
        for do in ("move", "delete", "copy"):
            sent = {"do": do, "node": node_id, "into": world.root}
            statuses = [who.post(form_path(world).rstrip("/"), **sent).status for who in (world.viewer, world.stranger)]
            assert statuses == [403, 404]
        assert world.titles() == ["n"]

    def test_that_have_no_time_left_remain(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(several, "MAX_SECONDS", -1)
        page = world.sent(selected(world, "delete", world.make("a"), world.make("b")), form_path(world))
        assert (page.status, "Send the form again." in page.text, world.titles()) == (409, True, ["a", "b"])


def test_pages_of_a_large_topic_are_short(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = [world.make(str(number)) for number in range(5)]
    monkeypatch.setattr("chalicelib.pages.editing.places.PAGE_SIZE", 2)
    page = world.open(world.root, "several")
    assert [page.text.count(f" {number} topic") for number in range(5)] == [1, 1, 0, 0, 0]
    page = world.editor.click(page, "Next")
    assert [page.text.count(f" {number} topic") for number in range(5)] == [0, 0, 1, 1, 0]
    browsing = world.editor.click(world.open(ids[0], "move"), "Next")
    assert "2" in browsing.links
    assert "0" not in browsing.links


@pytest.mark.parametrize(("page", "calls"), [("edit", 4), ("add", 4), ("move", 10), ("several", 7), ("delete", 4)])
def test_calls_do_not_depend_on_the_number_of_nodes(world: World, page: str, calls: int) -> None:
    node_id = world.make("t", world.make("u"))
    for _ in range(3):
        world.make(parent=node_id)
        with counting(world.studio) as watch:
            assert world.open(node_id, page).status == 200
        assert len(watch.names) <= calls, watch.names
