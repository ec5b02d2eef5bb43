"""The gateway's access log."""

import json
import os
import re
import subprocess
import sys
import threading
from typing import Any

import pytest

from chalicelib import telemetry
from infra.local.edge import access_log
from infra.local.edge.api import Api
from infra.local.edge.events import Request
from infra.local.edge.responses import Response
from tests.infra.local.edge.fakes import make_app
from tests.support.source.code import ROOT

TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"


def request() -> Request:
    return Request(method="GET", path="/api/x", query="", headers=[], body=b"", source_ip="203.0.113.9")


@pytest.mark.parametrize(("user", "shown"), [("abc", "abc"), ("", "-")])
def test_a_line_has_time_address_user_and_request(user: str, shown: str, capsys: Any) -> None:
    access_log.write(request(), Response(200, user=user, request_id=user and "r1"), 0.0123)
    out, err = capsys.readouterr()
    assert re.fullmatch(TIME + rf" GET /api/x 200 12 ms 203\.0\.113\.9 {shown} {'r1' if user else '-'}\n", out)
    assert err == ""


def test_errors_of_the_server_go_to_standard_error(capsys: Any) -> None:
    access_log.write(request(), Response(502), 0.0)
    out, err = capsys.readouterr()
    assert out == ""
    assert re.fullmatch(TIME + r" GET /api/x 502 0 ms 203\.0\.113\.9 - -\n", err)


SCRIPT = """
from infra.local import lifeline
from infra.local.edge import gateway
from infra.local.edge.access_log import CALLERS
lifeline.show_errors()
gateway.server(gateway._local())
from chalicelib import telemetry
with telemetry.request(user="abc", address="203.0.113.9", request_id="r1") as outcome:
    telemetry.audit(telemetry.Audited.SIGNED_IN, "abc")
print("caller", *CALLERS.taken())
telemetry.log.error("an error")
"""


def test_the_gateway_logs_events_shows_errors_and_knows_users() -> None:
    environment = os.environ | {"POWERTOOLS_LOG_LEVEL": "INFO", "AWS_ENDPOINT_URL": "http://127.0.0.1:9", "BUCKET": "b"}
    command = [sys.executable, "-c", SCRIPT]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    event, caller = done.stdout.splitlines()
    assert (json.loads(event)["audit"], json.loads(event)["address"], caller) == (
        "signed_in",
        "203.0.113.9",
        "caller abc r1",
    )
    assert [json.loads(line)["message"] for line in done.stderr.splitlines()] == ["an error"]


def test_an_api_without_the_gateways_process_leaves_the_applications_log_as_it_is() -> None:
    Api(make_app())
    assert access_log.CALLERS not in telemetry.log._logger.filters


def test_the_message_is_that_of_the_application() -> None:
    assert access_log.REQUEST == telemetry.REQUEST


class TestCallers:
    def record(self, message: str, **extra: str) -> Any:
        log = telemetry.log
        return log._logger.makeRecord("studio", 20, "", 0, message, (), None, extra=extra)

    def test_are_taken_from_the_line_of_a_request_which_is_not_logged(self) -> None:
        callers = access_log.Callers()
        assert not callers.filter(self.record(telemetry.REQUEST, user="abc", request_id="r1"))
        assert [callers.taken(), callers.taken()] == [("abc", "r1"), ("", "")]

    def test_are_those_of_the_thread(self) -> None:
        callers = access_log.Callers()
        other = threading.Thread(target=lambda: callers.filter(self.record(telemetry.REQUEST, user="other")))
        callers.filter(self.record(telemetry.REQUEST, user="abc"))
        other.start()
        other.join()
        assert callers.taken().user == "abc"

    def test_leave_other_lines_in_the_log(self) -> None:
        callers = access_log.Callers()
        assert callers.filter(self.record("signed_in", user="abc"))
        assert callers.taken().user == ""
