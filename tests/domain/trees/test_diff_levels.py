"""The difference of two trees, level by level."""

from collections import Counter

from hypothesis import given, settings

from chalicelib.domain.trees import diff_levels
from tests.domain.trees.comparing import compare, levels_of
from tests.support.worlds.trees import make_file, random_branches, resource, topic, tree


def compared(old, new, exercises=frozenset()):
    """(the levels by the titles that lead to them, the numbers of marks); the ids of the new tree are others."""
    before, after = tree(*old), tree(*new, run="2")
    levels, marks = levels_of(before, after, frozenset(exercises))
    return {" > ".join(step["title"] for step in level["path"]): level for level in levels.values()}, marks


def marked(level):
    return {entry["title"]: entry["marks"] for entry in level["entries"]}


def test_a_level_has_what_differs_and_what_has_differences_below():
    old = [topic("t", topic("u", resource("x"), resource("same"))), resource("gone"), resource("stays")]
    new = [topic("t", topic("u", resource("x", title="other"), resource("same"))), resource("stays"), resource("new")]
    levels, marks = compared(old, new)
    assert marked(levels[""]) == {"t": [], "new": ["added"], "gone": ["removed"]}
    assert [entry["below"] for entry in levels[""]["entries"]] == [{"changed": 1}, {}, {}]
    assert levels[""]["unchanged"] == 1
    assert marked(levels["t"]) == {"u": []}
    assert marked(levels["t > u"]) == {"other": ["changed"]}
    assert (levels["t > u"]["unchanged"], marks) == (1, {"added": 1, "removed": 1, "changed": 1})


def test_short_values_are_shown_before_and_after():
    long = "a" * 300
    fields = {"title": "new", "description": long, "language": "en", "tags": ["b", "a"], "categories": ["d"]}
    levels, _ = compared([resource("x", language="fr", tags=["c"])], [resource("x", **fields)])
    (entry,) = levels[""]["entries"]
    assert sorted(entry["fields"]) == ["categories", "description", "language", "tags", "title"]
    assert entry["values"] == {
        "title": ["x", "new"],
        "description": ["", "a" * 199 + "…"],
        "language": ["fr", "en"],
        "tags": ["c", "a, b"],
    }


def test_removed_nodes_are_where_they_were():
    levels, marks = compared([topic("t", topic("u", resource("x")), resource("y"))], [topic("t")])
    assert marked(levels["t"]) == {"u": ["removed"], "y": ["removed"]}
    assert marked(levels["t > u"]) == {"x": ["removed"]}
    assert (levels[""]["entries"][0]["below"], marks) == ({"removed": 3}, {"removed": 3})


def test_a_moved_node_names_its_old_place():
    moved = resource("x", node_id="9" * 32)
    levels, _ = compared([topic("a", topic("b", moved)), topic("c")], [topic("a", topic("b")), topic("c", moved)])
    (entry,) = levels["c"]["entries"]
    assert (entry["marks"], entry["moved_from"]) == (["moved"], "a > b")
    assert marked(levels[""]) == {"c": []}


def test_exercises_whose_questions_changed_are_marked():
    exercise = resource("e", kind="exercise", files=[])
    node_id = tree(exercise)[1]["node_id"]
    levels, marks = compared([exercise], [exercise], {node_id})
    assert [(entry["marks"], entry["fields"]) for entry in levels[""]["entries"]] == [(["changed"], ["questions"])]
    assert marks == {"changed": 1}


def test_equal_trees_have_no_levels():
    assert compared([topic("t", resource("x"))], [topic("t", resource("x"))]) == ({}, {})


@settings(deadline=None)
@given(random_branches(), random_branches())
def test_every_difference_can_be_reached_from_the_root(old, new):
    before, after = tree(*old), tree(*new, run="2")
    changes = compare(before, after)
    levels, marks = levels_of(before, after, frozenset())
    found, waiting = [], [after[0]["id"]]
    while waiting:
        for entry in levels.get(waiting.pop(), {"entries": []})["entries"]:
            found += [(mark, entry["id"]) for mark in entry["marks"]]
            waiting.append(entry["id"])
    assert sorted(found) == sorted((mark, line["id"]) for mark in diff_levels.MARKS for line in changes[mark])
    assert Counter(mark for mark, _ in found) == Counter(marks)


@settings(deadline=None)
@given(random_branches(), random_branches())
def test_counts_below_are_those_of_the_levels_below(old, new):
    before, after = tree(*old), tree(*new, run="2")
    levels, _ = levels_of(before, after, frozenset())

    def below(node_id):
        total: Counter[str] = Counter()
        for entry in levels.get(node_id, {"entries": []})["entries"]:
            total += Counter(entry["marks"]) + below(entry["id"])
        return total

    for level in levels.values():
        for entry in level["entries"]:
            assert Counter(entry["below"]) == below(entry["id"])


def test_files_are_a_changed_field():
    levels, _ = compared([resource("x")], [resource("x", files=[make_file("other")])])
    assert levels[""]["entries"][0]["fields"] == ["files"]
