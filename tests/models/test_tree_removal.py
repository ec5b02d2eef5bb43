"""Deleting a tree, including a worker that is killed halfway."""

import pytest

from chalicelib.models import assessment_items, base, tree_streams, trees
from tests.models.builders import lay, live_root, question
from tests.models.dynamodb import real
from tests.support.aws.calls import AnswerLost, NeverSent, watching
from tests.support.worlds.trees import resource, topic, tree

BRANCHES = (
    topic(
        "outer",
        *(resource(str(number)) for number in range(4)),
        topic("inner", topic("innermost", resource("deep", kind="exercise"))),
    ),
    resource("exercise", kind="exercise"),
)
SIZE = [10, 9, 7]  # nodes, edges, questions


@pytest.fixture(autouse=True)
def short_batches(monkeypatch):
    """Small batches, so that small trees take several writes, one after the other."""
    monkeypatch.setattr(base, "MAX_BATCH_WRITE", 3)
    monkeypatch.setattr(base, "in_parallel", lambda function, items: [function(item) for item in items])


def make_tree(run="1"):
    """The root of a tree with more children, questions and levels than one write takes."""
    root, plain = live_root(), tree(*BRANCHES, run=run)
    lay(root, plain)
    deep, exercise = (node["id"] for node in plain if node["kind"] == "exercise")
    assessment_items.save([question(exercise, number) for number in range(6)] + [question(deep)])
    return root


def remove(root, released=None, is_late=lambda: False):
    return trees.remove(root.id, (released if released is not None else []).extend, is_late)


def left(aws):
    return [len(aws.items(table)) for table in ("nodes", "children", "assessment_items")]


class Killer:
    """Kills the process at one of its writes, before or after DynamoDB has executed it."""

    def __init__(self, at, made):
        self.at, self.made, self.writes = at, made, 0

    def __call__(self, client, operation, arguments):
        if operation != "BatchWriteItem":
            return real(client, operation, arguments)
        self.writes += 1
        if self.writes - 1 < self.at:
            return real(client, operation, arguments)
        if self.made and self.writes - 1 == self.at:
            real(client, operation, arguments)
            raise AnswerLost(endpoint_url=operation)
        raise NeverSent(endpoint_url=operation)  # nor any write after it


def test_everything_is_deleted(aws):
    other, root = make_tree(), make_tree("2")
    before = trees.walk(other.id)
    assert len(before) == 10
    assert remove(root)
    assert left(aws) == SIZE
    assert trees.walk(other.id) == before
    assert remove(other)
    assert left(aws) == [0, 0, 0]


def test_files_of_all_nodes_are_released_before(aws, monkeypatch):
    monkeypatch.setattr(tree_streams, "CHUNK", 3)
    root = make_tree()
    released: list[str] = []
    ids = [node["id"] for node in trees.walk(root.id)]
    assert remove(root, released)
    assert released == ids[::-1]


def test_what_is_left_when_time_is_up_is_deleted_by_later_calls(aws, monkeypatch):
    monkeypatch.setattr(tree_streams, "CHUNK", 3)
    root = make_tree()
    found = []
    while not remove(root, is_late=lambda: True):
        found.append(left(aws)[0])
    assert found == [7, 4, 1]
    assert left(aws) == [0, 0, 0]


def test_deleting_a_missing_tree_is_harmless(aws):
    root = make_tree()
    remove(root)
    remove(root)
    assert left(aws) == [0, 0, 0]


def test_root_is_deleted_last(aws):
    root = make_tree()
    calls = []

    def watch(client, operation, arguments):
        calls.append(str(arguments))
        return real(client, operation, arguments)

    with watching(watch):
        remove(root)
    deletes = [call for call in calls if "DeleteRequest" in call]
    assert f"'id': {{'S': '{root.id}'}}" in deletes[-1]


@pytest.mark.parametrize("made", [False, True], ids=["before the write", "after the write"])
def test_interrupted_anywhere_it_can_be_resumed(aws, made):
    for at in range(50):
        root, killer = make_tree(), Killer(at, made)
        try:
            with watching(killer):
                remove(root)
        except (NeverSent, AnswerLost):
            remove(root)
        else:
            break
        assert left(aws) == [0, 0, 0], f"write {at}"
    assert 8 < at < 50
