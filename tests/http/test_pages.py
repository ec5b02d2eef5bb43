"""Pages for browsers: the same responses, with links and all methods."""

import re
from html.parser import HTMLParser

import pytest

from chalicelib.http.negotiation import prefers_html
from tests.support.http import cdn
from tests.support.source import routes
from tests.support.worlds import nodes

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"
HTML = "text/html; charset=utf-8"


def page(studio, path, token="", accept=BROWSER, **headers):
    return studio.call("GET", path, token=token, accept=accept, **headers)


class Links(HTMLParser):
    """The links and scripts of a page."""

    def __init__(self, text):
        super().__init__()
        self.found, self.handlers, self.open = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.found += [value for name, value in attributes if name in ("href", "src", "action")]
        self.handlers += [name for name, _ in attributes if name.startswith("on") or name == "style"]


@pytest.fixture
def channel(studio):
    channel_id, root = studio.make_channel("<script>alert(1)</script> & co")
    studio.add(root, nodes.topic("one"), nodes.topic("two"))
    studio.finish(channel_id)
    return channel_id


class TestNegotiation:
    @pytest.mark.parametrize(
        ("accept", "wanted"),
        [
            (BROWSER, True),
            ("text/html", True),
            ("TEXT/HTML; charset=utf-8", True),
            ("application/json;q=0.5, text/html", True),
            ("", False),
            ("*/*", False),
            ("text/*", False),
            ("application/json", False),
            ("application/json, text/html;q=0.9", False),
            ("text/html;q=0", False),
            ("text/html;q=x,,;", True),
        ],
    )
    def test_follows_accept(self, accept, wanted):
        assert prefers_html(accept) is wanted

    def test_responses_vary_by_accept(self, studio, channel):
        for accept in ("*/*", BROWSER):
            for path in ("/api", f"/api/channel/{channel}", "/api/channel/nope"):
                assert page(studio, path, accept=accept).headers["Vary"] == "Accept"

    def test_no_cache_keeps_pages(self, studio, channel):
        for path in ("/api", "/api/catalog?public=true", f"/api/channel/{channel}"):
            for method in ("GET", "HEAD"):
                answer = studio.call(method, path, accept=BROWSER)
                assert (answer.status, answer.headers["Cache-Control"]) == (200, "no-store")

    @pytest.mark.parametrize("path", ["/api/public/info", "/api/public/v1/channels", "/api/openapi.json"])
    def test_public_answers_are_json_for_all(self, studio, path):
        answer = page(studio, path, token=None)
        assert answer.headers["Content-Type"] == "application/json"
        assert "Vary" not in answer.headers

    def test_programs_get_json(self, studio, channel):
        for accept in ("*/*", "application/json"):
            assert page(studio, f"/api/channel/{channel}", accept=accept).json["id"] == channel

    def test_pages_link_to_their_json(self, studio, channel):
        link = next(link for link in Links(page(studio, f"/api/channel/{channel}").text).found if "format" in link)
        assert page(studio, link).json["id"] == channel

    def test_only_get_has_pages(self, studio):
        answer = studio.call("POST", "/api/channel", {"name": "n"}, accept=BROWSER)
        assert (answer.status, answer.headers["Content-Type"]) == (201, "application/json")

    def test_head_describes_the_page(self, studio):
        answer = studio.call("HEAD", "/api/bookmark", accept=BROWSER)
        assert (answer.status, answer.text, answer.headers["Content-Type"]) == (200, "", HTML)


@pytest.mark.parametrize("path", [path for path in routes.PATHS if path.startswith("/api")])
def test_every_path_can_be_browsed(studio, path):
    """With and without signing in; the page of a missing resource, or of a path without GET, says so."""
    for token in ("", None):
        answer = page(studio, re.sub(r"\{\w+\}", "0" * 32, path), token)
        assert answer.status == routes.get_status(path, is_signed_in=token is not None)


class TestPages:
    def test_are_complete_and_load_no_foreign_scripts(self, studio, channel):
        answer = page(studio, f"/api/channel/{channel}")
        assert (answer.status, answer.headers["Content-Type"]) == (200, HTML)
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        links = Links(answer.text)
        assert not links.handlers
        assert all(link.startswith(("/", "#")) for link in links.found)

    def test_escape_texts(self, studio, channel):
        text = page(studio, f"/api/channel/{channel}").text
        assert "<script>alert" not in text
        assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; co" in text

    def test_escape_parameters(self, studio):
        text = page(studio, "/api/channel?keywords=%22%3E%3Cb%3E").text
        assert "&#34;&gt;&lt;b&gt;" in text
        assert '"><b>' not in text

    def test_link_to_named_resources(self, studio, channel):
        root = studio.get(f"/api/channel/{channel}").json["root_id"]
        assert f"/api/contentnode/{root}" in Links(page(studio, f"/api/channel/{channel}").text).found
        found = Links(page(studio, f"/api/contentnode?parent={root}").text).found
        (first, *_) = studio.get(f"/api/contentnode?parent={root}").json["results"]
        assert {f"/api/contentnode/{first['id']}", f"/api/channel/{channel}", f"/api/contentnode/{root}"} <= set(found)

    def test_link_up_and_down(self, studio, channel):
        found = Links(page(studio, f"/api/channel/{channel}/languages").text).found
        assert {"/api", "/api/channel", f"/api/channel/{channel}"} <= set(found)
        assert f"/api/channel/{channel}/languages" in Links(page(studio, f"/api/channel/{channel}").text).found

    def test_link_to_the_next_and_previous_page(self, studio, channel):
        studio.make_channel("another")
        first = page(studio, "/api/channel?edit=true&page_size=1").text
        assert "/api/channel?edit=true&amp;page_size=1&amp;page=2" in first
        assert "Previous page" in page(studio, "/api/channel?edit=true&page_size=1&page=2").text
        root = studio.get(f"/api/channel/{channel}").json["root_id"]
        more = page(studio, f"/api/contentnode?parent={root}&max_results=1").text
        assert re.search(rf"/api/contentnode\?parent={root}&amp;max_results=1&amp;lft__gt=", more)

    def test_describe_all_methods(self, studio):
        text = page(studio, "/api/channel").text
        for said in ("Create a channel", "id__in", "content_defaults", "At most 200 characters"):
            assert said in text

    def test_show_errors(self, studio):
        answer = page(studio, "/api/channel", token=None)
        assert answer.status == 401
        assert answer.headers["WWW-Authenticate"] == "Token"
        assert "/accounts/login/?next=/api/channel" in Links(answer.text).found
        assert "Authentication credentials were not provided." in answer.text

    def test_that_cannot_be_rendered_are_json(self, studio, monkeypatch, channel):
        monkeypatch.setattr("chalicelib.http.pages.render", lambda *_, **__: 1 / 0)
        answer = page(studio, f"/api/channel/{channel}")
        assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json")
        assert answer.json["id"] == channel

    def test_have_a_maximum_size(self, studio, monkeypatch, channel):
        monkeypatch.setattr("chalicelib.http.pages.MAX_JSON", 200)
        text = page(studio, f"/api/channel/{channel}").text
        assert "more characters" in text
        assert "<script>alert" not in text


def test_browsers_get_pages_through_the_cdn():
    assert cdn.send("GET", "/api/", headers={"Accept": BROWSER}).headers["content-type"] == HTML
    assert (
        cdn.send("GET", "/api/public/info", headers={"Accept": BROWSER}).headers["content-type"] == "application/json"
    )
    assert "There is nothing at this path." in cdn.send("GET", "/api/nope", headers={"Accept": BROWSER}).text
