"""Users' clipboards: nodes of channels to copy later.

| access pattern | key condition | used by |
| --- | --- | --- |
| a user's clipboard | `user_id` | `GET /api/clipboard?parent=` |
| an entry | `user_id`, `id` | reading, changing and deleting one |

`rev` counts changes, so that concurrent changes of an entry do not overwrite each other.
"""

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.models.base import Table, delete_if_there, find, save_if


class ClipboardEntry(Table):
    class Meta:
        table_name = "clipboard"

    user_id = UnicodeAttribute(hash_key=True)
    id = UnicodeAttribute(range_key=True)
    contentnode_id = UnicodeAttribute()  # the id of the source when the entry was added
    source_node_id = UnicodeAttribute()  # the source's node_id
    source_channel_id = UnicodeAttribute()
    kind = UnicodeAttribute()
    excluded = JSONAttribute(default=list)  # ids or node_ids of descendants that are not copied
    lft = NumberAttribute()  # its position: the time when it was added, in microseconds since 1970
    rev = NumberAttribute(default=1)


def of_user(user_id: str) -> list[ClipboardEntry]:
    """The entries of a user's clipboard."""
    return list(ClipboardEntry.query(user_id, consistent_read=True))


def get(user_id: str, entry_id: str) -> ClipboardEntry | None:
    """One entry."""
    return find(ClipboardEntry, user_id, entry_id)


def add(entry: ClipboardEntry) -> bool:
    """Save a new entry. Returns False if its user has one with this id."""
    return save_if(entry, ClipboardEntry.id.does_not_exist())


def replace(entry: ClipboardEntry) -> bool:
    """Save a changed entry. Returns False if it was changed since it was read."""
    as_read = ClipboardEntry.rev == entry.rev
    entry.rev += 1
    return save_if(entry, as_read)


def remove(user_id: str, entry_id: str) -> bool:
    """Delete an entry. Returns whether it existed."""
    return delete_if_there(ClipboardEntry(user_id, entry_id))
