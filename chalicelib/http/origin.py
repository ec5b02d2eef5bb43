"""The front before this application (CloudFront): how a request shows that it came by it, and from whom it came."""

import hmac

from chalicelib.config import settings
from chalicelib.errors import Forbidden

HEADER = "x-front-key"


def client_address(key: str, forwarded: str, source: str) -> str:
    """The client's address. `key` and `forwarded` are X-Front-Key and X-Forwarded-For; API Gateway calls the sender of
    the request its `source`.

    CloudFront adds the client to X-Forwarded-For, and API Gateway adds CloudFront behind it; what stands before them
    is what the client sent. Of who comes by another way all of it is, so the source counts.
    Raises Forbidden where the front is known by a key, and this is another.
    """
    keys = settings().front_key
    if not keys:
        return source
    if not _agree(keys, key):
        raise Forbidden(f"This address accepts no direct requests. Use {settings().public_url}.")
    parts = [part.strip() for part in forwarded.split(",")]
    return parts[-2] if len(parts) > 1 else source


def _agree(ours: str, theirs: str) -> bool:
    """Whether two lists, with commas between the keys, have one in common. While a key is exchanged, the front or this
    application knows two."""
    return any(hmac.compare_digest(a, b) for a in _keys(ours) for b in _keys(theirs))


def _keys(text: str) -> list[bytes]:
    return [key.encode(errors="surrogatepass") for part in text.split(",") if (key := part.strip())]
