"""Databases of old versions: the newest ones stay, and those that a token names."""

import pytest

from chalicelib.config import settings
from chalicelib.domain.storage_keys import database_key, withdrawn_key
from chalicelib.models import channel_versions, channels
from chalicelib.models.channel_versions import ChannelVersion
from chalicelib.models.channels import Channel
from chalicelib.models.file_references import FileReference
from chalicelib.operations.publishing import withdrawal
from chalicelib.operations.retention import old_versions
from tests.conftest import BUCKET
from tests.faults.feed_world import ANSWER_LOST, KILLED, NEVER_SENT
from tests.faults.test_purging import stop
from tests.support.existing import existing
from tests.support.worlds import nodes, retention, storage

KEPT = 1


@pytest.fixture
def channel_id(studio, monkeypatch):
    """A channel with versions 1 to 3, each with a document of its own; the newest one stays."""
    monkeypatch.setenv("RETENTION", f"versions={KEPT}")
    settings.cache_clear()
    channel_id, root = studio.make_channel()
    studio.add(root, nodes.topic("t"))
    for number in range(1, 4):
        if number > 1:
            _, root = studio.make_channel(channel_id=channel_id)
        pdf = storage.put(studio, f"a version, {number}".encode(), "pdf")
        studio.add(root, nodes.resource(f"d{number}", files=[nodes.file(pdf)]))
        assert studio.finish(channel_id).status == 200
        assert studio.publish(channel_id)["status"] == "SUCCESS"
    storage.drain(studio)
    yield channel_id
    monkeypatch.undo()
    settings.cache_clear()


def stored(studio, channel_id):
    """The versions whose databases exist."""
    found = []
    for prefix in (database_key(channel_id).removesuffix(".sqlite3"), withdrawn_key(channel_id, "")[:-8]):
        listed = studio.cloud.s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])
        found += [item["Key"].rpartition("-")[2].removesuffix(".sqlite3") for item in listed if "-" in item["Key"]]
    return sorted(set(found))


def rows(studio, channel_id):
    found = studio.get(f"/api/channelversion?channel={channel_id}").json["results"]
    return {row["version"]: "database_deleted" in row for row in found}


def test_only_the_newest_stay(studio, channel_id):
    assert stored(studio, channel_id) == ["1", "2", "3"]
    retention.walk(studio)
    assert stored(studio, channel_id) == ["3"]
    assert rows(studio, channel_id) == {1: True, 2: True, 3: False}
    assert existing(channels.get(channel_id)).kept_from == 3
    assert studio.database(channel_id)
    retention.walk(studio)
    assert stored(studio, channel_id) == ["3"]


def test_files_that_only_they_had_lose_their_use(studio, channel_id):
    retention.walk(studio)
    storage.recount_all(studio)
    names = {entry.filename for entry in storage.stored(studio.cloud, FileReference)}
    old = storage.put(studio, b"a version, 1", "pdf")
    new = storage.put(studio, b"a version, 3", "pdf")
    assert (old in names, new in names) == (False, True)


def test_those_that_a_token_names_stay_as_long_as_it_does(studio, channel_id):
    named = ChannelVersion(channel_id, 1)
    named.update([ChannelVersion.token.set("abcde-fghij")])
    assert channel_versions.named_by_tokens(channel_versions.newest(channel_id, 10)) == {1}
    retention.walk(studio)
    assert stored(studio, channel_id) == ["1", "3"]
    named.update([ChannelVersion.token.remove()])
    retention.walk(studio)
    assert stored(studio, channel_id) == ["3"]


def test_a_deleted_channel_keeps_them_until_it_is_restored(studio, channel_id):
    assert studio.call("DELETE", f"/api/channel/{channel_id}").status == 204
    retention.walk(studio)
    assert stored(studio, channel_id) == ["1", "2", "3"]
    assert studio.post(f"/api/channel/{channel_id}/restore").status == 200
    storage.drain(studio)
    retention.walk(studio)
    assert stored(studio, channel_id) == ["3"]


def test_a_copy_that_a_late_worker_withdrew_is_not_brought_back(studio, channel_id):
    body = studio.database(channel_id, 1)
    retention.walk(studio)
    studio.cloud.s3.put_object(Bucket=BUCKET, Key=withdrawn_key(channel_id, 1), Body=body)
    withdrawal.place(channel_id)
    with pytest.raises(studio.cloud.s3.exceptions.NoSuchKey):
        studio.cloud.s3.get_object(Bucket=BUCKET, Key=database_key(channel_id, 1))


@pytest.mark.parametrize("kind", [NEVER_SENT, ANSWER_LOST, KILLED])
def test_is_completed_wherever_it_stops(studio, channel_id, kind):
    objects = {key: studio.database(channel_id, key) for key in (1, 2)}
    number = 0
    while True:
        Channel(channel_id).update([Channel.kept_from.set(1)])
        for version, body in objects.items():
            studio.cloud.s3.put_object(Bucket=BUCKET, Key=database_key(channel_id, version), Body=body)
            ChannelVersion(channel_id, version).update([ChannelVersion.database_ended.remove()])
        fault = stop(studio, number, kind, lambda: old_versions.end(channel_id))
        if not fault.hit:
            break
        assert {"3"} <= set(stored(studio, channel_id)), fault
        retention.walk(studio)
        assert stored(studio, channel_id) == ["3"], fault
        assert rows(studio, channel_id) == {1: True, 2: True, 3: False}
        number += 2
    assert number > 5
