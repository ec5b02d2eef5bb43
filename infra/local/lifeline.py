"""What every child process of the stack does: it ends with its parent, and shows errors on the console.

Standard library only: ministack's own virtual environment uses it too.
"""

import os
import signal
import sys
import threading
from typing import Any, TextIO

_ERROR_MARKS = ('"level":"ERROR"', '"level":"CRITICAL"', " - ERROR - ")  # Powertools' and Chalice's logs


def hold() -> None:
    """End this process with its parent, however that ends: standard input is a pipe that the parent holds."""
    threading.Thread(target=_watch, name="lifeline", daemon=True).start()


def _watch() -> None:
    while os.read(sys.stdin.fileno(), 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


class _ErrorsToo:
    """Standard output to the log file; structured log lines of errors go to standard error instead."""

    def __init__(self, log: TextIO) -> None:
        self._log = log

    def write(self, text: str) -> int:
        return (sys.stderr if any(mark in text for mark in _ERROR_MARKS) else self._log).write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)


def show_errors() -> None:
    """Write standard output line by line, and what the app logs as an error to standard error."""
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    sys.stdout = _ErrorsToo(sys.stdout)
