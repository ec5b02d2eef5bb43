"""Users.

| access pattern | key condition | used by |
| --- | --- | --- |
| a user by id | `id` | profile, quota of an upload |
| several users by id | `id` | members of a channel, invitations |
| a user by e-mail | index `email-index`: `email` | creating a user |
| the next user by e-mail | index `all-index`: `all_key` = "user", `email` beyond another | recount of storage |
| all users by e-mail, for administrators | index `all-index`: `all_key` = "user" | `GET /api/admin-users` |

Quota checks use `disk_space_left`, which changes in the transactions of `models.uploads` only.
`profile_rev` counts changes of the password, of the profile fields that tokens and sessions have copies of, and of
`token_keys` and `session_places`, which refer to those copies. A change of the profile updates the copies too, on
condition that `profile_rev` is unchanged. Deactivating or reactivating a user deletes all copies in the transaction
that sets `is_active`, so no token or session outlives it.
`models.channel_members` maintains `edit_count` and `view_count`.
A user with `deleting_since` is being deleted (`models.user_deletion`): none of this can change any more.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from pynamodb.attributes import (
    BooleanAttribute,
    JSONAttribute,
    NumberAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
    UTCDateTimeAttribute,
)
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex, IncludeProjection
from pynamodb.transactions import TransactWrite

from chalicelib.models.base import Condition, Table, find, now, read_many, setting, transact, unchanged
from chalicelib.models.sessions import Session, lasting, place
from chalicelib.models.tokens import Token

ALL = "user"
PROFILE = ("email", "first_name", "last_name", "is_admin", "is_active")  # copied to tokens and sessions
MAX_TOKENS = 60  # per user: tokens and sessions are updated in one transaction of at most 100 actions
MAX_SESSIONS = 30  # per user; a new one ends the oldest
# Attributes in the administrators' list. `disk_space_left` is left out, as every upload would write to the index.
LISTED = [*PROFILE[1:], "is_chef", "disk_space", "date_joined", "last_login", "edit_count", "view_count"]


class EmailIndex(GlobalSecondaryIndex["User"]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "email-index"
        projection = AllProjection()

    email = UnicodeAttribute(hash_key=True)


class AllIndex(GlobalSecondaryIndex["User"]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "all-index"
        projection = IncludeProjection(LISTED)

    all_key = UnicodeAttribute(hash_key=True)
    email = UnicodeAttribute(range_key=True)


class User(Table):
    class Meta:
        table_name = "users"

    id = UnicodeAttribute(hash_key=True)
    email = UnicodeAttribute(null=True)
    password = UnicodeAttribute(null=True)  # argon2 hash
    password_once = NumberAttribute(null=True)  # expiry of a one-time password, seconds since 1970
    first_name = UnicodeAttribute(default="")
    last_name = UnicodeAttribute(default="")
    is_admin = BooleanAttribute(default=False)
    is_active = BooleanAttribute(default=True)
    disk_space = NumberAttribute(default=0)  # bytes allowed
    disk_space_left = NumberAttribute(default=0)  # bytes
    date_joined = UTCDateTimeAttribute(null=True)
    last_login = UTCDateTimeAttribute(null=True)  # by password
    is_chef = BooleanAttribute(default=False)  # has created a channel by ricecooker
    edit_count = NumberAttribute(default=0)  # channels
    view_count = NumberAttribute(default=0)  # channels
    token_keys = UnicodeSetAttribute(null=True)  # the keys of all tokens
    session_places = UnicodeSetAttribute(null=True)  # references to sessions (`sessions.place`), possibly expired
    device_secret = UnicodeAttribute(null=True)  # signs the cookies of known devices (`identity.devices`)
    limits: "JSONAttribute" = JSONAttribute(null=True)  # own limits per day by name (`domain.limits`), if higher
    profile_rev = NumberAttribute(default=0)
    deleting_since = UTCDateTimeAttribute(null=True)
    all_key = UnicodeAttribute(default=ALL)
    email_index = EmailIndex()
    all_index = AllIndex()


def get(user_id: str) -> User | None:
    """A user by id."""
    return find(User, user_id)


def get_many(user_ids: list[str]) -> dict[str, User]:
    """The users with these ids that exist, by id."""
    return {user.id: user for user in read_many({User: user_ids})[User]}


def everyone() -> list[User]:
    """All users by e-mail, with the attributes `LISTED` only, from an index that may lag by a second."""
    return list(User.all_index.query(ALL))


def next_after(email: str) -> User | None:
    """The first user after this e-mail address, with the attributes `LISTED` only, by the same index."""
    place = AllIndex.email > email if email else None
    return next(iter(User.all_index.query(ALL, place, limit=1)), None)


def has_administrator() -> bool:
    """Whether there is an administrator who may sign in. The index may lag by a second."""
    found = get_many([user.id for user in everyone() if user.is_admin and user.is_active])
    return any(may_sign_in(user) for user in found.values())


def may_sign_in(user: User) -> bool:
    """Whether a user is active and does not have an expired one-time password."""
    return bool(user.is_active) and (user.password_once is None or user.password_once > now().timestamp())


def is_administrator(user: User) -> bool:
    """Whether a user is an active administrator."""
    return bool(user.is_admin and user.is_active)


def profile_of(user: User) -> dict[str, Any]:
    """The fields of a user that are copied to tokens and sessions."""
    return {name: getattr(user, name) for name in PROFILE}


def promote(user: User) -> bool:
    """Make a user an active administrator. If they were not one, their API tokens end, as others may know them.

    Returns False if the user was changed since they were read.
    """
    if is_administrator(user):
        return True
    keys = sorted(user.token_keys or ())

    def fill(transaction: TransactWrite) -> None:
        for key in keys:
            transaction.delete(Token(key))
        rights = [User.is_admin.set(True), User.is_active.set(True)]
        update_as_read(transaction, user, [*rights, *([User.token_keys.remove()] if keys else [])])

    return not transact(fill)


def change_profile(
    user: User, actions: list[Any], profile: dict[str, Any], *administrators: str, deleted: Sequence[Table] = ()
) -> bool:
    """Change a user and, if `profile` is not empty, all copies of the profile in the same transaction.

    `actions` are the other changes, `deleted` items that are deleted with them. `administrators` must be active
    administrators. If the user is deactivated, or was not active, all tokens and sessions are deleted instead. Returns
    False if an administrator is not one, or if the profile, tokens or sessions were changed since the user was read.
    """
    fields = [getattr(User, name).set(value) for name, value in profile.items()]
    is_revoked = profile.get("is_active") is False or ("is_active" in profile and not user.is_active)
    copies = _credentials(user) if profile else []
    if is_revoked:
        fields += [User.token_keys.remove(), User.session_places.remove(), User.device_secret.remove()]

    def fill(transaction: TransactWrite) -> None:
        for administrator in administrators:
            is_one = (User.is_admin == True) & (User.is_active == True)  # noqa: E712
            transaction.condition_check(User, administrator, condition=is_one)
        update_as_read(transaction, user, [*fields, *actions])
        for item in deleted:
            transaction.delete(item)
        for copy in copies:
            if is_revoked:
                transaction.delete(copy)
                continue
            changes = [getattr(type(copy), name).set(value) for name, value in profile.items()]
            transaction.update(copy, changes, condition=type(copy).key.exists())

    return not transact(fill)


def lasting_user() -> Condition:
    """The condition that a user exists and is not being deleted."""
    condition: Condition = User.id.exists() & User.deleting_since.does_not_exist()
    return condition


def quota_change(user: User, disk_space: int) -> list[Any]:
    """The actions for `change_profile` that set a user's quota in bytes; the used storage stays the same."""
    return [User.disk_space.set(disk_space), User.disk_space_left.add(disk_space - int(user.disk_space))]


def _credentials(user: User) -> list[Token | Session]:
    """All tokens and unexpired sessions of a user, by their keys only."""
    tokens: list[Token | Session] = [Token(key) for key in sorted(user.token_keys or ())]
    return [*tokens, *(Session(key) for key in lasting(user.session_places).values())]


def revoke_tokens(user: User, keys: set[str]) -> bool:
    """Delete these tokens of a user. Returns False if the user was changed since they were read."""

    def fill(transaction: TransactWrite) -> None:
        for key in sorted(keys):
            transaction.delete(Token(key))
        update_as_read(transaction, user, [User.token_keys.delete(keys)])

    return not transact(fill)


def limits_change(user: User, limits: Mapping[str, int | None]) -> list[Any]:
    """The actions for `change_profile` that set a user's own limits per day; None removes one."""
    after = {name: value for name, value in {**(user.limits or {}), **limits}.items() if value is not None}
    return [User.limits.set(after) if after else User.limits.remove()]


def add_token(user: User, token: Token, ended: Collection[str] = (), session: str = "") -> bool:
    """Save a new token of a user, and delete those with the keys `ended`. With `session`, that session must exist.

    Returns False if the session has ended, or if the token's copy of the profile is outdated.
    """
    keys = ({*(user.token_keys or ())} - {*ended}) | {token.key}

    def fill(transaction: TransactWrite) -> None:
        if session:
            transaction.condition_check(Session, session, condition=Session.key.exists())
        for key in sorted(ended):
            transaction.delete(Token(key))
        transaction.save(token)
        update_as_read(transaction, user, [User.token_keys.set(keys)])

    return not transact(fill)


def add_session(user: User, session: Session, fields: Mapping[str, Any]) -> bool:
    """Save a new session of a user, and end the oldest ones if there are more than MAX_SESSIONS.

    `fields` are further changes of the user. Returns False if the session's copy of the profile is outdated.
    """
    known = lasting(user.session_places)
    ended = list(known)[: max(0, len(known) + 1 - MAX_SESSIONS)]
    remaining = {place(session), *known} - set(ended)

    def fill(transaction: TransactWrite) -> None:
        for oldest in ended:
            transaction.delete(Session(known[oldest]))
        transaction.save(session)
        update_as_read(transaction, user, [User.session_places.set(remaining), *setting(User, fields)])

    return not transact(fill)


def end_session(session: Session) -> None:
    """Delete a session, if it exists."""

    def fill(transaction: TransactWrite) -> None:
        transaction.delete(Session(session.key))
        actions: list[Any] = [User.session_places.delete({place(session)}), User.profile_rev.add(1)]
        transaction.update(User(session.user_id), actions, condition=User.id.exists())

    transact(fill)


def end_sessions(user: User, keys: Collection[str]) -> bool:
    """Delete these sessions of a user. Returns False if the user was changed since they were read."""
    known = lasting(user.session_places)
    remaining = {where for where, key in known.items() if key not in keys}

    def fill(transaction: TransactWrite) -> None:
        for key in sorted(keys):
            transaction.delete(Session(key))
        places = User.session_places.set(remaining) if remaining else User.session_places.remove()
        update_as_read(transaction, user, [places])

    return not transact(fill)


def update_as_read(transaction: TransactWrite, user: User, actions: list[Any]) -> None:
    """Update a user, on condition that their profile, tokens and sessions were not changed since they were read, and
    that they are not being deleted."""
    as_read = lasting_user() & unchanged(User.profile_rev, user.profile_rev)
    transaction.update(User(user.id), [*actions, User.profile_rev.add(1)], condition=as_read)
