"""Nested trees of get_tree_data; the shapes were recorded from Kolibri Studio."""

import json

from hypothesis import given, settings

from chalicelib.domain.trees.tree_data import nested, texts
from tests.support.worlds.trees import make_file, random_branches, resource, topic, tree


def entries(children):
    for entry in children:
        yield entry
        yield from entries(entry.get("children", []))


def test_recorded_shape():
    pdf = [make_file("one", file_size=2000), make_file("two", "document_thumbnail", file_size=582)]
    nodes = tree(
        topic("Topic One – ʇdoʇ", resource("Документ PDF", files=pdf), resource("練習", kind="exercise", files=[])),
        topic("Empty topic"),
    )
    ids = {node["title"]: {"node_id": node["node_id"], "studio_id": node["id"]} for node in nodes}
    nodes[3]["assessment_item_count"] = 4
    assert nested(nodes, with_children=True)["children"] == [
        {
            "title": "Topic One – ʇdoʇ",
            "kind": "topic",
            **ids["Topic One – ʇdoʇ"],
            "children": [
                {"title": "Документ PDF", "kind": "document", "file_size": 2582, **ids["Документ PDF"]},
                {"title": "練習", "kind": "exercise", "count": 4, **ids["練習"]},
            ],
        },
        {"title": "Empty topic", "kind": "topic", **ids["Empty topic"], "children": []},
    ]


def test_one_level_has_no_children_keys():
    nodes = tree(topic("a"), resource("b"))
    found = nested(nodes, with_children=False)["children"]
    assert [entry["title"] for entry in found] == ["a", "b"]
    assert not any("children" in entry for entry in found)


def test_resource_without_files_has_no_size():
    (entry,) = nested(tree(resource("a", files=[])), with_children=True)["children"]
    assert entry["file_size"] is None


def test_a_subtree_can_be_nested():
    nodes = tree(topic("a", resource("b")), resource("c"))
    part = nested(nodes[1:3], with_children=True)
    assert (part["title"], [entry["title"] for entry in part["children"]]) == ("a", ["b"])


@settings(deadline=None)
@given(random_branches())
def test_every_node_occurs_once_and_in_order(branches):
    nodes = tree(*branches)
    found = nested(nodes, with_children=True)
    assert [entry["studio_id"] for entry in entries(found["children"])] == [node["id"] for node in nodes[1:]]


class TestTexts:
    @given(random_branches())
    @settings(max_examples=50, deadline=None)
    def test_are_the_nested_tree(self, branches):
        nodes = tree(*branches)
        for with_children in (True, False):
            flat = nodes if with_children else [node for node in nodes if node["parent_id"] in (None, nodes[0]["id"])]
            found = json.loads("".join(texts(flat, with_children)))
            assert found == nested(flat, with_children)["children"]

    def test_leave_nodes_out_whose_parent_is_gone(self):
        nodes = tree(topic("a", topic("b", resource("c"))), resource("d"))
        left = [node for node in nodes if node["title"] != "b"]
        assert [entry["title"] for entry in entries(json.loads("".join(texts(left, True))))] == ["a", "d"]

    def test_are_compact_and_not_escaped(self):
        assert "".join(texts(tree(topic("é")), True)).startswith('[{"title":"é","kind":"topic",')

    def test_of_sixty_levels(self):
        branch = topic("0")
        for level in range(1, 60):
            branch = topic(str(level), branch)
        assert len(list(entries(json.loads("".join(texts(tree(branch), True)))))) == 60
