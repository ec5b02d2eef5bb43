"""People who sign in.

| access pattern | key condition | used by |
| --- | --- | --- |
| a user by id | `id` | profile, quota of an upload |
| a user by e-mail | index `email-index`: `email` | making a user |

`disk_space_left` is what quota checks decide on: an upload takes from it in its own transaction.
"""

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute, UTCDateTimeAttribute
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex

from chalicelib.models.base import Table, find


class EmailIndex(GlobalSecondaryIndex["User"]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "email-index"
        projection = AllProjection()

    email = UnicodeAttribute(hash_key=True)


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
    email_index = EmailIndex()


def get(user_id: str) -> User | None:
    """A user by id."""
    return find(User, user_id)
