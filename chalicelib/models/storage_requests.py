"""Users' open requests for more storage, at most one each. A request is deleted when it is answered or withdrawn.

| access pattern | key condition | used by |
| --- | --- | --- |
| the request of a user | `state` = "open", `user_id` | `/api/user/me/storage` |
| all open requests | `state` = "open" | `GET /api/admin-users` |
"""

from pynamodb.attributes import NumberAttribute, UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.models.base import Table, delete_if_there, find, now, save_new

OPEN = "open"


class StorageRequest(Table):
    class Meta:
        table_name = "storage_requests"

    state = UnicodeAttribute(hash_key=True)
    user_id = UnicodeAttribute(range_key=True)
    size = NumberAttribute()  # bytes beyond the quota
    reason = UnicodeAttribute()
    created = UTCDateTimeAttribute()


def get(user_id: str) -> StorageRequest | None:
    """The open request of a user."""
    return find(StorageRequest, OPEN, user_id)


def all_open() -> dict[str, StorageRequest]:
    """All open requests, by user."""
    return {request.user_id: request for request in StorageRequest.query(OPEN, consistent_read=True)}


def add(user_id: str, size: int, reason: str) -> StorageRequest | None:
    """Store a request of a user; None if one is open."""
    request = StorageRequest(OPEN, user_id, size=size, reason=reason, created=now())
    return request if save_new(request) else None


def remove(user_id: str) -> bool:
    """Delete the open request of a user. Returns whether there was one."""
    return delete_if_there(StorageRequest(OPEN, user_id))


def answered(user_id: str) -> StorageRequest:
    """The open request of a user by its key only, to delete it in a transaction."""
    return StorageRequest(OPEN, user_id)
