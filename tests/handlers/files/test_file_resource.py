"""Files of nodes and questions, and uploads that are attached to them."""

import hashlib
import json

import pytest

from chalicelib.models.assessment_items import AssessmentItem
from chalicelib.models.channel_members import EDIT, VIEW
from chalicelib.models.channels import Channel
from chalicelib.models.nodes import Node
from tests.support.aws.calls import counting
from tests.support.aws.interleaved import interrupted
from tests.support.http.recordings import FOLDER
from tests.support.source.routes import NOTHING
from tests.support.worlds import counts, nodes

RECORDED = json.loads((FOLDER / "parts.json").read_text(encoding="utf-8"))
URL = "/api/file"
PDF, PNG, VTT = b"%PDF-1.4", b"\x89PNG", b"WEBVTT"
IMAGE = "![](${☣ CONTENTSTORAGE}/%s)"


class World:
    """A live channel with a document of one file, an exercise whose question shows an image, and an empty document."""

    def __init__(self, studio):
        self.studio = studio
        self.pdf, self.png = studio.upload(PDF, "pdf", "document"), studio.upload(PNG, "png", "exercise_image")
        self.channel_id, self.root = studio.make_channel()
        picture = nodes.file(self.png, "exercise_image")
        question = nodes.question("q", question=IMAGE % self.png, files=[picture])
        ids = studio.add(
            self.root,
            nodes.resource("full", files=[nodes.file(self.pdf, language="en")]),
            nodes.resource("empty"),
            nodes.exercise("e", question),
        )
        self.full, self.empty, self.exercise = (ids[nodes.node_id(name)] for name in ("full", "empty", "e"))
        self.question = f"{self.exercise},{nodes.node_id('question q')}"
        assert studio.finish(self.channel_id).status == 200
        self.pdf_id = self.of(contentnode=self.full)[0]["id"]

    def of(self, token="", **filters):
        answer = self.studio.get(f"{URL}?{'&'.join(f'{name}={value}' for name, value in filters.items())}", token)
        assert answer.status == 200, answer.text
        return answer.json

    def patch(self, file_id, token="", **fields):
        return self.studio.call("PATCH", f"{URL}/{file_id}", fields, token)

    def delete(self, file_id, token=""):
        return self.studio.call("DELETE", f"{URL}/{file_id}", None, token)

    def put(self, data=b"%PDF new", extension="pdf", preset="document", stored=True, token=""):
        """Request an upload that is not attached; return its id."""
        checksum = hashlib.md5(data).hexdigest()
        body = {"size": len(data), "checksum": checksum, "name": f"a.{extension}", "file_format": extension}
        row = self.studio.post(f"{URL}/upload_url", {**body, "preset": preset}, token).json["file"]
        if stored:
            self.studio.put(checksum, extension, data)
        return row["id"]

    def member(self, role, name="member"):
        user_id, token = self.studio.sign_up(name)
        self.studio.share(self.channel_id, user_id, role)
        return token

    def complete(self, node_id):
        assert counts.stored(self.root) == counts.recounted(self.root)
        return bool(Node.get(node_id).complete)

    def rev(self):
        return int(Channel.get(self.channel_id).rev)


@pytest.fixture
def world(studio):
    return World(studio)


class TestLists:
    def test_have_the_recorded_fields(self, world):
        for recorded in (RECORDED["file_of_topic"], *RECORDED["files_of_exercise"]):
            (row,) = world.of(contentnode=world.full)
            assert row.keys() == recorded.keys()
            differing = {name for name in row if type(row[name]) is not type(recorded[name])}
            assert differing <= {"language", "uploaded_by"}

    def test_have_the_values_of_the_file(self, world):
        (row,) = world.of(contentnode=world.full)
        checksum = hashlib.md5(PDF).hexdigest()
        path = f"storage/{checksum[0]}/{checksum[1]}/{checksum}.pdf"
        assert row == {
            "id": world.pdf_id,
            "checksum": checksum,
            "file_size": len(PDF),
            "language": "en",
            "file_format": "pdf",
            "contentnode": world.full,
            "assessment_item": None,
            "file_on_disk": path,
            "preset": "document",
            "original_filename": "a.pdf",
            "uploaded_by": None,
            "duration": None,
            "url": f"/content/{path}",
        }

    def test_require_a_filter(self, studio):
        answer = studio.get(URL)
        assert answer.status == 412
        assert answer.json["detail"].startswith(RECORDED["no_filter"]["detail"])

    def test_of_several_nodes_have_the_order_of_the_nodes(self, world):
        rows = world.of(contentnode__in=f"{world.exercise},{world.empty},{world.full}")
        assert [row["contentnode"] for row in rows] == [world.full]

    def test_of_questions_name_the_question(self, world):
        (row,) = world.of(assessment_item__in=world.question)
        assert (row["assessment_item"], row["contentnode"]) == (world.question, None)
        assert row["preset"] == "exercise_image"

    def test_by_id_find_files_of_nodes_and_of_questions(self, world):
        (of_question,) = world.of(assessment_item__in=world.question)
        rows = world.of(id__in=f"{world.pdf_id},{of_question['id']},{NOTHING}")
        assert {row["id"] for row in rows} == {world.pdf_id, of_question["id"]}
        assert world.of(id__in=NOTHING, contentnode=world.full) == []

    def test_by_id_show_uploads_to_their_owner_only(self, world, studio):
        file_id = world.put()
        assert [row["contentnode"] for row in world.of(id__in=file_id)] == [None]
        assert world.of(studio.sign_up("other")[1], id__in=file_id) == []

    def test_omit_files_that_the_user_may_not_view(self, world, studio):
        stranger = studio.sign_up("stranger")[1]
        everything = {"contentnode": world.full, "assessment_item__in": world.question}
        assert world.of(stranger, **everything) == world.of(stranger, id__in=world.pdf_id) == []
        assert len(world.of(world.member(VIEW), **everything)) == 2

    def test_show_public_channels_to_all_users(self, world, studio):
        studio.publish(world.channel_id)
        studio.make_public(world.channel_id)
        assert len(world.of(studio.sign_up("stranger")[1], contentnode=world.full)) == 1

    def test_show_the_uploader_to_members_only(self, world, studio):
        assert world.patch(world.put(), contentnode=world.empty).status == 200
        studio.publish(world.channel_id)
        studio.make_public(world.channel_id)
        tokens = ("", world.member(VIEW), studio.sign_up("stranger")[1])
        uploaders = [world.of(token, contentnode=world.empty)[0]["uploaded_by"] for token in tokens]
        assert uploaders == [studio.user_id, studio.user_id, None]

    def test_show_the_users_own_uploads_beside_those_of_others(self, world, studio):
        file_id = world.put()
        assert world.patch(file_id, contentnode=world.empty).status == 200
        studio.publish(world.channel_id)
        studio.make_public(world.channel_id)
        stranger_id, token = studio.sign_up("stranger")
        own = world.put(b"%PDF own", stored=False, token=token)
        uploaders = {row["id"]: row["uploaded_by"] for row in world.of(token, id__in=f"{file_id},{own}")}
        assert uploaders == {file_id: None, own: stranger_id}

    @pytest.mark.parametrize(
        "query",
        ["contentnode=x", "contentnode__in=1,2", "id__in=%00", f"assessment_item__in={NOTHING}", "page=0&id__in=1"],
    )
    def test_refuse_invalid_ids(self, studio, query):
        assert studio.get(f"{URL}?{query}").status == 400

    @pytest.mark.parametrize("filters", ["contentnode__in", "id__in", "assessment_item__in"])
    def test_cost_few_calls(self, world, studio, filters):
        names = {
            "contentnode__in": ",".join([world.full] + [f"{n:032x}" for n in range(90)]),
            "id__in": ",".join([world.pdf_id] + [f"{n:032x}" for n in range(90)]),
            "assessment_item__in": world.question,
        }
        with counting(studio) as watch:
            assert len(world.of(**{filters: names[filters]})) == 1
        assert len(watch.names) <= 4, watch.names


class TestSingleFiles:
    def test_are_returned_as_in_lists(self, world, studio):
        assert studio.get(f"{URL}/{world.pdf_id}").json == world.of(contentnode=world.full)[0]

    @pytest.mark.parametrize("id", [NOTHING, "bad", "%00", "a" * 5000])
    @pytest.mark.parametrize("method", ["GET", "PATCH", "PUT", "DELETE"])
    def test_that_do_not_exist_are_not_found(self, studio, method, id):
        answer = studio.call(method, f"{URL}/{id}", None if method in ("GET", "DELETE") else {})
        assert answer.status == 404
        assert len(answer.text) < 500


class TestChanges:
    def test_of_language_and_duration_are_stored(self, world):
        before = world.rev()
        answer = world.patch(world.pdf_id, language="fr", duration=5.5)
        assert answer.status == 200
        assert (answer.json["language"], answer.json["duration"]) == ("fr", 5)
        assert world.of(contentnode=world.full) == [answer.json]
        assert world.rev() == before + 1
        assert world.patch(world.pdf_id, language=None).json["language"] is None

    def test_without_fields_change_nothing(self, world):
        (before,) = world.of(contentnode=world.full)
        assert world.patch(world.pdf_id).json == before

    def test_require_a_preset_that_suits_the_file(self, world):
        for preset in ("epub", "video_subtitle", "none such", "audio"):
            answer = world.patch(world.pdf_id, preset=preset)
            assert (answer.status, set(answer.json)) == (400, {"preset"})

    @pytest.mark.parametrize(
        "fields",
        [{"language": "xx-none"}, {"duration": 0}, {"duration": "5"}, {"contentnode": "x"}, {"assessment_item": "x"}],
    )
    def test_with_invalid_values_are_refused(self, world, fields):
        assert world.patch(world.pdf_id, **fields).status == 400

    def test_move_a_file_and_recompute_whether_both_nodes_are_complete(self, world):
        assert (world.complete(world.full), world.complete(world.empty)) == (True, False)
        answer = world.patch(world.pdf_id, contentnode=world.empty)
        assert answer.json["contentnode"] == world.empty
        assert (world.complete(world.full), world.complete(world.empty)) == (False, True)
        assert world.of(contentnode=world.full) == []
        assert world.of(id__in=world.pdf_id) == [answer.json]

    def test_move_a_file_only_to_nodes_that_the_user_may_edit(self, world, studio):
        other, root = studio.make_channel()
        (target,) = studio.add(root, nodes.resource("t")).values()
        studio.finish(other)
        assert world.patch(world.pdf_id, world.member(EDIT), contentnode=target).status == 404
        assert world.patch(world.pdf_id, contentnode=target).status == 200
        assert [row["id"] for row in world.of(contentnode=target)] == [world.pdf_id]

    def test_move_a_file_into_a_question(self, world):
        file_id = world.put(b"svg", "svg", "exercise_image")
        answer = world.patch(file_id, assessment_item=world.question.split(","))
        assert answer.json["assessment_item"] == world.question
        assert {row["id"] for row in world.of(assessment_item__in=world.question)} >= {file_id}

    def test_cannot_make_a_question_too_large(self, world):
        key = [*world.question.split(",")]
        item = AssessmentItem.get(*key)
        item.update(actions=[AssessmentItem.question.set(item.question + "x" * 379_500)])
        answer = world.patch(world.put(PNG + b"more", "png", "exercise_image"), assessment_item=world.question)
        assert (answer.status, set(answer.json)) == (400, {"assessment_item"})

    def test_after_a_publish_mark_the_node_and_its_ancestors_as_changed(self, world, studio):
        studio.publish(world.channel_id)
        assert not studio.get(f"/api/contentnode/{world.full}").json["changed"]
        world.patch(world.pdf_id, language="fr")
        assert studio.get(f"/api/contentnode/{world.full}").json["changed"]
        assert studio.get(f"/api/contentnode/{Channel.get(world.channel_id).root_id}").json["has_updated_descendants"]

    def test_cannot_detach_a_file(self, world):
        answer = world.patch(world.pdf_id, contentnode=None)
        assert (answer.status, set(answer.json)) == (400, {"contentnode"})

    def test_at_once_are_both_applied(self, world):
        png = world.put(PNG, "png", "document_thumbnail")
        with interrupted(world.studio, lambda: world.patch(png, contentnode=world.full)):
            assert world.patch(world.pdf_id, language="sw").status == 200
        rows = {row["id"]: row["language"] for row in world.of(contentnode=world.full)}
        assert rows == {world.pdf_id: "sw", png: None}

    def test_at_once_leave_a_node_without_files_incomplete(self, world):
        second = world.put(b"epub", "epub", "epub")
        world.patch(second, contentnode=world.full)
        with interrupted(world.studio, lambda: world.delete(second)):
            assert world.delete(world.pdf_id).status == 204
        assert not world.complete(world.full)


class TestUploads:
    def test_can_be_attached_to_a_node(self, world):
        file_id = world.put()
        answer = world.patch(file_id, contentnode=world.empty, language="en")
        assert answer.status == 200
        assert answer.json["uploaded_by"] == world.studio.user_id
        assert world.of(contentnode=world.empty) == [answer.json]
        assert world.complete(world.empty)
        assert world.patch(file_id, language="fr").json["language"] == "fr"

    def test_can_be_updated_before_they_are_attached(self, world):
        file_id = world.put()
        assert world.patch(file_id, language="fr").json["contentnode"] is None
        assert world.patch(file_id, contentnode=world.empty).json["language"] == "fr"

    def test_of_the_same_file_get_a_new_id_once_the_first_is_attached(self, world):
        first = world.put()
        assert world.put() == first
        world.patch(first, contentnode=world.empty)
        second = world.put()
        assert second != first
        world.patch(second, contentnode=world.full)
        assert [row["id"] for row in world.of(contentnode=world.empty)] == [first]
        assert [row["id"] for row in world.of(contentnode=world.full)] == [second]

    def test_whose_bytes_are_missing_are_refused(self, world):
        answer = world.patch(world.put(b"never", stored=False), contentnode=world.empty)
        assert (answer.status, set(answer.json)) == (400, {"contentnode"})

    def test_of_others_are_not_found(self, world):
        file_id = world.put()
        assert world.patch(file_id, world.member(EDIT), contentnode=world.empty).status == 404

    def test_attached_by_two_requests_at_once_are_moved_to_the_second_node(self, world):
        file_id = world.put()
        with interrupted(world.studio, lambda: world.patch(file_id, contentnode=world.full)):
            assert world.patch(file_id, contentnode=world.empty).status == 200
        rows = world.of(contentnode__in=f"{world.full},{world.empty}")
        assert [(row["id"], row["contentnode"]) for row in rows] == [(file_id, world.empty)]

    def test_can_be_deleted(self, world):
        file_id = world.put()
        assert world.delete(file_id).status == 204
        assert world.of(id__in=file_id) == []

    def test_attached_during_their_deletion_are_removed_from_the_node(self, world):
        file_id = world.put()
        with interrupted(world.studio, lambda: world.patch(file_id, contentnode=world.empty), "DeleteItem"):
            assert world.delete(file_id).status == 204
        assert world.of(id__in=file_id) == world.of(contentnode=world.empty) == []

    def test_deleted_while_they_are_attached_are_removed(self, world):
        file_id = world.put()
        with interrupted(world.studio, lambda: world.delete(file_id)):
            assert world.patch(file_id, contentnode=world.empty).status == 404
        assert world.of(contentnode=world.empty) == []

    def test_must_suit_the_kind_of_the_node(self, world):
        answer = world.patch(world.put(VTT, "vtt", "video_subtitle"), contentnode=world.empty)
        assert (answer.status, set(answer.json)) == (400, {"preset"})


class TestDeletion:
    def test_removes_a_file_from_its_node(self, world):
        assert world.delete(world.pdf_id).status == 204
        assert world.of(contentnode=world.full) == []
        assert not world.complete(world.full)
        assert world.delete(world.pdf_id).status == 404

    def test_of_an_image_shown_by_its_question_is_refused(self, world):
        (row,) = world.of(assessment_item__in=world.question)
        assert world.delete(row["id"]).status == 409

    def test_keeps_the_stored_bytes(self, world):
        world.delete(world.pdf_id)
        assert world.patch(world.put(PDF), contentnode=world.empty).status == 200


@pytest.mark.parametrize("method", ["PATCH", "PUT", "DELETE"])
def test_writes_are_forbidden_for_viewers_and_not_found_for_strangers(world, studio, method):
    body = None if method == "DELETE" else {"language": "fr"}
    tokens = (studio.sign_up("stranger")[1], world.member(VIEW, "viewer"), world.member(EDIT, "editor"))
    answers = [studio.call(method, f"{URL}/{world.pdf_id}", body, token) for token in tokens]
    assert [answer.status for answer in answers] == [404, 403, 204 if method == "DELETE" else 200]
    assert world.full not in answers[0].text
