"""Pages of channels: the list, a new one, one with its tree, its versions, its people."""

import re
from typing import Any

import pytest

from chalicelib.domain.ids import new_id
from chalicelib.models import channel_versions
from chalicelib.models.base import now
from chalicelib.models.channel_members import EDIT, VIEW
from chalicelib.models.invitations import Invitation
from chalicelib.pages import channels, people
from tests.support.aws.calls import counting
from tests.support.http.client import Studio
from tests.support.http.pages import Page, Visitor
from tests.support.worlds import nodes


def make(studio: Studio, name: str = "Channel", publish: bool = True, **fields: str) -> str:
    """The ID of a channel with a topic `one` that has an exercise, beside an exercise `two`."""
    channel_id, root = studio.make_channel(name, **fields)
    topic = studio.add(root, nodes.topic("one"), nodes.exercise("two", nodes.question("q")))[nodes.node_id("one")]
    studio.add(topic, nodes.exercise("three", nodes.question("q3")))
    studio.finish(channel_id)
    if publish:
        studio.publish(channel_id, "First notes")
    return channel_id


def token_of(studio: Studio, channel_id: str) -> str:
    return str(studio.get(f"/api/channel/{channel_id}").json["primary_token"])


class TestList:
    def test_shows_states_and_tokens(self, studio: Studio, user: Visitor) -> None:
        published, new = make(studio, "Published"), make(studio, "New", publish=False)
        studio.call("PATCH", f"/api/channel/{published}", {"description": "Changed since"})
        page = user.open("/channels/")
        assert page.links["Published"] == f"/channels/{published}/"
        assert page.links["New"] == f"/channels/{new}/"
        for said in ("Version 1", "Unpublished changes", "Not published", token_of(studio, published), "2 resources"):
            assert said in page.text

    def test_shows_what_is_staged_and_publishing(self, studio: Studio, user: Visitor) -> None:
        channel_id = make(studio)
        _, root = studio.make_channel(channel_id=channel_id)
        studio.add(root, nodes.exercise("new", nodes.question("new")))
        studio.finish(channel_id, stage=True)
        studio.post("/api/internal/publish_channel", {"channel_id": channel_id})
        page = user.open("/channels/")
        assert page.links["Review what is staged"] == f"/channels/{channel_id}/staging/"
        assert f'class="publishing" data-channel="{channel_id}"' in page.answer.text

    def test_has_parts(self, studio: Studio) -> None:
        edited, viewed, public, other = (make(studio, name) for name in ("Edited", "Viewed", "Public", "Other"))
        user_id, token = studio.sign_up("reader")
        studio.share(edited, user_id, EDIT)
        studio.share(viewed, user_id, VIEW)
        studio.make_public(public)
        studio.post("/api/bookmark", {"channel": public}, token)
        visitor = Visitor(studio, user_id)
        names = {part: _names(visitor.open(f"/channels/?show={part}")) for part in ("", *channels.PARTS, "nonsense")}
        everything = {"Edited", "Viewed", "Public"}
        assert names == {
            "": everything,
            "edit": {"Edited"},
            "view": {"Viewed"},
            "bookmark": {"Public"},
            "nonsense": everything,
        }
        assert other not in visitor.open("/channels/").answer.text

    def test_is_searched(self, studio: Studio, user: Visitor) -> None:
        make(studio, "Algebra", description="for <b>beginners</b>")
        make(studio, "Botany")
        page = user.submit(user.open("/channels/"), "/channels/", search="BEGINNERS")
        assert _names(page) == {"Algebra"}
        assert "<b>beginners" not in page.answer.text
        assert "No channel has these words" in user.open("/channels/?search=zoology").text

    def test_has_pages(self, studio: Studio, user: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(channels, "PAGE_SIZE", 2)
        for name in ("a", "b", "c"):
            studio.make_channel(name)
        first = user.open("/channels/")
        second = user.click(first, "Next page")
        assert len(_names(first) | _names(second)) == 3
        assert user.click(second, "Previous page").text == first.text
        assert user.open("/channels/?page=9").status == 404

    def test_costs_as_many_calls_for_many_channels(self, studio: Studio, user: Visitor) -> None:
        counts = []
        for _ in range(2):
            for number in range(3):
                make(studio, f"c{number}")
            with counting(studio) as watch:
                user.open("/channels/")
            counts.append(len(watch.names))
        assert counts == [5, 5]  # the session, memberships, bookmarks, channels, roots


def _names(page: Page) -> set[str]:
    return {text for level, text in page.read.headings if level == 2}


class TestNew:
    def test_is_made_by_a_form(self, studio: Studio, user: Visitor) -> None:
        form = user.click(user.open("/channels/"), "New channel")
        page = user.submit(form, "/channels/new/", name="Biology 漢字", description="", language="sw")
        assert (page.status, page.title) == (200, "Biology 漢字")
        assert "The channel was created." in page.text
        channel_id = page.path.split("/")[2]
        assert studio.get(f"/api/channel/{channel_id}").json["language"] == "sw"

    def test_shows_what_is_wrong_with_what_was_typed(self, user: Visitor) -> None:
        form = user.open("/channels/new/")
        page = user.submit(form, "/channels/new/", name=" ", description="About <plants>", language="sw")
        assert page.status == 400
        assert page.form("/channels/new/").fields["description"] == ["About <plants>"]
        assert page.form("/channels/new/").fields["language"] == ["sw"]
        assert 'aria-invalid="true"' in page.answer.text


class TestChannel:
    @pytest.mark.parametrize("end", ["", "edit/", "view/"])
    def test_shows_its_facts_and_first_level(self, studio: Studio, user: Visitor, end: str) -> None:
        channel_id = make(studio, "Algebra", description="Numbers and letters")
        page = user.open(f"/channels/{channel_id}/{end}")
        assert page.title == "Algebra"
        for said in ("Numbers and letters", "2 resources", "Version 1", "Topic · 1 resource", "1 question"):
            assert said in page.text
        assert {"one", "two"} <= page.links.keys()
        assert "three" not in page.links

    def test_says_how_to_import_it(self, studio: Studio, user: Visitor) -> None:
        channel_id = make(studio)
        page = user.open(f"/channels/{channel_id}/")
        assert token_of(studio, channel_id) in page.text
        assert "KOLIBRI_CENTRAL_CONTENT_BASE_URL=http://front.example.org" in page.text

    def test_is_bookmarked_and_no_longer(self, studio: Studio, user: Visitor) -> None:
        channel_id = make(studio)
        action = f"/channels/{channel_id}/bookmark/"
        page = user.submit(user.open(f"/channels/{channel_id}/"), action)
        assert "The channel was bookmarked" in page.text
        assert studio.get("/api/bookmark").json == [{"channel": channel_id}]
        page = user.submit(page, action)
        assert ("Remove the bookmark" in page.text, studio.get("/api/bookmark").json) == (False, [])

    def test_keeps_its_token_from_viewers(self, studio: Studio) -> None:
        channel_id = make(studio)
        user_id, _ = studio.sign_up("viewer")
        studio.share(channel_id, user_id, VIEW)
        page = Visitor(studio, user_id).open(f"/channels/{channel_id}/")
        assert (page.status, token_of(studio, channel_id) in page.answer.text) == (200, False)

    def test_says_why_nodes_are_incomplete(self, studio: Studio, user: Visitor) -> None:
        channel_id, root = studio.make_channel()
        studio.add(root, nodes.exercise("Empty"))
        studio.finish(channel_id)
        root_id = studio.get(f"/api/channel/{channel_id}").json["root_id"]
        (node,) = studio.get(f"/api/contentnode?parent={root_id}").json["results"]
        page = user.open(f"/channels/{channel_id}/")
        assert node["incomplete_reasons"]
        assert all(reason["sentence"] in page.text for reason in node["incomplete_reasons"])

    def test_has_levels_in_pages(self, studio: Studio, user: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("chalicelib.pages.nodes.PAGE_SIZE", 2)
        channel_id, root = studio.make_channel()
        studio.add(root, *(nodes.topic(f"t{number}") for number in range(5)))
        studio.finish(channel_id)
        page, seen = user.open(f"/channels/{channel_id}/"), []
        for _ in range(3):
            seen += [text for text in page.links if re.fullmatch(r"t\d", text)]
            if "Next 2" in page.links:
                page = user.click(page, "Next 2")
        assert seen == ["t0", "t1", "t2", "t3", "t4"]
        assert page.links["Back to the beginning of this level"] == f"/channels/{channel_id}/"

    def test_costs_as_many_calls_for_many_nodes(self, studio: Studio, user: Visitor) -> None:
        counts = []
        for number in (2, 30):
            channel_id, root = studio.make_channel()
            for at in range(0, number, 10):
                studio.add(root, *(nodes.exercise(f"e{at + i}", nodes.question("q")) for i in range(min(10, number))))
            studio.finish(channel_id)
            with counting(studio) as watch:
                user.open(f"/channels/{channel_id}/")
            counts.append(len(watch.names))
        assert counts[0] == counts[1] <= 16


class TestVersions:
    def test_are_listed_with_their_notes(self, studio: Studio, user: Visitor) -> None:
        channel_id = make(studio)
        page = user.click(user.open(f"/channels/{channel_id}/"), "Versions")
        for said in ("Version 1", "Current", "First notes", "Exercise: 2", "Licences: CC BY", "Languages: English"):
            assert said in page.text

    def test_say_when_their_database_is_gone(self, studio: Studio, user: Visitor) -> None:
        channel_id = make(studio)
        assert "Its database" not in user.open(f"/channels/{channel_id}/versions/").text
        (version,) = channel_versions.newest(channel_id, 1)
        assert channel_versions.end_database(version)
        day = f"{now().day} {now():%B %Y}"
        assert f"Its database was deleted on {day}: it cannot" in user.open(f"/channels/{channel_id}/versions/").text

    def test_of_a_new_channel_are_none(self, studio: Studio, user: Visitor) -> None:
        channel_id = make(studio, publish=False)
        assert "has not been published yet" in user.open(f"/channels/{channel_id}/versions/").text


class TestPeople:
    def test_are_listed_and_invited(self, studio: Studio, user: Visitor) -> None:
        channel_id = make(studio)
        studio.share(channel_id, studio.sign_up("viewer")[0], VIEW)
        page = user.click(user.open(f"/channels/{channel_id}/"), "People")
        assert "chef@example.org" in page.text
        assert "viewer@example.org" in page.text
        page = user.submit(page, f"/channels/{channel_id}/people/", email="new@example.org", share_mode="edit")
        assert (page.status, "The invitation was sent." in page.text) == (200, True)
        assert "new@example.org to edit" in page.text

    def test_who_are_invited_are_shown_in_pages(
        self, studio: Studio, user: Visitor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        channel_id = make(studio, publish=False)
        monkeypatch.setattr(people, "PAGE_SIZE", 110)
        with Invitation.batch_write() as batch:
            for number in range(120):
                sent: dict[str, Any] = {"sender_id": studio.user_id, "sender_name": "Ada", "created": now()}
                sent |= {"email": f"a{number}@example.org", "user_id": new_id(), "share_mode": "view"}
                batch.save(Invitation(new_id(), channel_id=channel_id, **sent))
        with counting(studio) as watch:
            page = user.open(f"/channels/{channel_id}/people/")
        assert watch.names.count("BatchGetItem") <= 5  # no accounts of those who are invited
        assert page.text.count("to view, by Ada") == 110
        page = user.click(page, "Next page")
        assert page.text.count("to view, by Ada") == 10
        assert user.open(f"/channels/{channel_id}/people/?page=3").status == 404

    def test_are_shown_in_pages(self, studio: Studio, user: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
        channel_id = make(studio, publish=False)
        monkeypatch.setattr(people, "PAGE_SIZE", 2)
        for number in range(3):
            studio.share(channel_id, studio.sign_up(f"viewer{number}")[0], VIEW)
        page = user.open(f"/channels/{channel_id}/people/")
        assert ("4 members. Page 1 of 2." in page.text, "viewer0@" in page.text, "viewer1@" in page.text) == (
            True,
            True,
            False,
        )
        page = user.click(page, "Next page")
        assert ("viewer1@" in page.text, "viewer2@" in page.text, "viewer0@" in page.text) == (True, True, False)
        assert "Editors" not in [text for _, text in page.read.headings]

    def test_are_invited_by_editors_alone(self, studio: Studio) -> None:
        channel_id = make(studio)
        user_id, _ = studio.sign_up("viewer")
        studio.share(channel_id, user_id, VIEW)
        page = Visitor(studio, user_id).open(f"/channels/{channel_id}/people/")
        assert (page.status, "Invite someone" in page.text) == (200, False)

    def test_errors_are_shown_in_the_form(self, studio: Studio, user: Visitor) -> None:
        channel_id = make(studio)
        page = user.open(f"/channels/{channel_id}/people/")
        page = user.submit(page, f"/channels/{channel_id}/people/", email="nobody", share_mode="view")
        assert page.status == 400
        assert page.form(f"/channels/{channel_id}/people/").fields["email"] == ["nobody"]
