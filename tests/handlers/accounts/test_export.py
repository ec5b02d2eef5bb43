"""The export of one's own data."""

import io
import json
import tempfile
import tracemalloc
import zipfile
from datetime import timedelta

import pytest

from chalicelib.domain.limits import EXPORTS
from chalicelib.domain.tokens import digest
from chalicelib.models import personal_data, tasks, users
from chalicelib.models.base import now
from chalicelib.models.bookmarks import Bookmark
from chalicelib.models.tasks import Task
from chalicelib.operations.accounts import deletion, export, export_files, export_job
from tests.conftest import BUCKET
from tests.faults.feed_world import ANSWER_LOST, KILLED, NEVER_SENT
from tests.faults.test_purging import stop
from tests.support.existing import existing
from tests.support.worlds.leaving import FIRST, LAST, PASSWORD, leaver, let_time_pass, stored_leaver

URL = "/api/user/me/export"
NOTHING = {"status": "none", "detail": "", "requested": None, "size": None, "expires": None, "url": None}


@pytest.fixture
def me(studio):
    return stored_leaver(studio)


def exported(me):
    """The files of a new export by name."""
    assert me.browser.call("POST", URL).status == 202
    me.studio.deliver()
    return downloaded(me, me.browser.call("GET", URL).json)


def downloaded(me, state):
    assert state["status"] == "ready", state
    key = state["url"].removeprefix("http://127.0.0.1:8000/").partition("/content/")[2]
    stored = me.studio.cloud.s3.get_object(Bucket=BUCKET, Key=f"content/{key}")
    body = stored["Body"].read()
    assert (stored["CacheControl"], len(body)) == ("private, no-store", state["size"])
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def test_has_everything_that_is_stored_about_the_user(me):
    files = exported(me)
    read = {name.removesuffix(".json"): json.loads(text) for name, text in files.items() if name.endswith(".json")}
    (profile,) = read["profile"]
    assert (profile["email"], profile["first_name"], profile["last_name"]) == (me.email, FIRST, LAST)
    assert (profile["disk_space_used"], profile["has_password"]) == (
        sum(row["file_size"] for row in read["files"]),
        True,
    )
    roles = {row["id"]: (row["role"], row["is_owner"], bool(row["token"])) for row in read["channels"]}
    assert roles == {me.own: ("edit", True, True), me.shared: ("edit", True, False), me.viewed: ("view", False, False)}
    members = {(row["channel"], row["email"], row["role"]) for row in read["members"]}
    assert members == {(me.own, "guest.leaver@example.net", "view"), (me.shared, "chef@example.org", "edit")}
    assert {row["channel"] for row in read["invitations_received"]} == {me.viewed}
    assert {row["channel"] for row in read["invitations_sent"]} == {me.own, me.shared}
    assert [row["channel_id"] for row in read["bookmarks"]] == sorted([me.own, me.viewed])
    assert [row["name"] for row in read["saved_searches"]] == [f"s of {me.email}"]
    assert [row["source_channel_id"] for row in read["clipboard"]] == [me.own]
    assert [row["channel_ids"] for row in read["channel_sets"]] == [[me.own, me.shared]]
    assert (len(read["api_tokens"]), len(read["sessions"]), len(read["changes"])) == (1, 1, 2)
    ((size, reason, created),) = [(row["size"], row["reason"], row["created"]) for row in read["requests"]]
    assert (size, reason, created.endswith("Z")) == (5, f"r of {me.email}", True)
    assert f"{me.own}" not in files["README.txt"]
    assert all(f"{name}.json" in files["README.txt"] for name in read)


def test_has_no_secret(me):
    text = "".join(exported(me).values())
    user = existing(users.get(me.user_id))
    session = me.browser.cookies["kolibri_studio_sessionid"]
    for secret in (
        me.studio.token,
        digest(me.studio.token),
        session,
        digest(session),
        user.password,
        user.device_secret,
    ):
        assert secret is None or secret not in text


def test_has_nothing_of_others(studio):
    bystander = leaver(studio, "bystander", "Byron", "Standish")
    me = leaver(studio)
    text = "".join(exported(me).values())
    for word in (bystander.user_id, bystander.email, bystander.own, bystander.shared, bystander.viewed, "Standish"):
        assert word not in text


def test_of_a_new_user_is_empty(studio):
    browser = studio.sign_in(studio.sign_up("new")[0])
    assert browser.call("GET", URL).json == NOTHING
    answer = browser.call("POST", URL)
    assert (answer.status, answer.json["status"]) == (202, "running")
    studio.deliver()
    state = browser.call("GET", URL).json
    assert (state["status"], state["detail"]) == ("ready", "Your data is ready for download.")


def test_one_at_a_time(me):
    first = me.browser.call("POST", URL).json
    assert me.browser.call("POST", URL).json == first
    assert len(me.studio.cloud.bodies("maintenance")) == 1
    me.studio.deliver()
    assert me.browser.call("POST", URL).json["status"] == "running"


def test_a_lost_message_is_sent_again(me):
    me.browser.call("POST", URL)
    me.studio.deliver()
    task = Task.get(export.task_id_of(me.user_id))
    task.update([Task.status.set(tasks.PENDING), Task.created.set((now() - timedelta(minutes=1)).isoformat())])
    assert me.browser.call("POST", URL).json["status"] == "running"
    me.studio.deliver()
    assert me.browser.call("GET", URL).json["status"] == "ready"


def test_a_dead_one_has_failed_and_can_be_requested_again(me):
    me.browser.call("POST", URL)
    task = Task.get(export.task_id_of(me.user_id))
    task.update([Task.status.set(tasks.STARTED), Task.created.set((now() - timedelta(hours=1)).isoformat())])
    assert me.browser.call("GET", URL).json["status"] == "failed"
    assert me.browser.call("POST", URL).json["status"] == "running"


def test_expires(me):
    exported(me)
    task = Task.get(export.task_id_of(me.user_id))
    task.update([Task.result.set({**task.result, "made": (now() - timedelta(hours=25)).isoformat()})])
    state = me.browser.call("GET", URL).json
    assert (state["status"], state["url"]) == ("expired", None)
    assert exported(me)


def test_is_limited_per_day(me):
    for _ in range(EXPORTS.default):
        exported(me)
    answer = me.browser.call("POST", URL)
    assert (answer.status, "exports of your data today" in answer.text) == (429, True)
    assert me.browser.call("GET", URL).json["status"] == "ready"


def test_needs_a_session(me):
    for method in ("GET", "POST"):
        answer = me.studio.call(method, URL)
        assert (answer.status, "Sign in with your password" in answer.text) == (403, True)
    assert me.browser.call("POST", URL, csrf=False).status == 403
    assert tasks.get(export.task_id_of(me.user_id)) is None


def test_another_user_sees_neither_state_nor_task(me):
    exported(me)
    other = me.studio.sign_in(me.other_id)
    assert other.call("GET", URL).json == NOTHING
    assert other.call("GET", f"/api/task/{export.task_id_of(me.user_id)}").status == 404


def test_all_are_deleted_with_the_account(me):
    exported(me)
    exported(me)
    listed = {"Bucket": BUCKET, "Prefix": "content/answers/own/"}
    assert me.studio.cloud.s3.list_objects_v2(**listed)["KeyCount"] == 2
    assert me.browser.call("POST", "/api/user/me/deletion", {"password": PASSWORD}).status == 202
    let_time_pass(me.studio)
    assert me.studio.cloud.s3.list_objects_v2(**listed)["KeyCount"] == 0
    assert tasks.get(export.task_id_of(me.user_id)) is None


def test_a_deleted_account_is_not_exported(me):
    me.browser.call("POST", URL)
    me.browser.call("POST", "/api/user/me/deletion", {"password": PASSWORD})
    export_job.run(export.task_id_of(me.user_id))
    assert existing(tasks.get(export.task_id_of(me.user_id))).status == tasks.FAILURE


def test_one_that_is_written_while_the_account_is_deleted_does_not_stay(me, monkeypatch):
    me.browser.call("POST", URL)
    write = export_files.write

    def write_late(user, file):
        deletion.begin(existing(users.get(me.user_id)))
        return write(user, file)

    monkeypatch.setattr(export_files, "write", write_late)
    export_job.run(export.task_id_of(me.user_id))
    assert me.studio.cloud.s3.list_objects_v2(Bucket=BUCKET, Prefix="content/answers/own/")["KeyCount"] == 0


def test_a_second_delivery_does_nothing(me):
    me.browser.call("POST", URL)
    me.studio.deliver(times=2)
    listed = me.studio.cloud.s3.list_objects_v2(Bucket=BUCKET, Prefix="content/answers/own/")
    assert listed["KeyCount"] == 1


@pytest.mark.parametrize("kind", [NEVER_SENT, ANSWER_LOST, KILLED])
def test_is_made_wherever_a_worker_stops(studio, kind):
    me, number = leaver(studio), 0
    while True:
        task_id = export.task_id_of(me.user_id)
        tasks.new(task_id, tasks.EXPORT, me.user_id, me.user_id).save()
        fault = stop(me.studio, number, kind, lambda task_id=task_id: export_job.run(task_id))
        if not fault.hit:
            break
        export_job.run(task_id)
        assert len(downloaded(me, me.browser.call("GET", URL).json)) == len(export_files.FILES) + 1, fault
        number += 4
    assert number > 10


def test_memory_does_not_grow_with_the_data(studio, monkeypatch):
    user = existing(users.get(studio.user_id))

    def peak(count):
        def many(model, hash_key):
            items = count if model is Bookmark else 0
            return ({"user_id": {"S": hash_key}, "channel_id": {"S": f"{number:032x}"}} for number in range(items))

        monkeypatch.setattr(personal_data, "query_raw", many)
        with tempfile.TemporaryFile() as file:
            tracemalloc.start()
            try:
                size = export_files.write(user, file)
                return size, tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()

    peak(10)
    (small_size, small), (large_size, large) = peak(1000), peak(50_000)
    assert large_size > 20 * small_size
    assert large < 1.5 * small
