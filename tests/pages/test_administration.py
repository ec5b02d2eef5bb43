"""Pages for administrators: users, channels, and what is running."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest

from chalicelib.aws import queues
from chalicelib.config import settings
from chalicelib.identity import accounts
from chalicelib.models import channels, storage_requests, tasks, users
from chalicelib.models.base import now
from chalicelib.models.users import User
from tests.support.aws.calls import counting
from tests.support.existing import existing
from tests.support.http.client import Studio
from tests.support.http.pages import Visitor
from tests.support.source.routes import NOTHING
from tests.support.worlds.accounts import send_mail
from tests.support.worlds.publishing import publish


@pytest.fixture
def admin(studio: Studio) -> Visitor:
    return Visitor(studio, studio.sign_up("admin", is_admin=True)[0])


@pytest.fixture
def other(studio: Studio) -> str:
    return studio.sign_up("other")[0]


def act(admin: Visitor, path: str, name: str) -> str:
    """Follow the link of an action, confirm it, and return what the page then says."""
    asked = admin.click(admin.open(path), name)
    assert asked.status == 200, asked.text
    assert asked.links["Cancel"] == path
    done = admin.submit(asked, "")
    assert done.path.partition("?")[0] == path, done.text
    return done.text


class TestAccess:
    def test_is_offered_to_administrators_only(self, admin: Visitor, user: Visitor) -> None:
        assert admin.open("/catalog/").links["Administration"] == "/admin/"
        assert "Administration" not in user.open("/catalog/").links
        assert admin.open("/admin/").path == "/admin/users/"

    @pytest.mark.parametrize("path", ["/admin/", "/admin/users/", "/admin/channels/", "/admin/work/"])
    def test_is_refused_to_others(self, user: Visitor, visitor: Visitor, path: str) -> None:
        page = user.open(path)
        assert (page.status, "Ask an administrator." in page.text) == (403, True)
        assert visitor.send("GET", path).headers["Location"].startswith("/accounts/login/?next=")

    @pytest.mark.parametrize("many", ["users", "channels"])
    @pytest.mark.parametrize("path", [NOTHING, "bad", f"{NOTHING}/delete", f"{NOTHING}/deactivate"])
    def test_of_unknown_ids_is_404(self, admin: Visitor, many: str, path: str) -> None:
        assert admin.open(f"/admin/{many}/{path}/").status == 404
        assert admin.post(f"/admin/{many}/{path}", quota="1", priority="1").status == 404

    def test_of_unknown_actions_is_404(self, admin: Visitor, other: str) -> None:
        assert admin.open(f"/admin/users/{other}/delete/").status == 404
        assert admin.post(f"/admin/users/{other}/promote").status == 404


class TestUsers:
    def test_are_searched_and_show_their_storage(self, admin: Visitor, other: str) -> None:
        User(other).update([User.disk_space.set(2_000_000_000), User.disk_space_left.set(500_000_000)])
        page = admin.open("/admin/users/?keywords=OTHER")
        assert "1 user " in page.text
        assert page.links["other@example.org"] == f"/admin/users/{other}/"
        assert "1.5 GB of 2 GB" in page.text
        assert "No user matches." in admin.open("/admin/users/?keywords=nobody").text
        assert admin.open("/admin/users/?is_active=perhaps").status == 400
        assert "2 users" in admin.open("/admin/users/?is_admin=false&is_active=true").text

    def test_are_paged(self, admin: Visitor, other: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("chalicelib.pages.administration.users.PAGE_SIZE", 2)
        page = admin.click(admin.open("/admin/users/"), "Next page")
        assert "other@example.org" in page.links

    def test_get_a_quota_and_limits(self, admin: Visitor, other: str) -> None:
        path = f"/admin/users/{other}/"
        values = {"quota": "1.5", "limit-channels": "5000", "limit-tokens": ""}
        page = admin.submit(admin.open(path), path, **values)
        assert "Quota and limits are saved." in page.text
        user = existing(users.get(other))
        assert (user.disk_space, user.limits) == (1_500_000_000, {"channels": 5000})
        form = page.form(path)
        assert (form.fields["quota"], form.fields["limit-channels"]) == (["1.5"], ["5000"])
        admin.submit(page, path, **{"limit-channels": ""})
        assert existing(users.get(other)).limits is None

    @pytest.mark.parametrize(
        ("field", "typed"),
        [
            ("quota", "many"),
            ("quota", "-1"),
            ("quota", "NaN"),
            ("quota", ""),
            ("limit-channels", "1.5"),
            ("quota", "1e99"),
        ],
    )
    def test_keep_what_they_have_if_a_value_is_wrong(self, admin: Visitor, other: str, field: str, typed: str) -> None:
        path, before = f"/admin/users/{other}/", existing(users.get(other)).attribute_values
        page = admin.submit(admin.open(path), path, **{field: typed})
        assert (page.status, page.form(path).fields[field]) == (400, [typed])
        assert "Enter a" in page.text
        assert existing(users.get(other)).attribute_values == before

    def test_are_deactivated_and_activated_after_a_question(self, studio: Studio, admin: Visitor, other: str) -> None:
        path, theirs = f"/admin/users/{other}/", Visitor(studio, other)
        assert "The user is deactivated." in act(admin, path, "Deactivate")
        assert theirs.send("GET", "/search").status == 303
        assert "The user is active." in act(admin, path, "Activate")

    def test_lose_sessions_and_tokens_separately(self, studio: Studio, admin: Visitor, other: str) -> None:
        path, theirs = f"/admin/users/{other}/", Visitor(studio, other)
        token = accounts.issue_token(existing(users.get(other)))
        assert "All sessions of the user have ended." in act(admin, path, "End all sessions")
        assert (theirs.send("GET", "/search").status, studio.get("/api/user/me", token).status) == (303, 200)
        assert "All API tokens of the user are revoked." in act(admin, path, "Revoke all API tokens")
        assert studio.get("/api/user/me", token).status == 401
        assert "End all sessions" not in admin.open(path).links

    def test_become_administrators_but_the_last_one_stays(self, studio: Studio, admin: Visitor, other: str) -> None:
        path = f"/admin/users/{other}/"
        assert "The user is an administrator now." in act(admin, path, "Make an administrator")
        assert "not an administrator any more" in act(admin, path, "Take administrator rights away")
        (own,) = [person.id for person in users.everyone() if person.is_admin]
        mine = admin.open(f"/admin/users/{own}/")
        assert "Deactivate" not in mine.links
        asked = admin.click(mine, "Take administrator rights away")
        refused = admin.submit(asked, "")
        assert (refused.status, "This is the last administrator." in refused.text) == (409, True)
        assert admin.post(f"/admin/users/{own}/deactivate").status == 409
        assert existing(users.get(own)).is_admin

    def test_cost_four_reads(self, studio: Studio, admin: Visitor) -> None:
        for number in range(30):
            studio.sign_up(f"u{number}")
        admin.open("/admin/users/")
        with counting(studio) as watch:
            admin.open("/admin/users/")
        assert sorted(watch.names) == ["BatchGetItem", "GetItem", "Query", "Query"]


class TestRequestsForMoreStorage:
    @pytest.fixture
    def path(self, other: str) -> str:
        User(other).update([User.disk_space.set(2_000_000_000), User.disk_space_left.set(500_000_000)])
        assert storage_requests.add(other, 5_500_000_000, "Videos <b>for schools</b>")
        return f"/admin/users/{other}/"

    @pytest.fixture
    def quota(self, other: str) -> Callable[[], int]:
        return lambda: int(existing(users.get(other)).disk_space)

    def test_are_listed_with_amount_reason_and_time(self, admin: Visitor, path: str) -> None:
        page = admin.open("/admin/users/?storage_request=true")
        assert page.links["other@example.org"] == path
        assert ("1 user " in page.text, "chef@example.org" in page.links) == (True, False)
        assert re.search(r"Wants 5\.5 GB more .*20\d\d.*: Videos <b>for schools</b>", page.text)
        assert "&lt;b&gt;" in page.answer.text
        assert page.form("/admin/users/").fields["storage_request"] == ["true"]
        others = admin.open("/admin/users/?storage_request=false")
        assert ("other@example.org" in others.links, "chef@example.org" in others.links) == (False, True)
        assert admin.open("/admin/users/?storage_request=perhaps").status == 400

    def test_of_a_mail_are_found_after_signing_in(self, visitor: Visitor) -> None:
        answer = visitor.send("GET", "/admin/users?storage_request=true")
        assert "storage_request%3Dtrue" in answer.headers["Location"]

    def test_are_granted(self, admin: Visitor, other: str, path: str, quota: Callable[[], int]) -> None:
        page = admin.open(path)
        assert re.search(r"5\.5 GB more, .*20\d\d.*: Videos <b>for schools</b>", page.text)
        asked = admin.click(page, "Give 5.5 GB more")
        assert "The quota becomes 7.5 GB; it is 2 GB now." in asked.text
        assert quota() == 2_000_000_000
        done = admin.submit(asked, "")
        assert "The quota is raised, and the request answered." in done.text
        assert "Request for more storage" not in done.text
        assert (quota(), storage_requests.get(other)) == (7_500_000_000, None)
        assert existing(users.get(other)).disk_space_left == 6_000_000_000
        again = admin.submit(asked, "")
        assert (again.status, "answered or withdrawn meanwhile" in again.text) == (409, True)
        assert admin.open(f"{path}give-storage/").title.startswith("Give the requested storage")
        assert quota() == 7_500_000_000

    def test_that_are_answered_are_mailed_about(
        self, studio: Studio, admin: Visitor, other: str, path: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        send_mail(studio, monkeypatch)
        act(admin, path, "Give 5.5 GB more")
        (mail,) = studio.cloud.mails()
        assert mail.destinations["ToAddresses"] == ["other@example.org"]
        assert "5.5 GB more storage" in mail.body
        assert "You may use 7.5 GB now." in mail.body
        storage_requests.add(other, 10**9, "more")
        act(admin, path, "Decline")
        assert "An administrator declined it." in studio.cloud.mails()[-1].body
        admin.submit(admin.open(path), path, quota="9")
        assert len(studio.cloud.mails()) == 2
        settings.cache_clear()

    def test_are_declined(self, admin: Visitor, other: str, path: str, quota: Callable[[], int]) -> None:
        assert "The request for more storage is declined." in act(admin, path, "Decline")
        assert (quota(), storage_requests.get(other)) == (2_000_000_000, None)

    def test_that_were_withdrawn_are_not_declined(self, admin: Visitor, other: str, path: str) -> None:
        asked = admin.click(admin.open(path), "Decline")
        storage_requests.remove(other)
        page = admin.submit(asked, "")
        assert (page.status, "answered or withdrawn meanwhile" in page.text) == (409, True)

    def test_that_grew_since_they_were_shown_are_not_granted(
        self, admin: Visitor, other: str, path: str, quota: Callable[[], int]
    ) -> None:
        asked = admin.click(admin.open(path), "Give 5.5 GB more")
        storage_requests.remove(other)
        storage_requests.add(other, 10**14, "more")
        page = admin.submit(asked, "")
        assert (page.status, "it is for 100 TB now" in page.text) == (409, True)
        assert (quota(), storage_requests.get(other) is None) == (2_000_000_000, False)

    @pytest.mark.parametrize("size", ["", "-5500000000", "x", "9" * 5000, "٥"])
    def test_need_the_amount_that_was_shown(
        self, admin: Visitor, path: str, quota: Callable[[], int], size: str
    ) -> None:
        assert admin.post(f"{path}give-storage", bytes=size).status == 409
        assert quota() == 2_000_000_000

    def test_beyond_the_largest_quota_are_not_granted(
        self, admin: Visitor, other: str, path: str, quota: Callable[[], int]
    ) -> None:
        storage_requests.remove(other)
        storage_requests.add(other, 10**15, "all")
        page = admin.submit(admin.open(f"{path}give-storage/"), "")
        assert (page.status, "No quota can be larger than 1000 TB." in page.text) == (409, True)
        assert quota() == 2_000_000_000


class TestChannels:
    def test_are_searched_with_deleted_ones(self, studio: Studio, admin: Visitor) -> None:
        kept, gone = (studio.make_channel(name)[0] for name in ("Maths", "Old maths"))
        studio.call("DELETE", f"/api/channel/{gone}")
        assert "2 channels" in admin.open("/admin/channels/?keywords=maths").text
        page = admin.open("/admin/channels/?deleted=true")
        assert (page.links["Old maths"], "Maths" in page.links) == (f"/admin/channels/{gone}/", False)
        assert "Maths" in admin.open(f"/admin/channels/?keywords={kept}").links
        assert admin.open("/admin/channels/?public=x").status == 400

    def test_become_public_and_private(self, studio: Studio, admin: Visitor, visitor: Visitor) -> None:
        channel_id = publish(studio, "a", name="Maths")
        path = f"/admin/channels/{channel_id}/"
        assert "The channel is public." in act(admin, path, "Make public")
        studio.deliver()
        assert "Maths" in visitor.open("/catalog/").text
        act(admin, path, "Make private")
        studio.deliver()
        assert "Maths" not in visitor.open("/catalog/").text

    def test_are_deleted_and_restored(self, studio: Studio, admin: Visitor) -> None:
        channel_id, _ = studio.make_channel()
        path = f"/admin/channels/{channel_id}/"
        act(admin, path, "Delete")
        assert existing(channels.get(channel_id)).deleted
        gone = now() + timedelta(days=30)
        assert f"on {gone.day} {gone:%B %Y}; it can be restored" in admin.open(f"/admin/channels/{channel_id}/").text
        assert "The channel is restored." in act(admin, path, "Restore")
        assert not existing(channels.get(channel_id)).deleted

    def test_get_priority_countries_and_addresses(self, studio: Studio, admin: Visitor) -> None:
        channel_id, _ = studio.make_channel()
        path = f"/admin/channels/{channel_id}/"
        values = {"priority": "-3", "countries": "ke, Uganda", "source_url": "https://a.example.org"}
        page = admin.submit(admin.open(path), path, **values)
        channel = existing(channels.get(channel_id))
        assert (channel.priority, channel.countries, channel.source_url) == (-3, ["KE", "UG"], "https://a.example.org")
        assert page.form(path).fields["countries"] == ["KE, UG"]
        admin.submit(page, path, countries="", source_url="")
        channel = existing(channels.get(channel_id))
        assert (channel.countries, channel.source_url) == ([], "")

    @pytest.mark.parametrize(
        ("field", "typed"), [("priority", "high"), ("priority", "9999999999"), ("countries", "Atlantis")]
    )
    def test_refuse_wrong_values(self, studio: Studio, admin: Visitor, field: str, typed: str) -> None:
        path = f"/admin/channels/{studio.make_channel()[0]}/"
        page = admin.submit(admin.open(path), path, **{field: typed})
        assert (page.status, page.form(path).fields[field]) == (400, [typed])

    def test_cost_four_reads(self, studio: Studio, admin: Visitor) -> None:
        for _ in range(5):
            studio.make_channel()
        admin.open("/admin/channels/")
        with counting(studio) as watch:
            admin.open("/admin/channels/")
        assert sorted(watch.names) == ["BatchGetItem", "BatchGetItem", "GetItem", "Query"]


class TestWork:
    def test_shows_tasks_and_dead_letters(self, studio: Studio, admin: Visitor) -> None:
        channel_id = publish(studio, "a", name="Maths")
        assert "No task is running or waiting." in admin.open("/admin/work/").text
        assert "redrive" not in admin.open("/admin/work/").text
        assert studio.post(f"/api/channel/{channel_id}/publish", {}).status == 200
        queues.keep_dead_letter(studio.cloud.queue_urls["export"], "{}")
        page = admin.open("/admin/work/")
        assert "Waiting 0 %" in page.text
        assert page.links["Maths"] == f"/admin/channels/{channel_id}/"
        assert page.links["chef@example.org"] == f"/admin/users/{studio.user_id}/"
        assert "make redrive STAGE=test REGION=… QUEUE=export" in page.text

    def test_moves_dead_letters_back_after_a_question(
        self, studio: Studio, admin: Visitor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(queues, "_LONG_POLL", 0)
        queues.keep_dead_letter(studio.cloud.queue_urls["uploads"], "{}")
        assert "The messages are being moved back." in act(admin, "/admin/work/", "Move 1 message back to uploads")
        studio.deliver("maintenance")
        assert studio.cloud.bodies("uploads") == ["{}"]
        assert admin.open("/admin/work/queues/other/redrive/").status == 404

    def test_ends_late_tasks_after_a_question(self, studio: Studio, admin: Visitor) -> None:
        task = tasks.new("a" * 32, tasks.DIFF, studio.make_channel()[0], studio.user_id)
        task.created = (now() - timedelta(hours=2)).isoformat()
        task.save()
        assert "The task is being ended." in act(admin, "/admin/work/", "End the task of Channel")
        studio.deliver("maintenance")
        assert "No task is running or waiting." in admin.open("/admin/work/").text
        refused = admin.post(f"/admin/work/tasks/{'a' * 32}/end")
        assert refused.status == 409

    def test_costs_the_same_with_many_tasks(self, studio: Studio, admin: Visitor) -> None:
        admin.open("/admin/work/")
        with counting(studio) as watch:
            admin.open("/admin/work/")
        assert len(watch.names) <= 14


class TestForms:
    @pytest.mark.parametrize(
        "path",
        ["users/{}/deactivate", "users/{}/give-storage", "users/{}/decline-storage", "users/{}", "channels/{}/delete"],
    )
    def test_need_the_token_of_the_page(self, admin: Visitor, other: str, path: str) -> None:
        storage_requests.add(other, 5, "r")
        answer = admin.send("POST", f"/admin/{path.format(other)}", b"bytes=5&csrfmiddlewaretoken=" + b"0" * 64)
        assert answer.status == 403
        assert (existing(users.get(other)).is_active, storage_requests.get(other) is None) == (True, False)
