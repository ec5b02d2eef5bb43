"""Examples of operations: real exchanges, which tests record into `recorded/` and repeat.

The files are read with the first document, not at a cold start.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

FOLDER = Path(__file__).with_name("recorded")
HOST = "https://studio.example.org"  # in the files


@dataclass(frozen=True)
class Exchange:
    """A request and its response. `caller` is `token`, `session` or `nobody`; `form` names an uploaded file."""

    operation: str  # `<METHOD> <path>`
    path: str  # with its parameters
    status: int
    title: str = ""
    caller: str = "token"
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    form: str = ""
    answer: Any = None

    @property
    def method(self) -> str:
        """The method of the request."""
        return self.operation.partition(" ")[0]

    @property
    def url(self) -> str:
        """The path with the query."""
        return f"{self.path}?{urlencode(self.query, safe=',')}" if self.query else self.path


@cache
def load() -> Mapping[str, tuple[Exchange, ...]]:
    """All exchanges by operation."""
    found: dict[str, tuple[Exchange, ...]] = {}
    for path in sorted(FOLDER.glob("*.json")):
        for one in json.loads(path.read_text(encoding="utf-8")):
            exchange = Exchange(**one)
            found[exchange.operation] = (*found.get(exchange.operation, ()), exchange)
    return found


def of_operation(operation: str) -> tuple[Exchange, ...]:
    """The exchanges of an operation, `<METHOD> <path>`."""
    return load().get(operation, ())


def at(server: str, part: Any) -> Any:
    """A part of an exchange with the address of this server."""
    if isinstance(part, dict):
        return {name: at(server, own) for name, own in part.items()}
    if isinstance(part, list):
        return [at(server, own) for own in part]
    return part.replace(HOST, server) if isinstance(part, str) and server else part
