"""What people have on their clipboards: nodes of channels, to be copied later.

| access pattern | key condition | used by |
| --- | --- | --- |
| a user's clipboard | `user_id` | `GET /api/clipboard?parent=` |
| an entry | `user_id`, `id` | reading, changing and deleting one |

`rev` counts changes: who changes an entry does not lose what another changes at once.
"""

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.models.base import Table, delete_if_there, find, save_if


class ClipboardEntry(Table):
    class Meta:
        table_name = "clipboard"

    user_id = UnicodeAttribute(hash_key=True)
    id = UnicodeAttribute(range_key=True)
    contentnode_id = UnicodeAttribute()  # the source, as it was when it was put here
    source_node_id = UnicodeAttribute()  # its node_id
    source_channel_id = UnicodeAttribute()
    kind = UnicodeAttribute()
    excluded = JSONAttribute(default=list)  # ids or node_ids of nodes below it that are not to be copied
    lft = NumberAttribute()  # its place: when it was put here, in microseconds since 1970
    rev = NumberAttribute(default=1)


def of_user(user_id: str) -> list[ClipboardEntry]:
    """What is on a user's clipboard."""
    return list(ClipboardEntry.query(user_id, consistent_read=True))


def get(user_id: str, entry_id: str) -> ClipboardEntry | None:
    """One entry."""
    return find(ClipboardEntry, user_id, entry_id)


def add(entry: ClipboardEntry) -> bool:
    """Write a new entry; says whether its user had none with this id."""
    return save_if(entry, ClipboardEntry.id.does_not_exist())


def replace(entry: ClipboardEntry) -> bool:
    """Write a changed entry; says whether nobody else changed it since it was read."""
    as_read = ClipboardEntry.rev == entry.rev
    entry.rev += 1
    return save_if(entry, as_read)


def remove(user_id: str, entry_id: str) -> bool:
    """Take an entry away; says whether it was there."""
    return delete_if_there(ClipboardEntry(user_id, entry_id))
