"""The caller's API tokens. A token itself is returned once, when it is created; only its hash is stored."""

from datetime import UTC, datetime

from chalicelib.config import settings
from chalicelib.domain.ids import parse_id
from chalicelib.errors import Conflict, Forbidden, NotFound, NotSignedIn
from chalicelib.identity import accounts
from chalicelib.identity.authentication import Identity
from chalicelib.models import sessions, tokens, users
from chalicelib.models.tokens import Token
from chalicelib.operations.access import policy
from chalicelib.operations.public.channel_entries import moment
from chalicelib.schemas.api_token import TokenIn
from chalicelib.schemas.listing import ListQuery
from chalicelib.schemas.responses.credentials import ApiToken, NewApiToken
from chalicelib.telemetry import Audited, audit

_RACES = 5


def listed(user: Identity, _: ListQuery) -> list[ApiToken]:
    """Return the caller's tokens, newest first; with a token, only that one. Two reads."""
    found = tokens.of_keys(accounts.own(user).token_keys or ())
    return [_row(user, token) for token in found if policy.controls_token(user, token.key)]


def check_session(user: Identity) -> None:
    """Raise Forbidden if the caller uses a token, which cannot create others."""
    if not policy.has_session(user):
        raise Forbidden(f"A token cannot create another one. Sign in and create it at {_page()}.")


def create(user: Identity, sent: TokenIn, form: str = "") -> NewApiToken:
    """Create a token. `form` is the random id of a form, which creates one token even if it is sent twice.

    Raises Forbidden for a caller with a token or too many tokens, LimitReached, Conflict if the form was sent before,
    and NotSignedIn if the session has ended meanwhile, as by a change of the password.
    """
    check_session(user)
    for _ in range(_RACES):
        own = accounts.own(user)
        try:
            token, stored = accounts.create_token(
                own, user.session, name=sent.name, expires=sent.expires, form=form or None
            )
        except Conflict as conflict:
            if conflict.detail == accounts.SENT_TWICE:
                raise
            if sessions.get(user.session) is None:
                raise NotSignedIn("Your session has ended. Sign in again.") from conflict
        else:
            return {**_row(user, stored), "token": token}
    raise Conflict("Your account was changed by other requests. Try again.")


def revoke(user: Identity, token_id: str) -> None:
    """Revoke one of the caller's tokens for good.

    Raises NotFound, and Forbidden for another token than the one that the caller uses.
    """
    wanted = parse_id(token_id)
    if not policy.has_session(user) and wanted != tokens.id_of(user.session):
        raise Forbidden(f"A token can revoke only itself. Sign in to revoke others at {_page()}.")
    for _ in range(_RACES):
        own = accounts.own(user)
        keys = {key for key in own.token_keys or () if tokens.id_of(key) == wanted}
        if not keys:
            raise NotFound(f"API token not found: {token_id[:60]!r}. It may be revoked already.")
        if users.revoke_tokens(own, keys):
            audit(Audited.TOKENS_REVOKED, own.id, tokens=tokens.ids_of(keys))
            return
    raise Conflict("Your account was changed by other requests. Try again.")


def _page() -> str:
    return f"{settings().public_url}/settings/tokens/"


def _row(user: Identity, token: Token) -> ApiToken:
    return {
        "id": tokens.id_of(token.key),
        "name": token.name,
        "prefix": token.prefix,
        "created": moment(token.created),
        "last_used": token.used,
        "expires": moment(datetime.fromtimestamp(int(token.expires), UTC)) if token.expires is not None else None,
        "current": user.by_token and user.session == token.key,
    }
