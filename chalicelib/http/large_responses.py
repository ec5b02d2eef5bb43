"""Public answers that Lambda cannot give: they are put into the bucket, where the front finds them.

Lambda answers with at most 6 MB. A list of a thousand channels with their icons has more, and its clients know
no pages. They do follow a redirect on the same host. The front compresses nothing that comes from the bucket, and
CloudFront nothing of this size: whoever takes gzip is sent to another object, which is compressed already.
"""

import gzip
import json
import time
from threading import Lock

from chalicelib.aws import storage
from chalicelib.domain.storage_keys import answer_key

LIMIT = 6_000_000  # bytes of the whole answer
STAYS = 24 * 3600.0  # seconds, after which an answer is put again: its object lives for a week
_LONGEST_ESCAPE = 12  # bytes of a character: Lambda writes the body as JSON once more, in ASCII
_LEVEL = 1  # icons are compressed images: more work saves hardly more
_lock = Lock()
_placed: dict[str, float] = {}  # when this process has put what, by its own clock


def is_too_large(text: str) -> bool:
    """Whether Lambda would refuse this body."""
    return len(text) > LIMIT or (len(text) * _LONGEST_ESCAPE > LIMIT and len(json.dumps(text)) > LIMIT)


def place(text: str, etag: str, zipped: bool) -> str:
    """Store a JSON text, whose strong ETag this is, and say at which path of this host it stays for days."""
    key = answer_key(etag.strip('"') + "-gzip" * zipped)
    with _lock:  # others who want the same answer meanwhile need not make it, too
        now = time.monotonic()
        for old in [name for name, since in _placed.items() if now - since > STAYS]:
            del _placed[old]
        if key not in _placed:
            data = text.encode()
            body, encoding = (gzip.compress(data, _LEVEL, mtime=0), "gzip") if zipped else (data, None)
            storage.put(key, body, "application/json", storage.IMMUTABLE, encoding)
            _placed[key] = now
    return f"/{key}"
