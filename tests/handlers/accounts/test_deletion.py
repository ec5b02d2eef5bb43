"""Deleting one's account: what is shown before, and what is left of it."""

import json
from datetime import timedelta

import pytest

from chalicelib.errors import Conflict
from chalicelib.identity import accounts
from chalicelib.models import channel_members, channels, invitations, users
from chalicelib.models.base import now
from chalicelib.models.channel_members import EDIT, VIEW
from chalicelib.models.users import User
from chalicelib.operations.accounts import attempts, deletion, deletion_job
from tests.conftest import BUCKET
from tests.support.aws import moto_internals
from tests.support.existing import existing
from tests.support.worlds import invitations as sent
from tests.support.worlds import leaving, storage
from tests.support.worlds.leaving import FIRST, LAST, PASSWORD, leaver, let_time_pass, stored_leaver

URL = "/api/user/me/deletion"
# Where the id of a deleted user, which is random and names nobody, may stay: in what others share.
IDS_STAY = {"changes", "tasks", "nodes", "assessment_items", "file_places", "invitations"}


@pytest.fixture
def me(studio):
    return stored_leaver(studio)


def delete(me, password=PASSWORD):
    return me.browser.call("POST", URL, {"password": password})


def delete_all(me):
    """Delete the account, and let everything be done."""
    assert delete(me).status == 202
    let_time_pass(me.studio)


def channel(channel_id):
    return existing(channels.get(channel_id))


def test_shows_what_goes_and_what_stays(me):
    assert me.browser.call("GET", URL).json == {
        "may_delete": True,
        "obstacle": None,
        "deleted_count": 1,
        "deleted": [{"id": me.own, "name": "Own of leaver", "can_edit": True, "published": True, "public": True}],
        "kept_count": 2,
        "kept": [
            {"id": me.shared, "name": "Shared by leaver", "can_edit": True, "published": False, "public": False},
            {"id": me.viewed, "name": "Viewed by leaver", "can_edit": False, "published": False, "public": False},
        ],
    }


def test_shows_channels_that_others_joined_before_editors_were_counted_as_shared(me):
    me.studio.share(me.own, me.other_id, EDIT)
    assert me.browser.call("GET", URL).json["deleted"] == []


def test_lists_are_limited_and_counted(me, monkeypatch):
    monkeypatch.setattr(deletion, "MAX_LISTED", 1)
    shown = me.browser.call("GET", URL).json
    assert (shown["kept_count"], len(shown["kept"])) == (2, 1)


def test_ends_every_access_at_once(me):
    answer = delete(me)
    assert (answer.status, answer.json) == (202, {"status": "deleting"})
    assert not me.browser.cookies.keys() & {"kolibri_studio_sessionid", "csrftoken"}
    assert me.studio.get("/api/user/me").status == 401
    started = me.studio.call("POST", "/api/auth/session", {"username": me.email, "password": PASSWORD}, None)
    assert started.status == 401
    user = existing(users.get(me.user_id))
    assert (user.is_active, user.first_name, user.last_name) == (False, "", "")
    assert user.password is None
    held = [item for table in ("tokens", "sessions") for item in me.studio.cloud.items(table)]
    assert me.user_id not in json.dumps(held)


def test_deletes_own_channels_and_leaves_the_others(me):
    databases = f"content/databases/{me.own}"
    delete_all(me)
    own, shared = channel(me.own), channel(me.shared)
    assert own.owner_id is None
    assert (own.deleted, shared.deleted, shared.owner_id) == (True, False, me.other_id)
    assert me.studio.cloud.s3.list_objects_v2(Bucket=BUCKET, Prefix=databases)["KeyCount"] == 0
    assert me.studio.get("/api/public/v1/channels", None).json == []
    assert [(one.user_id, one.role) for one in channel_members.of_channel(me.shared)] == [(me.other_id, EDIT)]
    assert [one.user_id for one in channel_members.of_channel(me.viewed)] == [me.other_id]
    assert (shared.editors_count, channel(me.viewed).viewers_count) == (1, 0)
    assert channel(me.own).editors_count == 0
    assert storage.used(me.studio.cloud) == storage.charged(me.studio.cloud)
    assert storage.used(me.studio.cloud)[me.other_id] == len(leaving.PNG)


def test_nothing_names_the_user_afterwards(me):
    delete_all(me)
    for table, items in leaving.everything(me.studio).items():
        text = json.dumps(items, default=str)
        assert me.email not in text, table
        assert FIRST not in text, table
        assert LAST not in text, table
        assert me.user_id not in text or table in IDS_STAY, table
    listed = me.studio.get(f"/api/invitation?channel={me.shared}", me.other_token).json
    assert {one["sender_name"] for one in listed} == {deletion_job.FORMER_NAME}


def test_everything_of_others_stays(studio):
    """A bystander has the same of everything, in the same state as before."""
    bystander = leaver(studio, "bystander", "Byron", "Standish")
    studio.deliver()
    ids = (bystander.user_id, bystander.email, bystander.own, bystander.shared)
    me = leaver(studio)
    before = _naming(studio, ids)
    delete_all(me)
    assert _naming(studio, ids) == before
    assert bystander.studio.get("/api/user/me").status == 200


def _naming(studio, ids):
    """The stored items that name one of these, without counters of periods."""
    found = leaving.everything(studio)
    items = [
        (table, item) for table, rows in found.items() if table not in ("counters", "public_index") for item in rows
    ]
    return sorted(
        text for row in items if any(id in (text := json.dumps(row, default=str, sort_keys=True)) for id in ids)
    )


def test_the_address_may_register_again_and_inherits_nothing(me):
    delete_all(me)
    user_id, token = accounts.create_user(me.email)
    assert user_id != me.user_id
    for path in ("/api/invitation", "/api/bookmark", "/api/search/saved-search", "/api/channelset"):
        assert me.studio.get(path, token).json == [], path
    listed = me.studio.get("/api/user", token).json[0]
    assert (listed["editable_channels"], listed["view_only_channels"]) == ([], [])


def test_a_user_of_an_earlier_version_is_deleted_and_may_register_again(studio):
    address = "early@example.org"
    early = User(accounts.address_id(address), email=address, disk_space=1, disk_space_left=1)
    early.save()
    deletion.begin(existing(users.get(early.id)))
    let_time_pass(studio)
    assert accounts.find(address) is None
    assert accounts.create_user(address)[0] != early.id


def test_an_administrator_may_restore_a_channel_whose_owner_is_gone(me):
    _, admin = me.studio.sign_up("admin", is_admin=True)
    delete_all(me)
    assert me.studio.call("PATCH", f"/api/admin-channels/{me.own}", {"deleted": False}, admin).status == 200
    path = f"/api/channeluser/{me.other_id}/make_editor"
    assert me.studio.call("POST", path, {"channel": me.own}, admin).status == 200
    storage.recount_all(me.studio)
    assert (channel(me.own).deleted, channel(me.own).owner_id) == (False, me.other_id)
    size = len(leaving.PDF) + len("leaver")
    assert storage.used(me.studio.cloud)[me.other_id] == len(leaving.PNG) + size


class TestRefuses:
    def test_an_api_token(self, me):
        answer = me.studio.post(URL, {"password": PASSWORD})
        assert (answer.status, "Sign in with your password" in answer.text) == (403, True)
        assert existing(users.get(me.user_id)).is_active

    def test_a_request_without_a_csrf_token(self, me):
        assert me.browser.call("POST", URL, {"password": PASSWORD}, csrf=False).status == 403
        assert existing(users.get(me.user_id)).is_active

    @pytest.mark.parametrize("body", [None, {}, {"password": ""}, {"password": 5}, {"password": "x" * 1001}, []])
    def test_a_bad_body(self, me, body):
        assert me.browser.call("POST", URL, body).status == 400

    def test_a_wrong_password_and_too_many(self, me):
        for _ in range(attempts.MAX_PER_DEVICE):
            answer = delete(me, "wrong")
            assert (answer.status, "This is not your password." in answer.text) == (400, True)
        assert delete(me).status == 429
        assert existing(users.get(me.user_id)).is_active

    def test_the_last_administrator(self, studio):
        user_id, _ = accounts.create_user("root@example.org", PASSWORD, is_admin=True)
        browser = studio.sign_in(user_id)
        shown = browser.call("GET", URL).json
        assert (shown["may_delete"], "last administrator" in shown["obstacle"]) == (False, True)
        answer = browser.call("POST", URL, {"password": PASSWORD})
        assert (answer.status, "last administrator" in answer.text) == (409, True)
        accounts.create_user("second@example.org", is_admin=True)
        assert browser.call("GET", URL).json["may_delete"]
        assert browser.call("POST", URL, {"password": PASSWORD}).status == 202


class TestAMarkedUser:
    """Nothing brings back a user who is being deleted."""

    @pytest.fixture
    def marked(self, me):
        assert delete(me).status == 202
        return me

    def test_is_not_activated(self, marked):
        _, admin = marked.studio.sign_up("admin", is_admin=True)
        answer = marked.studio.call("PATCH", f"/api/admin-users/{marked.user_id}", {"is_active": True}, admin)
        assert (answer.status, "being deleted" in answer.text) == (409, True)
        assert not existing(users.get(marked.user_id)).is_active

    def test_gets_no_token_session_or_password(self, marked):
        user = existing(users.get(marked.user_id))
        with pytest.raises(Conflict):
            accounts.issue_token(user)
        with pytest.raises(Conflict):
            accounts.set_password(marked.email, "another long password")
        assert not users.change_profile(user, [], {"first_name": "a"})

    def test_gets_no_membership(self, marked):
        marked.studio.deliver()
        assert not channel_members.give(marked.user_id, marked.viewed, None, VIEW)
        assert not channel_members.give(marked.user_id, marked.viewed, VIEW, EDIT)

    def test_is_resumed_by_the_schedule(self, marked):
        moto_internals.empty_queues()
        User(marked.user_id).update([User.deleting_since.set(now() - timedelta(days=1))])
        marked.studio.send("maintenance", {"jobs": [{"job": "recount_storage"}]})
        storage.drain(marked.studio)
        assert users.get(marked.user_id) is None
        assert accounts.find(marked.email) is None


def test_two_editors_who_leave_at_once_leave_no_channel_without_an_editor(me):
    deletion.begin(existing(users.get(me.other_id)))
    delete_all(me)
    assert (channel(me.shared).deleted, channel(me.viewed).deleted) == (True, True)
    assert not [item for item in me.studio.cloud.items("channel_members") if item["role"]["S"] == EDIT]


def test_the_user_stays_until_requests_have_ended(me):
    assert delete(me).status == 202
    deletion_job.run(me.user_id)
    assert existing(users.get(me.user_id)).deleting_since
    assert channel_members.of_user(me.user_id) == []


def test_what_requests_write_meanwhile_is_deleted_too(me):
    assert delete(me).status == 202
    deletion_job.run(me.user_id)
    late = invitations.Invitation(
        "a" * 32, email=me.email, user_id=me.user_id, channel_id=me.viewed, share_mode=VIEW, sender_id=me.other_id,
        sender_name="o", created=now(),
    )  # fmt: skip
    late.save()
    let_time_pass(me.studio)
    assert invitations.get(late.id) is None
    assert users.get(me.user_id) is None


def test_a_long_deletion_is_continued_by_further_messages(me, monkeypatch):
    monkeypatch.setattr(deletion_job, "MAX_SECONDS", -1)
    delete_all(me)
    assert users.get(me.user_id) is None
    assert me.user_id not in json.dumps(me.studio.cloud.items("bookmarks"))


def test_others_are_not_deleted_by_the_job(studio):
    deletion_job.run(studio.user_id)
    deletion_job.run("0" * 32)
    assert studio.get("/api/user/me").status == 200


def test_invitations_sent_stay_open(me):
    delete_all(me)
    listed = sent.URL + f"?channel={me.shared}"
    pending = [one for one in me.studio.get(listed, me.other_token).json if not one["accepted"]]
    assert [one["email"] for one in pending] == ["later@example.org"]


@pytest.mark.usefixtures("mailing")
def test_is_mailed_to_the_owner_once(me):
    assert delete(me).status == 202
    let_time_pass(me.studio)
    (mail,) = [one for one in me.studio.cloud.mails() if one.subject == "Your account is being deleted"]
    assert mail.destinations["ToAddresses"] == [me.email]
