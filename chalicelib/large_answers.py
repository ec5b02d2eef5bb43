"""Public answers that Lambda cannot give: they are put into the bucket, where the front finds them.

Lambda answers with at most 6 MB. A list of a thousand channels with their icons has more, and its clients know
no pages. They do follow a redirect on the same host.
"""

import hashlib
import json

from chalicelib import storage
from chalicelib.domain.storage_keys import answer_key

LIMIT = 6_000_000  # bytes of the whole answer
_LONGEST_ESCAPE = 12  # bytes of a character: Lambda writes the body as JSON once more, in ASCII
_placed: set[str] = set()  # by this process, which lives for hours; the objects live for a week


def is_too_large(text: str) -> bool:
    """Whether Lambda would refuse this body."""
    return len(text) * _LONGEST_ESCAPE > LIMIT and len(json.dumps(text)) > LIMIT


def place(body: bytes) -> str:
    """Store a JSON body and say at which path of this host it is."""
    key = answer_key(hashlib.sha256(body).hexdigest())
    if key not in _placed:
        storage.put(key, body, "application/json", storage.IMMUTABLE)
        _placed.add(key)
    return f"/{key}"
