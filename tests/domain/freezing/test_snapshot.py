"""The snapshot of a tree, and its digest."""

import copy
import hashlib
import json
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.trees.frozen_tree import in_memory
from tests.support.worlds.frozen import digest, freeze
from tests.support.worlds.trees import (
    make_channel,
    make_file,
    random_branches,
    resource,
    titles,
    topic,
    tree,
)

SMALL = Path(__file__).parents[2] / "fixtures" / "content_db" / "small_input.json"


def frozen(*branches, run="1", version=1, **channel):
    return freeze(make_channel(**channel), tree(*branches, run=run), version)


def small():
    """A chef's channel with one node of each kind and the files derived by publishing."""
    given = json.loads(SMALL.read_text(encoding="utf-8"))
    result = freeze(given["channel"], given["nodes"], given["version"])
    for node in result["nodes"]:
        node.update(given["derived"].get(node["node_id"], {}))
    return result


def shuffled_keys(value):
    if isinstance(value, dict):
        return {key: shuffled_keys(value[key]) for key in random.Random(7).sample(list(value), len(value))}
    return [shuffled_keys(item) for item in value] if isinstance(value, list) else value


class TestPublishedNodes:
    def test_topics_without_resources_are_left_out(self):
        result = frozen(topic("empty", topic("inner")), topic("full", resource("doc")))
        assert titles(result) == ["Channel", "full", "doc"]

    def test_nodes_are_in_the_channel_even_if_they_were_moved_there_a_moment_ago(self):
        nodes = tree(topic("moved", resource("below")))
        nodes[-1]["channel_id"] = "f" * 32
        result = freeze(make_channel(), nodes, 1)
        assert {node["channel_id"] for node in result["nodes"]} == {make_channel()["id"]}

    def test_root_is_published_even_if_empty(self):
        assert titles(frozen(topic("empty"))) == ["Channel"]

    def test_incomplete_resource_and_its_otherwise_empty_topic_are_left_out(self):
        assert titles(frozen(topic("t", resource("doc", complete=False)))) == ["Channel"]

    def test_incomplete_topic_is_left_out_with_its_descendants(self):
        branch = topic("t", topic("inner", resource("doc")), complete=False)
        assert titles(frozen(branch, resource("other"))) == ["Channel", "other"]

    def test_children_of_a_resource_are_left_out(self):
        assert titles(frozen(resource("doc", resource("lost")))) == ["Channel", "doc"]

    def test_root_has_the_id_and_name_of_the_channel(self):
        root = frozen(resource("doc"), name="Name", description="About")["nodes"][0]
        channel_id = make_channel()["id"]
        assert (root["node_id"], root["content_id"], root["title"]) == (channel_id, channel_id, "Name")
        assert root["description"] == ""

    def test_level_counts_from_the_root(self):
        result = frozen(topic("a", topic("b", resource("c"))), resource("d"))
        assert [node["level"] for node in result["nodes"]] == [0, 1, 2, 3, 1]

    def test_nodes_inherit_metadata(self):
        assert frozen(topic("t", resource("doc"), language="fr"))["nodes"][2]["language"] == "fr"

    def test_prerequisites_that_are_not_published_are_dropped(self):
        nodes = tree(resource("a"), resource("b"), resource("gone", complete=False))
        _, a, b, gone = nodes
        a["prerequisites"] = [gone["id"], b["id"], a["id"], b["id"]]
        assert freeze(make_channel(), nodes, 1)["nodes"][1]["prerequisites"] == [b["id"]]

    def test_given_nodes_are_not_modified(self):
        nodes = tree(topic("t", resource("doc")), topic("empty"))
        before = copy.deepcopy(nodes)
        freeze(make_channel(), nodes, 1)
        assert nodes == before

    @settings(deadline=None)
    @given(random_branches())
    def test_complete_resources_and_topics_above_them_are_published_in_order(self, branches):
        nodes = tree(*branches)
        parents = {node["id"]: node["parent_id"] for node in nodes}
        expected = {nodes[0]["id"]}
        for node in nodes:
            if node["kind"] != "topic" and node["complete"]:
                id: str | None = node["id"]
                while id:
                    expected.add(id)
                    id = parents[id]
        result = freeze(make_channel(), nodes, 1)
        assert [node["id"] for node in result["nodes"]] == [id for id in parents if id in expected]

    def test_depth_is_not_limited(self):
        branch = resource("doc")
        for number in range(5000):
            branch = topic(str(number), branch)
        result = frozen(branch)
        assert result["nodes"][-1]["level"] == 5001


class TestDigest:
    @settings(deadline=None)
    @given(random_branches())
    def test_ids_of_another_chef_run_do_not_count(self, branches):
        one, other = frozen(*branches), frozen(*branches, run="2")
        assert one["nodes"][0]["id"] != other["nodes"][0]["id"]
        assert digest(one) == digest(other)

    @settings(deadline=None)
    @given(random_branches(), st.data())
    def test_title_counts(self, branches, data):
        result = frozen(*branches)
        before = digest(result)
        data.draw(st.sampled_from(result["nodes"]))["title"] += "!"
        assert digest(result) != before

    def test_prerequisites_count_by_node_id(self):
        def required(run, name):
            nodes = tree(resource("a"), resource("b"), resource("c"), run=run)
            by_title = {node["title"]: node for node in nodes}
            by_title["a"]["prerequisites"] = [by_title[name]["id"]]
            return digest(freeze(make_channel(), nodes, 1))

        assert required("1", "b") == required("2", "b") != required("1", "c")

    def test_position_counts(self):
        one, other = resource("one"), resource("other")
        places = [frozen(one, other), frozen(other, one), frozen(topic("t", one), other)]
        assert len({digest(result) for result in places}) == 3

    def test_version_does_not_count(self):
        assert digest(frozen(resource("doc"))) == digest(frozen(resource("doc"), version=2))

    @pytest.mark.parametrize("field", ["name", "description", "tagline", "thumbnail", "language"])
    def test_channel_counts(self, field):
        assert digest(frozen(resource("doc"))) != digest(frozen(resource("doc"), **{field: "sw"}))

    def test_file_counts_by_content_not_by_id_or_order(self):
        first, second = make_file("one", id="1"), make_file("two", "epub", id="2")
        renamed = [{**second, "id": "3"}, {**first, "id": "4"}]
        changed = [first, {**second, "checksum": "0" * 32}]
        original, same, other = (
            digest(frozen(resource("doc", files=files))) for files in ([first, second], renamed, changed)
        )
        assert original == same != other

    def test_order_of_tags_and_labels_does_not_count(self):
        one = resource("doc", tags=["a", "b"], learning_activities=["c", "d"])
        other = resource("doc", tags=["b", "a"], learning_activities=["d", "c"])
        assert digest(frozen(one)) == digest(frozen(other))

    def test_questions_count(self):
        result = small()
        before = digest(result)
        exercise = next(node for node in result["nodes"] if node.get("assessment"))
        exercise["assessment"]["assessment_item_ids"].pop()
        assert digest(result) != before

    def test_order_of_keys_does_not_count(self):
        assert digest(shuffled_keys(small())) == digest(small())

    def test_is_a_sha256(self):
        assert len(digest(small())) == len(hashlib.sha256().hexdigest())


class TestSummaries:
    """The numbers were recorded for the small channel."""

    def test_kinds_are_those_of_the_content_database(self):
        expected = {"audio": 1, "document": 2, "exercise": 2, "html5": 2, "topic": 5, "video": 1}
        assert in_memory(small()).summary["kind_count"] == expected

    def test_content_that_occurs_twice_counts_twice_as_a_resource(self):
        assert in_memory(small()).summary["resources"] == 8

    def test_size_counts_each_distinct_file_once(self):
        assert in_memory(small()).summary["published_size"] == 72448

    def test_languages_are_those_of_nodes_and_subtitles(self):
        assert in_memory(small()).summary["languages"] == ["en", "fr", "ru", "sw"]
        subtitles = make_file("subtitles", "video_subtitle", language="zu")
        result = frozen(resource("video", language="ru", files=[subtitles]), language="en")
        assert in_memory(result).summary["languages"] == ["en", "ru", "zu"]

    def test_tags_and_categories_are_distinct(self):
        assert in_memory(small()).summary["tags"] == ["ex", "tag-a", "video-tag", "тег"]
        assert in_memory(small()).summary["categories"] == [
            "d&WXdXWF.kHKJ&PbV",
            "d&WXdXWF.qs0Xlaxq",
            "d&WXdXWF.qs0Xlaxq.0t5msbL5",
            "d&WXdXWF.qs0Xlaxq.nG96nHDc",
        ]
