"""Move content nodes, and edit their prerequisites."""

import pytest

from chalicelib.models import channels, trees
from chalicelib.models.channel_members import VIEW
from chalicelib.models.nodes import Node
from chalicelib.operations.nodes import propagation
from tests.models.builders import put
from tests.support.existing import existing
from tests.support.source.routes import NOTHING
from tests.support.worlds import nodes
from tests.support.worlds.contentnode import FLAGS, URL, change, children, empty_tree, make, row, values


@pytest.fixture
def root(studio):
    return empty_tree(studio)


@pytest.fixture
def letters(studio, root):
    """Ids of five topics below the root, by title."""
    return {title: make(studio, root, title)["id"] for title in "abcde"}


def move(studio, node_id, target, position="last-child", status=200):
    answer = studio.post(f"{URL}/{node_id}/move", {"target": target, "position": position})
    assert answer.status == status, answer.text
    return answer.json


class TestMove:
    @pytest.mark.parametrize(
        ("moved", "target", "position", "expected"),
        [
            ("c", "a", "left", "cabde"),
            ("c", "a", "right", "acbde"),
            ("c", "e", "left", "abdce"),
            ("c", "e", "right", "abdec"),
            ("c", "b", "right", "abcde"),
            ("c", "d", "left", "abcde"),
            ("c", "c", "left", "abcde"),
            ("a", "root", "last-child", "bcdea"),
            ("e", "root", "first-child", "eabcd"),
            ("a", "root", "first-child", "abcde"),
        ],
    )
    def test_changes_the_order_of_siblings(self, studio, root, letters, moved, target, position, expected):
        move(studio, letters[moved], {**letters, "root": root}[target], position)
        assert "".join(children(studio, root)) == expected
        assert "".join(children(studio, root)) == "".join(
            found["title"]
            for found in sorted(studio.get(f"{URL}?parent={root}").json["results"], key=lambda n: n["lft"])
        )

    def test_repeatedly_into_the_same_gap_keeps_the_order(self, studio, root, letters):
        for number in range(12):
            moved = "de"[number % 2]
            move(studio, letters[moved], letters["a"], "right")
            other = "ed"[number % 2]
            assert "".join(children(studio, root))[:2] == f"a{moved}"
            assert number == 0 or "".join(children(studio, root))[2] == other
        pages, more = "", f"parent={root}&max_results=1"
        while more:
            answer = studio.get(f"{URL}?{more}").json
            pages += answer["results"][0]["title"]
            more = answer["more"] and "&".join(f"{name}={value}" for name, value in answer["more"].items())
        assert pages == "aedbc"

    def test_includes_all_descendants(self, studio, root, letters):
        inner = make(studio, letters["a"], "inner")["id"]
        make(studio, inner, "v", "video", role_visibility="coach")
        moved = move(studio, letters["a"], letters["b"])
        assert moved["parent"] == letters["b"]
        assert (children(studio, letters["b"]), children(studio, letters["a"])) == (["a"], ["inner"])
        assert values(studio, letters["b"]) == [3, 1, 1, 1]
        assert values(studio, root) == [7, 1, 1, 1]
        move(studio, inner, root, "first-child")
        assert values(studio, letters["b"]) == [1, 0, 0, 0]
        titles = [found["title"] for found in studio.get(f"{URL}?ancestors_of={inner}").json["results"]]
        assert titles == ["Channel", "inner"]

    def test_below_the_node_itself_is_refused(self, studio, root, letters):
        inner = make(studio, letters["a"])["id"]
        leaf = make(studio, inner)["id"]
        for target, position in (
            (letters["a"], "first-child"),
            (inner, "last-child"),
            (leaf, "left"),
            (inner, "right"),
        ):
            move(studio, letters["a"], target, position, 400)
        assert values(studio, root) == [7, 0, 0, 0]

    def test_refuses_invalid_targets(self, studio, root, letters):
        video = make(studio, root, kind="video")["id"]
        move(studio, letters["a"], video, status=400)
        move(studio, letters["a"], root, "left", 400)
        move(studio, root, letters["a"], status=400)
        move(studio, letters["a"], NOTHING, status=404)
        move(studio, letters["a"], letters["b"], "above", 400)
        move(studio, letters["a"], "bad", status=400)

    def test_changes_the_node_and_both_parents(self, studio):
        channel_id, root = studio.make_channel()
        one, two = studio.add(root, nodes.topic("one"), nodes.topic("two")).values()
        moved, _ = studio.add(one, *(nodes.exercise(name, nodes.question("q")) for name in "ab")).values()
        studio.add(two, nodes.exercise("c", nodes.question("q")))
        studio.finish(channel_id)
        studio.publish(channel_id)
        move(studio, moved, two)
        assert values(studio, moved, FLAGS) == [True, True, False, False]
        assert values(studio, one, FLAGS) == [True, True, False, True]
        assert values(studio, two, FLAGS) == [True, False, False, True]

    def test_into_the_trash_and_out_of_it(self, studio, root, letters):
        trash = existing(channels.get(row(studio, root)["channel_id"])).trash_root_id
        inner = make(studio, letters["a"], "inner")["id"]
        assert move(studio, letters["a"], trash)["root_id"] == trash
        assert move(studio, inner, letters["b"])["root_id"] == root
        assert (values(studio, trash)[0], values(studio, root)[0]) == (1, 5)


class TestMoveToAnotherChannel:
    @pytest.fixture
    def other(self, studio):
        return channels.get(studio.make_channel()[0])

    def test_changes_the_channel_of_the_whole_subtree(self, studio, root, letters, other):
        inner = make(studio, letters["a"], "inner")["id"]
        leaf = make(studio, inner, "v", "video")["id"]
        before = existing(channels.get(row(studio, root)["channel_id"])).rev
        moved = move(studio, letters["a"], other.root_id)
        assert (moved["channel_id"], moved["parent"]) == (other.id, other.root_id)
        for id in (inner, leaf):
            found = row(studio, id)
            assert (found["channel_id"], found["root_id"]) == (other.id, other.root_id)
        assert (values(studio, root)[0], values(studio, other.root_id)[0]) == (4, 3)
        assert existing(channels.get(row(studio, root)["channel_id"])).rev == before + 1
        assert existing(channels.get(other.id)).rev == other.rev + 1

    @pytest.mark.parametrize("at_once", [200, 0])
    def test_propagates_to_any_number_of_descendants(self, studio, root, letters, other, at_once, monkeypatch):
        """Many descendants are updated after the move, and very many in the background."""
        monkeypatch.setattr(propagation, "MAX_AT_ONCE", at_once)
        inner = put(Node(letters["a"]), "inner", kind="topic")[0]
        below = [*put(inner, *map(str, range(47))), *put(inner, *map(str, range(47, 52)))]
        moved = move(studio, letters["a"], other.root_id)
        assert (moved["channel_id"], values(studio, root)[0], values(studio, other.root_id)[0]) == (other.id, 4, 54)
        change(studio, below[-1].id, title="is where its ancestors are")
        assert row(studio, below[-1].id)["channel_id"] == other.id
        studio.deliver("maintenance")
        assert {(node["channel_id"], node["tree_id"]) for node in trees.walk(letters["a"])} == {
            (other.id, other.root_id)
        }
        assert {*values(studio, inner.id, FLAGS[:2])} == {False, True}

    def test_requires_the_permission_to_edit_both(self, studio, root, letters, other):
        user_id, token = studio.sign_up("someone")
        body = {"target": other.root_id}
        studio.share(row(studio, root)["channel_id"], user_id, "edit")
        assert studio.post(f"{URL}/{letters['a']}/move", body, token).status == 404
        studio.share(other.id, user_id, VIEW)
        assert studio.post(f"{URL}/{letters['a']}/move", body, token).status == 403


class TestPrerequisites:
    def require(self, studio, target, prerequisite, status=201):
        answer = studio.post(f"{URL}/{target}/prerequisites", {"prerequisite": prerequisite})
        assert answer.status == status, answer.text
        return answer.json

    def listed(self, studio, root):
        return [(pair["target_node"], pair["prerequisite"]) for pair in studio.get(f"{URL}/{root}/requisites").json]

    def test_are_listed_for_the_whole_tree(self, studio, root, letters):
        a, b, c = (letters[name] for name in "abc")
        assert self.require(studio, a, b) == {"target_node": a, "prerequisite": b}
        self.require(studio, a, b)
        self.require(studio, b, c)
        assert self.listed(studio, root) == self.listed(studio, c) == [(a, b), (b, c)]

    def test_can_be_removed(self, studio, root, letters):
        a, b = letters["a"], letters["b"]
        self.require(studio, a, b)
        path, body = f"{URL}/{a}/prerequisites", {"prerequisite": b}
        assert studio.call("DELETE", path, body).status == 204
        assert studio.call("DELETE", path, body).status == 404
        assert self.listed(studio, root) == []

    def test_cannot_form_a_cycle(self, studio, root, letters):
        a, b, c = (letters[name] for name in "abc")
        self.require(studio, a, b)
        self.require(studio, b, c)
        for target, prerequisite in ((a, a), (b, a), (c, a)):
            assert "prerequisite" in self.require(studio, target, prerequisite, 400)

    def test_must_be_in_the_same_tree(self, studio, root, letters):
        other = existing(channels.get(studio.make_channel()[0])).root_id
        elsewhere = make(studio, other)["id"]
        self.require(studio, letters["a"], elsewhere, 400)
        self.require(studio, letters["a"], NOTHING, 404)
        self.require(studio, letters["a"], None, 400)
        self.require(studio, letters["a"], letters["b"])
        move(studio, letters["b"], other)
        assert self.listed(studio, root) == []

    def test_in_the_trash_are_not_listed(self, studio, root, letters):
        self.require(studio, letters["a"], letters["b"])
        studio.call("DELETE", f"{URL}/{letters['b']}")
        assert self.listed(studio, root) == []
        studio.post(f"{URL}/{letters['b']}/restore")
        assert self.listed(studio, root) == [(letters["a"], letters["b"])]
