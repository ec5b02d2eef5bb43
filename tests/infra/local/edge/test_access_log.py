"""The gateway's access log."""

import threading
from typing import Any

import pytest

from chalicelib import telemetry
from infra.local.edge import access_log
from infra.local.edge.events import Request
from infra.local.edge.responses import Response


def request() -> Request:
    return Request(method="GET", path="/api/x", query="", headers=[], body=b"", source_ip="203.0.113.9")


@pytest.mark.parametrize(("user", "shown"), [("abc", "abc"), ("", "-")])
def test_a_line_has_address_and_user(user: str, shown: str, capsys: Any) -> None:
    access_log.write(request(), Response(200, user=user), 0.0123)
    assert capsys.readouterr() == (f"203.0.113.9 {shown} GET /api/x 200 12 ms\n", "")


def test_errors_of_the_server_go_to_standard_error(capsys: Any) -> None:
    access_log.write(request(), Response(502), 0.0)
    assert capsys.readouterr() == ("", "203.0.113.9 - GET /api/x 502 0 ms\n")


class TestCallers:
    def record(self, message: str, **extra: str) -> Any:
        log = telemetry.log
        return log._logger.makeRecord("studio", 20, "", 0, message, (), None, extra=extra)

    def test_are_taken_from_the_line_of_a_request_which_is_not_logged(self) -> None:
        callers = access_log.Callers()
        assert not callers.filter(self.record(telemetry.REQUEST, user="abc"))
        assert [callers.taken(), callers.taken()] == ["abc", ""]

    def test_are_those_of_the_thread(self) -> None:
        callers = access_log.Callers()
        other = threading.Thread(target=lambda: callers.filter(self.record(telemetry.REQUEST, user="other")))
        callers.filter(self.record(telemetry.REQUEST, user="abc"))
        other.start()
        other.join()
        assert callers.taken() == "abc"

    def test_leave_other_lines_in_the_log(self) -> None:
        callers = access_log.Callers()
        assert callers.filter(self.record("signed_in", user="abc"))
        assert callers.taken() == ""
