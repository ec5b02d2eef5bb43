"""Quotas: who is charged for what, and when it is given back."""

import time
from typing import Any

import pytest

from chalicelib.models import channels, uploads
from chalicelib.models.base import now
from chalicelib.models.file_references import FileReference
from chalicelib.models.uploads import Upload
from chalicelib.models.users import User
from chalicelib.operations.storage import charging
from tests.support.aws import rights_check
from tests.support.aws.calls import counting
from tests.support.aws.interleaved import interrupted
from tests.support.existing import existing
from tests.support.worlds import images, nodes, storage

PDF = b"%PDF-1.4 of a quota" + bytes(1000)
OTHER = b"%PDF-1.4 another" + bytes(500)
PNG = images.png(size=(30, 20))


def used(studio: Any, token: str = "") -> int:
    return int(studio.get("/api/user/me", token).json["disk_space_used"])


def set_left(studio: Any, size: int) -> None:
    User(studio.user_id).update([User.disk_space_left.set(size)])


def reconciled(studio: Any) -> int:
    """The bytes that the user is charged for, after all messages."""
    storage.drain(studio)
    return used(studio)


def expired(studio: Any) -> int:
    """The same after a day, when no upload is under way."""
    storage.drain(studio)
    storage.let_uploads_expire(studio)
    return used(studio)


def live(studio: Any, *content: dict[str, Any], **fields: Any) -> tuple[str, dict[str, str]]:
    """(id of a channel with this live tree, ids of its nodes by name)."""
    channel_id, root = studio.make_channel(**fields)
    ids = studio.add(root, *content)
    assert studio.finish(channel_id).status == 200
    return channel_id, ids


def document(studio: Any, name: str, data: bytes = PDF) -> dict[str, Any]:
    return nodes.resource(name, files=[nodes.file(storage.put(studio, data, "pdf"))])


class TestCharges:
    def test_an_upload_under_way_is_charged_until_it_is_abandoned(self, studio):
        studio.upload(PDF, "pdf", "document")
        assert used(studio) == len(PDF)
        assert expired(studio) == 0

    def test_a_used_upload_stays_charged(self, studio):
        name = studio.upload(PDF, "pdf", "document")
        live(studio, nodes.resource("d", files=[nodes.file(name)]))
        assert used(studio) == len(PDF)
        assert expired(studio) == len(PDF)
        (row,) = storage.stored(studio.cloud, Upload)
        assert (row.expires, row.expires_hour) == (None, None)

    def test_an_upload_that_is_requested_again_stays_under_way(self, studio):
        name = studio.upload(PDF, "pdf", "document")
        Upload(studio.user_id, name).update([Upload.expires.set(int(time.time()) + 60)])
        studio.upload(PDF, "pdf", "document")
        row = existing(uploads.of_user(studio.user_id, [name]).get(name))
        assert row.expires > time.time() + 23 * 3600
        assert used(studio) == len(PDF)

    def test_a_file_is_charged_once_for_all_nodes_and_channels(self, studio):
        live(studio, document(studio, "a"), document(studio, "b"))
        live(studio, document(studio, "c"))
        assert reconciled(studio) == len(PDF)

    def test_the_owner_is_charged_whoever_uploads(self, studio):
        channel_id, root = studio.make_channel()
        other_id, token = studio.sign_up("editor")
        studio.share(channel_id, other_id, "edit")
        content = [document(studio, "d")]
        answer = studio.post("/api/internal/add_nodes", {"root_id": root, "content_data": content}, token)
        assert answer.status == 200
        assert (reconciled(studio), used(studio, token)) == (len(PDF), 0)

    def test_both_owners_are_charged_for_a_file_that_both_use(self, studio):
        live(studio, document(studio, "d"))
        _, token = studio.sign_up("other")
        sent = {"id": "7" * 32, "name": "c", "language": "en", "ricecooker_version": "0.8.0"}
        root = studio.post("/api/internal/create_channel", {"channel_data": sent}, token).json["root"]
        studio.post("/api/internal/add_nodes", {"root_id": root, "content_data": [document(studio, "d")]}, token)
        assert (reconciled(studio), used(studio, token)) == (len(PDF), len(PDF))

    def test_images_of_questions_and_thumbnails_are_charged(self, studio):
        name = storage.put(studio, PNG, "png")
        text = f"![](${{☣ CONTENTSTORAGE}}/{name})"
        question = nodes.question("q", question=text, files=[nodes.file(name, "exercise_image")])
        channel_id, _ = live(studio, nodes.exercise("e", question))
        assert reconciled(studio) == len(PNG)
        other = storage.put(studio, images.png(size=(31, 20)), "png")
        studio.call("PATCH", f"/api/channel/{channel_id}", {"thumbnail": other})
        assert reconciled(studio) == len(PNG) + len(images.png(size=(31, 20)))

    def test_adding_nodes_is_never_refused(self, studio):
        set_left(studio, 0)
        live(studio, document(studio, "d"))
        answer = studio.get("/api/user/me").json
        assert answer["available_space"] == 0
        sent = {"size": 5, "checksum": "a" * 32, "name": "a.pdf", "file_format": "pdf", "preset": "document"}
        assert studio.post("/api/file/upload_url", sent).status == 412

    def test_a_charged_size_is_the_stored_one(self, studio):
        """A user who requests an upload of one byte, and then uses a stored file by its name, pays for the file."""
        name = storage.put(studio, PDF, "pdf")
        sent = {"size": 1, "checksum": name[:32], "name": "a.pdf", "file_format": "pdf", "preset": "document"}
        studio.post("/api/file/upload_url", sent)
        assert used(studio) == 1
        live(studio, nodes.resource("d", files=[nodes.file(name)]))
        assert used(studio) == len(PDF)

    def test_a_chef_makes_no_further_calls_for_files_that_it_uploaded(self, studio):
        name = studio.upload(PDF, "pdf", "document")
        _, root = studio.make_channel()
        content = [nodes.resource("d", files=[nodes.file(name)])]
        with counting(studio) as calls:
            studio.add(root, *content)
        # parent; state; places and references; nodes, edges and counts
        assert [call for call in calls.names if call != "GetItem"] == [
            "BatchGetItem", "BatchWriteItem", "TransactWriteItems",
        ]  # fmt: skip


class TestGivenBack:
    def test_by_deleting_a_channel(self, studio):
        channel_id, _ = live(studio, document(studio, "d"))
        studio.call("DELETE", f"/api/channel/{channel_id}")
        assert reconciled(studio) == 0

    def test_of_files_that_were_just_uploaded_for_it(self, studio):
        """Their uploads are no longer under way once a channel uses them."""
        name = studio.upload(PDF, "pdf", "document")
        channel_id, ids = live(studio, nodes.resource("d", files=[nodes.file(name)]))
        studio.call("DELETE", f"/api/channel/{channel_id}")
        assert reconciled(studio) == 0
        other = studio.upload(OTHER, "pdf", "document")
        _, ids = live(studio, nodes.resource("d", files=[nodes.file(other)]))
        (row,) = studio.get(f"/api/file?contentnode={ids[nodes.node_id('d')]}").json
        studio.call("DELETE", f"/api/file/{row['id']}")
        assert reconciled(studio) == 0

    def test_not_while_another_channel_uses_the_file(self, studio):
        channel_id, _ = live(studio, document(studio, "d"))
        live(studio, document(studio, "d"))
        studio.call("DELETE", f"/api/channel/{channel_id}")
        assert reconciled(studio) == len(PDF)

    def test_by_replacing_a_tree_twice(self, studio):
        """The previous tree may be rolled back to, so it is still charged."""
        channel_id, _ = live(studio, document(studio, "d"))
        for expected, data in ((len(PDF) + len(OTHER), OTHER), (len(OTHER), OTHER)):
            _, root = studio.make_channel(channel_id=channel_id)
            studio.add(root, document(studio, "new", data))
            studio.finish(channel_id)
            assert reconciled(studio) == expected

    def test_by_deleting_a_file_but_not_by_moving_its_node_to_the_trash(self, studio):
        _, ids = live(studio, document(studio, "d"))
        node_id = ids[nodes.node_id("d")]
        studio.call("DELETE", f"/api/contentnode/{node_id}")
        assert reconciled(studio) == len(PDF)
        studio.post(f"/api/contentnode/{node_id}/restore", {})
        (row,) = studio.get(f"/api/file?contentnode={node_id}").json
        assert studio.call("DELETE", f"/api/file/{row['id']}").status == 204
        assert reconciled(studio) == 0

    def test_not_of_files_that_a_published_version_has(self, studio):
        channel_id, ids = live(studio, document(studio, "d"))
        assert studio.publish(channel_id)["status"] == "SUCCESS"
        (row,) = studio.get(f"/api/file?contentnode={ids[nodes.node_id('d')]}").json
        studio.call("DELETE", f"/api/file/{row['id']}")
        assert reconciled(studio) == len(PDF)
        studio.call("DELETE", f"/api/channel/{channel_id}")
        assert reconciled(studio) == 0

    def test_by_moving_a_node_to_a_channel_of_another_owner(self, studio):
        _, ids = live(studio, document(studio, "d"), nodes.topic("t"))
        _, token = studio.sign_up("other")
        target = studio.post("/api/channel", {"name": "Other", "language": "en"}, token).json
        studio.share(target["id"], studio.user_id, "edit")
        sent = {"target": target["root_id"], "position": "last-child"}
        assert studio.post(f"/api/contentnode/{ids[nodes.node_id('d')]}/move", sent).status == 200
        assert (reconciled(studio), used(studio, token)) == (0, len(PDF))

    def test_by_changing_a_question_and_a_thumbnail(self, studio):
        name = storage.put(studio, PNG, "png")
        text = f"![](${{☣ CONTENTSTORAGE}}/{name})"
        question = nodes.question("q", question=text, files=[nodes.file(name, "exercise_image")])
        channel_id, ids = live(studio, nodes.exercise("e", question), thumbnail=name)
        key = f"{ids[nodes.node_id('e')]},{question['assessment_id']}"
        assert studio.call("PATCH", f"/api/assessmentitem/{key}", {"question": "What?"}).status == 200
        assert reconciled(studio) == len(PNG)
        studio.call("PATCH", f"/api/channel/{channel_id}", {"thumbnail": None})
        assert reconciled(studio) == 0

    def test_a_request_in_flight_may_use_what_is_given_back(self, studio):
        """It has read that the file is charged, so it does not charge it: that is done later."""
        name = studio.upload(PDF, "pdf", "document")
        Upload(studio.user_id, name).update([Upload.expires.set(1)])
        _, root = studio.make_channel()

        def give_back() -> None:
            with rights_check.judge.running("maintenance"):
                charging.reconcile(studio.user_id, [name])

        with interrupted(studio, give_back, "BatchWriteItem"):
            studio.add(root, nodes.resource("d", files=[nodes.file(name)]))
        assert used(studio) == 0
        assert reconciled(studio) == len(PDF)


class TestRestoringAChannel:
    @pytest.fixture
    def deleted(self, studio):
        channel_id, _ = live(studio, document(studio, "d"), document(studio, "o", OTHER))
        studio.call("DELETE", f"/api/channel/{channel_id}")
        assert reconciled(studio) == 0
        return channel_id

    def test_needs_the_storage_again(self, studio, deleted):
        set_left(studio, len(PDF) + len(OTHER))
        assert studio.post(f"/api/channel/{deleted}/restore", {}).status == 200
        assert studio.get("/api/user/me").json["available_space"] == 0
        before = used(studio)
        assert expired(studio) == before

    @pytest.mark.parametrize("by", ["restore", "chef"])
    def test_is_refused_without_it_and_changes_nothing(self, studio, deleted, by):
        set_left(studio, len(PDF) + len(OTHER) - 1)
        before = studio.cloud.contents()
        if by == "restore":
            answer = studio.post(f"/api/channel/{deleted}/restore", {})
        else:
            sent = {"id": deleted, "name": "c", "language": "en", "ricecooker_version": "0.8.0"}
            answer = studio.post("/api/internal/create_channel", {"channel_data": sent})
        assert answer.status == 412
        assert str(len(PDF) + len(OTHER)) in answer.text
        assert studio.cloud.contents() == before

    def test_needs_nothing_for_files_that_are_charged_anyway(self, studio, deleted):
        live(studio, document(studio, "d"))
        set_left(studio, len(OTHER))
        assert studio.post(f"/api/channel/{deleted}/restore", {}).status == 200

    def test_that_races_with_an_upload_does_not_overdraw_the_quota(self, studio, deleted):
        set_left(studio, len(PDF) + len(OTHER) + 5)
        sent = {"size": 6, "checksum": "a" * 32, "name": "a.pdf", "file_format": "pdf", "preset": "document"}
        with interrupted(studio, lambda: studio.post("/api/file/upload_url", sent)):
            answer = studio.post(f"/api/channel/{deleted}/restore", {})
        assert answer.status == 412
        assert studio.get("/api/user/me").json["available_space"] == len(PDF) + len(OTHER) - 1
        assert studio.get(f"/api/channel/{deleted}").json["deleted"] is True


class TestOwners:
    def test_the_creator_is_the_owner(self, studio):
        channel_id, _ = studio.make_channel()
        made = studio.post("/api/channel", {"name": "n", "language": "en"}).json["id"]
        assert {existing(channels.get(id)).owner_id for id in (channel_id, made)} == {studio.user_id}

    @pytest.fixture
    def shared(self, studio):
        """(channel, its editors in the order in which they became so)"""
        channel_id, _ = live(studio, document(studio, "d"))
        people = [studio.sign_up(name) for name in ("first", "second")]
        for user_id, token in people:
            sent = {
                "channel": channel_id,
                "email": f"{['first', 'second'][people.index((user_id, token))]}@example.org",
            }
            invitation = studio.post("/api/invitation", {**sent, "share_mode": "edit"}).json
            assert studio.post(f"/api/invitation/{invitation['id']}/accept", {}, token).status == 200
        return channel_id, people

    def test_a_channel_passes_to_the_longest_standing_editor(self, studio, shared):
        channel_id, ((first_id, first), _) = shared
        assert studio.call("DELETE", f"/api/channeluser/{studio.user_id}?channel_id={channel_id}").status in (200, 204)
        storage.drain(studio)
        assert existing(channels.get(channel_id)).owner_id == first_id
        assert (used(studio), used(studio, first)) == (0, len(PDF))

    def test_a_channel_passes_on_when_its_owner_is_deactivated(self, studio, shared):
        channel_id, ((first_id, _), (second_id, second)) = shared
        _, admin = studio.sign_up("admin", is_admin=True)
        for user_id in (first_id, studio.user_id):
            answer = studio.call("PATCH", f"/api/admin-users/{user_id}", {"is_active": False}, admin)
            assert answer.status == 200
            storage.drain(studio)
        assert existing(channels.get(channel_id)).owner_id == second_id
        assert used(studio, second) == len(PDF)

    def test_a_channel_without_another_editor_keeps_its_owner(self, studio):
        channel_id, _ = live(studio, document(studio, "d"))
        _, admin = studio.sign_up("admin", is_admin=True)
        studio.call("PATCH", f"/api/admin-users/{studio.user_id}", {"is_active": False}, admin)
        storage.drain(studio)
        assert existing(channels.get(channel_id)).owner_id == studio.user_id


class TestRecount:
    def test_finds_owners_and_files_of_earlier_versions(self, studio):
        channel_id, _ = live(studio, document(studio, "d"))
        storage.drain(studio)
        channels.Channel(channel_id).update([channels.Channel.owner_id.remove()])
        for entry in [*storage.stored(studio.cloud, FileReference), *storage.stored(studio.cloud, Upload)]:
            entry.delete()
        Upload(studio.user_id, f"{'a' * 32}.pdf", file_size=10, created=now()).save()
        set_left(studio, studio.get("/api/user/me").json["disk_space"] - 10)
        storage.recount_all(studio)
        assert used(studio) == len(PDF)
        assert not storage.unreferenced(studio.cloud)

    def test_corrects_a_counter(self, studio):
        live(studio, document(studio, "d"))
        storage.drain(studio)
        set_left(studio, 17)
        storage.recount_all(studio)
        assert used(studio) == len(PDF)

    def test_resumes_where_it_was(self, studio, monkeypatch):
        for name in ("a", "b"):
            live(studio, document(studio, name), document(studio, f"{name} too", OTHER))
        storage.drain(studio)
        for entry in storage.stored(studio.cloud, FileReference):
            entry.delete()
        monkeypatch.setattr("chalicelib.operations.storage.recount.MAX_SECONDS", 0)
        monkeypatch.setattr("chalicelib.operations.storage.channel_files.PAGE", 1)
        storage.recount_all(studio)
        assert not storage.unreferenced(studio.cloud)
        assert used(studio) == len(PDF) + len(OTHER)
