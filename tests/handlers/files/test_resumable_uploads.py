"""Uploads in parts: begun, interrupted, resumed, completed, checked, refused, cancelled."""

import hashlib
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.exceptions import ResponseStreamingError
from botocore.response import StreamingBody

from chalicelib.domain.files.upload_parts import MAX_FILE_BYTES, MIN_PART_BYTES
from chalicelib.errors import Busy
from chalicelib.models import personal_data, resumable_uploads, tasks, uploads, users
from chalicelib.models.uploads import Upload
from chalicelib.models.users import User
from chalicelib.operations.files import assemble, resumable
from tests.conftest import BUCKET
from tests.support.aws.calls import counting
from tests.support.existing import existing
from tests.support.http.client import query_of
from tests.support.worlds import storage
from tests.support.worlds.uploads import store_part

PATH = "/api/upload"
DATA = bytes(range(256)) * (MIN_PART_BYTES // 256) + b"the last part"
NAME = f"{hashlib.md5(DATA).hexdigest()}.mp4"
KEY = f"content/storage/{NAME[0]}/{NAME[1]}/{NAME}"


def begin(studio, data=DATA, token="", **fields):
    sent = {"size": len(data), "checksum": hashlib.md5(data).hexdigest(), "name": "a.mp4", "file_format": "mp4"}
    sent |= {"preset": "high_res_video", "duration": 5, "part_size": MIN_PART_BYTES, **fields}
    return studio.post(PATH, sent, token)


def opened(studio, data=DATA, **fields):
    answer = begin(studio, data, **fields)
    assert answer.status == 200, answer.text
    return answer.json


def urls(studio, upload, *parts, token=""):
    return studio.post(f"{PATH}/{upload['id']}/urls", {"parts": list(parts)}, token)


def complete(studio, upload, token=""):
    return studio.post(f"{PATH}/{upload['id']}/complete", None, token)


def send(studio, upload, *numbers, data=DATA):
    """PUT parts as a client does: the URL says where."""
    answer = urls(studio, upload, *({"number": number} for number in numbers))
    assert answer.status == 200, answer.text
    for part in answer.json["parts"]:
        at = (part["number"] - 1) * upload["part_size"]
        store_part(studio, part, data[at : at + part["size"]])


def sent(studio, data=DATA, **fields):
    """An upload all of whose parts have arrived."""
    upload = opened(studio, data, **fields)
    send(studio, upload, *range(1, upload["part_count"] + 1), data=data)
    return upload


def left(studio):
    return int(existing(users.get(studio.user_id)).disk_space_left)


def head(studio, key=KEY):
    return key in studio.cloud.objects()


def unfinished(studio):
    return studio.cloud.s3.list_multipart_uploads(Bucket=BUCKET).get("Uploads", [])


def incoming(studio):
    return [key for key in studio.cloud.objects() if key.startswith("content/incoming/")]


def nothing_is_left(studio):
    return not incoming(studio) and not unfinished(studio)


class TestWay:
    def test_a_file_in_parts_is_checked_and_stored_under_its_name(self, studio):
        before = left(studio)
        upload = sent(studio)
        assert (upload["state"], upload["part_count"], upload["parts"]) == ("open", 2, [])
        assert left(studio) == before - len(DATA)
        answer = complete(studio, upload)
        assert (answer.status, answer.json["state"]) == (202, "checking")
        assert not head(studio)
        assert studio.deliver("assembly") == 1
        task = studio.task(answer.json["task_id"])
        assert (task["status"], task["progress"]) == (tasks.SUCCESS, 100)
        assert task["result"]["file"]["checksum"] == NAME[:32]
        found = studio.cloud.s3.get_object(Bucket=BUCKET, Key=KEY)
        assert (found["Body"].read() == DATA, found["ContentType"]) == (True, "video/mp4")
        assert "immutable" in found["CacheControl"]
        assert studio.post("/api/internal/file_diff", [NAME]).json == []
        assert left(studio) == before - len(DATA)
        assert studio.get(f"{PATH}/{upload['id']}").json["state"] == "stored"
        assert nothing_is_left(studio)

    def test_a_file_that_is_smaller_than_a_part_has_one(self, studio):
        upload = sent(studio, b"small")
        assert upload["part_count"] == 1
        complete(studio, upload)
        studio.deliver("assembly")
        assert studio.get(f"{PATH}/{upload['id']}").json["state"] == "stored"

    def test_the_stored_file_can_be_attached(self, studio):
        upload = sent(studio)
        complete(studio, upload)
        studio.deliver("assembly")
        found = studio.get(f"/api/file?id__in={upload['file']['id']}").json
        assert [(file["checksum"], file["file_size"]) for file in found] == [(NAME[:32], len(DATA))]

    def test_a_stored_file_needs_no_parts(self, studio):
        studio.put(NAME[:32], "mp4", DATA)
        before = left(studio)
        upload = opened(studio)
        assert (upload["state"], left(studio)) == ("stored", before - len(DATA))
        assert complete(studio, upload).json["state"] == "stored"
        assert urls(studio, upload, {"number": 1}).status == 409
        assert not unfinished(studio)


class TestParts:
    def test_have_urls_of_the_cdn_that_sign_length_and_md5(self, studio):
        upload = opened(studio)
        answer = urls(studio, upload, {"number": 1, "md5": "a" * 32}, {"number": 2}).json
        first, last = answer["parts"]
        assert answer["seconds"] == 3600
        assert urlsplit(first["url"]).netloc == "front.example.org"
        assert urlsplit(first["url"]).path.startswith("/content/incoming/")
        signed = [query_of(part["url"])["X-Amz-SignedHeaders"].split(";") for part in (first, last)]
        assert [set(names) for names in signed] == [
            {"content-length", "content-md5", "host"},
            {"content-length", "host"},
        ]
        assert list(first["headers"]) == ["Content-MD5"]
        assert (first["size"], last["size"], last["headers"]) == (MIN_PART_BYTES, len(DATA) - MIN_PART_BYTES, {})
        assert parse_qs(urlsplit(first["url"]).query).keys() >= {"uploadId", "partNumber", "X-Amz-Signature"}

    def test_that_arrived_are_listed_to_resume(self, studio):
        upload = opened(studio)
        send(studio, upload, 2)
        part = {"number": 2, "size": 13, "etag": hashlib.md5(b"the last part").hexdigest()}
        assert studio.get(f"{PATH}/{upload['id']}").json["parts"] == [part]
        resumed = opened(studio)
        assert (resumed["id"], resumed["parts"]) == (upload["id"], [part])
        assert len(unfinished(studio)) == 1

    def test_begin_anew_with_another_size_of_parts(self, studio):
        upload = opened(studio)
        send(studio, upload, 1)
        other = opened(studio, part_size=2 * MIN_PART_BYTES)
        assert (other["part_count"], other["parts"]) == (1, [])
        assert len(unfinished(studio)) == 1

    @pytest.mark.parametrize("number", [0, 3, 10_001, -1, "1", None, 1.5])
    def test_that_the_file_does_not_have_are_refused(self, studio, number):
        answer = urls(studio, opened(studio), {"number": number})
        assert answer.status == 400

    def test_that_are_missing_are_named(self, studio):
        upload = opened(studio)
        send(studio, upload, 2)
        answer = complete(studio, upload)
        assert (answer.status, answer.json["detail"]) == (409, "1 parts are missing: 1. Send them first.")
        assert studio.deliver("assembly") == 0

    def test_expired_by_s3_begin_anew(self, studio):
        upload = opened(studio)
        (found,) = unfinished(studio)
        studio.cloud.s3.abort_multipart_upload(Bucket=BUCKET, Key=found["Key"], UploadId=found["UploadId"])
        assert studio.get(f"{PATH}/{upload['id']}").status == 404
        assert complete(studio, upload).status == 404
        send(studio, opened(studio), 1, 2)
        assert complete(studio, upload).status == 202


class TestRefusals:
    @pytest.mark.parametrize(
        "fields",
        [
            {"size": MAX_FILE_BYTES + 1},
            {"size": 0},
            {"size": -1},
            {"part_size": MIN_PART_BYTES - 1},
            {"part_size": 10**12},
            {"checksum": "x"},
            {"duration": None},
            {"file_format": "exe"},
        ],
    )
    def test_of_impossible_files_charge_nothing(self, studio, fields):
        before = studio.cloud.contents()
        assert begin(studio, **fields).status == 400
        assert studio.cloud.contents() == before

    def test_of_files_above_the_quota(self, studio):
        User(studio.user_id).update([User.disk_space_left.set(len(DATA) - 1)])
        before = studio.cloud.contents()
        assert begin(studio).status == 412
        assert studio.cloud.contents() == before
        assert not unfinished(studio)

    def test_of_other_bytes_leave_nothing_behind(self, studio):
        before = left(studio)
        upload = opened(studio)
        send(studio, upload, 1, 2, data=b"x" * len(DATA))
        task_id = complete(studio, upload).json["task_id"]
        studio.deliver("assembly")
        task = studio.task(task_id)
        assert task["status"] == tasks.FAILURE
        assert task["detail"].startswith("The MD5 of the file is ")
        assert "Upload it again." in task["detail"]
        assert (head(studio), nothing_is_left(studio), left(studio)) == (False, True, before)
        assert studio.get(f"{PATH}/{upload['id']}").json["state"] == "refused"
        for answer in (complete(studio, upload), urls(studio, upload, {"number": 1})):
            assert (answer.status, answer.json["detail"]) == (409, task["detail"])
        send(studio, opened(studio), 1, 2)  # may begin again
        assert complete(studio, upload).status == 202
        studio.deliver("assembly")
        assert head(studio)

    def test_of_somebody_else_s_uploads(self, studio):
        upload = opened(studio)
        _, token = studio.sign_up("other")
        for answer in (
            studio.get(f"{PATH}/{upload['id']}", token),
            urls(studio, upload, {"number": 1}, token=token),
            complete(studio, upload, token),
            studio.call("DELETE", f"{PATH}/{upload['id']}", token=token),
        ):
            assert answer.status == 404
        assert opened(studio, token=token)["id"] != upload["id"]

    @pytest.mark.parametrize("upload_id", ["x", "0" * 32, "%00"])
    def test_of_unknown_uploads(self, studio, upload_id):
        assert studio.get(f"{PATH}/{upload_id}").status == 404

    def test_of_more_open_uploads_than_allowed(self, studio, monkeypatch):
        monkeypatch.setattr(resumable, "MAX_OPEN", 2)
        first = opened(studio, b"1")
        opened(studio, b"2")
        before = left(studio)
        answer = begin(studio, b"3")
        assert (answer.status, len(unfinished(studio)), left(studio)) == (409, 2, before)
        assert begin(studio, b"2").status == 200
        assert studio.call("DELETE", f"{PATH}/{first['id']}").status == 204
        assert begin(studio, b"3").status == 200

    def test_of_more_are_decided_without_reading_what_has_ended(self, studio):
        item = existing(resumable_uploads.get(studio.user_id, opened(studio)["id"]))
        item.state, item.detail = resumable_uploads.STORED, "x" * 300_000
        for number in range(8):
            item.id = f"{number:032}"
            item.save()
        with counting(studio) as watch:
            opened(studio, b"2")
        assert watch.names.count("Query") == 1

    def test_of_uploads_by_one_put_above_5_gb_name_the_way(self, studio):
        sent = {"size": 6 << 30, "checksum": "a" * 32, "name": "a.pdf", "file_format": "pdf", "preset": "document"}
        assert "POST /api/upload" in studio.post("/api/file/upload_url", sent).text


class TestEnds:
    def test_a_cancelled_upload_gives_the_storage_back(self, studio):
        before = left(studio)
        upload = opened(studio)
        send(studio, upload, 1)
        assert studio.call("DELETE", f"{PATH}/{upload['id']}").status == 204
        assert (left(studio), nothing_is_left(studio)) == (before, True)
        assert studio.call("DELETE", f"{PATH}/{upload['id']}").status == 404

    def test_an_upload_that_is_checked_cannot_be_cancelled(self, studio):
        upload = sent(studio)
        complete(studio, upload)
        assert studio.call("DELETE", f"{PATH}/{upload['id']}").status == 409
        studio.deliver("assembly")
        assert head(studio)

    def test_an_abandoned_upload_is_aborted_and_given_back(self, studio):
        before = left(studio)
        upload = opened(studio)
        send(studio, upload, 1)
        storage.let_uploads_expire(studio)
        assert (left(studio), nothing_is_left(studio)) == (before, True)
        assert studio.get(f"{PATH}/{upload['id']}").status == 404

    def test_an_upload_that_was_continued_stays(self, studio, monkeypatch):
        upload = opened(studio)
        send(studio, upload, 1)
        name = resumable_uploads.charge_name(NAME)
        monkeypatch.setattr(uploads, "expired", lambda hour, before: [(studio.user_id, name)])
        studio.send("maintenance", {"jobs": [{"job": "expire_uploads"}]})
        studio.deliver("maintenance")
        assert len(studio.get(f"{PATH}/{upload['id']}").json["parts"]) == 1

    def test_asking_for_urls_extends_the_reservation(self, studio):
        upload = opened(studio)
        name = resumable_uploads.charge_name(NAME)
        row = Upload.get(studio.user_id, name)
        row.delete()  # as if it had expired
        User(studio.user_id).update([User.disk_space_left.add(len(DATA))])
        before = left(studio)
        urls(studio, upload, {"number": 1})
        assert left(studio) == before - len(DATA)

    def test_a_deleted_user_leaves_no_uploads(self, studio):
        opened(studio)
        assert sum(personal_data.remove_own(resumable_uploads.ResumableUpload, studio.user_id)) == 1
        assert studio.cloud.items("resumable_uploads") == []


class TestRepetitions:
    def test_completing_twice_is_one_task(self, studio):
        upload = sent(studio)
        ids = {complete(studio, upload).json["task_id"] for _ in range(3)}
        assert len(ids) == 1
        assert studio.deliver("assembly") == 1
        assert complete(studio, upload).json["state"] == "stored"

    def test_a_message_that_arrives_twice_changes_nothing(self, studio):
        before = left(studio)
        upload = sent(studio)
        complete(studio, upload)
        studio.deliver("assembly", times=2)
        assert (head(studio), left(studio), nothing_is_left(studio)) == (True, before - len(DATA), True)

    def test_a_lost_message_is_sent_again(self, studio, monkeypatch):
        upload = sent(studio)
        complete(studio, upload)
        studio.cloud.lose_messages("assembly")
        monkeypatch.setattr(resumable, "_RESENT_AFTER", resumable._RESENT_AFTER * 0)
        complete(studio, upload)
        assert studio.deliver("assembly") == 1
        assert head(studio)

    def test_a_message_of_an_upload_that_was_begun_again_ends_its_task(self, studio):
        upload = sent(studio)
        task_id = complete(studio, upload).json["task_id"]
        opened(studio, part_size=2 * MIN_PART_BYTES)
        studio.deliver("assembly")
        assert studio.task(task_id)["status"] == tasks.FAILURE
        assert not head(studio)

    def test_a_file_whose_check_failed_is_not_sent_again(self, studio, monkeypatch):
        upload = sent(studio)
        task_id = complete(studio, upload).json["task_id"]

        def fail(*_):
            raise OSError("reset")

        with monkeypatch.context() as broken:
            broken.setattr(assemble, "_check", fail)
            with pytest.raises(OSError, match="reset"):
                assemble.run(task_id)
        tasks.finish(existing(tasks.get(task_id)), tasks.FAILURE, "This failed several times.")
        studio.cloud.lose_messages("assembly")
        assert studio.get(f"{PATH}/{upload['id']}").json["state"] == "open"
        assert opened(studio)["state"] == "checking"
        studio.deliver("assembly")
        assert studio.get(f"{PATH}/{upload['id']}").json["state"] == "stored"
        assert (head(studio), nothing_is_left(studio)) == (True, True)

    def test_a_connection_that_breaks_repeats_one_range(self, studio, monkeypatch):
        upload = sent(studio)
        complete(studio, upload)
        calls = []
        read = StreamingBody.read

        def read_or_break(self, amt=None):
            calls.append(amt)
            if len(calls) == 1:
                raise ResponseStreamingError(error="reset")
            return read(self, amt)

        monkeypatch.setattr(StreamingBody, "read", read_or_break)
        assert studio.deliver("assembly") == 1
        assert studio.get(f"{PATH}/{upload['id']}").json["state"] == "stored"

    def test_another_worker_s_upload_is_left_to_it(self, studio):
        upload = sent(studio)
        task_id = complete(studio, upload).json["task_id"]
        item = existing(resumable_uploads.get(studio.user_id, upload["id"]))
        lease = existing(resumable_uploads.claim(item, "other", 60))
        with pytest.raises(Busy):
            assemble.run(task_id)
        assert studio.task(task_id)["status"] == tasks.PENDING
        resumable_uploads.give_back(item, lease)
        studio.deliver("assembly")
        assert head(studio)

    def test_a_file_that_someone_stored_meanwhile_stays(self, studio):
        upload = sent(studio)
        studio.put(NAME[:32], "mp4", DATA, notified=False)
        version = studio.cloud.s3.head_object(Bucket=BUCKET, Key=KEY)["LastModified"]
        complete(studio, upload)
        studio.deliver("assembly")
        assert studio.cloud.s3.head_object(Bucket=BUCKET, Key=KEY)["LastModified"] == version
        assert studio.get(f"{PATH}/{upload['id']}").json["state"] == "stored"
