"""The CDN's rules (`routes.json`): which origin serves a path, and which headers pass in both directions.

Everything below `/content/` was sent by users and has the host of the session cookie. So all of its responses have the
headers of `content`, which keep browsers from executing any of it.

The local gateway follows them; in AWS they become CloudFront's behaviours. The first matching path wins.
"""

import json
import re
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

RULES = Path(__file__).with_name("routes.json")
CONTENT = "/content/"


@dataclass(frozen=True)
class Origin:
    """An origin. Header names are lower case; `frozenset({"*"})` means all of them."""

    name: str
    forwarded_headers: frozenset[str]
    removed_headers: frozenset[str]
    returned_headers: frozenset[str]
    compress: bool
    trim_slash: bool

    def forwards(self, header: str) -> bool:
        """Whether a request's header (lower case) reaches the origin."""
        return header not in self.removed_headers and _has(self.forwarded_headers, header)

    def returns(self, header: str) -> bool:
        """Whether a response's header (lower case) reaches the client."""
        return _has(self.returned_headers, header)


@dataclass(frozen=True)
class Safety:
    """What keeps browsers from executing users' files. Header names are lower case."""

    headers: dict[str, str]  # of every response, errors too
    shown_types: tuple[str, ...]  # beginnings of the content types that browsers may show; others are downloads

    def of(self, status: int, content_type: str) -> dict[str, str]:
        """The headers of a response. A 304 has no content type: the client keeps the headers of its copy."""
        is_download = status in (200, 206) and not content_type.lower().startswith(self.shown_types)
        return self.headers | ({"content-disposition": "attachment"} if is_download else {})


@dataclass(frozen=True)
class Route:
    """One rule. `origin` None: every path is 404. `signed_methods` require a presigned query.

    `edge_seconds` None: every request reaches the origin. A number: the edge caches responses to GET for at most that
    long (CloudFront's MaxTTL; MinTTL and DefaultTTL are 0), by path, query string and whether gzip is accepted. Such a
    rule has its own `forwarded_headers`: a response must not depend on anything outside of that key. Errors are not
    cached at all (ErrorCachingMinTTL is 0, too: CloudFront caches a 404 for ten seconds whatever its headers say).
    """

    path: str  # as CloudFront writes it: * is any characters, ? is one
    origin: Origin | None
    methods: frozenset[str]
    signed_methods: frozenset[str]
    cache_control: str | None
    edge_seconds: int | None
    safety: Safety | None  # of users' files
    pattern: re.Pattern[str] = field(repr=False)


def _has(names: frozenset[str], header: str) -> bool:
    return "*" in names or header in names


@cache
def load() -> tuple[Route, ...]:
    """All rules, in their order."""
    rules = json.loads(RULES.read_text())
    origins = {name: _origin(name, values) for name, values in rules["origins"].items()}
    headers = {name.lower(): value for name, value in rules["content"]["headers"].items()}
    safety = Safety(headers, tuple(rules["content"]["shown_types"]))
    return tuple(
        Route(
            path=rule["path"],
            origin=_origin_of(rule, origins),
            methods=frozenset(rule["methods"]),
            signed_methods=frozenset(rule.get("signed_methods", ())),
            cache_control=rule.get("cache_control"),
            edge_seconds=rule.get("edge_seconds"),
            safety=safety if rule["path"].startswith(CONTENT) else None,
            pattern=re.compile(re.escape(rule["path"]).replace(r"\*", ".*").replace(r"\?", "."), re.DOTALL),
        )
        for rule in rules["routes"]
    )


def _origin_of(rule: dict[str, Any], origins: dict[str, Origin]) -> Origin | None:
    """The rule's origin, with the rule's own `forwarded_headers` if it has some."""
    if rule["origin"] is None:
        return None
    origin = origins[rule["origin"]]
    if "forwarded_headers" not in rule:
        return origin
    return replace(origin, forwarded_headers=frozenset(name.lower() for name in rule["forwarded_headers"]))


def _origin(name: str, values: dict[str, list[str] | bool]) -> Origin:
    def names(key: str) -> frozenset[str]:
        found = values[key]
        return frozenset(n.lower() for n in found) if isinstance(found, list) else frozenset()

    return Origin(
        name=name,
        forwarded_headers=names("forwarded_headers"),
        removed_headers=names("removed_headers"),
        returned_headers=names("returned_headers"),
        compress=bool(values["compress"]),
        trim_slash=bool(values["trim_slash"]),
    )


def match(path: str) -> Route:
    """The rule for a path; the last one matches all."""
    return next(route for route in load() if route.pattern.fullmatch(path))
