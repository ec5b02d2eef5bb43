"""People who sign in.

| access pattern | key condition | used by |
| --- | --- | --- |
| a user by id | `id` | profile, quota of an upload |
| several users by id | `id` | members of a channel, invitations |
| a user by e-mail | index `email-index`: `email` | making a user |
| all users by e-mail, with what administrators see | index `all-index`: `all_key` = "user" | `GET /api/admin-users` |

`disk_space_left` is what quota checks decide on: an upload takes from it in its own transaction.
`profile_rev` counts changes of what tokens carry a copy of, and of `token_keys`, which says where the copies are:
whoever changes the profile changes them too, on the condition that `profile_rev` is as it was read.
`edit_count` and `view_count` are kept by whoever gives or takes a right in a channel (`models.channel_members`).
"""

from typing import Any

from pynamodb.attributes import (
    BooleanAttribute,
    NumberAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
    UTCDateTimeAttribute,
)
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex, IncludeProjection
from pynamodb.transactions import TransactWrite

from chalicelib.models.base import Table, find, read_many, transact
from chalicelib.models.tokens import Token

ALL = "user"
PROFILE = ("email", "first_name", "last_name", "is_admin", "is_active")  # of which tokens carry copies
# What administrators see of all users. Not `disk_space_left`: every upload would write the index.
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
    first_name = UnicodeAttribute(default="")
    last_name = UnicodeAttribute(default="")
    is_admin = BooleanAttribute(default=False)
    is_active = BooleanAttribute(default=True)
    disk_space = NumberAttribute(default=0)  # bytes allowed
    disk_space_left = NumberAttribute(default=0)  # bytes
    date_joined = UTCDateTimeAttribute(null=True)
    last_login = UTCDateTimeAttribute(null=True)  # with a password
    is_chef = BooleanAttribute(default=False)  # has made a channel by ricecooker
    edit_count = NumberAttribute(default=0)  # channels
    view_count = NumberAttribute(default=0)  # channels
    token_keys = UnicodeSetAttribute(null=True)  # of all tokens
    profile_rev = NumberAttribute(default=0)
    all_key = UnicodeAttribute(default=ALL)
    email_index = EmailIndex()
    all_index = AllIndex()


def get(user_id: str) -> User | None:
    """A user by id."""
    return find(User, user_id)


def get_many(user_ids: list[str]) -> dict[str, User]:
    """Those of the users that exist, by id."""
    return {user.id: user for user in read_many({User: user_ids})[User]}


def everyone() -> list[User]:
    """All users by e-mail, with `LISTED` only; may lag behind a change by a second."""
    return list(User.all_index.query(ALL))


def change_profile(user: User, actions: list[Any], profile: dict[str, Any], *administrators: str) -> bool:
    """Change a user, and with a part of `PROFILE` all copies of it: at once, or not at all.

    `actions` are the changes beside `profile`. `administrators` must be active administrators at that moment. Says
    whether it was done: not where another change of the profile or a new token came first.
    """
    fields = {name: getattr(User, name).set(value) for name, value in profile.items()}
    copies = [getattr(Token, name).set(value) for name, value in profile.items()]

    def fill(transaction: TransactWrite) -> None:
        for administrator in administrators:
            is_one = (User.is_admin == True) & (User.is_active == True)  # noqa: E712
            transaction.condition_check(User, administrator, condition=is_one)
        as_read = User.id.exists() & (User.profile_rev == user.profile_rev)
        transaction.update(User(user.id), [*fields.values(), *actions, User.profile_rev.add(1)], condition=as_read)
        for key in sorted(user.token_keys or ()) if copies else ():
            transaction.update(Token(key), copies, condition=Token.key.exists())

    return not transact(fill)


def add_token(user: User, token: Token) -> bool:
    """Store a new token of a user; says whether the profile that it carries is still the user's."""

    def fill(transaction: TransactWrite) -> None:
        transaction.save(token)
        actions: list[Any] = [User.token_keys.add({token.key}), User.profile_rev.add(1)]
        transaction.update(User(user.id), actions, condition=User.profile_rev == user.profile_rev)

    return not transact(fill)
