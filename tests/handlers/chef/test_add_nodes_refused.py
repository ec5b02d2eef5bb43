"""add_nodes: invalid requests are refused with the names of the fields, and add nothing."""

import hashlib
import json
from typing import Any

import pytest

from chalicelib.domain.types import LABELS
from chalicelib.models.nodes import Node
from chalicelib.operations.nodes import add_nodes
from chalicelib.schemas.chef import MAX_NODES
from tests.support.aws.calls import Watch, strictly, watching
from tests.support.http.recordings import store
from tests.support.source.routes import NOTHING
from tests.support.worlds import nodes

PATH = "/api/internal/add_nodes"
LONG = "x" * 201


def refused(studio, *sent, root=None):
    """Send nodes that are refused, and assert that nothing is written; return the errors by field."""
    root = root or studio.make_channel()[1]
    with strictly(studio) as watch:
        answer = studio.post(PATH, {"root_id": root, "content_data": list(sent)})
    assert answer.status == 400, answer.text
    assert watch.writes == []
    errors = answer.json
    assert errors.pop("error")
    assert all(name in errors["detail"] for name in errors if name != "detail")
    return errors


WRONG_FIELDS: list[tuple[str, Any]] = [
    ("kind", "bogus"),
    ("kind", None),
    ("node_id", "bad"),
    ("node_id", None),
    ("content_id", "bad"),
    ("title", None),
    ("title", LONG),
    ("language", "zz"),
    ("license", "Nonsense"),
    ("license_description", "x" * 401),
    ("copyright_holder", LONG),
    ("author", LONG),
    ("aggregator", LONG),
    ("provider", LONG),
    ("source_id", LONG),
    ("role", "boss"),
    ("suggested_duration", -1),
    ("suggested_duration", "5"),
    ("tags", "tag"),
    ("extra_fields", "not json"),
    ("extra_fields", "[]"),
    ("files", {}),
    ("questions", {}),
    *[(field, "str") for field in LABELS],
]


def test_an_invalid_field_is_named_with_the_index_of_its_node(studio):
    _, root = studio.make_channel()
    for field, value in WRONG_FIELDS:
        errors = refused(studio, nodes.topic("good"), nodes.topic("wrong", **{field: value}), root=root)
        assert [name for name in errors if name != "detail"] == [f"content_data.1.{field}"], (field, value)


@pytest.mark.parametrize("field", LABELS)
def test_an_unknown_label_is_refused(studio, field):
    _, root = studio.make_channel()
    for value in (["bogus"], {"bogus": True}, ["mathematic"]):
        assert f"content_data.0.{field}.0" in refused(studio, nodes.topic("t", **{field: value}), root=root)


def test_an_invalid_tag_is_refused(studio):
    _, root = studio.make_channel()
    for tag in ("x" * 31, None, 5, ["a"]):
        assert "content_data.0.tags.1" in refused(studio, nodes.topic("t", tags=["good", tag]), root=root)


@pytest.mark.parametrize(
    ("field", "value"),
    [("preset", "bogus"), ("preset", None), ("filename", "a.pdf"), ("filename", f"{NOTHING}.exe"), ("language", "zz")],
)
def test_an_invalid_field_of_a_file_is_refused(studio, field, value):
    file = {**nodes.file(f"{NOTHING}.pdf"), field: value}
    assert f"content_data.0.files.0.{field}" in refused(studio, nodes.resource("r", files=[file]))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("type", "bogus"),
        ("assessment_id", "x"),
        ("answers", "no json"),
        ("answers", "{}"),
        ("hints", "[1]"),
        ("files", 5),
    ],
)
def test_an_invalid_field_of_a_question_is_refused(studio, field, value):
    errors = refused(studio, nodes.exercise("e", nodes.question("q", **{field: value})))
    assert any(name.startswith(f"content_data.0.questions.0.{field}") for name in errors)


@pytest.mark.parametrize(
    "extra",
    [
        {"mastery_model": "bogus"},
        {"mastery_model": ["m_of_n"]},
        {"mastery_model": {}},
        {"mastery_model": "m_of_n", "m": "x", "n": 2},
        {"mastery_model": "m_of_n", "m": "²", "n": 2},
        {"mastery_model": "m_of_n", "m": -1, "n": 2},
        {"mastery_model": "m_of_n", "m": True, "n": 2},
        {"mastery_model": "do_all", "randomize": "yes"},
        {"options": "x"},
        {"options": {"completion_criteria": {"model": "bogus"}}},
        {"options": {"completion_criteria": {"model": "mastery", "threshold": {"mastery_model": "bogus"}}}},
        {"options": {"completion_criteria": [1]}},
    ],
    ids=json.dumps,
)
def test_an_invalid_criterion_of_an_exercise_is_refused(studio, extra):
    refused(studio, nodes.exercise("e", nodes.question("q"), extra_fields=json.dumps(extra)))


def test_errors_of_several_nodes_are_returned_together(studio):
    errors = refused(
        studio, nodes.topic("a", kind="x", title=LONG), nodes.topic("b"), nodes.topic("c", tags=["x" * 31])
    )
    assert set(errors) == {"content_data.0.kind", "content_data.0.title", "content_data.2.tags.0", "detail"}


def test_files_that_are_not_stored_are_named(studio):
    present = store(studio, b"present", "pdf")
    absent = [f"{hashlib.md5(text).hexdigest()}.pdf" for text in (b"a", b"b")]
    errors = refused(
        studio,
        nodes.resource("good", files=[nodes.file(present)]),
        nodes.resource("r", files=[nodes.file(absent[0]), nodes.file(present)]),
        nodes.exercise("e", nodes.question("q", files=[nodes.file(absent[1], "exercise_image")])),
    )
    assert set(errors) == {"content_data.1.files", "content_data.2.files", "detail"}
    for number, name in enumerate(absent, 1):
        assert name in errors[f"content_data.{number}.files"][0]
        assert present not in errors[f"content_data.{number}.files"][0]


def test_a_stored_file_with_another_format_is_missing(studio):
    present = store(studio, b"present", "pdf")
    absent = present.replace(".pdf", ".epub")
    errors = refused(studio, nodes.resource("r", files=[nodes.file(absent, "epub")]))
    assert absent in errors["content_data.0.files"][0]


def test_a_file_is_found_before_the_notification_of_s3(studio):
    name = studio.upload(b"quick", "pdf", "document", notified=False)
    _, root = studio.make_channel()
    assert studio.add(root, nodes.resource("r", files=[nodes.file(name)]))
    assert studio.post("/api/internal/file_diff", [name]).json == []


def test_too_many_nodes_at_once_are_refused(studio):
    many = [nodes.topic(f"t{number}") for number in range(MAX_NODES + 1)]
    assert set(refused(studio, *many)) == {"content_data", "detail"}


def test_duplicate_node_ids_are_refused(studio):
    twice = nodes.node_id("t")
    errors = refused(studio, nodes.topic("t"), nodes.topic("other", node_id=twice.upper()))
    assert "content_data" in errors


def test_duplicate_assessment_ids_are_refused(studio):
    refused(studio, nodes.exercise("e", nodes.question("q"), nodes.question("q")))


@pytest.mark.parametrize("kind", ["document", "exercise", "video"])
def test_nothing_can_be_added_below_a_resource(studio, kind):
    """The nodes would be unreachable, because only topics are searched for children."""
    _, root = studio.make_channel()
    parent = studio.add(root, nodes.resource("r", kind))[nodes.node_id("r")]
    answer = studio.post(PATH, {"root_id": parent, "content_data": [nodes.topic("below")]})
    assert answer.status == 400, answer.text


@pytest.mark.parametrize("size", [390_000, 1_000_000])
@pytest.mark.parametrize("field", ["extra_fields", "question", "answers"])
def test_nodes_too_large_for_the_database_are_refused(studio, field, size):
    text = "x" * size
    changes = {
        "extra_fields": nodes.topic("t", extra_fields={"a": text}),
        "question": nodes.exercise("e", nodes.question("q", question=text)),
        "answers": nodes.exercise("e", nodes.question("q", answers=json.dumps([{"answer": text, "correct": True}]))),
    }
    refused(studio, changes[field])


def test_nothing_is_added_if_the_transaction_fails(studio):
    """The transaction of the nodes fails after the questions were written."""
    _, root = studio.make_channel()
    before = studio.cloud.items("nodes"), studio.cloud.items("children")
    sent = {"root_id": root, "content_data": [nodes.exercise("e", nodes.question("q")), nodes.topic("t")]}

    class Failing(Watch):
        def __call__(self, client, operation, arguments):
            if operation == "TransactWriteItems":
                self.failing = len(self.names)
            return super().__call__(client, operation, arguments)

    own = (studio.cloud.dynamodb, studio.cloud.s3, studio.cloud.sqs)
    with watching(Failing(), own=own) as watch:
        assert studio.post(PATH, sent).status == 503
    assert watch.hit == "TransactWriteItems"
    assert (studio.cloud.items("nodes"), studio.cloud.items("children")) == before
    assert len(studio.add(root, *sent["content_data"])) == 2


@pytest.mark.parametrize("root_id", [NOTHING, "bad", "", "x" * 10_000])
@pytest.mark.parametrize("content", [[], [nodes.topic("t")]], ids=["nothing", "a topic"])
def test_an_unknown_parent_is_not_found(studio, root_id, content):
    answer = studio.post(PATH, {"root_id": root_id, "content_data": content})
    assert answer.status == 404


def test_a_tree_that_was_replaced_by_a_newer_upload_is_closed(studio):
    channel_id, root = studio.make_channel()
    topic = studio.add(root, nodes.topic("t"))[nodes.node_id("t")]
    studio.make_channel(channel_id=channel_id)
    for parent in (root, topic):
        answer = studio.post(PATH, {"root_id": parent, "content_data": [nodes.topic("late")]})
        assert answer.status == 409
        assert "create_channel" in answer.json["detail"]


@pytest.mark.parametrize("stage", [True, False])
def test_nodes_can_be_added_to_a_finished_tree(studio, stage):
    channel_id, root = studio.make_channel()
    assert studio.finish(channel_id, stage).status == 200
    assert studio.add(root, nodes.topic("late"))
    tree = studio.post(
        "/api/internal/get_tree_data", {"channel_id": channel_id, "tree": "staging" if stage else "main"}
    )
    assert [entry["title"] for entry in tree.json["tree"]] == ["late"]


def test_the_depth_of_a_tree_is_limited(studio):
    """A transaction has at most 100 actions, and a new node changes the counts of all its ancestors."""
    _, root = studio.make_channel()
    parent = studio.add(root, nodes.topic("t"))[nodes.node_id("t")]
    Node(parent).update([Node.path.set([f"{number:032x}" for number in range(120)])])
    answer = studio.post(PATH, {"root_id": parent, "content_data": [nodes.topic("too deep")]})
    assert answer.status == 400, answer.text


def test_more_files_than_a_node_can_have_are_refused(studio, monkeypatch):
    monkeypatch.setattr(add_nodes, "MAX_FILES", 3)
    names = [f"{number:032x}.png" for number in range(4)]
    shown = [nodes.file(name, "exercise_image") for name in names]
    questions = [nodes.question("q", files=shown[:2]), nodes.question("r", files=shown[2:])]
    errors = refused(studio, nodes.topic("fine"), nodes.exercise("e", *questions))
    assert errors["content_data.1.files"] == ["Too many files: 4 with those of the questions. Send at most 3 per node."]
