"""A second version under a stored name is noticed: the name is an MD5, so the bytes may be others."""

import hashlib
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from chalicelib import telemetry
from chalicelib.aws import storage
from chalicelib.domain.storage_keys import storage_key
from chalicelib.models import stored_objects
from tests.conftest import BUCKET
from tests.models.dynamodb import answering
from tests.support.aws.calls import counting

MD5 = "c" * 32
PDF, EPUB = storage_key(MD5, "pdf"), storage_key(MD5, "epub")


def notification(key, version=None, size=9):
    found = {"key": key, "size": size, **({"versionId": version} if version else {})}
    return {"s3": {"object": found}}


class Warned:
    """What was written since the last call: warnings as (key, versions), and the metric's values."""

    def __init__(self, capsys, monkeypatch):
        self._capsys = capsys
        self._warnings: list[dict[str, str]] = []
        monkeypatch.setattr(telemetry.log, "warning", lambda _, extra: self._warnings.append(extra))

    def new(self):
        lines = [json.loads(line) for line in self._capsys.readouterr().out.splitlines() if '"StoredAgain"' in line]
        warnings = [(found["key"], found["version"], found["second_version"]) for found in self._warnings]
        self._warnings.clear()
        return warnings, sum(value for line in lines for value in line["StoredAgain"])


@pytest.fixture
def warned(capsys, monkeypatch):
    return Warned(capsys, monkeypatch)


@pytest.fixture
def receive(studio):
    def deliver(*records):
        """Deliver a notification with these records."""
        studio.send("uploads", {"Records": list(records)})
        assert studio.deliver("uploads") == 1

    return deliver


def test_a_second_version_is_counted_and_named(receive, warned):
    receive(notification(PDF, "v1"))
    assert warned.new() == ([], 0)
    receive(notification(PDF, "v2"))
    assert warned.new() == ([(PDF, "v1", "v2")], 1)
    receive(notification(PDF, "v3"))
    assert warned.new() == ([(PDF, "v1", "v3")], 1)


def test_one_version_may_be_reported_repeatedly(receive, warned):
    receive(notification(PDF, "v1"), notification(PDF, "v1"))
    receive(notification(PDF, "v1"))
    assert warned.new() == ([], 0)
    receive(notification(PDF, "v2"))
    warned.new()
    receive(notification(PDF, "v1"))
    assert warned.new() == ([], 0)


def test_both_versions_in_one_message_are_noticed(receive, warned):
    receive(notification(PDF, "v1"), notification(PDF, "v2"))
    assert warned.new() == ([(PDF, "v1", "v2")], 1)


def test_the_same_bytes_under_another_extension_are_another_object(receive, warned):
    receive(notification(PDF, "v1"))
    receive(notification(EPUB, "w1"))
    receive(notification(PDF, "v1"))
    assert warned.new() == ([], 0)


@pytest.mark.parametrize("extension", ["epub", "pdf"])
def test_what_else_is_recorded_of_a_file_does_not_hide_a_version(receive, warned, extension):
    """Requests that look into the bucket, and uploads under another extension, write to the same entry."""
    receive(notification(PDF, "v1"))
    stored_objects.remember(f"{MD5}.{extension}", 9)
    receive(notification(PDF, "v2"))
    assert warned.new() == ([(PDF, "v1", "v2")], 1)


def test_a_file_found_in_the_bucket_takes_the_first_version_that_comes(receive, warned):
    stored_objects.remember(f"{MD5}.pdf", 9)
    receive(notification(PDF, "v1"))
    assert warned.new() == ([], 0)
    receive(notification(PDF, "v2"))
    assert warned.new() == ([(PDF, "v1", "v2")], 1)


def test_a_notification_takes_one_call(studio, receive, warned):
    """As a chef uploads thousands of files."""
    with counting(studio) as calls:
        receive(notification(PDF, "v1"))
    assert calls.names == ["UpdateItem"]


def test_a_version_is_noticed_under_the_extension_that_is_not_recorded(receive, warned):
    receive(notification(PDF, "v1"))
    receive(notification(EPUB, "w1"))
    receive(notification(PDF, "v2"))
    assert warned.new() == ([(PDF, "v1", "v2")], 1)
    receive(notification(EPUB, "w2"))
    assert warned.new() == ([(EPUB, "w1", "w2")], 1)


def test_notifications_without_a_version_record_the_file_only(receive, warned):
    """A bucket whose versioning is off sends none."""
    receive(notification(PDF), notification("content/databases/x.sqlite3", "v1"))
    receive(notification(PDF))
    assert warned.new() == ([], 0)
    assert stored_objects.known_names([MD5]) == {f"{MD5}.pdf"}


def test_whole_notifications_are_understood(receive, warned):
    """As in https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html."""

    def sent(version):
        return {
            "eventVersion": "2.2",
            "eventSource": "aws:s3",
            "awsRegion": "eu-central-1",
            "eventTime": "2026-11-30T10:00:00.000Z",
            "eventName": "ObjectCreated:Put",
            "userIdentity": {"principalId": "AWS:AIDAEXAMPLE"},
            "requestParameters": {"sourceIPAddress": "203.0.113.9"},
            "responseElements": {"x-amz-request-id": "C3D13FE58DE4C810"},
            "s3": {
                "s3SchemaVersion": "1.0",
                "configurationId": "uploads",
                "bucket": {"name": "studio-dev-content-1", "arn": "arn:aws:s3:::studio-dev-content-1"},
                "object": {"key": PDF, "size": 9, "eTag": MD5, "versionId": version, "sequencer": "0055AED6DCD90281E5"},
            },
        }

    receive(sent("096fKKXTRTtl3on89fVO.nfljtsv6qko"))
    receive(sent("QUpfdndhfd8438MNFDN93jdnJFkdmqnh8"))
    first, second = "096fKKXTRTtl3on89fVO.nfljtsv6qko", "QUpfdndhfd8438MNFDN93jdnJFkdmqnh8"
    assert warned.new() == ([(PDF, first, second)], 1)


# Two files with one MD5 (Wang and Yu, How to Break MD5, 2005): they differ in six bytes.
ONE = bytes.fromhex(
    "d131dd02c5e6eec4693d9a0698aff95c2fcab58712467eab4004583eb8fb7f89"
    "55ad340609f4b30283e488832571415a085125e8f7cdc99fd91dbdf280373c5b"
    "d8823e3156348f5bae6dacd436c919c6dd53e2b487da03fd02396306d248cda0"
    "e99f33420f577ee8ce54b67080a80d1ec69821bcb6a8839396f9652b6ff72a70"
)
OTHER = bytes(byte ^ (0x80 if at in (19, 45, 59, 83, 109, 123) else 0) for at, byte in enumerate(ONE))


def refusal(status, code):
    response: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "PutObject")


class TestApplication:
    """Through the API itself, and in workers, nothing replaces what is stored under a name."""

    def send(self, studio, data):
        name = f"{hashlib.md5(data).hexdigest()}.pdf"
        head = f'--x\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode()
        form = head + data + b"\r\n--x--\r\n"
        sent = studio.call("POST", "/api/internal/file_upload", form, content_type="multipart/form-data; boundary=x")
        assert sent.status == 200, sent.text
        return name

    def stored(self, studio, name):
        return studio.cloud.s3.get_object(Bucket=BUCKET, Key=storage_key(*name.split(".")))["Body"].read()

    def test_keeps_the_first_of_two_files_with_one_name(self, studio):
        assert ONE != OTHER
        name = self.send(studio, ONE)
        assert self.send(studio, OTHER) == name
        assert self.stored(studio, name) == ONE

    def test_writes_again_if_another_write_was_under_way(self, studio):
        """S3 answers 409 then; whatever the other one wrote, the bytes are there afterwards."""
        with answering("PutObject", refusal(409, "ConditionalRequestConflict")):
            assert self.stored(studio, self.send(studio, ONE)) == ONE

    def test_reads_an_open_file_again_for_the_second_try(self, studio, tmp_path):
        path, key = tmp_path / "file", storage_key(MD5, "pdf")
        path.write_bytes(ONE)

        def read_and_refused(client, operation, arguments):
            arguments["Body"].read()
            raise refusal(409, "ConditionalRequestConflict")

        with path.open("rb") as file, answering("PutObject", read_and_refused):
            storage.put_once(key, file, "application/pdf")
        assert studio.cloud.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() == ONE

    def test_reports_other_errors(self, studio):
        with answering("PutObject", refusal(403, "AccessDenied")), pytest.raises(ClientError):
            storage.put_once(storage_key(MD5, "pdf"), b"", "application/pdf")
