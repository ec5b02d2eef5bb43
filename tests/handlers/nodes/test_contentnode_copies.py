"""Copy content nodes."""

from typing import Any

import pytest

from chalicelib.models import assessment_items, trees
from chalicelib.models.channel_members import VIEW
from tests.support.worlds import nodes
from tests.support.worlds.contentnode import URL, children, empty_tree, make, row, values


@pytest.fixture
def root(studio):
    return empty_tree(studio)


@pytest.fixture
def letters(studio, root):
    """Ids of five topics below the root, by title."""
    return {title: make(studio, root, title)["id"] for title in "abcde"}


class TestCopy:
    @pytest.fixture
    def source(self, studio):
        """Ids of a topic of another channel, with an exercise, a document and a topic with a video, by title."""
        channel_id, chef_root = studio.make_channel("Source")
        picture = nodes.file(studio.upload(b"%PDF", "pdf", "document"))
        (topic,) = studio.add(chef_root, nodes.topic("t", tags=["x"])).values()
        below = studio.add(
            topic,
            nodes.exercise("e", nodes.question("q"), nodes.question("r")),
            nodes.resource("d", files=[picture], role="coach"),
            nodes.topic("inner"),
        )
        ids = {name: below[nodes.node_id(name)] for name in ("e", "d", "inner")} | {"t": topic, "channel": channel_id}
        (ids["v"],) = studio.add(ids["inner"], nodes.resource("v", "video")).values()
        studio.finish(channel_id)
        return ids

    def copy(self, studio, node_id, target, status=201, **fields):
        answer = studio.post(f"{URL}/{node_id}/copy", {"target": target, **fields})
        assert answer.status == status, answer.text
        return answer.json

    def test_includes_all_descendants(self, studio, root, source):
        copied = self.copy(studio, source["t"], root)
        tree = trees.walk(copied["id"])
        assert [node["title"] for node in tree] == ["t", "e", "d", "inner", "v"]
        assert {(node["channel_id"], node["tree_id"]) for node in tree} == {(copied["channel_id"], root)}
        assert values(studio, copied["id"]) == values(studio, source["t"]) == [4, 3, 1, 1]
        assert values(studio, root) == [5, 3, 1, 1]
        assert not {node["id"] for node in tree} & set(source.values())
        originals = {node["title"]: node for node in trees.walk(source["t"])}
        for node in tree:
            assert node["content_id"] == originals[node["title"]]["content_id"]
            assert node["node_id"] != originals[node["title"]]["node_id"]
        (document,) = (node for node in tree if node["title"] == "d")
        assert document["files"][0]["checksum"] == originals["d"]["files"][0]["checksum"]
        assert document["files"][0]["id"] != originals["d"]["files"][0]["id"]

    def test_includes_questions(self, studio, root, source):
        copied = self.copy(studio, source["e"], root)
        assert (copied["assessment_item_count"], copied["complete"]) == (2, True)
        texts = [item["question"] for item in assessment_items.of(copied["id"])]
        assert texts == ["q", "r"]

    def test_shows_its_source_and_original(self, studio, root, source):
        copied = self.copy(studio, source["t"], root)
        again = self.copy(studio, copied["id"], root)
        for found in (copied, again):
            assert found["original_channel_id"] == source["channel"]
            assert found["original_channel_name"] == "Source"
            assert found["original_source_node_id"] == nodes.node_id("t")
        assert (again["source_channel_id"], again["source_node_id"]) == (copied["channel_id"], copied["node_id"])
        assert (copied["published"], copied["changed"], copied["has_new_descendants"]) == (False, True, True)

    def test_does_not_name_a_channel_that_the_user_may_not_view(self, studio, root, source):
        copied = self.copy(studio, source["t"], root)
        user_id, token = studio.sign_up("someone")
        studio.share(copied["channel_id"], user_id, VIEW)
        path = f"{URL}/{copied['id']}"
        assert studio.get(path, token).json["original_channel_name"] == ""
        assert studio.get(f"{URL}?id__in={copied['id']}", token).json["results"][0]["original_channel_name"] == ""
        studio.share(source["channel"], user_id, VIEW)
        assert studio.get(path, token).json["original_channel_name"] == "Source"

    def test_applies_changes_to_the_copied_node(self, studio, root, source):
        mods = {"title": "new", "tags": {"x": False, "y": True}}
        copied = self.copy(studio, source["t"], root, mods=mods, key="b" * 32)
        assert (copied["id"], copied["title"], copied["tags"]) == ("b" * 32, "new", ["y"])
        self.copy(studio, source["t"], root, 409, key="b" * 32)
        assert values(studio, root)[0] == 5

    @pytest.mark.parametrize("form", [list, lambda ids: dict.fromkeys(ids, True)])
    def test_omits_excluded_nodes_and_their_descendants(self, studio, root, source, form):
        excluded = form([source["inner"], nodes.node_id("d")])
        copied = self.copy(studio, source["t"], root, excluded_descendants=excluded)
        assert children(studio, copied["id"]) == ["e"]
        assert values(studio, copied["id"]) == [1, 1, 0, 0]

    def test_has_the_requested_position(self, studio, root, letters):
        self.copy(studio, letters["e"], letters["a"], position="right", mods={"title": "f"})
        self.copy(studio, letters["e"], root, position="first-child", mods={"title": "g"})
        assert "".join(children(studio, root)) == "gafbcde"
        assert self.copy(studio, letters["a"], letters["a"])["parent"] == letters["a"]

    def test_keeps_prerequisites_within_the_subtree(self, studio, root, letters):
        one, two = (make(studio, letters["a"], title)["id"] for title in "12")
        for prerequisite in (two, letters["b"]):
            studio.post(f"{URL}/{one}/prerequisites", {"prerequisite": prerequisite})
        copied = self.copy(studio, letters["a"], root)
        _, first, second = trees.walk(copied["id"])
        assert (first["prerequisites"], second["prerequisites"]) == ([second["id"]], [])

    def test_requires_a_viewable_source_and_an_editable_target(self, studio, root, source):
        user_id, token = studio.sign_up("someone")
        studio.share(row(studio, root)["channel_id"], user_id, "edit")
        path, body = f"{URL}/{source['t']}/copy", {"target": root}
        assert studio.post(path, body, token).status == 404
        studio.share(source["channel"], user_id, VIEW)
        assert studio.post(path, {"target": source["t"]}, token).status == 403
        assert studio.post(path, body, token).status == 201

    def test_refuses_invalid_fields(self, studio, root, source):
        bad: list[dict[str, Any]] = [
            {"mods": []},
            {"mods": {"kind": "topic"}},
            {"mods": {"title": 1}},
            {"key": "x"},
            {"position": "up"},
        ]
        bad += [{"excluded_descendants": ["x"]}, {"excluded_descendants": 1}, {"target": None}, {"target": {}}]
        for fields in bad:
            self.copy(studio, source["t"], **{"target": root, "status": 400, **fields})
        assert values(studio, root)[0] == 0
