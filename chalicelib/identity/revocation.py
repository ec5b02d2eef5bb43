"""Revoke API tokens, and deactivate users for good: for operators, and for everything that must end a user's access."""

from chalicelib.domain.tokens import digest, is_api_token
from chalicelib.errors import Conflict, NotFound
from chalicelib.identity import accounts
from chalicelib.models import tokens, user_deletion, users
from chalicelib.models.users import User
from chalicelib.telemetry import Audited, audit

ALL = "all"
_RACES = 5


def revoke(which: str, email: str = "") -> int:
    """Revoke `all` tokens of the user with this e-mail address, or one token: by its id with the address, or by itself
    (nothing else is needed to revoke a token that leaked). Returns how many were revoked: 0 if there are none left.

    Raises NotFound for an unknown user or token, Conflict if the user is changed again and again meanwhile.
    """
    for _ in range(_RACES):
        user = _owner(which) if is_api_token(which) else accounts.user_with(email)
        keys = _keys(user, which)
        if not keys:
            return 0
        if users.revoke_tokens(user, keys):
            audit(Audited.TOKENS_REVOKED, user.id, tokens=tokens.ids_of(keys))
            return len(keys)
    raise Conflict("The user was changed by another request. Try again.")


def set_active(email: str, is_active: bool) -> None:
    """Activate or deactivate the user with this e-mail address. Deactivating ends all tokens and sessions for good.

    Raises NotFound for an unknown user, Conflict if the user is being deleted, or changed again and again meanwhile.
    """
    for _ in range(_RACES):
        user = accounts.user_with(email)
        if user_deletion.is_marked(user):
            raise Conflict("This account is being deleted. It cannot be changed any more.")
        if bool(user.is_active) == is_active and is_active:
            return
        if users.change_profile(user, [], {"is_active": is_active}):
            if bool(user.is_active) != is_active:
                audit(Audited.USER_ACTIVATED if is_active else Audited.USER_DEACTIVATED, user.id)
            return
    raise Conflict("The user was changed by another request. Try again.")


def _keys(user: User, which: str) -> set[str]:
    """The keys of a user's tokens that `which` names."""
    own = set(user.token_keys or ())
    if which == ALL:
        return own
    if is_api_token(which):
        return {digest(which)}
    found = {key for key in own if which == tokens.id_of(key)}
    if not found:
        raise NotFound(f"This user has no such token. Name it by its id or by itself, or all by {ALL!r}.")
    return found


def _owner(token: str) -> User:
    found = tokens.get(digest(token))
    user = users.get(found.user_id) if found else None
    if user is None:
        raise NotFound("There is no such token, or it is revoked already.")
    return user
