"""Files that nothing uses are collected after 30 days, and come back when they are named again."""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.client import BaseClient

from chalicelib.aws import storage as bucket
from chalicelib.aws import versions
from chalicelib.config import settings
from chalicelib.domain.storage_keys import storage_key
from chalicelib.models import file_references, storage_passes, stored_objects, unused_files
from chalicelib.models.stored_objects import StoredObject
from chalicelib.operations.storage import collection
from tests.conftest import BUCKET
from tests.faults.feed_world import KILLED, Fault, Killed
from tests.support.aws.calls import Watch, counting, watching
from tests.support.existing import existing
from tests.support.worlds import images, nodes, storage
from tests.support.worlds.publishing import publish

PDF = b"%PDF-1.4 that nothing uses"
CALLS = 24  # of the collection of a file, at most
PNG = images.png(size=(31, 17))


@pytest.fixture(autouse=True)
def _versions(studio) -> Iterator[None]:
    with storage.versioned(studio.cloud):
        yield


@pytest.fixture
def name(studio):
    """A file that nothing uses."""
    return storage.put(studio, PDF, "pdf")


@pytest.fixture
def gone(studio, name):
    """A file that was collected."""
    storage.collect_unused(studio)
    assert not storage.is_stored(studio.cloud, name)
    return name


def is_stored(studio, name):
    return storage.is_stored(studio.cloud, name)


def entry(name):
    return existing(next(iter(StoredObject.query(name[:32], consistent_read=True)), None))


def use(studio, name):
    """Name a file in add_nodes, as a chef does; the answer."""
    _, root = studio.make_channel()
    body = {"root_id": root, "content_data": [nodes.resource("d", files=[nodes.file(name)])]}
    return studio.post("/api/internal/add_nodes", body)


def content(studio, name):
    return studio.cloud.s3.get_object(Bucket=BUCKET, Key=storage_key(*name.split(".")))


class TestCollection:
    def test_deletes_what_was_unused_for_thirty_days(self, studio, name):
        storage.collect(studio)
        storage.collect(studio, 29)
        assert is_stored(studio, name)
        storage.collect(studio, 31)
        assert not is_stored(studio, name)

    def test_spares_what_is_used(self, studio, name):
        assert use(studio, name).status == 200
        for days in (0, 31, 62, 365):
            storage.collect(studio, days)
        assert is_stored(studio, name)

    def test_counts_from_the_end_of_the_last_use(self, studio, name):
        storage.collect(studio)
        assert use(studio, name).status == 200
        [row] = [row for row in storage.stored(studio.cloud, file_references.FileReference) if row.filename == name]
        storage.collect(studio, 31)
        file_references.remove([(row.filename, row.use)])
        studio.send("maintenance", {"jobs": [{"job": "collect_files"}]})
        with storage.after(32):
            storage.drain(studio)
        assert is_stored(studio, name)
        assert entry(name).unused_since

    def test_waits_for_a_recount_that_began_after_the_mark(self, studio, name):
        for days in (0, 31, 62):
            studio.send("maintenance", {"jobs": [{"job": "collect_files"}]})
            with storage.after(days):
                storage.drain(studio)
        assert is_stored(studio, name)
        storage.collect(studio, 63)
        assert not is_stored(studio, name)

    def test_does_nothing_if_it_is_turned_off(self, studio, name, monkeypatch):
        monkeypatch.setenv("COLLECT_DAYS", "0")
        settings.cache_clear()
        storage.collect_unused(studio)
        studio.send("maintenance", {"jobs": [{"job": "collect_step", "after": "", "began": 5, "counts": {}}]})
        storage.drain(studio)
        settings.cache_clear()
        assert is_stored(studio, name)
        assert storage_passes.last(storage_passes.COLLECTION) is None

    def test_spares_all_files_of_a_checksum_if_one_is_used(self, studio, name):
        twin = storage.put(studio, PDF, "perseus")
        assert use(studio, name).status == 200
        storage.collect_unused(studio)
        assert is_stored(studio, twin)

    def test_finds_files_that_have_no_entry(self, studio, name):
        StoredObject(name[:32]).delete()
        storage.collect_unused(studio)
        assert not is_stored(studio, name)

    def test_a_mark_of_a_clock_that_was_wrong_is_replaced(self, studio, name):
        storage.collect(studio, 400)
        storage.collect(studio)
        storage.collect(studio, 31)
        assert not is_stored(studio, name)

    def test_goes_on_page_by_page(self, studio, monkeypatch):
        monkeypatch.setattr(collection, "PAGE", 3)
        monkeypatch.setattr(collection, "MAX_SECONDS", -1)
        names = [storage.put(studio, PDF + bytes([number]), "pdf") for number in range(7)]
        names += [storage.put(studio, PDF + bytes([number]), "epub") for number in range(7)]
        storage.collect_unused(studio)
        assert not any(is_stored(studio, name) for name in names)
        assert existing(storage_passes.last(storage_passes.COLLECTION)).found["files unused for long"] == 14

    def test_reports_what_went(self, studio, name, capsys):
        storage.collect_unused(studio)
        done = existing(storage_passes.last(storage_passes.COLLECTION))
        assert done.found == {"files unused for long": 1, "bytes unused for long": len(PDF)}
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
        counted = [line[of][0] for line in lines for of in ("CollectedFiles", "CollectedBytes") if of in line]
        assert counted == [1, len(PDF)]

    def test_takes_as_many_calls_for_each_page_and_one_for_each_file(self, studio, name):
        with counting(studio) as watch:
            list(collection.pages())
        assert sorted(watch.names) == ["BatchGetItem", "GetItem", "ListObjectsV2", "Query"]


class TestComeBack:
    def test_when_a_chef_names_it(self, studio, gone):
        assert use(studio, gone).status == 200
        assert is_stored(studio, gone)
        answer = content(studio, gone)
        assert (answer["Body"].read(), answer["ContentType"]) == (PDF, "application/pdf")
        assert entry(gone).gone_since is None is entry(gone).expires

    def test_for_a_chef_that_had_seen_it_before_and_publishes(self, studio, name):
        key = storage_key(*name.split("."))
        assert studio.cloud.s3.head_object(Bucket=BUCKET, Key=key)["ContentLength"] == len(PDF)
        storage.collect_unused(studio)
        channel_id = publish(studio, nodes.resource("d", files=[nodes.file(name)]))
        assert name in storage.uses_of_databases(studio.cloud)[channel_id]
        storage.collect(studio, 365)
        assert is_stored(studio, name)

    def test_it_is_missing_until_then(self, studio, gone):
        assert studio.post("/api/internal/file_diff", [gone]).json == [gone]
        assert not is_stored(studio, gone)

    def test_when_it_is_uploaded_again(self, studio, gone):
        assert studio.upload(PDF, "pdf", "document") == gone
        assert studio.post("/api/internal/file_diff", [gone]).json == []
        storage.collect(studio, 31)
        assert is_stored(studio, gone)

    def test_as_a_thumbnail(self, studio):
        picture = storage.put(studio, PNG, "png")
        storage.collect_unused(studio)
        studio.make_channel(thumbnail=picture)
        assert is_stored(studio, picture)

    def test_as_a_file_of_a_node(self, studio, gone):
        channel_id, root = studio.make_channel()
        [node_id] = studio.add(root, nodes.resource("d")).values()
        assert studio.finish(channel_id).status == 200
        sent = {"size": len(PDF), "checksum": gone[:32], "name": "a", "file_format": "pdf", "preset": "document"}
        row = studio.post("/api/file/upload_url", sent).json["file"]
        answer = studio.call("PATCH", f"/api/file/{row['id']}", {"contentnode": node_id, "preset": "document"})
        assert answer.status == 200
        assert is_stored(studio, gone)

    def test_in_a_question(self, studio):
        picture = storage.put(studio, PNG, "png")
        storage.collect_unused(studio)
        channel_id, root = studio.make_channel()
        [node_id] = studio.add(root, nodes.exercise("e", nodes.question("q"))).values()
        assert studio.finish(channel_id).status == 200
        [row] = studio.get(f"/api/assessmentitem?contentnode={node_id}").json
        text = f"![](${{☣ CONTENTSTORAGE}}/{picture})"
        answer = studio.call("PATCH", f"/api/assessmentitem/{node_id},{row['assessment_id']}", {"question": text})
        assert answer.status == 200
        assert is_stored(studio, picture)

    def test_when_publishing_makes_it_again(self, studio):
        node = nodes.exercise("same", nodes.question("q"))
        channel_id = publish(studio, node)
        [made] = storage.uses_of_databases(studio.cloud)[channel_id]
        for key in (f"content/databases/{channel_id}-1.sqlite3", f"content/databases/{channel_id}.sqlite3"):
            bucket.delete(key)
        storage.collect_unused(studio)
        assert not is_stored(studio, made)
        publish(studio, node)
        assert is_stored(studio, made)

    def test_with_all_files_of_the_same_bytes(self, studio, name):
        twin = storage.put(studio, PDF, "perseus")
        storage.collect_unused(studio)
        assert not is_stored(studio, twin)
        assert use(studio, name).status == 200
        assert is_stored(studio, twin)

    def test_after_35_days_it_must_be_uploaded(self, studio, gone):
        studio.cloud.s3.delete_object(
            Bucket=BUCKET, Key=storage_key(*gone.split(".")), VersionId=versions.newest("")[0].version
        )
        answer = use(studio, gone)
        assert (answer.status, "Upload them first" in answer.text) == (400, True)

    def test_by_a_recount_if_it_is_used_nevertheless(self, studio, gone):
        channel_id, _ = studio.make_channel(thumbnail=None)
        file_references.write([file_references.reference(gone, f"{channel_id}/thumbnail", 5)])
        studio.send("maintenance", {"jobs": [{"job": "recount_storage"}]})
        storage.drain(studio)
        assert is_stored(studio, gone)

    def test_is_no_second_version_of_a_file(self, studio, gone, capsys):
        assert use(studio, gone).status == 200
        stored_objects.note_stored(gone, len(PDF), "another")
        assert "stored again" not in capsys.readouterr().out

    def test_a_late_report_of_a_deleted_file_does_not_hide_that_it_is_gone(self, studio, gone):
        studio.notify(storage_key(*gone.split(".")), len(PDF))
        assert entry(gone).gone_since
        assert use(studio, gone).status == 200
        assert is_stored(studio, gone)

    def test_takes_no_call_where_nothing_was_deleted(self, studio, name):
        counts = []
        stored_objects.remember(name, len(PDF))
        _, root = studio.make_channel()
        for number, of in enumerate((name, name)):
            body = {"root_id": root, "content_data": [nodes.resource(f"d{number}", files=[nodes.file(of)])]}
            with counting(studio) as watch:
                assert studio.post("/api/internal/add_nodes", body).status == 200
            counts.append(watch.names)
        assert "HeadObject" not in counts[0] + counts[1]
        assert "ListObjectVersions" not in counts[0] + counts[1]

    def test_large_files_are_copied_in_parts(self, studio, monkeypatch):
        data = b"%PDF" + bytes(11 * 1024**2)
        large = storage.put(studio, data, "pdf")
        storage.collect_unused(studio)
        monkeypatch.setattr(versions, "MAX_COPY", 1024)
        monkeypatch.setattr(versions, "MIN_PART", 5 * 1024**2)
        assert use(studio, large).status == 200
        answer = content(studio, large)
        assert (answer["Body"].read() == data, answer["ContentType"]) == (True, "application/pdf")


@dataclass
class Meanwhile(Watch):
    """Does something else before the call with the number `failing`."""

    act: Callable[[], Any] = lambda: None
    answers: list[Any] = field(default_factory=list)

    def __call__(self, client: BaseClient, operation: str, arguments: dict[str, Any]) -> Any:
        number, self.failing = self.failing, None
        if len(self.names) == number:
            self.answers.append(self.act())
        else:
            self.failing = number
        return super().__call__(client, operation, arguments)


class TestRaces:
    """A file that was unused for long is named at the very moment at which it is deleted."""

    @pytest.fixture
    def old(self, studio, name):
        """Such a file, after a recount; the message that starts its collection waits."""
        storage.collect(studio)
        with storage.after(31):
            storage.recount_all(studio)
            studio.send("maintenance", {"jobs": [{"job": "collect_files"}]})
            yield name

    def deliver(self, studio, watch):
        cloud = studio.cloud
        with watching(watch, own=(cloud.dynamodb, cloud.s3, cloud.sqs)), suppress(Killed):
            studio.deliver("maintenance")
        return watch

    def test_the_tests_below_cover_all_calls(self, studio, old):
        assert len(self.deliver(studio, Watch()).names) <= CALLS

    @pytest.mark.parametrize("call", range(CALLS))
    def test_a_use_that_begins_before_any_call_of_the_collection(self, studio, old, call):
        watch = self.deliver(studio, Meanwhile(failing=call, act=lambda: use(studio, old)))
        if not watch.answers:  # there are fewer calls
            assert use(studio, old).status == 200
        assert is_stored(studio, old)
        storage.drain(studio)
        assert is_stored(studio, old)
        assert [answer.status for answer in watch.answers] in ([], [200])

    @pytest.mark.parametrize("call", range(CALLS))
    def test_a_collection_that_is_killed_at_any_call(self, studio, old, call):
        self.deliver(studio, Fault(failing=call, kind=KILLED))
        assert use(studio, old).status == 200
        storage.drain(studio)
        assert is_stored(studio, old)
        assert entry(old).gone_since is None

    def test_a_deletion_that_arrives_late_is_undone(self, studio, old, monkeypatch):
        """The function was killed, the file was used and restored, and then the deletion arrived."""
        late: list[str] = []
        monkeypatch.setattr(bucket, "delete", late.append)
        self.deliver(studio, Watch())
        assert use(studio, old).status == 200
        studio.cloud.s3.delete_object(Bucket=BUCKET, Key=late[0])
        storage.drain(studio)
        assert is_stored(studio, old)


def test_marks_are_written_only_if_they_are_as_read(studio, name):
    marks = unused_files.marks_of([name[:32]])[name[:32]]
    assert unused_files.mark(name[:32], marks, 5, name, 1)
    assert not unused_files.mark(name[:32], marks, 6, name, 1)
    assert not unused_files.begin_deletion(name[:32], marks, 7, [name])
    assert entry(name).unused_since == 5
