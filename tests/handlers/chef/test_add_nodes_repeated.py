"""add_nodes: repeated, partly repeated and concurrent requests create every node once."""

import pytest

from chalicelib.domain.ids import derived_id
from chalicelib.models import channels, trees
from chalicelib.models.base import find
from chalicelib.models.nodes import Node
from tests.support.aws.calls import Watch, watching
from tests.support.aws.interleaved import interrupted
from tests.support.existing import existing
from tests.support.worlds import counts, nodes

PATH = "/api/internal/add_nodes"


def titles(root):
    return [node["title"] for node in trees.walk(root)[1:]]


def assert_sound(root):
    """Assert that counts are right, and that every node except the root has one edge."""
    assert counts.stored(root) == counts.recounted(root)
    edges = counts.edges(root)
    assert len(edges) == len(set(edges)) == len(trees.walk(root)) - 1


@pytest.fixture
def tree(studio):
    return studio.make_channel()[1]


def test_a_repeated_request_creates_nothing_and_returns_all_ids(studio, tree):
    sent = [nodes.topic("a"), nodes.exercise("b", nodes.question("q"))]
    first = studio.add(tree, *sent)
    before = studio.cloud.contents()
    assert studio.add(tree, *sent) == first
    assert studio.cloud.contents() == before
    assert set(first) == {nodes.node_id("a"), nodes.node_id("b")}


def test_a_partly_repeated_request_creates_the_other_nodes(studio, tree):
    first = studio.add(tree, nodes.topic("a"), nodes.topic("b"))
    both = studio.add(tree, nodes.topic("b"), nodes.topic("c"), nodes.topic("a"))
    assert first.items() < both.items()
    assert titles(tree) == ["a", "b", "c"]
    assert_sound(tree)


def test_an_existing_node_is_not_changed_when_sent_again(studio, tree):
    id = studio.add(tree, nodes.topic("a"))[nodes.node_id("a")]
    studio.add(tree, nodes.topic("a", title="another"))
    assert existing(find(Node, id)).title == "a"


def test_a_derived_id_in_use_by_another_node_is_a_conflict(studio, tree):
    elsewhere = existing(find(Node, studio.make_channel()[1]))
    taken = derived_id(tree, nodes.node_id("a"))
    body = {
        "id": taken,
        "parent": existing(channels.get(elsewhere.channel_id)).root_id,
        "kind": "topic",
        "title": "other",
    }
    assert studio.post("/api/contentnode", body).status == 201
    answer = studio.post(PATH, {"root_id": tree, "content_data": [nodes.topic("a"), nodes.topic("b")]})
    assert (answer.status, taken in answer.json["detail"]) == (409, True)
    assert titles(tree) == []


def test_the_same_node_id_below_two_topics_creates_two_nodes(studio, tree):
    topics = studio.add(tree, nodes.topic("a"), nodes.topic("b"))
    same = nodes.resource("same")
    ids = {studio.add(topics[nodes.node_id(name)], same)[same["node_id"]] for name in ("a", "b")}
    assert len(ids) == 2
    assert_sound(tree)


def test_identical_concurrent_requests_create_every_node_once(studio, tree):
    sent = [nodes.topic("a"), nodes.exercise("b", nodes.question("q"))]
    answers = []
    with interrupted(studio, lambda: answers.append(studio.add(tree, *sent))):
        answers.append(studio.add(tree, *sent))
    assert answers[0] == answers[1]
    assert titles(tree) == ["a", "b"]
    assert_sound(tree)


def test_overlapping_concurrent_requests_create_every_node_once(studio, tree):
    with interrupted(studio, lambda: studio.add(tree, nodes.topic("b"), nodes.topic("c"))):
        ids = studio.add(tree, nodes.topic("a"), nodes.topic("b"))
    assert len(ids) == 2
    assert sorted(titles(tree)) == ["a", "b", "c"]
    assert_sound(tree)


MANY = [nodes.topic(f"t{number}") for number in range(60)]  # more than one transaction can hold


def test_nodes_of_several_transactions_are_added_in_order(studio, tree):
    ids = studio.add(tree, *MANY)
    assert titles(tree) == [node["title"] for node in MANY]
    assert studio.add(tree, *MANY) == ids
    assert_sound(tree)


def test_a_request_that_failed_between_transactions_is_completed_when_repeated(studio, tree):
    class SecondFails(Watch):
        def __call__(self, client, operation, arguments):
            if operation == "TransactWriteItems" and "TransactWriteItems" in self.names:
                self.failing = len(self.names)
            return super().__call__(client, operation, arguments)

    sent = {"root_id": tree, "content_data": MANY}
    with watching(SecondFails(), own=(studio.cloud.dynamodb, studio.cloud.s3, studio.cloud.sqs)):
        assert studio.post(PATH, sent).status == 503
    assert 0 < len(titles(tree)) < len(MANY)
    assert_sound(tree)
    studio.add(tree, *MANY)
    assert titles(tree) == [node["title"] for node in MANY]
    assert_sound(tree)


def test_concurrent_requests_add_their_nodes_at_different_positions(studio, tree):
    with interrupted(studio, lambda: studio.add(tree, nodes.topic("first"))):
        studio.add(tree, nodes.topic("second"))
    assert sorted(titles(tree)) == ["first", "second"]
    assert_sound(tree)


def test_an_upload_that_is_replaced_meanwhile_is_a_conflict(studio):
    channel_id, root = studio.make_channel()
    sent = {"root_id": root, "content_data": [nodes.topic("late")]}
    with interrupted(studio, lambda: studio.make_channel(channel_id=channel_id)):
        answer = studio.post(PATH, sent)
    assert answer.status == 409
    assert titles(root) == []


@pytest.mark.parametrize("stage", [True, False])
def test_an_upload_that_is_finished_meanwhile_is_a_conflict(studio, stage):
    channel_id, root = studio.make_channel()
    sent = {"root_id": root, "content_data": [nodes.topic("late")]}
    with interrupted(studio, lambda: studio.finish(channel_id, stage)):
        answer = studio.post(PATH, sent)
    assert answer.status == 409
    assert titles(root) == []
    assert_sound(root)
