"""What is stored about one user under a key of theirs, in tables that have nothing else under that key.

Exports read it page by page, and deleting an account deletes it. The rest belongs to several users, or is found by an
index: invitations and sets of channels.
"""

from collections.abc import Callable, Iterator
from typing import Any

from chalicelib.models.base import MAX_BATCH_WRITE, Table, query_raw, write_many
from chalicelib.models.bookmarks import Bookmark
from chalicelib.models.changes import Change, owner_of_user
from chalicelib.models.channel_members import ChannelMember
from chalicelib.models.clipboard import ClipboardEntry
from chalicelib.models.lazy import to_read
from chalicelib.models.resumable_uploads import ResumableUpload
from chalicelib.models.saved_searches import SavedSearch
from chalicelib.models.storage_reports import StorageReport

# Tables whose items are deleted with the account, each with the hash key of a user's items.
OWN: dict[type[Table], Callable[[str], str]] = {
    Bookmark: str,
    Change: owner_of_user,  # of the user's own feed
    ClipboardEntry: str,
    ResumableUpload: str,
    SavedSearch: str,
    StorageReport: str,
}


def memberships(user_id: str) -> Iterator[ChannelMember]:
    """A user's memberships of channels, read page by page, as read-only items."""
    return _items(ChannelMember, user_id)


def own(model: type[Table], user_id: str) -> Iterator[Any]:
    """A user's items in one of the tables `OWN`, read page by page, as read-only items."""
    return _items(model, OWN[model](user_id))


def remove_own(model: type[Table], user_id: str) -> Iterator[int]:
    """Delete a user's items in one of the tables `OWN`; yields the number after each write."""
    names = [one.attr_name for one in model.get_attributes().values() if one.is_hash_key or one.is_range_key]
    names.sort(key=lambda name: not model.get_attributes()[name].is_hash_key)
    keys: list[tuple[Any, ...]] = []
    for item in own(model, user_id):
        keys.append(tuple(getattr(item, name) for name in names))
        if len(keys) == MAX_BATCH_WRITE:
            yield _remove(model, keys)
            keys = []
    if keys:
        yield _remove(model, keys)


def _remove(model: type[Table], keys: list[tuple[Any, ...]]) -> int:
    write_many(deletes=[(model, key) for key in keys])
    return len(keys)


def _items(model: Any, hash_key: str) -> Iterator[Any]:
    for raw in query_raw(model, hash_key):
        yield from to_read(model, [raw])
