"""A Chalice app in several threads: attributes of a request are separate for each thread."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from infra.local.edge.chalice_threads import PER_REQUEST, with_requests_per_thread
from infra.local.edge.events import LambdaContext, Request, api_gateway_event
from tests.infra.local.edge.fakes import make_app


def call(app: Any, path: str = "/") -> None:
    event = api_gateway_event(Request("GET", path, "", [], b"", "192.0.2.9"), path, {})
    assert app(event, LambdaContext("api"))["statusCode"] == 200


def test_chalice_sets_no_other_attributes_per_request() -> None:
    app = make_app()
    call(app)  # attributes that are set once are set now
    before = dict(app.__dict__)
    call(app)
    changed = {name for name, value in app.__dict__.items() if before.get(name) is not value}
    assert changed == set(PER_REQUEST), "Chalice sets other attributes per request: adapt chalice_threads.PER_REQUEST"


def test_each_thread_has_its_own_request() -> None:
    app = with_requests_per_thread(make_app())
    both = Barrier(2)

    def seen(path: str) -> Any:
        call(app, path)
        both.wait(10)
        return app.current_request.path, id(app.lambda_context)

    with ThreadPoolExecutor(2) as threads:
        (one, first), (two, second) = threads.map(seen, ["/", "/api/thing"])
    assert (one, two) == ("/", "/api/thing")
    assert first != second
    assert app.current_request is None
