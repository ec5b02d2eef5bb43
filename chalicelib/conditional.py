"""Answers that anyone may keep: their ETag, and whether a client has the newest one already (RFC 9110, 13)."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from hashlib import blake2b

_TAG = re.compile(r'(?:W/)?("[^"]*")')


def etag_of(body: bytes) -> str:
    """A strong ETag for these bytes."""
    return f'"{blake2b(body, digest_size=16).hexdigest()}"'


def http_date(moment: datetime) -> str:
    """A moment as HTTP writes it, to the second."""
    return format_datetime(moment.astimezone(UTC).replace(microsecond=0), usegmt=True)


def is_current(headers: Mapping[str, str], etag: str, last_modified: str) -> bool:
    """Whether a request's conditions (header names in lower case) say that the client has this answer.

    ETags are compared weakly: what compresses an answer on its way makes its ETag weak. If-Modified-Since counts
    only where there is no If-None-Match, and not where it is no date.
    """
    given = headers.get("if-none-match", "").strip()
    if given:
        return given == "*" or etag.removeprefix("W/") in _TAG.findall(given)
    since = _moment(headers.get("if-modified-since", ""))
    return since is not None and parsedate_to_datetime(last_modified) <= since


def _moment(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
