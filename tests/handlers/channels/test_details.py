"""Summaries of the content of a channel or node."""

import pytest

from chalicelib.models import channels
from chalicelib.operations.channels import tree_details
from tests.support.existing import existing
from tests.support.http.recordings import store
from tests.support.source.routes import NOTHING
from tests.support.worlds import nodes
from tests.support.worlds.publishing import publish

# Recorded: get_channel_details and get_node_details of one tree, which are the same.
FIELDS = {
    "last_update", "created", "resource_count", "resource_size", "includes", "kind_count", "languages",
    "accessible_languages", "licenses", "tags", "original_channels", "sample_pathway", "sample_nodes", "authors",
    "aggregators", "providers", "copyright_holders", "levels", "categories",
}  # fmt: skip


@pytest.fixture
def channel_id(studio):
    video = [nodes.file(store(studio, b"12", "mp4"), "high_res_video"), nodes.file(
        store(studio, b"345", "vtt"), "video_subtitle", language="sw"
    )]  # fmt: skip
    channel_id, root = studio.make_channel()
    ids = studio.add(root, nodes.topic("one"), nodes.resource("top", tags=["b"]))
    below = studio.add(ids[nodes.node_id("one")], nodes.topic("two", grade_levels=["BkGYi3lD"]))
    studio.add(
        below[nodes.node_id("two")],
        nodes.resource("film", "video", video, language="en", tags=["a", "b"], author="Ann", role="coach"),
        nodes.exercise("quiz", nodes.question("q"), license="CC BY-SA", provider="Prov"),
    )
    studio.finish(channel_id)
    return channel_id


def details(studio, id, of="channel", token=""):
    return studio.get(f"/api/get_{of}_details/{id}", token)


def test_summarizes_a_channel(studio, channel_id):
    found = details(studio, channel_id).json
    assert set(found) == FIELDS
    assert (found["resource_count"], found["resource_size"]) == (3, 5)
    assert found["includes"] == {"coach_content": 1, "exercises": 1}
    assert [(row["kind_id"], row["count"]) for row in found["kind_count"]] == [
        ("document", 1), ("exercise", 1), ("video", 1),
    ]  # fmt: skip
    assert (found["languages"], found["accessible_languages"]) == (["English", "Kiswahili"], ["Kiswahili"])
    assert (found["licenses"], found["levels"]) == (["CC BY", "CC BY-SA"], ["BkGYi3lD"])
    assert found["tags"] == [{"tag_name": "a", "count": 1}, {"tag_name": "b", "count": 2}]
    assert [row["title"] for row in found["sample_pathway"]] == ["one", "two"]
    assert [row["title"] for row in found["sample_nodes"]] == ["film", "quiz"]
    assert (found["authors"], found["providers"], found["copyright_holders"]) == (["Ann"], ["Prov"], ["Holder"])


def test_the_root_has_the_summary_of_its_channel(studio, channel_id):
    root = existing(channels.get(channel_id)).root_id
    assert details(studio, root, "node").json == details(studio, channel_id).json


def test_a_node_has_the_summary_of_its_descendants(studio, channel_id):
    root = existing(channels.get(channel_id)).root_id
    top = {row["title"]: row["id"] for row in studio.get(f"/api/contentnode?parent={root}").json["results"]}
    assert details(studio, top["one"], "node").json["resource_count"] == 2
    assert details(studio, top["top"], "node").json["resource_count"] == 1


def test_an_empty_channel(studio):
    channel_id = studio.post("/api/channel", {"name": "n"}).json["id"]
    found = details(studio, channel_id).json
    assert (found["resource_count"], found["sample_nodes"], found["sample_pathway"]) == (0, [], [])


def test_a_large_tree_is_summarized_in_the_background(studio, channel_id, monkeypatch):
    small = details(studio, channel_id).json
    monkeypatch.setattr(tree_details, "MAX_AT_ONCE", 3)
    answer = details(studio, channel_id)
    assert (answer.status, set(answer.json)) == (202, {"task_id"})
    studio.deliver("maintenance", times=2)
    assert studio.task(answer.json["task_id"])["status"] == "SUCCESS"
    assert details(studio, channel_id).json == small


def test_names_the_public_source_channels(studio):
    source = publish(studio, "a", name="Source", public=True)
    node = studio.get(f"/api/contentnode?parent={existing(channels.get(source)).root_id}").json["results"][0]
    target = studio.post("/api/channel", {"name": "n"}).json
    copied = studio.post(f"/api/contentnode/{node['id']}/copy", {"target": target["root_id"]})
    assert copied.status == 201
    assert details(studio, target["id"]).json["original_channels"] == [
        {"id": source, "name": "Source", "thumbnail": None, "count": 1}
    ]
    studio.make_public(source, False)
    assert details(studio, target["id"]).json["original_channels"] == []


def test_hidden_content_is_not_found(studio, channel_id):
    stranger = studio.sign_up("stranger")[1]
    root = existing(channels.get(channel_id)).root_id
    answers = [details(studio, channel_id, token=stranger), details(studio, root, "node", stranger)]
    answers += [details(studio, id, of) for id in (NOTHING, "bad") for of in ("channel", "node")]
    assert {answer.status for answer in answers} == {404}
