"""Conditional requests and content coding of cacheable responses (RFC 9110, 12.5.3 and 13): ETags, 304, gzip.

Used by the application and by the local stack's CDN cache."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from hashlib import blake2b

_TAG = re.compile(r'(?:W/)?("[^"]*")')
_GZIP = re.compile(r"\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))", re.IGNORECASE)


def etag_of(body: bytes) -> str:
    """A strong ETag for these bytes."""
    return f'"{blake2b(body, digest_size=16).hexdigest()}"'


def http_date(moment: datetime) -> str:
    """A moment as an HTTP date."""
    return format_datetime(moment.astimezone(UTC).replace(microsecond=0), usegmt=True)


def is_current(headers: Mapping[str, str], etag: str, last_modified: str) -> bool:
    """Whether the conditions of a request (header names in lower case) show that the client has this response.

    ETags are compared weakly: compression on the way makes an ETag weak. If-Modified-Since is used only without
    If-None-Match, and only if it is a date. `etag` and `last_modified` may be empty.
    """
    given = headers.get("if-none-match")
    if given is not None:
        return given.strip() == "*" or etag.removeprefix("W/") in _TAG.findall(given)
    since, changed = _moment(headers.get("if-modified-since", "")), _moment(last_modified)
    return since is not None and changed is not None and changed <= since


def accepts_gzip(accept_encoding: str) -> bool:
    """Whether an Accept-Encoding header allows gzip."""
    return bool(_GZIP.search(accept_encoding))


def _moment(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
