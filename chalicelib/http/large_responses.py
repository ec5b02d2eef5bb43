"""Public responses that are too large for Lambda: they are stored in the bucket and served through the CDN.

A Lambda response has at most 6 MB. A list of a thousand channels with their icons is larger, and its clients do not
page. They do follow a redirect on the same host. CloudFront compresses no objects of this size: clients that accept
gzip are redirected to an object that is compressed already.
"""

import gzip
import json
import time
from threading import Lock

from chalicelib.aws import storage
from chalicelib.domain.storage_keys import answer_key

MAX_BYTES = 6_000_000  # of the whole response
TTL = 24 * 3600.0  # seconds, after which a response is stored again: its object expires after a week
_MAX_ESCAPED = 12  # bytes per character: Lambda encodes the body as JSON again, in ASCII
_LEVEL = 1  # icons are compressed images: higher levels hardly save more
_lock = Lock()
_stored: dict[str, float] = {}  # when this process stored each key, by its monotonic clock


def is_too_large(text: str) -> bool:
    """Whether this body exceeds the limit of Lambda."""
    return len(text) > MAX_BYTES or (len(text) * _MAX_ESCAPED > MAX_BYTES and len(json.dumps(text)) > MAX_BYTES)


def sent_size(text: str) -> int:
    """How many bytes this part of a body takes in a response of Lambda, which encodes the body as JSON again."""
    return len(json.dumps(text))


def store(text: str, etag: str, zipped: bool) -> str:
    """Store a JSON text under its strong ETag; returns the path on this host where it is available for days."""
    key = answer_key(etag.strip('"') + "-gzip" * zipped)
    with _lock:  # concurrent requests for the same response store it once
        now = time.monotonic()
        for old in [name for name, since in _stored.items() if now - since > TTL]:
            del _stored[old]
        if key not in _stored:
            data = text.encode()
            body, encoding = (gzip.compress(data, _LEVEL, mtime=0), "gzip") if zipped else (data, None)
            storage.put(key, body, "application/json", storage.IMMUTABLE, encoding)
            _stored[key] = now
    return f"/{key}"
