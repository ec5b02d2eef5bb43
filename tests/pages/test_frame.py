"""What all pages have: the layout, errors as pages, signing in on the way, styles from this host."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest

from chalicelib.aws import queues
from chalicelib.errors import LimitReached, ValidationFailed
from chalicelib.http import site
from chalicelib.http.negotiation import negotiate
from chalicelib.http.router import Access, Request, Route, respond
from chalicelib.identity.cookies import CSRF
from chalicelib.operations.health import checks
from chalicelib.pages import registry
from chalicelib.rendering import assets, html, messages
from tests.support.aws.calls import counting
from tests.support.http import cdn
from tests.support.http.client import Studio
from tests.support.http.pages import ACCEPT, HTML, Visitor


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("/a/", "/a/?message=invited"),
        ("/a/?b=1", "/a/?b=1&message=invited"),
        ("/a/#c", "/a/?message=invited#c"),
        ("/a/?b=1#c?d", "/a/?b=1&message=invited#c?d"),
    ],
)
def test_a_message_goes_into_the_query_of_a_redirect(path: str, wanted: str) -> None:
    assert site.redirect(path, "invited").headers["Location"] == wanted
    assert site.redirect(path).headers["Location"] == path


class TestLayout:
    def test_says_who_is_signed_in(self, visitor: Visitor, user: Visitor) -> None:
        assert "Sign in" in visitor.open("/").links
        page = user.open("/channels/")
        assert "chef@example.org" in page.text
        assert page.form("/accounts/logout/").fields["csrfmiddlewaretoken"] == [user.browser.cookies[CSRF]]

    def test_loads_and_runs_nothing_of_other_hosts_or_inline(self, user: Visitor) -> None:
        page = user.open("/channels/")
        assert not page.read.inline
        assert all(path.startswith("/static/") for path in page.read.loaded)
        policy = page.answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; style-src http://front.example.org/static/;")
        assert "unsafe" not in policy

    def test_has_one_main_heading_and_a_language(self, visitor: Visitor) -> None:
        page = visitor.open("/")
        assert [level for level, _ in page.read.headings].count(1) == 1
        assert '<html lang="en">' in page.answer.text
        assert page.links["Skip to content"] == "#main"

    def test_is_for_its_reader_alone(self, user: Visitor) -> None:
        assert user.open("/channels/").answer.headers["Cache-Control"] == "no-store"

    def test_shows_messages_of_its_own_alone(self, user: Visitor) -> None:
        assert messages.MESSAGES["channel-created"] in user.open("/channels/?message=channel-created").text
        assert "rich" not in user.open("/channels/?message=Get+rich").text


class TestSigningIn:
    def test_leads_back(self, visitor: Visitor) -> None:
        answer = visitor.send("GET", "/channels?page=2&message=x")
        parts = urlsplit(answer.headers["Location"])
        assert (answer.status, parts.path) == (303, "/accounts/login/")
        assert parse_qs(parts.query) == {"next": ["/channels/?page=2"]}

    def test_is_an_error_for_programs(self, visitor: Visitor) -> None:
        answer = visitor.send("GET", "/channels", accept="application/json")
        assert (answer.status, answer.json["error"]) == (401, "Not signed in")

    def test_is_by_session_alone(self, studio: Studio) -> None:
        assert studio.get("/channels").status == 401


class TestErrors:
    @pytest.mark.parametrize("path", ["/nothing", "/api/nothing", "/channels/x/y/z", "/en/accounts/nothing"])
    def test_of_unknown_paths(self, visitor: Visitor, path: str) -> None:
        page = visitor.open(path)
        assert (page.status, page.title) == (404, "Page not found")
        assert page.answer.headers["Content-Type"] == HTML
        for method in ("GET", "POST", "PUT", "DELETE", "OPTIONS"):
            answer = visitor.send(method, path, accept="*/*")
            assert answer.status == 404
            assert answer.json == {"error": "Not found", "detail": "There is nothing at this path."}
            assert answer.headers["Cache-Control"] == "no-store"

    def test_of_methods(self, user: Visitor) -> None:
        answer = user.send("DELETE", "/channels")
        assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD, OPTIONS")
        assert answer.headers["Content-Type"] == HTML

    def test_offer_access(self, user: Visitor, visitor: Visitor) -> None:
        assert "ask them for access for chef@example.org" in user.open("/nothing/").text
        assert visitor.open("/nothing/").links["sign in"] == "/accounts/login/?next=/nothing"

    @pytest.mark.parametrize(("accept", "kind"), [(ACCEPT, HTML), ("*/*", "application/json")])
    def test_of_the_application_name_the_request(self, accept: str, kind: str) -> None:
        """Without reading anything again, as the fault may be there."""

        def fail(_: Request) -> None:
            raise RuntimeError

        methods = {"GET": Route("GET", "/x", fail, Access.ANYONE, "x", is_page=True)}
        request = Request("GET", "/x", {}, {}, {"accept": accept, "cookie": "kolibri_studio_sessionid=x"}, b"", "id-7")
        answer = negotiate(methods, request, respond(methods, request))
        assert (answer.status_code, answer.headers["Content-Type"]) == (500, kind)
        assert "Report request ID id-7." in answer.body

    def test_of_services_name_the_request_too(self, visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
        def silent() -> None:
            raise TimeoutError

        monkeypatch.setattr("chalicelib.pages.home.checks.cached", silent)
        page = visitor.open("/healthz")
        assert (page.status, page.title) == (503, "Please try again")
        assert re.search(r"report request ID \S+", page.text)

    def test_of_limits_say_when_to_come_back(self) -> None:
        error = LimitReached("You have created 1 channel today. Try again in 9 seconds.", 9)
        request = Request("POST", "/channels/new", {}, {}, {}, b"name=n", "1")
        reply = site.page(request, "channels/new.html", error=error, languages=[])
        assert (reply.status, reply.headers["Retry-After"], "today" in reply.body) == (429, "9", True)

    def test_of_fields_are_shown_beside_them(self, visitor: Visitor) -> None:
        request = Request("POST", "/x", {}, {}, {}, b"username=a%40b", "1")
        error = ValidationFailed({"username": ["Too short."]})
        reply = site.page(request, "accounts/sign_in.html", error=error, title="Sign in")
        assert (reply.status, "Too short." in reply.body, 'value="a@b"' in reply.body) == (400, True, True)


class TestAssets:
    def test_of_pages_are_cached_for_ever(self, visitor: Visitor) -> None:
        for path in visitor.open("/").read.loaded:
            answer = visitor.send("GET", path)
            assert (answer.status, answer.headers["Cache-Control"]) == (200, "public, max-age=31536000, immutable")
            assert answer.headers["X-Content-Type-Options"] == "nosniff"

    def test_of_another_version_are_not(self, visitor: Visitor) -> None:
        answer = visitor.send("GET", "/static/0123456789abcdef/site.css")
        assert (answer.text, answer.headers["Cache-Control"]) == (assets.text("site.css"), "no-store")

    @pytest.mark.parametrize("name", ["nothing.css", "..%2Fhtml.py", "site.css%00", "%2e%2e"])
    def test_have_known_names(self, visitor: Visitor, name: str) -> None:
        assert visitor.send("GET", f"/static/0123456789abcdef/{name}").status == 404

    def test_are_kept_at_the_edge(self) -> None:
        path = assets.url("site.css")
        first, second = (cdn.send("GET", path, headers={"Cookie": "a=b"}) for _ in range(2))
        assert (first.text, second.headers["x-cache"]) == (assets.text("site.css"), "Hit from edge")

    def test_follow_the_colours_of_the_system(self) -> None:
        packaged = ":root{--a:1}[data-bs-theme=dark]{--a:2}[data-bs-theme=dark] .b{c:d}/*# sourceMappingURL=x.map */"
        dark = "@media (prefers-color-scheme:dark){:root{--a:2}:root .b{c:d}}"
        assert assets.by_system(packaged).splitlines()[-1] == dark
        assert "sourceMappingURL" not in assets.by_system(packaged)
        assert "color-scheme:dark" in assets.text("bootstrap.css").rpartition("@media (prefers-color-scheme:dark)")[2]

    def test_exist(self) -> None:
        """Every file that a template names."""
        named = {
            name
            for path in html.TEMPLATES.glob("**/*.html")
            for name in re.findall(r"asset\(['\"]([^'\"]+)", path.read_text(encoding="utf-8"))
        }
        assert named <= assets.ASSETS.keys()
        assert {path.name for path in assets.STATIC.iterdir()} <= assets.ASSETS.keys()


class TestFirstPage:
    def test_explains_and_leads_users_to_their_channels(self, visitor: Visitor, user: Visitor) -> None:
        assert "import it into kolibri" in visitor.open("/").text.lower()
        assert user.open("/").path == "/channels/"

    @pytest.mark.parametrize(("path", "kind"), [("/robots.txt", "text/plain"), ("/favicon.ico", "image/svg+xml")])
    def test_files_that_clients_ask_for(self, visitor: Visitor, path: str, kind: str) -> None:
        answer = visitor.send("GET", path)
        assert (answer.status, answer.headers["Content-Type"].partition(";")[0]) == (200, kind)


class TestHealth:
    @pytest.fixture(autouse=True)
    def _nothing_cached(self) -> None:
        checks._cached.clear()

    def test_names_no_resources(self, visitor: Visitor) -> None:
        answer = visitor.send("GET", "/healthz")
        assert answer.json == dict.fromkeys(("status", "api", "tables", "bucket", "queues"), "ok")
        assert answer.headers["Cache-Control"] == "public, max-age=10"

    def test_says_what_does_not_answer(self, visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
        def silent() -> None:
            raise TimeoutError

        monkeypatch.setattr(queues, "check", silent)
        answer = visitor.send("GET", "/healthz", accept="*/*")
        assert (answer.status, answer.json["queues"], answer.json["bucket"]) == (503, "failing", "ok")
        assert answer.json["status"] == "failing"

    def test_is_cached(self, studio: Studio, visitor: Visitor) -> None:
        visitor.send("GET", "/healthz")
        with counting(studio) as watch:
            visitor.send("GET", "/healthz")
        assert not watch.names


class TestRegistry:
    @pytest.mark.parametrize("route", registry.ROUTES, ids=lambda route: f"{route.method} {route.path}")
    def test_names_views_that_exist(self, route: Route) -> None:
        assert isinstance(route.view, registry.View)
        assert callable(route.view.load())

    def test_prefers_literal_segments(self) -> None:
        paths = [next(iter(methods.values())).path for _, methods in registry._table()]
        assert paths == sorted(paths, key=lambda path: path.split("/"))
