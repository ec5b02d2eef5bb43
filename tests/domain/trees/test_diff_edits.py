"""A diff lists exactly the edits of a tree."""

from itertools import combinations
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.exercises.diff_questions import compare as compare_questions
from chalicelib.domain.trees.diff import SECTIONS, exercises
from tests.domain.trees.comparing import compare, counts, trees_of
from tests.support.worlds.trees import make_file, make_node, random_branches, resource, topic, tree

EDITS = ("nothing", "rename", "add file", "remove", "move to the end")


def edited(nodes, edits, added):
    """Apply edits to a tree: (the edited nodes, the expected node_ids by section)."""
    expected: dict[str, list[str]] = {"removed": [], "changed": [], "moved": [], "added": [], "files_added": []}
    root, gone = nodes[0], set()
    retained: list[Any] = []
    last: list[Any] = []
    for node, edit in zip(nodes[1:], edits, strict=True):
        if edit == "remove" or node["parent_id"] in gone:
            gone.add(node["id"])
            expected["removed"].append(node["node_id"])
            continue
        changed = {**node}
        if edit == "rename":
            changed["title"] += "!"
            expected["changed"].append(node["node_id"])
        elif edit == "add file":
            changed["files"] = [*node["files"], make_file("more")]
            expected["changed"].append(node["node_id"])
            expected["files_added"].append(node["node_id"])
        elif edit == "move to the end" and node["parent_id"] != root["id"]:
            changed["parent_id"] = root["id"]
            expected["moved"].append(node["node_id"])
            last.append(changed)
            continue
        retained.append(changed)
    for number in range(added):
        new = make_node(f"new {number}", root, kind="document")
        expected["added"].append(new["node_id"])
        last.append(new)
    return in_order([root, *retained, *last]), expected


def in_order(nodes):
    below: dict[str | None, list[Any]] = {}
    for node in nodes:
        below.setdefault(node["parent_id"], []).append(node)
    order, stack = [], [nodes[0]]
    while stack:
        order.append(stack.pop())
        stack.extend(reversed(below.get(order[-1]["id"], [])))
    return order


@settings(deadline=None)
@given(st.data(), random_branches(), st.integers(0, 3))
def test_diff_lists_exactly_the_edits(data, branches, added):
    nodes = tree(*branches)
    edits = data.draw(st.lists(st.sampled_from(EDITS), min_size=len(nodes) - 1, max_size=len(nodes) - 1))
    after, wanted = edited(nodes, edits, added)
    changes = compare(nodes, after)
    for section in ("added", "removed", "changed", "moved", "files_added"):
        assert sorted(line["node_id"] for line in changes[section]) == sorted(wanted[section]), section
    assert changes["reordered"] == []


@settings(deadline=None)
@given(st.permutations(range(6)))
def test_as_few_siblings_as_possible_are_reordered(order):
    names = [str(number) for number in order]
    old = tree(topic("t", *(resource(name) for name in sorted(names))))
    changes = compare(old, tree(topic("t", *(resource(name) for name in names)), run="2"))
    reordered = [line["title"] for line in changes["reordered"]]
    stays = [name for name in names if name not in reordered]
    assert stays == sorted(stays)
    assert len(stays) == max(n for n in range(7) for row in combinations(names, n) if list(row) == sorted(row))
    assert counts(changes) == {**dict.fromkeys(SECTIONS, 0), "reordered": len(reordered)}


def test_nodes_with_the_same_node_id_are_matched_by_order():
    twins = tree(resource("a"), resource("b"), resource("c"))
    for node in twins[1:]:
        node["node_id"] = "f" * 32
    assert counts(compare(twins, twins)) == dict.fromkeys(SECTIONS, 0)
    changes = compare(twins, [node for node in twins if node["title"] != "c"])
    assert [line["title"] for line in changes["removed"]] == ["c"]


def test_prerequisites_are_compared_by_node_id():
    def with_prerequisite(run, name):
        nodes = tree(resource("a"), resource("b"), resource("c"), run=run)
        nodes[3]["prerequisites"] = [node["id"] for node in nodes if node["title"] == name]
        return nodes

    assert compare(with_prerequisite("1", "a"), with_prerequisite("2", "a"))["changed"] == []
    (line,) = compare(with_prerequisite("1", "a"), with_prerequisite("2", "b"))["changed"]
    assert (line["title"], line["fields"]) == ("c", ["prerequisites"])


def test_files_are_listed_with_their_sizes():
    old = tree(resource("a", files=[make_file("old", file_size=3)]))
    changes = compare(old, tree(resource("a", files=[make_file("new", file_size=4)]), run="2"))
    ((added,), (removed,)) = changes["files_added"], changes["files_removed"]
    assert [(line["title"], line["file_size"]) for line in (added, removed)] == [("a", 4), ("a", 3)]
    assert changes["totals"][1] == {
        "kind_count": {"document": 1}, "question_count": 0, "file_count": 1, "file_size": 4,
    }  # fmt: skip


def test_exercises_are_paired():
    old = tree(resource("same", kind="exercise"), resource("gone", kind="exercise"), resource("doc"))
    new = tree(resource("same", kind="exercise"), resource("doc", kind="exercise"), run="2")
    found = {node["title"]: (old_id, new_id) for old_id, new_id, node in exercises(*trees_of(old, new))}
    assert found == {"same": (old[1]["id"], new[1]["id"]), "gone": (old[2]["id"], None), "doc": (None, new[2]["id"])}


QUESTION = {
    "contentnode_id": "n", "type": "input_question", "question": "2 + 2?", "answers": [{"answer": 4}], "hints": [],
    "raw_data": "", "source_url": None, "randomize": False, "order": 0, "files": [],
}  # fmt: skip
OTHER = {
    "type": "free_response", "question": "3 + 3?", "answers": [], "hints": [{"hint": "h"}], "raw_data": "{}",
    "source_url": "x", "randomize": True, "order": 1, "files": [{"checksum": "c", "preset": "p"}],
}  # fmt: skip


@given(
    st.dictionaries(st.sampled_from("abcd"), st.sets(st.sampled_from(sorted(OTHER)))), st.sets(st.sampled_from("ef"))
)
def test_questions_are_compared_field_by_field(edits, removed):
    node = tree(resource("quiz", kind="exercise"))[1]
    old: list[Any] = [{**QUESTION, "assessment_id": id, "contentnode_id": "o"} for id in "abcd" if id in edits]
    old += [{**QUESTION, "assessment_id": id} for id in removed]
    new: list[Any] = [
        {**QUESTION, **{name: OTHER[name] for name in edits.get(id, ())}, "assessment_id": id} for id in "abcd"
    ]
    changes = compare_questions(node, old, new)
    expected = {line["assessment_id"]: set(line["fields"]) for line in changes["questions_changed"]}
    assert expected == {id: fields for id, fields in edits.items() if fields}
    assert {line["assessment_id"] for line in changes["questions_added"]} == set("abcd") - set(edits)
    assert {line["assessment_id"] for line in changes["questions_removed"]} == removed
