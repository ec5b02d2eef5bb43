"""The gateway's access log: one line per response, with the time, and the address, the user and the request ID as the
application knows them.

The application writes a line per request to its own log, as CloudWatch gets it. Here both are one.
"""

import logging
import sys
import threading
from datetime import UTC, datetime
from typing import NamedTuple

from chalicelib.domain.tokens import masked
from infra.local.edge.events import Request
from infra.local.edge.responses import Response

REQUEST = "request"  # the message of the application's line


class Caller(NamedTuple):
    """Who sent a request, and its ID; both empty if the application does not know them."""

    user: str = ""
    request_id: str = ""


class Callers(logging.Filter):
    """Takes the application's line of each request, and remembers its caller for this thread."""

    def __init__(self) -> None:
        super().__init__()
        self._seen = threading.local()

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record belongs in the application's log."""
        if record.msg != REQUEST:
            return True
        self._seen.caller = Caller(getattr(record, "user", ""), getattr(record, "request_id", ""))
        return False

    def taken(self) -> Caller:
        """The caller of this thread's last request, who is forgotten."""
        caller: Caller = getattr(self._seen, "caller", Caller())
        self._seen.caller = Caller()
        return caller


CALLERS = Callers()


def install() -> None:
    """Take the application's lines of requests off its log, for the rest of the process, once.

    Imports the application's log only here, when standard output is set up (`lifeline.show_errors`).
    """
    from chalicelib import telemetry

    if CALLERS not in telemetry.log._logger.filters:
        telemetry.log.addFilter(CALLERS)


def write(request: Request, response: Response, seconds: float) -> None:
    """Log a response in one line."""
    line = (
        f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {request.method} {masked(request.path)} {response.status} "
        f"{seconds * 1000:.0f} ms "
        f"{request.source_ip} {response.user or '-'} {response.request_id or '-'}"
    )
    print(line, file=sys.stderr if response.status >= 500 else sys.stdout)
