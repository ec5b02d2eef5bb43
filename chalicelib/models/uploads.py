"""Files that users have uploaded, each of which counts once against the quota.

| access pattern | key condition | used by |
| --- | --- | --- |
| whether a user has uploaded a file | `user_id`, `filename` | upload_url |
| all of a user's files | `user_id` | storage used by kind |
"""

from pynamodb.attributes import NumberAttribute, UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.models.base import Table, Transaction, transact
from chalicelib.models.users import User


class Upload(Table):
    class Meta:
        table_name = "uploads"

    user_id = UnicodeAttribute(hash_key=True)
    filename = UnicodeAttribute(range_key=True)  # "<md5>.<extension>"
    file_id = UnicodeAttribute()
    file_size = NumberAttribute()
    created = UTCDateTimeAttribute()


def charge(upload: Upload, paid: int | None) -> bool:
    """Record an upload and subtract its size from the user's free storage in one transaction.

    `paid` are the bytes already subtracted for it, None for a new upload. Has no effect if another request has just
    recorded the upload. Returns False if there is not enough storage.
    """
    as_read = Upload.file_size == paid if paid is not None else Upload.user_id.does_not_exist()
    more = int(upload.file_size) - (paid or 0)

    def fill(transaction: Transaction) -> None:
        transaction.save(upload, condition=as_read)
        transaction.update(
            User(upload.user_id), [User.disk_space_left.add(-more)], condition=User.disk_space_left >= more
        )

    refused = transact(fill)
    return not refused or bool(refused[0])  # otherwise a repeated request has already recorded it
