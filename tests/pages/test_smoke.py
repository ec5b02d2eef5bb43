"""`make smoke`: read-only checks of a running application, over HTTP."""

import threading
from collections.abc import Iterator
from urllib.request import Request
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

from chalicelib.operations.health import checks
from infra import smoke
from infra.deploying.problems import DeployError
from infra.smoke import Failed, Response
from tests.support.aws.calls import WRITES, counting
from tests.support.http import wsgi
from tests.support.http.client import Studio


class Silent(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Requests are not logged."""


@pytest.fixture
def url(studio: Studio) -> Iterator[str]:
    checks._cached.clear()
    with make_server("127.0.0.1", 0, wsgi.serve, handler_class=Silent) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def answering(status: int = 200, text: str = "{}", **headers: str) -> smoke.Get:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda path, accept: Response(status, named, text)


class TestRun:
    def test_passes_and_only_reads(self, studio: Studio, url: str, capsys: pytest.CaptureFixture[str]) -> None:
        with counting(studio) as watch:
            assert smoke.main({"URL": url}) == 0
        said = [line for line in capsys.readouterr().out.splitlines() if line.startswith(("ok", "FAILED", "All"))]
        assert said[0] == "ok      health: api, tables, bucket, queues answer"
        assert said[-1] == f"All {len(smoke.CHECKS)} checks passed."
        assert not [name for name in watch.names if name.startswith(WRITES)]

    def test_says_what_failed_and_goes_on(self, url: str) -> None:
        said: list[str] = []
        real = smoke.getter(url)

        def get(path: str, accept: str) -> Response:
            return Response(500, {}, "broken") if path == "/api/" else real(path, accept)

        assert not smoke.run(get, said.append)
        assert "FAILED  API: the answer is 500: broken" in said
        assert said[-1] == f"1 of {len(smoke.CHECKS)} checks failed."

    def test_of_a_server_that_does_not_answer(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert smoke.main({"URL": "http://127.0.0.1:9"}) == 1
        assert "http://127.0.0.1:9 does not answer: " in capsys.readouterr().out

    @pytest.mark.parametrize(
        "options", [{}, {"URL": "studio.example.org"}, {"URL": "file:///etc/passwd"}, {"STAGE": "x"}]
    )
    def test_needs_an_address(self, options: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
        assert smoke.main(options) == 1
        assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.mark.parametrize(
    ("check", "get", "problem"),
    [
        (
            smoke.health,
            answering(503, '{"status": "failing", "tables": "failing", "api": "ok"}'),
            "not working: tables",
        ),
        (smoke.health, answering(200, "<html>"), "not a JSON object"),
        (smoke.sign_in, answering(200, "<p>", content_type="text/html"), "not the form to sign in"),
        (smoke.sign_in, answering(200, "<p>"), "not a page"),
        (smoke.assets, answering(200, "<p>", content_type="text/html"), "no styles"),
        (smoke.assets, answering(200, '<link href="/static/1/a.css">', content_type="text/html"), "a.css answers 200"),
        (smoke.api_root, answering(404, "nothing"), "the answer is 404: nothing"),
        (smoke.protection, answering(200), "should answer 401"),
        (smoke.security_headers, answering(200, "<p>", content_type="text/html"), "content-security-policy"),
        (smoke.public_list, answering(200, "{}"), "no list"),
        (smoke.catalog, answering(500, "fault"), "the answer is 500"),
        (smoke.unknown, answering(200), "should answer 404"),
    ],
)
def test_each_check_can_fail(check: object, get: smoke.Get, problem: str) -> None:
    with pytest.raises(Failed, match=problem):
        check(get)  # type: ignore[operator]


def test_other_hosts_are_not_followed() -> None:
    request = Request("https://a.example.org/")
    with pytest.raises(Failed, match=r"leads to another host, b\.example\.org"):
        smoke._SameHost().redirect_request(request, None, 302, "", {}, "https://b.example.org/")


def test_the_address_is_that_of_the_stack() -> None:
    assert smoke.url_of({"URL": "https://a.example.org", "STAGE": "dev"}) == "https://a.example.org"
    with pytest.raises(DeployError, match="STAGE and REGION"):
        smoke.url_of({})
