"""What keeps files: entries for every use, also by published databases and for files that publishing makes."""

import gzip
import json

import pytest

from chalicelib.aws import storage as bucket
from chalicelib.domain.storage_keys import database_key, retained_files_key, withdrawn_key
from chalicelib.domain.storage_uses import DATABASES, use_of
from chalicelib.errors import Busy
from chalicelib.models import assessment_items, channels, file_references, storage_passes
from chalicelib.models.file_references import FileReference
from chalicelib.operations.storage import recount, retained_files
from chalicelib.operations.storage import uses as uses_of_storage
from tests.conftest import PREFIX
from tests.support.aws.calls import counting
from tests.support.existing import existing
from tests.support.worlds import images, nodes, storage
from tests.support.worlds.publishing import publish

PDF = b"%PDF-1.4 that is kept"


def document(studio, name="d", data=PDF):
    return nodes.resource(name, files=[nodes.file(storage.put(studio, data, "pdf"))])


def uses(studio, kind=None):
    """(channel, file) of the entries, or of those of a kind."""
    rows = storage.stored(studio.cloud, FileReference)
    return {(row.channel_id, row.filename) for row in rows if kind in (None, row.use.split("/")[1])}


def files_of(studio, channel_id):
    return storage.uses_of_databases(studio.cloud)[channel_id]


class TestFilesThatPublishingMakes:
    def test_are_used_by_the_databases_of_the_channel(self, studio):
        channel_id = publish(studio, "exercise", document(studio))
        made = {name for name in files_of(studio, channel_id) if not name.endswith("pdf")}
        assert made
        assert uses(studio, DATABASES) == {(channel_id, name) for name in made}

    def test_that_another_channel_has_already_made_are_used_by_each(self, studio):
        node = nodes.exercise("same", nodes.question("q"))
        both = [publish(studio, node), publish(studio, node)]
        assert len({name for _, name in uses(studio, DATABASES)}) == 1
        assert {channel_id for channel_id, _ in uses(studio, DATABASES)} == set(both)

    def test_are_used_before_the_version_exists(self, studio, monkeypatch):
        original = bucket.put

        def put(key, *arguments):
            if "databases/" in key:
                raise RuntimeError("killed")
            original(key, *arguments)

        monkeypatch.setattr(bucket, "put", put)
        channel_id, root = studio.make_channel()
        studio.add(root, nodes.exercise("e", nodes.question("q")))
        assert studio.finish(channel_id).status == 200
        studio.publish(channel_id)
        assert {id for id, _ in uses(studio, DATABASES)} == {channel_id}
        assert not storage.uses_of_databases(studio.cloud)

    def test_stay_used_if_a_publish_begins_while_their_use_ends(self, studio, monkeypatch):
        """The version before has ended, and the next one uses its archive again."""
        exercise = nodes.exercise("same", nodes.question("q"))
        channel_id = publish(studio, exercise)
        [made] = files_of(studio, channel_id)
        publish(studio, document(studio), channel_id=channel_id)
        storage.drain(studio)
        bucket.delete(database_key(channel_id, 1))
        _, root = studio.make_channel(channel_id=channel_id)
        studio.add(root, exercise, document(studio))
        assert studio.finish(channel_id).status == 200
        original = retained_files.among

        def among(*arguments):
            found = original(*arguments)
            if publishes:
                assert studio.publish(publishes.pop())["status"] == "SUCCESS"
            return found

        publishes = [channel_id]
        monkeypatch.setattr(retained_files, "among", among)
        uses_of_storage.end(channel_id, [[made, use_of(channel_id, DATABASES)]])
        assert made in files_of(studio, channel_id)
        assert (channel_id, made) in uses(studio, DATABASES)

    def test_are_charged_to_nobody(self, studio):
        publish(studio, "exercise", document(studio))
        storage.drain(studio)
        storage.recount_all(studio)
        assert storage.used(studio.cloud)[studio.user_id] == len(PDF)

    def test_are_made_again_if_they_are_no_longer_stored(self, studio):
        node = nodes.exercise("same", nodes.question("q"))
        channel_id = publish(studio, node)
        [made] = files_of(studio, channel_id)
        key = f"content/storage/{made[0]}/{made[1]}/{made}"
        bucket.delete(key)
        studio.cloud.dynamodb.delete_item(TableName=f"{PREFIX}stored_objects", Key={"checksum": {"S": made[:32]}})
        other = publish(studio, node)
        assert files_of(studio, other) == {made}
        assert bucket.size_of(key)

    def test_take_as_many_reads_however_many_are_used_again(self, studio):
        counts = []
        for size in (2, 20):
            channel_id = publish(studio, *(f"e{number}" for number in range(size)))
            storage.note_all(studio)
            with counting(studio) as watch:
                studio.publish(channel_id)
            counts.append((watch.names.count("BatchGetItem"), watch.names.count("HeadObject")))
        assert counts[0] == counts[1]


class TestDatabases:
    @pytest.fixture
    def channel_id(self, studio):
        """A channel with a version that has a document, and one without it."""
        channel_id = publish(studio, document(studio, "first"), document(studio, "both", PDF + b" of both"))
        publish(studio, document(studio, "both", PDF + b" of both"), channel_id=channel_id)
        storage.drain(studio)
        return channel_id

    def every(self, channel_id):
        return set(retained_files.every(existing(channels.get(channel_id))))

    def test_use_what_they_name(self, studio, channel_id):
        assert self.every(channel_id) == files_of(studio, channel_id)
        assert len(self.every(channel_id)) == 2

    def test_a_version_uses_its_files_as_long_as_its_database_exists(self, studio, channel_id):
        self.every(channel_id)
        bucket.delete(database_key(channel_id, 1))
        assert len(self.every(channel_id)) == 1
        assert self.every(channel_id) == files_of(studio, channel_id)

    def test_a_gap_in_the_versions_hides_no_later_one(self, studio, channel_id):
        bucket.delete(database_key(channel_id, 1))
        assert self.every(channel_id) == files_of(studio, channel_id)

    def test_withdrawn_databases_use_their_files(self, studio, channel_id):
        before = self.every(channel_id)
        bucket.delete(retained_files_key(channel_id))
        assert studio.call("DELETE", f"/api/channel/{channel_id}").status == 204
        storage.drain(studio)
        assert bucket.size_of(withdrawn_key(channel_id, 1))
        assert self.every(channel_id) == before

    def test_lists_of_earlier_versions_are_read(self, studio, channel_id):
        self.every(channel_id)
        old = {"version": 1, "files": {"a.pdf": 5}}
        bucket.put(retained_files_key(channel_id), gzip.compress(json.dumps(old).encode()), "application/gzip")
        assert retained_files.among(existing(channels.get(channel_id)), {"a.pdf"}) == {"a.pdf": 5}

    def test_a_database_that_disappears_while_it_is_read_is_read_later(self, studio, channel_id, monkeypatch):
        bucket.delete(retained_files_key(channel_id))
        monkeypatch.setattr(retained_files, "_in_database", lambda key: None)
        with pytest.raises(Busy):
            self.every(channel_id)

    def test_the_draft_uses_its_files(self, studio, channel_id):
        _, root = studio.make_channel(channel_id=channel_id)
        studio.add(root, document(studio, "staged", PDF + b" of the draft"))
        assert studio.finish(channel_id, stage=True).status == 200
        answer = studio.post(f"/api/channel/{channel_id}/publish_draft", {"use_staging_tree": True})
        studio.deliver()
        assert answer.status < 300
        assert self.every(channel_id) == files_of(studio, channel_id)
        assert len(self.every(channel_id)) == 3


class TestRecount:
    def test_writes_the_entries_of_databases(self, studio):
        """Versions that were published before there were such entries have none."""
        channel_id = publish(studio, "exercise", document(studio))
        storage.drain(studio)
        file_references.remove((row.filename, row.use) for row in storage.stored(studio.cloud, FileReference))
        storage.recount_all(studio)
        assert not storage.unreferenced(studio.cloud)
        assert uses(studio, DATABASES) == {(channel_id, name) for name in files_of(studio, channel_id)}

    def test_ends_the_entries_of_databases_that_do_not_exist(self, studio):
        channel_id = publish(studio, "exercise")
        storage.drain(studio)
        name = f"{'a' * 32}.perseus"
        file_references.write([file_references.reference(name, use_of(channel_id, DATABASES), 5)])
        storage.recount_all(studio)
        assert name not in {name for _, name in uses(studio)}
        assert uses(studio, DATABASES) == {(channel_id, name) for name in files_of(studio, channel_id)}

    def test_records_when_it_began(self, studio, monkeypatch):
        assert storage_passes.last(storage_passes.RECOUNT) is None
        monkeypatch.setattr(recount, "MAX_SECONDS", -1)  # every step is a message of its own
        publish(studio, "exercise")
        storage.recount_all(studio)
        done = existing(storage_passes.last(storage_passes.RECOUNT))
        assert 0 < done.began <= done.ended

    def test_that_an_earlier_version_began_leaves_no_record(self, studio):
        message = {"job": "recount_step", "step": "users", "id": "", "start": ""}
        studio.send("maintenance", {"jobs": [message]})
        storage.drain(studio)
        assert storage_passes.last(storage_passes.RECOUNT) is None

    def test_an_earlier_pass_does_not_replace_a_later_one(self, studio):
        storage_passes.note("recount", 20)
        storage_passes.note("recount", 10)
        assert existing(storage_passes.last("recount")).began == 20


def test_thumbnails_that_are_scaled_keep_their_sources(studio):
    picture = storage.put(studio, images.png(size=(900, 700)), "png")
    files = [nodes.file(storage.put(studio, PDF, "pdf")), nodes.file(picture, "document_thumbnail")]
    publish(studio, nodes.resource("d", files=files))
    assert not storage.unreferenced(studio.cloud)
    assert picture in {name for _, name in uses(studio)}


class TestImagesThatQuestionsShow:
    """A chef may name a stored image in a question's text without listing it."""

    @pytest.fixture
    def picture(self, studio):
        return storage.put(studio, images.png(size=(33, 44)), "png")

    def upload(self, studio, picture, **fields):
        channel_id, root = studio.make_channel()
        text = f"![](${{☣ CONTENTSTORAGE}}/{picture})"
        [node_id] = studio.add(root, nodes.exercise("e", nodes.question("q", question=text, **fields))).values()
        return channel_id, node_id

    def test_are_kept(self, studio, picture):
        channel_id, _ = self.upload(studio, picture)
        assert (channel_id, picture) in uses(studio, "question")
        assert not storage.unreferenced(studio.cloud)

    def test_are_listed_once(self, studio, picture):
        _, node_id = self.upload(studio, picture, files=[nodes.file(picture, "exercise_image")])
        [item] = assessment_items.of(node_id)
        assert [file_references.name_of(file) for file in item["files"]] == [picture]

    def test_that_are_not_stored_are_left_out(self, studio):
        _, node_id = self.upload(studio, f"{'0' * 32}.png")
        assert assessment_items.of(node_id)[0]["files"] == []

    @pytest.mark.parametrize("is_listed", [False, True])
    @pytest.mark.parametrize("slash", ["/", "\\/"])
    def test_are_kept_if_json_escapes_their_addresses(self, studio, picture, slash, is_listed):
        """As `json.dumps` of Python does, by which ricecooker writes raw data."""
        channel_id, root = studio.make_channel()
        text = json.dumps({"question": {"content": f"![](${{☣ CONTENTSTORAGE}}/{picture})"}}).replace("/", slash)
        raw = {"type": "perseus_question", "question": "", "answers": [], "hints": [], "raw_data": text}
        files = [nodes.file(picture, "exercise_image")] if is_listed else []
        [node_id] = studio.add(root, nodes.exercise("e", nodes.question("q", files=files, **raw))).values()
        assert (channel_id, picture) in uses(studio, "question")
        assert studio.finish(channel_id).status == 200
        [item] = assessment_items.of(node_id)
        edited = studio.call("PATCH", f"/api/assessmentitem/{node_id},{item['assessment_id']}", {"order": 7})
        assert edited.status == 200, edited.text
        storage.drain(studio)
        assert (channel_id, picture) in uses(studio, "question")

    @pytest.mark.parametrize("size", [0, assessment_items.MAX_INLINE_BYTES])
    def test_in_questions_of_earlier_versions_are_listed_by_the_recount(self, studio, picture, size):
        channel_id, node_id = self.upload(studio, picture)
        assert studio.finish(channel_id).status == 200
        raw = json.dumps({"text": f"![](${{☣ CONTENTSTORAGE}}/{picture})" + "x" * size}, ensure_ascii=False)
        [item] = assessment_items.of(node_id)
        assessment_items.save([{**item, "question": "", "raw_data": raw, "type": "perseus_question", "files": []}])
        file_references.remove((row.filename, row.use) for row in storage.stored(studio.cloud, FileReference))
        storage.recount_all(studio)
        assert (channel_id, picture) in uses(studio, "question")
        storage.recount_all(studio)
        assert (channel_id, picture) in uses(studio, "question")
        [file] = assessment_items.of(node_id)[0]["files"]
        assert studio.get(f"/api/file/{file['id']}").status == 200
