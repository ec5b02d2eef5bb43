"""The pages of a user's settings, without scripts."""

import re
from itertools import pairwise
from urllib.parse import urlencode

import pytest

from chalicelib.domain.tokens import digest
from chalicelib.models import storage_requests
from chalicelib.models.tokens import Token
from chalicelib.rendering.chart import WIDTH, parts_of, width_of
from tests.support.http.client import Studio
from tests.support.http.pages import Page, Visitor
from tests.support.worlds import nodes

PROFILE, TOKENS, STORAGE, SESSIONS = "/settings/", "/settings/tokens/", "/settings/storage/", "/settings/sessions/"
PAGES = (PROFILE, TOKENS, STORAGE, SESSIONS, "/settings/account/")


def shown_token(page: Page) -> str:
    """The token that a page shows."""
    found = re.search(r"\b[0-9a-f]{40}\b", page.text)
    assert found
    return found.group()


@pytest.mark.parametrize("path", PAGES)
class TestAll:
    def test_lead_to_each_other(self, user: Visitor, path: str) -> None:
        page = user.open(path)
        assert page.status == 200
        assert set(PAGES) <= set(page.links.values())
        assert page.answer.text.count('aria-current="page"') == 1

    def test_load_and_run_nothing_inline_and_are_not_cached(self, user: Visitor, path: str) -> None:
        page = user.open(path)
        assert not page.read.inline
        assert page.answer.headers["Cache-Control"] == "no-store"
        levels = [level for level, _ in page.read.headings]
        assert levels[0] == 1
        assert all(after - before <= 1 for before, after in pairwise(levels))

    def test_require_a_session(self, visitor: Visitor, path: str) -> None:
        answer = visitor.send("GET", path.rstrip("/"))
        assert (answer.status, answer.headers["Location"]) == (
            303,
            f"/accounts/login/?{urlencode({'next': path}, safe='/')}",
        )


class TestProfile:
    def test_is_saved(self, studio: Studio, user: Visitor) -> None:
        page = user.submit(user.open(PROFILE), PROFILE, first_name="Ada", last_name="<b>")
        assert "Your names are saved." in page.text
        assert page.form(PROFILE).fields["first_name"] == ["Ada"]
        assert "&lt;b&gt;" in page.answer.text
        assert studio.get("/api/user/me").json["last_name"] == "<b>"

    def test_shows_what_was_typed_with_the_problem(self, user: Visitor) -> None:
        page = user.submit(user.open(PROFILE), PROFILE, first_name="a" * 201, last_name="Lovelace")
        assert page.status == 400
        assert "at most 200 characters" in page.text
        assert page.form(PROFILE).fields["last_name"] == ["Lovelace"]


class TestTokens:
    def test_are_created_and_shown_once(self, studio: Studio, user: Visitor) -> None:
        page = user.submit(user.open(TOKENS), TOKENS, name="My laptop", expires="")
        assert (page.status, page.answer.headers["Cache-Control"]) == (201, "no-store")
        token = shown_token(page)
        assert studio.get("/api/user/me", token).status == 200
        assert f"STUDIO_URL=http://front.example.org python chef.py --token={token}" in page.text
        listed = user.open(TOKENS)
        assert token not in listed.answer.text
        assert f"{token[:4]}…" in listed.text
        assert "My laptop" in listed.text

    def test_are_not_created_or_shown_again_by_a_reload(self, studio: Studio, user: Visitor) -> None:
        form = user.open(TOKENS).form(TOKENS)
        sent = {name: values[-1] for name, values in form.fields.items()} | {"name": "My laptop"}
        body = urlencode(sent).encode()
        first, again = (user.send("POST", "/settings/tokens", body) for _ in range(2))
        assert (first.status, again.status) == (201, 409)
        page = Page(TOKENS, again)
        assert "has created a token already" in page.text
        assert not re.search(r"\b[0-9a-f]{40}\b", page.text)
        assert len(studio.cloud.items("tokens")) == 2

    def test_show_what_was_typed_with_the_problem(self, user: Visitor) -> None:
        page = user.submit(user.open(TOKENS), TOKENS, name="old", expires="2020-01-31")
        assert page.status == 400
        assert "This time is over" in page.text
        assert page.form(TOKENS).fields["name"] == ["old"]

    def test_are_revoked(self, studio: Studio, user: Visitor) -> None:
        made = user.submit(user.open(TOKENS), TOKENS, name="My laptop")
        token = shown_token(made)
        page = user.submit(user.open(TOKENS), f"{TOKENS}{digest(token)[:32]}/revoke/")
        assert "The token was revoked." in page.text
        assert "My laptop" not in page.text
        assert studio.get("/api/user/me", token).status == 401

    def test_show_when_they_have_expired(self, studio: Studio, user: Visitor) -> None:
        Token(digest(studio.token)).update([Token.expires.set(1_700_000_000)])
        assert "Expired" in user.open(TOKENS).text

    def test_are_no_use_for_pages(self, studio: Studio) -> None:
        answer = studio.call("GET", "/settings/tokens", None, studio.token, accept="text/html")
        assert answer.status == 303


class TestStorage:
    @pytest.fixture
    def channel_id(self, studio: Studio) -> str:
        channel_id, root = studio.make_channel("Lessons")
        name = studio.upload(b"%PDF" + bytes(1_500_000), "pdf", "document")
        studio.add(root, nodes.resource("d", files=[nodes.file(name)]))
        studio.finish(channel_id)
        studio.deliver()
        return channel_id

    def test_is_shown_by_kind_and_channel(self, studio: Studio, user: Visitor, channel_id: str) -> None:
        first = user.open(STORAGE)
        assert "1.5 MB used of 53.7 GB" in first.text
        assert "being counted for the first time" in first.text
        studio.deliver("maintenance")
        page = user.click(first, "Show the result")
        assert "Documents 1.5 MB" in page.text
        assert page.links["Lessons"] == f"/channels/{channel_id}/"
        assert "being counted" not in page.text

    def test_is_requested_and_withdrawn(self, studio: Studio, user: Visitor) -> None:
        page = user.submit(user.open(STORAGE), STORAGE, gigabytes="2,5", reason="Videos <b>")
        assert "Your request was sent." in page.text
        assert "You requested 2.5 GB more" in page.text
        assert "&lt;b&gt;" in page.answer.text
        assert storage_requests.get(studio.user_id)
        page = user.submit(page, f"{STORAGE}withdraw/")
        assert "Your request was withdrawn." in page.text
        assert storage_requests.get(studio.user_id) is None

    @pytest.mark.parametrize("amount", ["", "ten", "0", "-1", "1e9", "١", "1.", ".5", "9" * 12, "1_000", "nan"])
    def test_that_is_no_number_is_refused(self, user: Visitor, amount: str) -> None:
        page = user.submit(user.open(STORAGE), STORAGE, gigabytes=amount, reason="r")
        assert (page.status, "Enter a number such as 10" in page.text) == (400, True)
        assert page.form(STORAGE).fields["reason"] == ["r"]

    def test_that_was_answered_meanwhile_cannot_be_withdrawn(self, studio: Studio, user: Visitor) -> None:
        user.submit(user.open(STORAGE), STORAGE, gigabytes="1", reason="r")
        page = user.open(STORAGE)
        storage_requests.remove(studio.user_id)
        after = user.submit(page, f"{STORAGE}withdraw/")
        assert (after.status, "It may have been answered already." in after.text) == (404, True)


class TestSessions:
    def test_are_ended_one_by_one(self, studio: Studio, user: Visitor) -> None:
        other = Visitor(studio, studio.user_id)
        page = user.open(SESSIONS)
        assert page.text.count("This session") == 1
        (action,) = [form.action for form in page.forms if form.action.endswith("/end/")]
        assert "The session has ended." in user.submit(page, action).text
        assert other.send("GET", "/settings").status == 303

    def test_are_all_ended_but_this_one(self, studio: Studio, user: Visitor) -> None:
        others = [Visitor(studio, studio.user_id) for _ in range(2)]
        page = user.submit(user.open(SESSIONS), SESSIONS)
        assert "Your other sessions have ended." in page.text
        assert "End all other sessions" not in page.text
        assert [other.send("GET", "/settings").status for other in others] == [303, 303]


class TestChart:
    @pytest.mark.parametrize("sizes", [[5, 3], [], [0], [10**12, 1, 1], [1] * 9])
    def test_is_within_its_width(self, sizes: list[int]) -> None:
        parts = parts_of([("audio", "Audio", size) for size in sizes])
        assert sum(part["width"] for part in parts) <= WIDTH
        ends = [part["x"] + part["width"] for part in parts]
        assert [part["x"] for part in parts[1:]] == ends[:-1]

    @pytest.mark.parametrize(
        ("part", "whole", "width"), [(0, 5, 0), (5, 10, 500), (1, 10**12, 4), (20, 10, 1000), (5, 0, 1000), (-1, 5, 0)]
    )
    def test_shows_every_part(self, part: int, whole: int, width: int) -> None:
        assert width_of(part, whole) == width
