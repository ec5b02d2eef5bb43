"""Build nodes and questions from the data of a chef."""

import uuid

import pytest
from le_utils.constants.labels import learning_activities, levels, subjects

from chalicelib.domain.ids import derived_id
from chalicelib.domain.types import FileData, NodeData
from chalicelib.operations.nodes import build_nodes
from chalicelib.schemas.base import parse
from chalicelib.schemas.chef import NodeIn, RemoteNodeIn
from tests.support.worlds import nodes, trees

PARENT, TREE, CHANNEL, SOURCE = (uuid.UUID(int=n).hex for n in (1, 2, 3, 4))
PDF, PNG, MP4 = f"{1:032x}.pdf", f"{2:032x}.png", f"{3:032x}.mp4"
SIZES = {PDF: 100, PNG: 20, MP4: 3000}


def built(sent, parent=PARENT):
    return build_nodes.build(parse(NodeIn, sent), parent, TREE, CHANNEL, SIZES)


def remote(source, items=(), **fields):
    sent = {"node_id": nodes.node_id("remote"), "source_channel_id": SOURCE, "source_node_id": source["node_id"]}
    wanted = parse(RemoteNodeIn, {**sent, **fields})
    return build_nodes.build_remote(wanted, source, list(items), PARENT, TREE, CHANNEL, SIZES)


def source_node(**fields):
    (_, node) = trees.tree(trees.resource("source", **fields))
    return node


class TestFilenames:
    def test_are_those_of_nodes_and_questions_without_duplicates(self):
        question = nodes.question("q", files=[nodes.file(PNG, "exercise_image"), nodes.file(PDF)])
        sent = [nodes.resource("a", files=[nodes.file(PDF), nodes.file(MP4)]), nodes.exercise("b", question)]
        assert build_nodes.filenames(parse(NodeIn, node) for node in sent) == [PDF, MP4, PNG]

    def test_include_those_of_nodes_of_other_channels(self):
        sent = {"node_id": PARENT, "source_channel_id": SOURCE, "source_node_id": PARENT, "files": [nodes.file(PNG)]}
        assert build_nodes.filenames([parse(RemoteNodeIn, sent)]) == [PNG]


class TestNewNode:
    def test_has_every_field_of_the_contract(self):
        node, (item,) = built(nodes.exercise("e", nodes.question("q", files=[nodes.file(PNG, "exercise_image")])))
        assert set(node) == NodeData.__required_keys__ | {"incomplete_reasons"}
        assert set(item["files"][0]) == FileData.__required_keys__

    def test_has_the_sent_values(self):
        sent = {
            **nodes.resource("Naïve 名前", "video"),
            "description": "Über",
            "language": "sw",
            "license": "Special Permissions",
            "license_description": "Ask",
            "author": "A",
            "aggregator": "B",
            "provider": "C",
            "suggested_duration": 90,
            "grade_levels": [levels.PRESCHOOL],
            "learning_activities": {learning_activities.WATCH: True, learning_activities.READ: False},
            "categories": [subjects.MATHEMATICS],
            "extra_fields": '{"options": {"a": "é"}}',
        }
        node, _ = built(sent)
        expected = {
            **{name: sent[name] for name in ("title", "description", "language", "license", "license_description")},
            **{name: sent[name] for name in ("author", "aggregator", "provider", "copyright_holder", "kind")},
            **{name: sent[name] for name in ("node_id", "content_id", "source_id", "source_domain")},
            "suggested_duration": 90,
            "grade_levels": [levels.PRESCHOOL],
            "learning_activities": [learning_activities.WATCH],
            "categories": [subjects.MATHEMATICS],
            "extra_fields": {"options": {"a": "é"}},
            "role_visibility": "learner",
        }
        assert {name: node[name] for name in expected} == expected

    def test_has_the_given_parent_tree_and_channel(self):
        node, _ = built(nodes.topic("a"))
        assert (node["parent_id"], node["tree_id"], node["channel_id"]) == (PARENT, TREE, CHANNEL)
        assert (node["original_channel_id"], node["original_node_id"]) == (CHANNEL, node["node_id"])

    def test_sent_twice_is_the_same_node(self):
        sent = nodes.exercise("a", nodes.question("q"), files=[nodes.file(PDF)])
        assert built(sent) == built(sent)

    def test_below_another_parent_is_another_node(self):
        assert built(nodes.topic("a"))[0]["id"] != built(nodes.topic("a"), parent=TREE)[0]["id"]
        assert built(nodes.topic("a"))[0]["id"] == derived_id(PARENT, nodes.node_id("a"))

    def test_has_file_sizes_of_the_storage_not_of_the_chef(self):
        node, _ = built(nodes.resource("a", files=[nodes.file(PDF, size=999_999)]))
        assert node["files"][0]["file_size"] == 100

    def test_files_have_the_sent_values(self):
        sent = nodes.file(MP4, "high_res_video", language="sw", source_url="http://a.example/b", duration=9.2)
        (file,) = built(nodes.resource("a", "video", files=[sent]))[0]["files"]
        assert {name: value for name, value in file.items() if name != "id"} == {
            "checksum": MP4[:32],
            "file_format": "mp4",
            "file_size": 3000,
            "preset": "high_res_video",
            "language": "sw",
            "original_filename": "a.pdf",
            "source_url": "http://a.example/b",
            "duration": 9,
        }

    def test_files_differ_by_preset_and_language(self):
        sent = [nodes.file(PNG, "video_subtitle"), nodes.file(PNG, "exercise_image")]
        sent += [{**sent[0], "language": "sw"}]
        files = built(nodes.resource("a", files=sent))[0]["files"]
        assert len({file["id"] for file in files}) == 3

    def test_tags_have_no_duplicates_and_the_sent_order(self):
        assert built(nodes.topic("a", tags=["b", "a", "b"]))[0]["tags"] == ["b", "a"]

    def test_ignores_the_sent_value_of_complete(self):
        assert built(nodes.resource("a", files=[nodes.file(PDF)], complete=False))[0]["complete"]
        assert not built(nodes.resource("a", complete=True))[0]["complete"]


class TestQuestions:
    def test_have_the_sent_order_and_types(self):
        types = ["input_question", "multiple_selection", "single_selection", "perseus_question", "free_response"]
        questions = [nodes.question(str(n), type=type) for n, type in enumerate(types)]
        node, items = built(nodes.exercise("e", *questions))
        assert [(item["order"], item["type"]) for item in items] == list(enumerate(types))
        assert [item["assessment_id"] for item in items] == [question["assessment_id"] for question in questions]
        assert {item["contentnode_id"] for item in items} == {node["id"]}
        assert node["assessment_item_count"] == 5

    def test_answers_and_hints_are_sorted_by_order(self):
        answers = '[{"answer": "x"}, {"answer": "b", "order": 2}, {"answer": "a", "order": 1}, {"answer": "y"}]'
        hints = [{"hint": "2", "order": 2}, {"hint": "1.5", "order": 1.5}, {"hint": "?", "order": "first"}]
        _, (item,) = built(nodes.exercise("e", nodes.question("q", answers=answers, hints=hints)))
        assert [answer["answer"] for answer in item["answers"]] == ["a", "b", "x", "y"]
        assert [hint["hint"] for hint in item["hints"]] == ["1.5", "2", "?"]

    def test_have_the_sent_raw_data_text_and_files(self):
        raw = '{"question": {"content": "né"}}'
        question = nodes.question("q", type="perseus_question", raw_data=raw, files=[nodes.file(PNG, "exercise_image")])
        _, (item,) = built(nodes.exercise("e", question))
        assert (item["raw_data"], item["question"], item["randomize"]) == (raw, "q", False)
        assert [(file["checksum"], file["file_size"]) for file in item["files"]] == [(PNG[:32], 20)]


class TestRemoteNode:
    def test_equals_its_source_except_for_its_place(self):
        source = source_node(tags=["t"], categories=[subjects.MATHEMATICS], language="sw", description="D")
        node, _ = remote(source)
        changed = {"id", "node_id", "parent_id", "tree_id", "channel_id", "files"}
        changed |= {"original_channel_id", "original_node_id"}
        assert {name for name in node if node[name] != source.get(name, [])} == changed
        assert (node["parent_id"], node["tree_id"], node["channel_id"]) == (PARENT, TREE, CHANNEL)
        assert node["content_id"] == source["content_id"]

    def test_has_the_first_original_as_original(self):
        first = source_node()
        node, _ = remote(first)
        assert (node["original_channel_id"], node["original_node_id"]) == (first["channel_id"], first["node_id"])
        again, _ = remote(node)
        assert (again["original_channel_id"], again["original_node_id"]) == (first["channel_id"], first["node_id"])

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("title", "Mine"),
            ("description", ""),
            ("aggregator", "Mine"),
            ("provider", "Mine"),
            ("suggested_duration", 5),
            ("tags", []),
            ("tags", ["mine"]),
            ("grade_levels", [levels.PRESCHOOL]),
            ("categories", []),
            ("extra_fields", {"a": 1}),
        ],
    )
    def test_has_the_changed_value(self, field, value):
        source = source_node(tags=["theirs"], categories=[subjects.MATHEMATICS], description="Theirs")
        assert remote(source, **{field: value})[0][field] == value

    @pytest.mark.parametrize("field", ["title", "tags", "grade_levels", "categories", "extra_fields", "role"])
    def test_null_does_not_change_a_field(self, field):
        source = source_node(
            tags=["theirs"],
            grade_levels=[levels.PRESCHOOL],
            categories=[subjects.MATHEMATICS],
            extra_fields={"a": 1},
            role_visibility="coach",
        )
        node, _ = remote(source, **{field: None})
        name = "role_visibility" if field == "role" else field
        assert node[name] == source[name]

    def test_role_may_be_changed(self):
        assert remote(source_node(role_visibility="coach"))[0]["role_visibility"] == "coach"
        assert remote(source_node(role_visibility="coach"), role="learner")[0]["role_visibility"] == "learner"

    def test_tags_have_no_duplicates(self):
        assert remote(source_node(), tags=["b", "a", "b"])[0]["tags"] == ["b", "a"]

    def test_sent_thumbnail_replaces_that_of_the_source(self):
        files = [trees.make_file("doc"), trees.make_file("old", "document_thumbnail")]
        node, _ = remote(source_node(files=files), files=[nodes.file(PNG, "document_thumbnail")])
        assert [(file["preset"], file["checksum"]) for file in node["files"]] == [
            ("document", files[0]["checksum"]),
            ("document_thumbnail", PNG[:32]),
        ]
        assert not {file["id"] for file in node["files"]} & {file["id"] for file in files}

    def test_includes_the_questions_of_the_source(self):
        _, items = built(nodes.exercise("e", nodes.question("q")))
        source = source_node(kind="exercise", assessment_item_count=1, extra_fields={"mastery_model": "do_all"})
        node, copied = remote(source, items)
        assert copied == [{**items[0], "contentnode_id": node["id"]}]
        assert items[0]["contentnode_id"] != node["id"]
        assert node["complete"]

    def test_is_complete_depending_on_the_changed_fields(self):
        assert not remote(source_node(license=None))[0]["complete"]
        assert not remote(source_node(), title="  ")[0]["complete"]

    def test_sent_twice_is_the_same_node(self):
        source = source_node()
        assert remote(source, title="Mine") == remote(source, title="Mine")

    def test_source_is_not_changed(self):
        source = source_node(tags=["a"])
        before = {**source, "files": [dict(file) for file in source["files"]]}
        remote(source, tags=["b"], files=[nodes.file(PNG, "document")])
        assert source == before
