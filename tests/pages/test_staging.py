"""The review of a staged tree: what differs, level by level, and its end."""

import re

import pytest

from chalicelib.models import channels
from chalicelib.operations.trees import staging_review
from tests.handlers.channels.test_channel_diff import staged_over
from tests.support.aws.calls import counting
from tests.support.existing import existing
from tests.support.http.client import Studio
from tests.support.http.pages import Page, Visitor
from tests.support.worlds import nodes


@pytest.fixture
def channel_id(studio: Studio) -> str:
    """A channel with one tree live, and another one staged."""
    live = [nodes.topic("Kept"), nodes.topic("Gone"), nodes.resource("Text", language="en")]
    staged = [nodes.topic("Kept"), nodes.resource("Text", language="fr"), nodes.topic("New <b>")]
    return str(staged_over(studio, live, staged))


def review(user: Visitor, studio: Studio, channel_id: str, query: str = "") -> Page:
    """The page after the comparison."""
    studio.deliver("maintenance")
    return user.open(f"/channels/{channel_id}/staging/{query}")


def trees(channel_id: str) -> tuple[str, str | None]:
    channel = existing(channels.get(channel_id))
    return channel.root_id, channel.staging_root_id


class TestReview:
    def test_shows_progress_while_the_trees_are_compared(self, user: Visitor, channel_id: str) -> None:
        page = user.open(f"/channels/{channel_id}/staging/")
        assert "is being compared with the live one" in page.text
        assert re.search(r'data-task="[0-9a-f]{32}"', page.answer.text)
        assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in page.answer.text

    def test_shows_numbers_and_differences(self, user: Visitor, studio: Studio, channel_id: str) -> None:
        page = review(user, studio, channel_id)
        assert (page.status, page.title) == (200, "Staged tree of Channel")
        assert "refresh" not in page.answer.text
        assert "1 added, 1 removed, 1 changed" in page.text
        assert "Document 1 1 same" in page.text
        assert "New <b>" in page.text
        assert "Language: English → French" in page.text.replace("Français (", "").replace("French)", "French")
        assert "1 other node on this level is unchanged" in page.text

    def test_has_a_page_for_any_number(self, user: Visitor, studio: Studio, channel_id: str) -> None:
        review(user, studio, channel_id)
        for number in ("0", "-1", "²", "9" * 5000):
            assert user.open(f"/channels/{channel_id}/staging/?page={number}").status == 200

    def test_opens_topics_and_turns_pages(self, user: Visitor, studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(staging_review, "PAGE", 2)
        channel_id, root = studio.make_channel()
        top = studio.add(root, nodes.topic("Top"))[nodes.node_id("Top")]
        studio.add(top, *(nodes.topic(f"Part {number}") for number in range(3)))
        studio.finish(channel_id, stage=True)
        page = user.click(review(user, studio, channel_id), "Top")
        assert page.links["First level"] == f"/channels/{channel_id}/staging/"
        assert ("Part 1" in page.text, "Part 2" in page.text) == (True, False)
        last = user.click(page, "Next page")
        assert ("Part 2" in last.text, "Page 2 of 2" in last.text) == (True, True)
        assert "Part 0" in user.click(last, "Previous page").text

    @pytest.mark.parametrize("query", ["?page=x", "?page=-1", "?page=99999999999", "?page=²", "?topic="])
    def test_takes_any_query(self, user: Visitor, studio: Studio, channel_id: str, query: str) -> None:
        assert review(user, studio, channel_id, query).status == 200

    @pytest.mark.parametrize("topic", ["x", "f" * 32, "%00", "é"])
    def test_of_an_unknown_topic_is_not_found(self, user: Visitor, studio: Studio, channel_id: str, topic: str) -> None:
        assert review(user, studio, channel_id, f"?topic={topic}").status == 404

    def test_says_that_nothing_is_staged(self, user: Visitor, studio: Studio) -> None:
        channel_id, _ = studio.make_channel()
        page = user.open(f"/channels/{channel_id}/staging/")
        assert (page.status, "Nothing is staged" in page.text) == (200, True)

    def test_leaves_the_decision_to_editors(self, studio: Studio, channel_id: str) -> None:
        viewer_id, _ = studio.sign_up("viewer")
        studio.share(channel_id, viewer_id, "view")
        page = review(Visitor(studio, viewer_id), studio, channel_id)
        assert "Deploy …" not in page.links
        assert "Editors of this channel can deploy or discard" in page.text

    def test_takes_as_many_calls_for_any_tree(self, user: Visitor, studio: Studio) -> None:
        made = []
        for count in (1, 150):
            channel_id = staged_over(studio, [], [nodes.topic(f"{number}") for number in range(count)])
            review(user, studio, channel_id)
            with counting(studio) as calls:
                user.open(f"/channels/{channel_id}/staging/")
            made.append([name for name in calls.names if name != "UpdateItem"])
        assert made[0] == made[1]
        assert len(made[0]) <= 6


class TestDecision:
    def test_deploys_what_was_reviewed_after_a_question(self, user: Visitor, studio: Studio, channel_id: str) -> None:
        _, staged = trees(channel_id)
        question = user.click(review(user, studio, channel_id), "Deploy …")
        assert "1 added, 1 removed, 1 changed" in question.text
        assert trees(channel_id)[1] == staged
        after = user.submit(question, f"/channels/{channel_id}/staging/deploy/")
        assert (after.path, "is live now" in after.text) == (f"/channels/{channel_id}/publish/?message=deployed", True)
        assert trees(channel_id) == (staged, None)

    def test_discards_it_after_a_question(self, user: Visitor, studio: Studio, channel_id: str) -> None:
        live, _ = trees(channel_id)
        question = user.click(review(user, studio, channel_id), "Discard …")
        after = user.submit(question, f"/channels/{channel_id}/staging/discard/")
        assert ("was discarded" in after.text, "Nothing is staged" in after.text) == (True, True)
        assert trees(channel_id) == (live, None)

    @pytest.mark.parametrize("what", ["deploy", "discard"])
    def test_is_not_carried_out_on_another_tree(
        self, user: Visitor, studio: Studio, channel_id: str, what: str
    ) -> None:
        question = user.open(f"/channels/{channel_id}/staging/{what}/")
        _, root = studio.make_channel(channel_id=channel_id)
        studio.add(root, nodes.topic("Other"))
        studio.finish(channel_id, stage=True)
        before = trees(channel_id)
        answer = user.submit(question, f"/channels/{channel_id}/staging/{what}/")
        assert (answer.status, "was staged meanwhile" in answer.text) == (409, True)
        assert trees(channel_id) == before
