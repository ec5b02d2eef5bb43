"""What the caller's files take, and requests for more storage."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.aws import mail
from chalicelib.config import settings
from chalicelib.errors import Busy
from chalicelib.models import storage_reports, storage_requests, users
from chalicelib.models.base import now
from chalicelib.models.channels import Channel
from chalicelib.models.storage_reports import StorageReport
from chalicelib.models.users import User
from chalicelib.operations.accounts import storage_report
from chalicelib.operations.users import more_storage
from tests.support.aws.calls import counting
from tests.support.worlds import nodes, storage

URL = "/api/user/me/storage"
REQUEST = f"{URL}/request"
ADMIN = "/api/admin-users"
SENDER = "studio@example.org"


ONE, TWO, SHARED = b"%PDF one", b"ID3 two, an audio file", b"%PDF of both channels"


def upload(studio, data, extension, preset):
    duration = 5 if preset == "audio" else None
    return nodes.file(studio.upload(data, extension, preset, duration), preset, duration=duration)


@pytest.fixture
def channels(studio):
    """Two channels with a document in common, each with a file of its own; the ids."""
    shared = upload(studio, SHARED, "pdf", "document")
    own = [("document", upload(studio, ONE, "pdf", "document")), ("audio", upload(studio, TWO, "mp3", "audio"))]
    made = []
    for number, (kind, file) in enumerate(own):
        channel_id, root = studio.make_channel(f"Channel {number}")
        studio.add(root, nodes.resource("both", files=[shared]), nodes.resource("own", kind, files=[file]))
        assert studio.finish(channel_id).status == 200
        made.append(channel_id)
    studio.deliver()
    return made


def report(studio, token=""):
    answer = studio.get(URL, token)
    assert answer.status == 200
    return answer.json


def counted(studio):
    report(studio)
    studio.deliver("maintenance")
    return report(studio)


def ask(studio, token="", **body):
    return studio.post(REQUEST, {"bytes": 5 * 1024**3, "reason": "Videos of lessons", **body}, token)


class TestReport:
    def test_is_counted_by_a_worker(self, studio, channels):
        first = report(studio)
        used = len(ONE + TWO + SHARED)
        assert first["used"] == used == first["allowed"] - first["available"]
        assert (first["count"], first["counting"]) == (None, True)
        studio.deliver("maintenance")
        second = report(studio)
        assert second["counting"] is False
        count = second["count"]
        assert count["used"] == used
        assert count["by_kind"] == [
            {"kind": "document", "name": "Documents", "size": len(ONE + SHARED)},
            {"kind": "audio", "name": "Audio", "size": len(TWO)},
        ]
        assert count["by_channel"] == [
            {"id": channels[1], "name": "Channel 1", "size": len(TWO + SHARED), "freed": len(TWO)},
            {"id": channels[0], "name": "Channel 0", "size": len(ONE + SHARED), "freed": len(ONE)},
        ]
        assert (count["shared"], count["not_in_channels"]) == (len(SHARED), 0)
        assert count["other_channels"] == {"count": 0, "freed": 0}

    def test_has_uploads_under_way(self, studio, channels):
        studio.upload(b"%PDF new", "pdf", "document")
        assert counted(studio)["count"]["not_in_channels"] == len(b"%PDF new")

    def test_of_a_deleted_channel_is_not_charged(self, studio, channels):
        assert studio.call("DELETE", f"/api/channel/{channels[0]}").status == 204
        storage.drain(studio)
        count = counted(studio)["count"]
        assert [row["id"] for row in count["by_channel"]] == [channels[1]]
        assert (count["used"], count["shared"]) == (len(TWO + SHARED), 0)

    def test_is_counted_again_when_the_sum_has_changed(self, studio, channels):
        counted(studio)
        studio.upload(b"%PDF new", "pdf", "document")
        StorageReport(studio.user_id).update([StorageReport.requested.set(0)])
        outdated = report(studio)
        assert outdated["counting"] is True
        assert outdated["count"]["used"] == outdated["used"] - len(b"%PDF new")
        studio.deliver("maintenance")
        assert report(studio)["count"]["used"] == outdated["used"]

    def test_is_counted_again_after_a_day(self, studio, channels):
        counted(studio)
        StorageReport(studio.user_id).update([StorageReport.counted.set(now() - timedelta(days=1))])
        assert report(studio)["counting"] is True

    def test_is_requested_once_a_minute(self, studio, channels):
        with counting(studio) as watch:
            for _ in range(3):
                report(studio)
        assert watch.names.count("SendMessage") == 1
        assert watch.names.count("UpdateItem") == 3

    def test_takes_few_calls(self, studio, channels):
        counted(studio)
        with counting(studio) as watch:
            report(studio)
        assert watch.names == ["GetItem"] * 3 + ["BatchGetItem", "GetItem"]

    def test_is_of_the_caller_only(self, studio, channels):
        user_id, token = studio.sign_up("other")
        studio.share(channels[0], user_id, "edit")
        report(studio, token)
        studio.deliver("maintenance")
        other = report(studio, token)
        assert (other["used"], other["count"]["by_kind"], other["count"]["by_channel"]) == (0, [], [])

    def test_does_not_name_channels_of_others(self, studio, channels):
        counted(studio)
        Channel(channels[1]).update([Channel.owner_id.set("f" * 32)])
        count = report(studio)["count"]
        assert [row["id"] for row in count["by_channel"]] == [channels[0]]
        assert count["other_channels"] == {"count": 1, "freed": len(TWO)}

    def test_lists_the_largest_channels(self, studio, channels, monkeypatch):
        monkeypatch.setattr(storage_report, "MAX_CHANNELS", 1)
        count = counted(studio)["count"]
        assert [row["id"] for row in count["by_channel"]] == [channels[1]]
        assert count["other_channels"] == {"count": 1, "freed": len(ONE)}

    def test_of_too_many_files_is_by_kind_only(self, studio, channels, monkeypatch):
        monkeypatch.setattr(storage_report, "MAX_SECONDS", -1)
        count = counted(studio)["count"]
        assert count["used"] == len(ONE + TWO + SHARED) == sum(row["size"] for row in count["by_kind"])
        assert {count[name] for name in ("by_channel", "other_channels", "shared", "not_in_channels")} == {None}

    def test_may_be_counted_twice_and_late(self, studio, channels):
        for _ in range(2):
            storage_report.count(studio.user_id)
        newest = report(studio)["count"]
        storage_reports.save(studio.user_id, now() - timedelta(hours=1), 5, {})  # an older count that ends later
        assert report(studio)["count"] == newest
        storage_report.count("f" * 32)  # a user who was deleted meanwhile
        assert storage_reports.get("f" * 32) is None


class TestRequest:
    @pytest.fixture
    def admin(self, studio):
        return studio.sign_up("admin", is_admin=True)[1]

    def row(self, studio, admin):
        return studio.get(f"{ADMIN}/{studio.user_id}", admin).json

    def change(self, studio, admin, **fields):
        answer = studio.call("PATCH", f"{ADMIN}/{studio.user_id}", fields, admin)
        assert answer.status == 200
        return answer.json

    def test_is_shown_to_its_user_and_to_administrators(self, studio, admin):
        answer = ask(studio)
        assert answer.status == 201
        assert answer.json["bytes"] == 5 * 1024**3
        assert report(studio)["request"] == answer.json == self.row(studio, admin)["storage_request"]
        listed = studio.get(ADMIN, admin).json
        assert {row["email"]: bool(row["storage_request"]) for row in listed} == {
            "admin@example.org": False,
            "chef@example.org": True,
        }

    def test_is_found_by_administrators(self, studio, admin):
        ask(studio)
        for value, found in (("true", "chef@example.org"), ("false", "admin@example.org")):
            assert [row["email"] for row in studio.get(f"{ADMIN}?storage_request={value}", admin).json] == [found]

    def test_is_open_once(self, studio, admin):
        assert [ask(studio).status for _ in range(2)] == [201, 409]
        assert "Wait for the answer, or withdraw" in ask(studio).json["detail"]

    def test_is_answered_by_another_quota(self, studio, admin):
        ask(studio)
        allowed = report(studio)["allowed"]
        assert self.change(studio, admin, disk_space=allowed, is_admin=False)["storage_request"] is not None
        assert self.change(studio, admin, disk_space=allowed + 1)["storage_request"] is None
        assert report(studio)["request"] is None
        assert ask(studio).status == 201

    def test_is_declined(self, studio, admin):
        ask(studio)
        assert self.change(studio, admin, decline_storage_request=True)["storage_request"] is None

    def test_stays_if_the_quota_cannot_be_changed(self, studio, admin, monkeypatch):
        ask(studio)
        user = users.get(studio.user_id)
        User(studio.user_id).update([User.profile_rev.add(1)])
        monkeypatch.setattr(users, "get", lambda _: user)
        answer = studio.call("PATCH", f"{ADMIN}/{studio.user_id}", {"disk_space": 5}, admin)
        assert answer.status == 409
        assert report(studio)["request"] is not None

    def test_is_withdrawn(self, studio):
        ask(studio)
        assert [studio.call("DELETE", REQUEST).status for _ in range(2)] == [204, 404]
        assert report(studio)["request"] is None

    def test_is_open_once_even_if_sent_at_the_same_time(self, studio, monkeypatch):
        ask(studio)
        monkeypatch.setattr(storage_requests, "get", lambda _: None)
        assert ask(studio).status == 409

    def test_is_limited_per_day(self, studio):
        statuses = []
        for _ in range(6):
            statuses.append(ask(studio).status)
            studio.call("DELETE", REQUEST)
        assert statuses == [*[201] * 5, 429]

    def test_that_is_refused_does_not_count(self, studio):
        ask(studio)
        assert [ask(studio).status for _ in range(4)] == [409] * 4

    @pytest.mark.parametrize(
        "body",
        [
            *({"bytes": size} for size in (0, -1, 10**16, 1.5, "5", None, True)),
            *({"reason": reason} for reason in ("", " ", "a" * 1001, None, 5)),
        ],
    )
    def test_is_bounded(self, studio, body):
        answer = ask(studio, **body)
        assert answer.status == 400
        assert set(answer.json) == set(body)


class TestMail:
    @pytest.fixture
    def operator(self, studio, monkeypatch):
        changed = replace(settings(), mail_from=SENDER, operator_mail="ops@example.org")
        for module in (mail, more_storage):
            monkeypatch.setattr(module, "settings", lambda: changed)
        studio.cloud.verify_sender(SENDER)

    def test_goes_to_the_operator_without_the_reason(self, studio, operator):
        assert ask(studio, reason="see http://evil.example").status == 201
        (sent,) = studio.cloud.mails()
        assert sent.destinations["ToAddresses"] == ["ops@example.org"]
        assert "chef@example.org requests 5.4 GB more" in str(sent.body)
        assert "evil" not in str(sent.body)
        assert "/admin/users/?storage_request=true" in str(sent.body)

    def test_that_fails_leaves_the_request(self, studio, operator, monkeypatch):
        def fail(*_):
            raise Busy("no mail")

        monkeypatch.setattr(mail, "send", fail)
        assert ask(studio).status == 201
        assert report(studio)["request"] is not None

    def test_is_not_sent_without_an_operator(self, studio):
        assert ask(studio).status == 201
        assert studio.cloud.mails() == []
