"""Questions of exercises."""

import json

import pytest
from le_utils.constants import exercises

from chalicelib.aws import storage
from chalicelib.domain.storage_keys import storage_key
from chalicelib.models.assessment_items import MAX_INLINE_BYTES, AssessmentItem
from chalicelib.models.channel_members import EDIT, VIEW
from chalicelib.models.channels import Channel
from chalicelib.models.nodes import Node
from tests.export.perseus_builders import read_archive
from tests.support.aws.calls import counting
from tests.support.aws.interleaved import interrupted
from tests.support.http import requests
from tests.support.http.recordings import FOLDER, store
from tests.support.source.routes import NOTHING
from tests.support.worlds import counts, nodes, published
from tests.support.worlds.syncing import Client

RECORDED = json.loads((FOLDER / "parts.json").read_text(encoding="utf-8"))
URL = "/api/assessmentitem"
IMAGE = "![a](${☣ CONTENTSTORAGE}/%s =10x20)"
RIGHT = [{"answer": "4", "correct": True, "order": 0}]
QTI = RECORDED["question"]["raw_data"]


class World:
    """A live channel with an exercise of one question, an exercise without questions, and a document."""

    def __init__(self, studio):
        self.studio = studio
        self.channel_id, self.root = studio.make_channel()
        ids = studio.add(
            self.root,
            nodes.exercise("e", nodes.question("q")),
            nodes.exercise("empty"),
            nodes.resource("document"),
        )
        self.exercise, self.empty, self.document = (ids[nodes.node_id(name)] for name in ("e", "empty", "document"))
        self.first = f"{self.exercise},{nodes.node_id('question q')}"
        assert studio.finish(self.channel_id).status == 200

    def of(self, node_id, token=""):
        answer = self.studio.get(f"{URL}?contentnode={node_id}", token)
        assert answer.status == 200, answer.text
        return answer.json

    def create(self, token="", **fields):
        sent = {"contentnode": self.empty, "type": "single_selection", "question": "2+2?", "answers": RIGHT}
        return self.studio.post(URL, {**sent, **fields}, token)

    def patch(self, id, token="", **fields):
        return self.studio.call("PATCH", f"{URL}/{id}", fields, token)

    def delete(self, id, token=""):
        return self.studio.call("DELETE", f"{URL}/{id}", None, token)

    def member(self, role, name="member"):
        user_id, token = self.studio.sign_up(name)
        self.studio.share(self.channel_id, user_id, role)
        return token

    def node(self, node_id):
        """Return (count of questions, complete) of a node, and assert that the counts of its ancestors are right."""
        assert counts.stored(self.root) == counts.recounted(self.root)
        node = Node.get(node_id)
        assert node.assessment_item_count == len(self.of(node_id))
        return int(node.assessment_item_count), bool(node.complete)

    def rev(self):
        return int(Channel.get(self.channel_id).rev)


@pytest.fixture
def world(studio):
    return World(studio)


def key_of(answer):
    return f"{answer.json['contentnode']},{answer.json['assessment_id']}"


class TestLists:
    def test_have_the_recorded_fields_and_types(self, world):
        (row,) = world.of(world.exercise)
        recorded = RECORDED["question"]
        assert row.keys() == recorded.keys()
        assert all(type(row[name]) is type(recorded[name]) for name in row)

    def test_return_a_recorded_question_unchanged(self, world):
        recorded = {**RECORDED["question"], "contentnode": world.empty}
        assert world.create(**recorded).json == recorded
        assert world.of(world.empty) == [recorded]

    def test_require_a_filter(self, studio):
        answer = studio.get(URL)
        assert answer.status == 412
        assert answer.json["detail"].startswith(RECORDED["no_filter"]["detail"])

    def test_of_several_exercises_are_in_order(self, world):
        world.create(question="second", order=2)
        world.create(question="first", order=1)
        rows = world.studio.get(f"{URL}?contentnode__in={world.empty},{NOTHING},{world.exercise}").json
        assert [row["question"] for row in rows] == ["first", "second", "q"]

    def test_omit_questions_that_the_user_may_not_view(self, world, studio):
        assert world.of(world.exercise, studio.sign_up("stranger")[1]) == []
        assert len(world.of(world.exercise, world.member(VIEW))) == 1
        studio.publish(world.channel_id)
        studio.make_public(world.channel_id)
        assert len(world.of(world.exercise, studio.sign_up("visitor")[1])) == 1

    @pytest.mark.parametrize("query", ["contentnode=x", "contentnode__in=1,%00"])
    def test_refuse_invalid_ids(self, studio, query):
        assert studio.get(f"{URL}?{query}").status == 400

    def test_cost_one_call_per_exercise_and_three_more(self, world, studio):
        for number in range(5):
            world.create(question=str(number))
        ids = ",".join([world.exercise, world.empty, world.document, *(f"{n:032x}" for n in range(90))])
        with counting(studio) as watch:
            assert len(studio.get(f"{URL}?contentnode__in={ids}").json) == 6
        assert len(watch.names) <= 3 + 2, watch.names


class TestCreation:
    @pytest.mark.parametrize("kind", [kind for kind, _ in exercises.question_choices])
    def test_accepts_every_type(self, world, kind):
        raw = {"QTI": QTI, "perseus_question": '{"question": {"content": "2+2?"}}'}.get(kind)
        parts = {"raw_data": raw, "question": "", "answers": []} if raw else {}
        answer = world.create(type=kind, **parts)
        assert answer.status == 201, answer.text
        assert world.of(world.empty) == [answer.json]
        assert answer.json["type"] == kind
        assert world.node(world.empty) == (1, True)

    def test_accepts_answers_and_hints_as_lists_or_as_text(self, world):
        hints = [{"hint": "b", "order": 1}, {"hint": "a", "order": 0}]
        for sent in ((RIGHT, hints), (json.dumps(RIGHT), json.dumps(hints))):
            answer = world.create(answers=sent[0], hints=sent[1])
            assert json.loads(answer.json["answers"]) == RIGHT
            assert json.loads(answer.json["hints"]) == hints[::-1]

    def test_assigns_an_id_and_the_last_place(self, world):
        first, second = world.create().json, world.create().json
        assert first["assessment_id"] != second["assessment_id"]
        assert (first["order"], second["order"]) == (0, 1)

    def test_of_an_existing_question_is_a_conflict(self, world):
        key = nodes.node_id("a")
        assert [world.create(assessment_id=key).status for _ in range(2)] == [201, 409]
        assert world.node(world.empty) == (1, True)

    def test_is_for_exercises_only(self, world):
        answer = world.create(contentnode=world.document)
        assert (answer.status, set(answer.json)) == (400, {"contentnode"})

    def test_without_a_correct_answer_leaves_the_exercise_incomplete(self, world):
        assert world.create(answers=[{"answer": "4"}]).status == 201
        assert world.node(world.empty) == (1, False)

    def test_increments_the_revision_of_the_channel(self, world):
        before = world.rev()
        world.create()
        assert world.rev() == before + 1

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("type", "essay"),
            ("type", None),
            ("contentnode", "x"),
            ("assessment_id", "x"),
            ("answers", "[1"),
            ("answers", '{"a": 1}'),
            ("answers", [1]),
            ("answers", [{"answer": []}]),
            ("answers", [{"answer": "a"}] * 201),
            ("hints", [{"order": 1}]),
            ("question", 5),
            ("raw_data", "{}"),
            ("order", -1),
            ("order", "1"),
            ("source_url", "a" * 401),
            ("randomize", "yes"),
        ],
    )
    def test_names_invalid_fields(self, world, field, value):
        answer = world.create(**{field: value})
        assert answer.status == 400
        assert {name.partition(".")[0] for name in answer.json} == {field}

    @pytest.mark.parametrize("kind", ["QTI", "perseus_question"])
    @pytest.mark.parametrize("field", ["question", "answers", "hints"])
    def test_refuses_fields_that_a_raw_question_cannot_have(self, world, kind, field):
        blank = {"question": "", "answers": [], "hints": [], "raw_data": ""}
        some = {"question": "q", "answers": RIGHT, "hints": [{"hint": "h"}]}[field]
        answer = world.create(type=kind, **{**blank, field: some})
        assert (answer.status, set(answer.json)) == (400, {field})

    @pytest.mark.parametrize("raw", ["text", "[]", "NaN", "1"])
    def test_refuses_invalid_perseus_data(self, world, raw):
        answer = world.create(type="perseus_question", question="", answers=[], raw_data=raw)
        assert (answer.status, set(answer.json)) == (400, {"raw_data"})

    def test_refuses_a_question_that_is_too_large(self, world):
        assert world.create(question="x" * 400_000).status == 400

    def test_never_fails_with_a_server_error(self, world):
        good = {
            "contentnode": world.empty,
            "type": "free_response",
            "question": "q",
            "answers": RIGHT,
            "hints": [{"hint": "h", "order": 0}],
            "raw_data": "",
            "order": 1,
            "source_url": "http://a",
            "randomize": True,
            "deleted": False,
        }
        for where, body in requests.corrupted(good, requests.WRONG):
            assert world.studio.post(URL, body).status < 500, where
        assert world.node(world.empty)[1]


class TestRawData:
    def test_that_is_large_is_stored_completely(self, world):
        raw = json.dumps({"question": {"content": "x" * MAX_INLINE_BYTES}})
        answer = world.create(type="perseus_question", question="", answers=[], raw_data=raw)
        assert world.of(world.empty)[0]["raw_data"] == raw
        assert world.patch(key_of(answer), order=3).json["raw_data"] == raw
        assert world.node(world.empty) == (1, True)


class TestImages:
    def test_become_files_of_the_question(self, world, studio):
        names = [store(studio, data, "png") for data in (b"1", b"2", b"3")]
        answer = world.create(
            question=IMAGE % names[0],
            answers=[{"answer": IMAGE % names[1], "correct": True}],
            hints=[{"hint": IMAGE % names[2] + IMAGE % names[0]}],
        )
        rows = studio.get(f"/api/file?assessment_item__in={key_of(answer)}").json
        assert [f"{row['checksum']}.{row['file_format']}" for row in rows] == names
        assert {(row["preset"], row["file_size"]) for row in rows} == {("exercise_image", 1)}
        assert studio.get(f"/api/file/{rows[0]['id']}").json == rows[0]

    def test_that_are_no_longer_shown_are_removed_from_the_files(self, world, studio):
        answer = world.create(question=IMAGE % store(studio, b"1", "png"))
        world.patch(key_of(answer), question=IMAGE % store(studio, b"2", "png"))
        rows = studio.get(f"/api/file?assessment_item__in={key_of(answer)}").json
        assert [row["checksum"] for row in rows] == [store(studio, b"2", "png").partition(".")[0]]

    @pytest.mark.parametrize("name", [f"{'a' * 32}.png", f"{'a' * 32}.exe", "picture.png", "../x"])
    def test_that_are_not_stored_are_refused(self, world, name):
        answer = world.create(question=IMAGE % name)
        assert (answer.status, set(answer.json)) == (400, {"files"})
        assert world.node(world.empty) == (0, False)

    def test_of_raw_data_are_files_too(self, world, studio):
        raw = json.dumps({"question": {"content": IMAGE % store(studio, b"1", "png")}}, ensure_ascii=False)
        answer = world.create(type="perseus_question", question="", answers=[], raw_data=raw)
        assert len(studio.get(f"/api/file?assessment_item__in={key_of(answer)}").json) == 1

    def test_are_published(self, world, studio):
        world.create(question=IMAGE % store(studio, b"\x89PNG", "png"))
        assert studio.publish(world.channel_id)["status"] == "SUCCESS"


class TestChanges:
    def test_by_patch_change_only_the_given_fields(self, world):
        (before,) = world.of(world.exercise)
        answer = world.patch(world.first, question="new")
        assert answer.status == 200
        assert answer.json == {**before, "question": "new"}
        assert world.of(world.exercise) == [answer.json]

    def test_by_put_reset_the_other_fields(self, world):
        sent = {"contentnode": world.exercise, "type": "free_response", "question": "why?"}
        row = world.studio.call("PUT", f"{URL}/{world.first}", sent).json
        assert (row["type"], row["answers"], row["hints"]) == ("free_response", "[]", "[]")

    def test_recompute_whether_the_exercise_is_complete(self, world):
        assert world.node(world.exercise) == (1, True)
        world.patch(world.first, answers="[]")
        assert world.node(world.exercise) == (1, False)
        world.patch(world.first, type="input_question")
        assert world.node(world.exercise) == (1, True)

    def test_to_a_raw_type_require_empty_other_fields(self, world):
        assert world.patch(world.first, type="QTI", raw_data=QTI).status == 400
        blank = {"question": "", "answers": [], "hints": []}
        assert world.patch(world.first, type="QTI", raw_data=QTI, **blank).status == 200

    def test_cannot_move_a_question(self, world):
        answer = world.patch(world.first, contentnode=world.empty)
        assert (answer.status, set(answer.json)) == (400, {"contentnode"})
        same = dict(zip(("contentnode", "assessment_id"), world.first.split(","), strict=True))
        assert world.patch(world.first, **same, question="new").status == 200

    def test_of_deleted_delete_the_question(self, world):
        answer = world.patch(world.first, deleted=True)
        assert (answer.status, answer.json["deleted"]) == (200, True)
        assert world.node(world.exercise) == (0, False)

    def test_of_two_questions_at_once_are_both_taken_into_account(self, world):
        """Each of them alone would leave the exercise complete."""
        second = key_of(world.create(contentnode=world.exercise))
        with interrupted(world.studio, lambda: world.patch(second, answers=[])):
            assert world.patch(world.first, answers=[]).status == 200
        assert world.node(world.exercise) == (2, False)

    def test_of_one_question_at_once_are_both_applied(self, world):
        with interrupted(world.studio, lambda: world.patch(world.first, question="theirs")):
            world.patch(world.first, randomize=True)
        (row,) = world.of(world.exercise)
        assert (row["question"], row["randomize"]) == ("theirs", True)


class TestDeletion:
    def test_removes_a_question(self, world):
        assert world.delete(world.first).status == 204
        assert world.node(world.exercise) == (0, False)
        assert world.delete(world.first).status == 404
        assert list(AssessmentItem.query(world.exercise)) == []

    def test_of_two_at_once_is_counted_correctly(self, world):
        second = key_of(world.create(contentnode=world.exercise))
        with interrupted(world.studio, lambda: world.delete(second)):
            assert world.delete(world.first).status == 204
        assert world.node(world.exercise) == (0, False)


class TestSingleQuestions:
    def test_are_returned_as_in_lists(self, world, studio):
        assert studio.get(f"{URL}/{world.first}").json == world.of(world.exercise)[0]
        assert studio.get(f"{URL}/{world.first.replace(',', '%2C')}").status == 200

    @pytest.mark.parametrize("id", [NOTHING, "bad", f"{NOTHING},{NOTHING}", ",", "%00", "a," * 2000])
    @pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
    def test_that_do_not_exist_are_not_found(self, studio, method, id):
        answer = studio.call(method, f"{URL}/{id}", {} if method == "PATCH" else None)
        assert answer.status == 404
        assert len(answer.text) < 500


@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT", "DELETE"])
def test_writes_are_forbidden_for_viewers_and_not_found_for_strangers(world, studio, method):
    body = None if method == "DELETE" else {"type": "free_response", "question": "q", "contentnode": world.exercise}
    path = URL if method == "POST" else f"{URL}/{world.first}"
    tokens = (studio.sign_up("stranger")[1], world.member(VIEW, "viewer"), world.member(EDIT, "editor"))
    statuses = [studio.call(method, path, body, token).status for token in tokens]
    assert statuses == [404, 403, {"POST": 201, "DELETE": 204}.get(method, 200)]


@pytest.mark.parametrize("by_sync", [False, True])
def test_true_or_false_is_stored_as_sent_and_published_as_single_choice(studio, by_sync):
    channel_id, root = studio.make_channel()
    (node_id,) = studio.add(root, nodes.exercise("e", nodes.question("sent", type="true_false"))).values()
    studio.finish(channel_id)
    body = {
        "type": "true_false",
        "question": "Is it?",
        "answers": [{"answer": "True", "correct": True, "order": 1}, {"answer": "False", "correct": False, "order": 2}],
    }
    if by_sync:
        client = Client(studio, channel_id)
        assessment_id = nodes.node_id("by sync")
        key = [node_id, assessment_id]
        obj = {**body, "contentnode": node_id, "assessment_id": assessment_id}
        answer = client.send(client.change(1, "assessmentitem", key, obj=obj))
        assert not answer["errors"]
    else:
        assert studio.post(URL, {**body, "contentnode": node_id}).status == 201
    rows = studio.get(f"{URL}?contentnode={node_id}").json
    assert [row["type"] for row in rows] == ["true_false", "true_false"]
    assert studio.publish(channel_id)["status"] == "SUCCESS"
    [(checksum,)] = published.rows(studio, channel_id, "select checksum from content_file where preset='exercise'")
    archive = read_archive(storage.read(storage_key(checksum, "perseus")))
    mapping = json.loads(archive["exercise.json"])["assessment_mapping"]
    assert set(mapping.values()) == {"single_selection"}
