"""Exercises whose archives cannot be built are left out of a publish with the reason. Our own faults are not theirs."""

import json

import pytest
from le_utils.constants import exercises

from chalicelib.export import perseus
from chalicelib.models.assessment_items import AssessmentItem
from chalicelib.models.nodes import Node
from tests.support.worlds import nodes, published


def raw(name, raw_data="{}", **fields):
    return nodes.question(
        name, type="perseus_question", question="", answers="[]", hints="[]", raw_data=raw_data, **fields
    )


@pytest.fixture
def publish(studio):
    """Publish an exercise in a topic, beside a good one, after `meanwhile`; return the task and the exercise's row."""

    def run(*questions, meanwhile=lambda node_id: None):
        channel_id, root = studio.make_channel()
        topic_id = studio.add(root, nodes.topic("Topic"), nodes.exercise("good", nodes.question("q")))[
            nodes.node_id("Topic")
        ]
        (node_id,) = studio.add(topic_id, nodes.exercise("bad", *questions)).values()
        studio.finish(channel_id)
        meanwhile(node_id)
        task = studio.publish(channel_id)
        titles = published.titles(studio, channel_id) if task["status"] == "SUCCESS" else None
        return task, studio.get(f"/api/contentnode/{node_id}").json, titles

    return run


def assert_left_out(result, reason):
    task, row, titles = result
    assert (task["status"], titles) == ("SUCCESS", ["good"]), task
    assert "1 incomplete resource was left out: Topic > bad (" in task["detail"]
    assert reason in task["detail"]
    assert not row["published"]


def test_damaged_raw_data_is_known_before(publish):
    result = publish(nodes.question("fine"), raw("r", '{"question": {"content": "cut'))
    assert_left_out(result, "its raw data is not valid JSON")
    assert not result[1]["complete"]


def test_a_graphie_without_its_delimiter(publish, studio):
    name = studio.upload(b"<svg/>", "graphie", "exercise_graphie")
    file = nodes.file(name, "exercise_graphie", original_filename="af32c")
    text = json.dumps({"question": {"content": "web+graphie:${☣ CONTENTSTORAGE}/af32c", "widgets": {}}})
    assert_left_out(publish(raw("r", text, files=[file])), f"The graphie {name} has 1 parts")


def test_questions_stored_before_their_answers_were_checked(publish):
    def make_older(node_id):
        (item,) = AssessmentItem.query(node_id)
        item.update([AssessmentItem.answers.set([{"answer": "10 cm", "correct": True, "order": 0}])])
        assert Node.get(node_id).complete

    assert_left_out(
        publish(nodes.question("q", type="input_question", answers="[]"), meanwhile=make_older), "is a number"
    )


@pytest.mark.parametrize("error", [TypeError("unexpected"), RecursionError(), KeyError("widget"), SyntaxError("xml")])
def test_whatever_else_fails_because_of_the_data(publish, monkeypatch, error):
    archive_members = perseus.archive_members

    def fail(node, items, images):
        if node["title"] == "bad":
            raise error
        return archive_members(node, items, images)

    monkeypatch.setattr(perseus, "archive_members", fail)
    assert_left_out(publish(nodes.question("another")), "internal error")


def test_a_fault_of_our_own_is_tried_again(publish, monkeypatch):
    archive_members, failures = perseus.archive_members, [MemoryError(), OSError("disk full")]

    def fail_twice(node, items, images):
        if node["title"] == "bad" and failures:
            raise failures.pop()
        return archive_members(node, items, images)

    monkeypatch.setattr(perseus, "archive_members", fail_twice)
    task, row, titles = publish(nodes.question("another"))
    assert failures == []
    assert (task["status"], titles, row["published"]) == ("SUCCESS", ["Topic", "bad", "good"], True)


def test_a_tree_of_nothing_else_is_not_published(studio):
    channel_id, root = studio.make_channel()
    studio.add(root, nodes.exercise("bad", raw("r", "{")))
    studio.finish(channel_id)
    task = studio.publish(channel_id)
    assert task["status"] == "FAILURE"
    assert "1 incomplete resource was left out: bad (" in task["detail"]
    assert exercises.PERSEUS_QUESTION not in task["detail"]
