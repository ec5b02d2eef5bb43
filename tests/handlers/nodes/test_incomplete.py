"""Incomplete nodes say why they are incomplete, and are not published until a publish includes them."""

import hashlib
import json

import pytest

from chalicelib.models import nodes as nodes_table
from chalicelib.models.nodes import Node
from tests.support.existing import existing
from tests.support.worlds import nodes
from tests.support.worlds.contentnode import URL, change, row, values

PDF = b"%PDF another"


@pytest.fixture
def tree(studio):
    """A channel with a complete document and one without a file."""
    channel_id, root = studio.make_channel()
    file = nodes.file(studio.upload(b"%PDF", "pdf", "document"))
    ids = studio.add(root, nodes.resource("whole", files=[file]), nodes.resource("lacking"))
    studio.finish(channel_id)
    whole, lacking = ids.values()
    return {"channel": channel_id, "root": root, "whole": whole, "lacking": lacking}


def codes(studio, node_id):
    return [reason["code"] for reason in row(studio, node_id)["incomplete_reasons"]]


def is_published(studio, node_id):
    return row(studio, node_id)["published"]


def give_file(studio, node_id):
    checksum = hashlib.md5(PDF).hexdigest()
    body = {"size": len(PDF), "checksum": checksum, "name": "a.pdf", "file_format": "pdf", "preset": "document"}
    file_id = studio.post("/api/file/upload_url", body).json["file"]["id"]
    studio.put(checksum, "pdf", PDF)
    assert studio.call("PATCH", f"/api/file/{file_id}", {"contentnode": node_id}).status == 200


class TestReasons:
    def test_are_none_for_complete_nodes(self, studio, tree):
        for id in (tree["root"], tree["whole"]):
            assert (row(studio, id)["complete"], codes(studio, id)) == (True, [])

    def test_say_what_to_do(self, studio, tree):
        (reason,) = row(studio, tree["lacking"])["incomplete_reasons"]
        assert reason == {"code": "files", "sentence": "It has no file that learners can open. Upload one."}

    def test_follow_every_change(self, studio, tree):
        made = studio.post(URL, {"parent": tree["root"], "kind": "video", "title": "v"}).json
        assert [reason["code"] for reason in made["incomplete_reasons"]] == ["license", "files"]
        assert codes(studio, made["id"]) == ["license", "files"]
        changed = change(studio, made["id"], license=9)
        assert [reason["code"] for reason in changed["incomplete_reasons"]] == [
            "license_description",
            "copyright_holder",
            "files",
        ]
        change(studio, made["id"], license=8)
        assert codes(studio, made["id"]) == ["files"]

    def test_are_in_lists(self, studio, tree):
        rows = studio.get(f"{URL}?parent={tree['root']}").json["results"]
        assert [len(found["incomplete_reasons"]) for found in rows] == [0, 1]

    def test_are_those_of_a_copy(self, studio, tree):
        copy = studio.post(f"{URL}/{tree['lacking']}/copy", {"target": tree["root"], "mods": {"license": None}}).json
        assert [reason["code"] for reason in copy["incomplete_reasons"]] == ["license", "files"]

    def test_of_nodes_stored_without_them_follow_from_the_node(self, studio, tree):
        Node(tree["lacking"]).update([Node.incomplete_reasons.remove()])
        before = studio.cloud.contents()
        assert codes(studio, tree["lacking"]) == ["files"]
        change(studio, tree["lacking"], title="lacking")
        assert studio.cloud.contents() == before


class TestQuestions:
    @staticmethod
    def made(studio, *questions):
        channel_id, root = studio.make_channel()
        (node_id,) = studio.add(root, nodes.exercise("e", *questions)).values()
        studio.finish(channel_id)
        return node_id

    @pytest.mark.parametrize(
        ("type", "raw_data"),
        [
            ("perseus_question", '{"question": {"content": "cut'),
            ("perseus_question", '{"question": {"content": "x", "images": {}, "widgets": {"a": NaN}}}'),
            ("perseus_question", "\n"),
            ("QTI", '<assessmentItem xmlns="http://www.imsglobal.org/xsd/imsqti_v2p1"/>'),
        ],
    )
    def test_that_are_damaged_are_accepted_from_chefs_and_refused_from_others(self, studio, type, raw_data):
        raw = {"type": type, "raw_data": raw_data}
        damaged = nodes.question("bad", question="", answers="[]", hints="[]", **raw)
        node_id = self.made(studio, nodes.question("good"), damaged)
        (reason,) = row(studio, node_id)["incomplete_reasons"]
        assert (row(studio, node_id)["complete"], reason["code"]) == (False, "raw_data")
        assert damaged["assessment_id"] in reason["sentence"]
        if raw_data.strip():
            answer = studio.post("/api/assessmentitem", {"contentnode": node_id, **raw})
            assert (answer.status, "raw_data" in answer.json) == (400, True), answer.text

    @pytest.mark.parametrize(
        ("answers", "expected"),
        [(["10 cm"], ["answers"]), (["½"], ["answers"]), (["10 cm", "10"], []), (["3,5"], []), ([], [])],
    )
    def test_with_answers_that_are_not_numbers(self, studio, answers, expected):
        rows = [{"answer": text, "correct": True, "order": order} for order, text in enumerate(answers)]
        node_id = self.made(studio, nodes.question("q", type="input_question", answers=json.dumps(rows)))
        assert codes(studio, node_id) == expected

    def test_that_are_corrected_complete_the_exercise(self, studio):
        wrong = nodes.question("q", type="input_question", answers='[{"answer": "10 cm", "correct": true, "order": 0}]')
        channel_id, root = studio.make_channel()
        (node_id,) = studio.add(root, nodes.exercise("e", wrong)).values()
        studio.finish(channel_id)
        path = f"/api/assessmentitem/{node_id},{wrong['assessment_id']}"
        for text, expected in (("10", []), ("ten", ["answers"])):
            body = {"answers": [{"answer": text, "correct": True, "order": 0}]}
            assert studio.call("PATCH", path, body).status == 200
            assert codes(studio, node_id) == expected
            assert values(studio, root)[3] == len(expected)


class TestPublished:
    def test_is_false_for_a_node_that_was_left_out_until_a_publish_includes_it(self, studio, tree):
        studio.publish(tree["channel"])
        assert [is_published(studio, tree[name]) for name in ("whole", "lacking")] == [True, False]
        give_file(studio, tree["lacking"])
        assert row(studio, tree["lacking"])["complete"]
        assert not is_published(studio, tree["lacking"])
        studio.publish(tree["channel"])
        assert is_published(studio, tree["lacking"])

    def test_stays_true_for_a_published_node_until_a_publish_leaves_it_out(self, studio, tree):
        give_file(studio, tree["lacking"])
        studio.publish(tree["channel"])
        change(studio, tree["whole"], license=None)
        assert is_published(studio, tree["whole"])
        studio.publish(tree["channel"])
        assert not is_published(studio, tree["whole"])
        change(studio, tree["whole"], license=1)
        assert not is_published(studio, tree["whole"])
        studio.publish(tree["channel"])
        assert is_published(studio, tree["whole"])

    def test_is_false_if_the_node_was_completed_and_changed_back_since(self, studio, tree):
        studio.publish(tree["channel"])
        give_file(studio, tree["lacking"])
        change(studio, tree["lacking"], title="")
        assert not is_published(studio, tree["lacking"])

    def test_is_known_without_writing_to_the_node(self, studio, tree):
        stored = [existing(nodes_table.get(tree[name])).attribute_values for name in ("whole", "lacking")]
        studio.publish(tree["channel"])
        assert [existing(nodes_table.get(tree[name])).attribute_values for name in ("whole", "lacking")] == stored

    def test_does_not_follow_a_node_into_another_channel(self, studio, tree):
        """Revisions of the former channel mean nothing there."""
        for license in (None, 1, None, 1):
            change(studio, tree["whole"], license=license)
        other, root = studio.make_channel(name="Other")
        studio.finish(other)
        body = {"target": root, "position": "last-child"}
        assert studio.post(f"{URL}/{tree['whole']}/move", body).status == 200
        studio.publish(other)
        assert is_published(studio, tree["whole"])
