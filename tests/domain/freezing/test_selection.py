"""Nodes that occur more than once in a tree are published once, at their first place."""

from hypothesis import given, settings

from tests.support.worlds.frozen import freeze, left_out
from tests.support.worlds.trees import make_channel, random_branches, resource, titles, topic, tree


def paths(nodes):
    """Titles by level, as a tree is written."""
    levels: dict[str, int] = {}
    for node in nodes:
        levels[node["id"]] = levels.get(node["parent_id"] or "", -1) + 1
    return [f"{'  ' * (levels[node['id']] - 1)}{node['title']}" for node in nodes[1:]]


def frozen(*branches):
    return freeze(make_channel(), tree(*branches), 1)


def selected(*branches):
    return paths(frozen(*branches)["nodes"])


class TestRepeatedNodes:
    def test_are_published_at_the_first_place_in_tree_order(self):
        one, other = resource("x", node_id="1" * 32), resource("x again", node_id="1" * 32)
        assert selected(topic("a", topic("b", one)), topic("c", other, resource("d"))) == [
            "a",
            "  b",
            "    x",
            "c",
            "  d",
        ]

    def test_that_are_incomplete_do_not_count(self):
        one, other = resource("x", node_id="1" * 32, complete=False), resource("x again", node_id="1" * 32)
        assert selected(topic("a", one), topic("b", other)) == ["b", "  x again"]

    def test_topics_are_merged_into_the_first(self):
        one = topic("t", resource("x"), topic("u", resource("y"), node_id="2" * 32), node_id="1" * 32)
        other = topic("t again", topic("u again", resource("z"), node_id="2" * 32), resource("v"), node_id="1" * 32)
        assert selected(one, topic("a", other), resource("last")) == [
            "t",
            "  x",
            "  u",
            "    y",
            "    z",
            "  v",
            "last",
        ]

    def test_topic_gets_the_content_of_a_repetition_if_it_has_none(self):
        one, other = topic("t", node_id="1" * 32), topic("t again", resource("x"), node_id="1" * 32)
        assert selected(one, topic("a", other)) == ["t", "  x"]

    def test_topic_inside_itself_is_merged(self):
        inner = topic("t again", resource("x"), node_id="1" * 32)
        assert selected(topic("t", topic("a", inner, resource("y")), node_id="1" * 32)) == ["t", "  a", "    y", "  x"]

    def test_topic_with_the_node_id_of_a_resource_is_left_out_with_its_content(self):
        other = topic("t", resource("lost"), node_id="1" * 32)
        assert selected(resource("x", node_id="1" * 32), other, resource("y")) == ["x", "y"]

    def test_topic_with_the_node_id_of_the_channel_is_merged_into_the_root(self):
        assert selected(topic("t", resource("x"), node_id=make_channel()["id"])) == ["x"]

    def test_are_replaced_in_prerequisites(self):
        nodes = tree(resource("x", node_id="1" * 32), resource("x again", node_id="1" * 32), resource("y"))
        first, again, later = (node["id"] for node in nodes[1:])
        nodes[3]["prerequisites"] = [again]
        assert freeze(make_channel(), nodes, 1)["nodes"][2]["prerequisites"] == [first]
        assert later

    @settings(deadline=None)
    @given(random_branches())
    def test_a_tree_without_them_keeps_its_nodes(self, branches):
        nodes = tree(*branches)
        kept = [node["id"] for node in freeze(make_channel(), nodes)["nodes"]]
        assert kept == [node["id"] for node in nodes if node["id"] in kept]

    @settings(deadline=None)
    @given(random_branches())
    def test_any_tree_twice_is_published_as_once(self, branches):
        once, twice = frozen(topic("t", *branches)), frozen(topic("t", *branches), topic("a", topic("t", *branches)))
        nodes = tree(topic("t", *branches), topic("a", topic("t", *branches)))
        original = {node["title"]: node["node_id"] for node in nodes[: len(nodes) // 2 + 1] if node["title"] != "a"}
        for node in nodes[1:]:
            node["node_id"] = original.get(node["title"], node["node_id"])
        repeated = freeze(make_channel(), nodes, 1)
        assert paths(repeated["nodes"]) == paths(once["nodes"])
        assert len(twice["nodes"]) >= len(repeated["nodes"])


class TestWithout:
    def test_resources_and_their_empty_topics_are_removed(self):
        nodes = tree(topic("a", topic("b", resource("x"))), resource("y"), resource("z"))
        x, y = nodes[3]["id"], nodes[4]["id"]
        nodes[5]["prerequisites"] = [x, y]
        remaining = freeze(make_channel(), nodes, 1, {x: "It is damaged."})
        assert titles(remaining) == ["Channel", "y", "z"]
        assert remaining["nodes"][2]["prerequisites"] == [y]


class TestLeftOut:
    @staticmethod
    def of(*branches, faults=None, rev=5):
        nodes = tree(*branches)
        by_title = {node["title"]: node["id"] for node in nodes}
        found = {by_title[title]: sentence for title, sentence in (faults or {}).items()}
        result = left_out(make_channel(), nodes, found, rev)
        return result.notes, [title for title, id in by_title.items() if id in result.ids]

    def test_is_nothing_if_everything_is_published(self):
        assert self.of(topic("a", resource("x"))) == ([], [])

    def test_incomplete_resources_are_counted_and_named_with_their_paths(self):
        lacking = {"complete": False, "files": []}
        notes, ids = self.of(topic("a", resource("x", **lacking), resource("y")))
        assert notes == [
            "1 incomplete resource was left out: a > x (It has no file that learners can open. Upload one.)."
        ]
        assert ids == []
        notes, _ = self.of(*(resource(f"r{number}", **lacking) for number in range(7)))
        assert notes[0].startswith("7 incomplete resources were left out: r0 (")
        assert notes[0].endswith("; and 2 more.")
        assert "r4" in notes[0]
        assert "r5" not in notes[0]

    def test_exercises_that_turn_out_to_be_unpublishable_count_as_incomplete(self):
        notes, ids = self.of(topic("a", resource("e", kind="exercise")), resource("y"), faults={"e": "It is damaged."})
        assert notes == ["1 incomplete resource was left out: a > e (It is damaged.)."]
        assert ids == ["a", "e"]

    def test_incomplete_topics_are_named_and_cover_what_they_hold(self):
        notes, ids = self.of(topic("a", topic("", resource("x"), complete=False), resource("y")))
        assert notes == [
            "1 incomplete topic was left out with its content: a > (no title) (It has no title. Give it one.)."
        ]
        assert ids == ["", "x"]

    def test_topics_without_published_resources(self):
        assert self.of(topic("a"), topic("b", resource("x", complete=False, files=[])), resource("y"))[1] == ["a", "b"]

    def test_repeated_nodes_are_named_with_both_paths(self):
        one, other = resource("x", node_id="1" * 32), resource("x again", node_id="1" * 32)
        notes, ids = self.of(topic("a", one), topic("b", other, resource("y")))
        assert notes == [
            "1 node has the node_id of another one and was published in its place: b > x again (at a > x)."
        ]
        assert ids == ["x again"]

    def test_merged_topics_are_published(self):
        one, other = topic("t", resource("x"), node_id="1" * 32), topic("t again", resource("y"), node_id="1" * 32)
        notes, ids = self.of(one, topic("a", other, resource("z")))
        assert "a > t again (at t)" in notes[0]
        assert ids == []

    def test_nodes_that_became_incomplete_while_the_tree_was_read(self):
        """Their own revisions say that the publish included them."""
        late = {"complete": False, "files": [], "incomplete_revs": [6]}
        assert self.of(resource("x", **late), resource("y"), rev=5)[1] == ["x"]
        assert self.of(resource("x", **late), resource("y"), rev=6)[1] == []

    def test_ids_and_paths_are_bounded(self):
        deep = topic("t" * 150, resource("x" * 150, complete=False, files=[]))
        notes, ids = self.of(topic("a", deep), *(topic(f"t{number}") for number in range(300)), resource("y"))
        assert len(ids) == 200
        assert len(notes[0]) < 400
        assert f"> {'x' * 150} (" in notes[0]
