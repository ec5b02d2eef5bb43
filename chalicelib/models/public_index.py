"""Which file of the bucket holds the newest index: an item for each, changed by whoever has written a newer file.

| access pattern | key condition | used by |
| --- | --- | --- |
| the newest public index | `id` = "public-<format>" | every public read, once a second an instance |
| the newest index to search | `id` = "search-<format>" | `GET /api/search`, once a second an instance |

A new format of a file has an item of its own: it is built (`public_listing.rebuild`, `search_listing.rebuild`) while
the old code goes on with the old one.
"""

from datetime import datetime, timedelta

from pynamodb.attributes import NumberAttribute, UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.models.base import Table, find, now, save_if

FORMAT = 2  # of the file, see `published.index_file`
SEARCH_FORMAT = 2  # of the file, see `published.search_file`
PUBLIC = f"public-{FORMAT}"
SEARCH = f"search-{SEARCH_FORMAT}"


class PublicIndex(Table):
    class Meta:
        table_name = "public_index"

    id = UnicodeAttribute(hash_key=True, default=PUBLIC)
    revision = NumberAttribute()
    key = UnicodeAttribute()  # of the file in the bucket; never written again
    previous_key = UnicodeAttribute(null=True)
    modified = UTCDateTimeAttribute()


def current(name: str = PUBLIC) -> PublicIndex | None:
    """The newest index of a name, None before the first channel was in it."""
    return find(PublicIndex, name)


def replace(old: PublicIndex | None, key: str, name: str = PUBLIC) -> bool:
    """Make `key` the index after `old`; says whether nobody else was faster."""
    new = PublicIndex(
        name,
        revision=int(old.revision) + 1 if old else 1,
        key=key,
        previous_key=old.key if old else None,
        modified=_later_than(old.modified if old else None),
    )
    unchanged = PublicIndex.revision == old.revision if old else PublicIndex.id.does_not_exist()
    return save_if(new, unchanged)


def _later_than(old: datetime | None) -> datetime:
    """Now, but in another second than `old`: Last-Modified knows no fractions, and must tell the two apart."""
    second = now().replace(microsecond=0)
    return max(second, old + timedelta(seconds=1)) if old else second
