"""Search as a page: published resources of the channels that one may view."""

import pytest

from chalicelib.models.channel_members import VIEW
from chalicelib.rendering.formats import marked
from tests.support.aws.calls import counting
from tests.support.http.client import Studio
from tests.support.http.pages import Visitor
from tests.support.worlds import nodes
from tests.support.worlds.publishing import publish


@pytest.fixture
def channel_id(studio: Studio) -> str:
    described = nodes.exercise("Fractions <i>", nodes.question("q"), description="Halves and thirds")
    return publish(studio, described, name="Maths")


def titles(visitor: Visitor, query: str) -> list[str]:
    page = visitor.open(f"/search/{query}")
    assert page.status == 200, page.text
    return [text for level, text in page.read.headings if level == 2]


class TestSearch:
    def test_shows_results_with_links_and_the_matching_words(self, user: Visitor, channel_id: str) -> None:
        form = user.open("/search/")
        assert not [level for level, _ in form.read.headings if level == 2]
        page = user.submit(form, "/search/", keywords="halv")
        assert page.links["Fractions <i>"].startswith(f"/channels/{channel_id}/nodes/")
        assert page.links["Maths"] == f"/channels/{channel_id}/"
        assert "<mark>Halves</mark> and thirds" in page.answer.text
        assert "1 result" in page.text
        assert page.form("/search/").fields["keywords"] == ["halv"]

    def test_finds_what_one_may_view(self, studio: Studio, channel_id: str) -> None:
        other = Visitor(studio, studio.sign_up("other")[0])
        assert titles(other, "?keywords=fractions") == []
        studio.share(channel_id, studio.sign_up("viewer")[0], VIEW)
        viewer_id, _ = studio.sign_up("second")
        studio.share(channel_id, viewer_id, VIEW)
        assert titles(Visitor(studio, viewer_id), "?keywords=fractions") == ["Fractions <i>"]

    @pytest.mark.parametrize(
        ("query", "count"),
        [
            ("?kinds=exercise", 1),
            ("?kinds=video", 0),
            ("?channel_list=edit&keywords=", 1),
            ("?channel_list=public", 0),
            ("?keywords=thirds&languages=fr", 0),
            ("?keywords=%22%28*", 0),
        ],
    )
    def test_is_filtered(self, user: Visitor, channel_id: str, query: str, count: int) -> None:
        assert len(titles(user, query)) == count

    @pytest.mark.parametrize(
        "query", ["?channel_list=all", "?kinds=none", "?keywords=a&page=0", f"?author={'a' * 2000}"]
    )
    def test_says_what_is_wrong(self, user: Visitor, query: str) -> None:
        page = user.open(f"/search/{query}")
        assert (page.status, bool(page.form("/search/"))) == (400, True)

    def test_needs_a_session(self, visitor: Visitor) -> None:
        assert visitor.send("GET", "/search").status == 303

    def test_reads_as_much_as_the_api(self, studio: Studio, user: Visitor, channel_id: str) -> None:
        titles(user, "?keywords=fractions")
        with counting(studio) as page:
            titles(user, "?keywords=fractions")
        with counting(studio) as answer:
            user.send("GET", "/api/search?keywords=fractions", accept="application/json")
        assert page.names == answer.names


@pytest.mark.parametrize(
    ("text", "keywords", "found"),
    [
        ("Adding fractions", "FRACT", [("Adding ", False), ("fractions", True)]),
        ("a.b", "a. (", [("a", True), (".b", False)]),
        ("infraction", "fract", [("infraction", False)]),
        ("Ünder", "ün", [("Ünder", True)]),
        ("text", "", [("text", False)]),
    ],
)
def test_marks_words_that_begin_with_keywords(text: str, keywords: str, found: list[tuple[str, bool]]) -> None:
    assert marked(text, keywords) == found
