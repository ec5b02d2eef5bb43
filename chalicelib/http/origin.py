"""The CDN in front of the application (CloudFront): the origin secret that its requests carry, the client's address."""

import hmac

from chalicelib.config import settings
from chalicelib.errors import Forbidden

HEADER = "x-front-key"


def client_address(secret: str, forwarded: str, source: str) -> str:
    """The client's address. `secret` and `forwarded` are X-Front-Key and X-Forwarded-For; `source` is the address from
    which API Gateway received the request.

    CloudFront appends the client's address to X-Forwarded-For, then API Gateway appends CloudFront's. Anything before
    them was sent by the client. Without an origin secret, all of the header may be, so the source is used.
    Raises Forbidden if an origin secret is set and the request does not carry it.
    """
    expected = settings().origin_secret
    if not expected:
        return source
    if not _share_secret(expected, secret):
        raise Forbidden(f"This address accepts no direct requests. Use {settings().public_url}.")
    parts = [part.strip() for part in forwarded.split(",")]
    return parts[-2] if len(parts) > 1 else source


def _share_secret(expected: str, sent: str) -> bool:
    """Whether two comma-separated lists have a secret in common. While the secret is rotated, the CDN or the
    application has two."""
    return any(hmac.compare_digest(a, b) for a in _secrets(expected) for b in _secrets(sent))


def _secrets(text: str) -> list[bytes]:
    return [secret.encode(errors="surrogatepass") for part in text.split(",") if (secret := part.strip())]
