"""add_nodes: copy nodes of other channels."""

import json

import pytest
from le_utils.constants.labels import levels, subjects

from chalicelib.domain.types import LABELS
from chalicelib.models import assessment_items
from chalicelib.models.base import find
from chalicelib.models.channel_members import EDIT, VIEW
from chalicelib.models.channels import Channel
from chalicelib.models.nodes import Node, find_in_tree, to_data
from tests.support.existing import existing
from tests.support.http.recordings import store
from tests.support.source.routes import NOTHING
from tests.support.worlds import images, nodes

PATH = "/api/internal/add_nodes"


@pytest.fixture
def source(studio):
    """The id of a live, unpublished channel: a topic with a document that has a thumbnail, and an exercise."""
    channel_id, root = studio.make_channel("Source")
    files = [
        nodes.file(store(studio, b"pdf", "pdf")),
        nodes.file(store(studio, images.png("red"), "png"), "document_thumbnail"),
    ]
    topic = studio.add(root, nodes.topic("topic"))[nodes.node_id("topic")]
    studio.add(
        topic,
        nodes.resource("document", files=files, tags=["a"], author="Author", grade_levels=levels.LEVELSLIST[:1]),
        nodes.exercise("exercise", nodes.question("one"), nodes.question("two")),
    )
    assert studio.finish(channel_id).status == 200
    return channel_id


def remote(source, name="document", **fields):
    return {
        "node_id": nodes.node_id(f"copied {name}"),
        "source_channel_id": source,
        "source_node_id": nodes.node_id(name),
        "source_content_id": None,
        **fields,
    }


def copied(studio, *sent):
    """Copy nodes to a new channel of the user; return their stored data."""
    _, root = studio.make_channel("Target")
    ids = studio.add(root, *sent)
    return [to_data(existing(find(Node, ids[node["node_id"]]))) for node in sent]


def original(source, name):
    return to_data(existing(find_in_tree(Channel.get(source).root_id, node_id=nodes.node_id(name))))


CHANGED = {"id", "node_id", "parent_id", "tree_id", "channel_id", "files"}


def test_a_document_is_copied_unchanged(studio, source):
    (copy,) = copied(studio, remote(source))
    first = original(source, "document")
    assert {name for name in first if copy[name] != first[name]} == CHANGED
    assert copy["content_id"] == first["content_id"]
    assert (copy["original_channel_id"], copy["original_node_id"]) == (source, nodes.node_id("document"))
    without_ids = [
        [{name: value for name, value in file.items() if name != "id"} for file in node["files"]]
        for node in (copy, first)
    ]
    assert without_ids[0] == without_ids[1]
    assert not {file["id"] for file in copy["files"]} & {file["id"] for file in first["files"]}


def test_an_exercise_is_copied_with_its_questions(studio, source):
    (copy,) = copied(studio, remote(source, "exercise"))
    first = original(source, "exercise")
    items, originals = (assessment_items.of(node["id"]) for node in (copy, first))
    assert [item | {"contentnode_id": first["id"]} for item in items] == originals
    assert len(items) == copy["assessment_item_count"] == 2
    assert copy["complete"]


def test_a_source_is_found_by_content_id_if_not_by_node_id(studio, source):
    content_id = nodes.node_id("content document")
    first, second, third = copied(
        studio,
        remote(source, node_id="1" * 32, source_node_id=None, source_content_id=content_id),
        remote(source, node_id="2" * 32, source_node_id=NOTHING, source_content_id=content_id),
        remote(source, "exercise", node_id="3" * 32, source_content_id=content_id),
    )
    assert [first["title"], second["title"], third["title"]] == ["document", "document", "exercise"]


def test_sent_fields_replace_those_of_the_source(studio, source):
    picture = store(studio, images.png("blue"), "png")
    labels = {"grade_levels": [], "categories": subjects.SUBJECTSLIST[:1], "learner_needs": None}
    changes = {
        "title": "Other",
        "description": "Other description",
        "aggregator": "Other aggregator",
        "provider": "Other provider",
        "tags": ["b"],
        "suggested_duration": 7,
        "extra_fields": json.dumps({"a": 1}),
        **labels,
    }
    sent = remote(source, role="coach", files=[nodes.file(picture, "document_thumbnail")], **changes)
    (copy,) = copied(studio, sent)
    first = original(source, "document")
    expected = {**changes, "extra_fields": {"a": 1}, "learner_needs": [], "role_visibility": "coach"}
    assert {name: copy[name] for name in expected} == expected
    unchanged = set(first) - set(expected) - CHANGED
    assert {name: copy[name] for name in unchanged} == {name: first[name] for name in unchanged}
    assert [(file["preset"], file["checksum"]) for file in copy["files"]] == [
        ("document", first["files"][0]["checksum"]),
        ("document_thumbnail", picture[:32]),
    ]


def test_a_thumbnail_without_a_preset_gets_that_of_the_kind_of_the_source(studio, source):
    picture = store(studio, images.png("blue"), "png")
    (copy,) = copied(studio, remote(source, files=[nodes.file(picture, preset=None)]))
    assert [file["preset"] for file in copy["files"]] == ["document", "document_thumbnail"]
    assert copy["files"][1]["checksum"] == picture[:32]


def test_null_fields_equal_those_of_the_source(studio, source):
    nothing = dict.fromkeys(("title", "description", "tags", "extra_fields", "role", "suggested_duration", *LABELS))
    (copy,) = copied(studio, remote(source, **nothing))
    first = original(source, "document")
    assert {name for name in first if copy[name] != first[name]} == CHANGED


def test_a_copy_of_a_copy_has_the_first_original(studio, source):
    middle, root = studio.make_channel("Middle")
    studio.add(root, remote(source))
    studio.finish(middle)
    (copy,) = copied(studio, remote(middle, "copied document"))
    assert (copy["original_channel_id"], copy["original_node_id"]) == (source, nodes.node_id("document"))


@pytest.mark.parametrize("role", [EDIT, VIEW])
def test_members_of_the_source_channel_may_copy(studio, source, role):
    user_id, token = studio.sign_up("member")
    studio.share(source, user_id, role)
    studio.token = token
    assert copied(studio, remote(source))


def test_all_users_may_copy_from_a_public_channel(studio, source):
    assert studio.publish(source)["status"] == "SUCCESS"
    studio.make_public(source)
    studio.token = studio.sign_up("stranger")[1]
    assert copied(studio, remote(source))


def refused(studio, *sent):
    _, root = studio.make_channel("Target")
    before = studio.cloud.contents()
    answer = studio.post(PATH, {"root_id": root, "content_data": list(sent)})
    assert answer.status == 400, answer.text
    assert studio.cloud.contents() == before
    return answer.json


def test_a_private_channel_of_others_is_reported_like_an_unknown_one(studio, source):
    studio.token = studio.sign_up("stranger")[1]
    errors = [
        refused(studio, remote(id))["content_data.0.source_node_id"][0].replace(id, "") for id in (source, NOTHING)
    ]
    assert errors[0] == errors[1]


def test_a_deleted_channel_is_no_source(studio, source):
    Channel(source).update([Channel.deleted.set(True)])
    assert "content_data.0.source_node_id" in refused(studio, remote(source))


def test_a_topic_cannot_be_copied(studio, source):
    errors = refused(studio, nodes.topic("mine"), remote(source, "topic"))
    assert "topic" in errors["content_data.1.source_node_id"][0]


def test_an_invalid_field_is_named(studio, source):
    for fields, named in (
        ({"source_node_id": NOTHING}, "source_node_id"),
        ({"source_node_id": None}, "non_field_errors"),
        ({"source_node_id": "bad"}, "source_node_id"),
        ({"source_channel_id": "bad"}, "source_channel_id"),
        ({"source_channel_id": None}, "source_channel_id"),
        ({"title": "x" * 201}, "title"),
        ({"categories": ["bogus"]}, "categories.0"),
        ({"files": [nodes.file(f"{NOTHING}.png", "document_thumbnail")]}, "files"),
    ):
        assert f"content_data.0.{named}" in refused(studio, remote(source, **fields)), fields


def test_nodes_of_a_staged_tree_cannot_be_copied(studio):
    channel_id, root = studio.make_channel("Source")
    studio.add(root, nodes.resource("document"))
    studio.finish(channel_id, stage=True)
    refused(studio, remote(channel_id))


def test_a_repeated_request_creates_nothing(studio, source):
    _, root = studio.make_channel("Target")
    first = studio.add(root, remote(source), remote(source, "exercise"))
    before = studio.cloud.contents()
    assert studio.add(root, remote(source), remote(source, "exercise")) == first
    assert studio.cloud.contents() == before


def test_a_repeated_request_succeeds_after_its_source_was_deleted(studio, source):
    _, root = studio.make_channel("Target")
    first = studio.add(root, remote(source))
    Channel(source).update([Channel.deleted.set(True)])
    assert studio.add(root, remote(source)) == first
