"""Answers that anyone may keep: their ETag, whether a client has the newest one already, and whether it takes gzip
(RFC 9110, 12.5.3 and 13). The application and the front's cache judge by this alike."""

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
    """A moment as HTTP writes it, to the second."""
    return format_datetime(moment.astimezone(UTC).replace(microsecond=0), usegmt=True)


def is_current(headers: Mapping[str, str], etag: str, last_modified: str) -> bool:
    """Whether a request's conditions (header names in lower case) say that the client has this answer.

    ETags are compared weakly: what compresses an answer on its way makes its ETag weak. If-Modified-Since counts
    only where there is no If-None-Match, and not where it is no date. An answer may have no ETag or no date.
    """
    given = headers.get("if-none-match")
    if given is not None:
        return given.strip() == "*" or etag.removeprefix("W/") in _TAG.findall(given)
    since, changed = _moment(headers.get("if-modified-since", "")), _moment(last_modified)
    return since is not None and changed is not None and changed <= since


def accepts_gzip(accept_encoding: str) -> bool:
    """Whether a header's value names gzip, other than with `q=0`."""
    return bool(_GZIP.search(accept_encoding))


def _moment(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
