"""The catalog as a page: public channels with search and filters, open to anyone."""

from dataclasses import dataclass
from urllib.parse import quote

import pytest
from le_utils.constants.labels import subjects

from tests.support.aws.calls import counting
from tests.support.http.client import Studio
from tests.support.http.pages import Visitor
from tests.support.http.recordings import store
from tests.support.worlds import nodes
from tests.support.worlds.publishing import publish


@dataclass
class Shop:
    """Two public channels, and a private one."""

    maths: str
    french: str
    token: str


@pytest.fixture
def shop(studio: Studio) -> Shop:
    return studio.cloud.once("shop", lambda: _shop(studio))


def _shop(studio: Studio) -> Shop:
    about = {"categories": [subjects.MATHEMATICS], "license": "CC BY-SA"}
    exercise = nodes.exercise("e", nodes.question("q"), **about)
    picture = store(studio, b"png", "png")
    maths = publish(studio, exercise, public=True, name="Maths <b>", description="Sums", thumbnail=picture)
    french = publish(studio, public=True, name="Français", language="fr")
    publish(studio, name="Private")
    admin = studio.sign_up("admin", is_admin=True)[1]
    answer = studio.call("PATCH", f"/api/admin-channels/{maths}", {"countries": ["KE"]}, admin)
    assert answer.status == 200, answer.text
    studio.deliver()
    return Shop(maths, french, answer.json["primary_token"])


def names(visitor: Visitor, query: str = "") -> list[str]:
    page = visitor.open(f"/catalog/{query}")
    assert page.status == 200, page.text
    return [text for level, text in page.read.headings if level == 2]


class TestCatalog:
    def test_shows_public_channels_to_anyone(self, visitor: Visitor, shop: Shop) -> None:
        page = visitor.open("/catalog/")
        assert names(visitor) == ["Français", "Maths <b>"]
        for text in (
            "Sums",
            "1 resource",
            "Exercise 1",
            "Mathematics",
            "CC BY-SA",
            "Kenya",
            shop.token,
            "Import with token",
        ):
            assert text in page.text, text
        assert any(source.startswith("/content/storage/") for source in page.read.loaded)
        assert "Maths <b>" not in page.links

    def test_leads_users_to_the_channel(self, user: Visitor, shop: Shop) -> None:
        assert user.open("/catalog/").links["Maths <b>"] == f"/channels/{shop.maths}/"

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("?keywords=sums", ["Maths <b>"]),
            ("?keywords=nothing", []),
            ("?languages=fr", ["Français"]),
            ("?languages=&keywords=", ["Français", "Maths <b>"]),
            ("?kinds=exercise&countries=KE", ["Maths <b>"]),
            ("?countries=US", []),
            ("?countries=ke", ["Maths <b>"]),
            (f"?categories={quote(subjects.MATHEMATICS)}", ["Maths <b>"]),
            ("?licenses=CC%20BY-SA&languages=fr", []),
            ("?public=false", ["Français", "Maths <b>"]),
        ],
    )
    def test_is_filtered(self, visitor: Visitor, shop: Shop, query: str, found: list[str]) -> None:
        assert names(visitor, query) == found

    def test_offers_what_occurs(self, visitor: Visitor, shop: Shop) -> None:
        page = visitor.open("/catalog/?languages=fr")
        form = page.form("/catalog/")
        assert form.fields["languages"] == ["fr"]
        assert '<option value="KE">Kenya</option>' in page.answer.text
        assert page.links["Show all"] == "/catalog/"
        assert visitor.submit(page, "/catalog/", languages="", keywords="sums").text.count("1 channel found") == 1

    @pytest.mark.parametrize("query", ["?page=0", "?licenses=none", "?kinds=none", f"?keywords={'a' * 2000}"])
    def test_says_what_is_wrong_with_a_filter(self, visitor: Visitor, query: str) -> None:
        page = visitor.open(f"/catalog/{query}")
        assert page.status == 400
        assert page.form("/catalog/")
        assert query[1:].partition("=")[0] in page.text

    def test_is_paged(self, visitor: Visitor, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("chalicelib.pages.catalog.PAGE_SIZE", 1)
        first = visitor.open("/catalog/?keywords=%20")
        assert "Page 1 of 2" in first.text
        second = visitor.click(first, "Next page")
        assert [text for level, text in second.read.headings if level == 2] == ["Maths <b>"]
        assert visitor.open("/catalog/?page=3").status == 404

    def test_is_cached_for_a_minute_by_one_browser(self, visitor: Visitor, shop: Shop) -> None:
        headers = visitor.open("/catalog/").answer.headers
        assert (headers["Cache-Control"], headers["Vary"]) == ("private, max-age=60", "Cookie")

    def test_reads_the_index_only(self, studio: Studio, visitor: Visitor, shop: Shop) -> None:
        visitor.open("/catalog/")
        with counting(studio) as watch:
            visitor.open("/catalog/?keywords=sums&languages=fr")
        assert watch.names == ["GetItem"] * 3  # each time that it is used, as tests do not cache it for a second

    def test_is_empty_at_first(self, visitor: Visitor) -> None:
        assert "No channel is public yet." in visitor.open("/catalog/").text
