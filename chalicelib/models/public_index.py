"""References to the newest public index and search index in the bucket, one item each.

| access pattern | key condition | used by |
| --- | --- | --- |
| the newest public index | `id` = "public-<format>" | every public read, once per second and instance |
| the newest search index | `id` = "search-<format>" | `GET /api/search`, once per second and instance |

Every format of a file has its own item, so that an index in a new format can be built (`public_index_update.rebuild`,
`search_index_update.rebuild`) while instances with old code still use the old one.
"""

from datetime import datetime, timedelta

from pynamodb.attributes import NumberAttribute, UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.models.base import Table, find, now, save_if

FORMAT = 2  # see `content_databases.index_file`
SEARCH_FORMAT = 2  # see `content_databases.search_file`
PUBLIC = f"public-{FORMAT}"
SEARCH = f"search-{SEARCH_FORMAT}"


class PublicIndex(Table):
    class Meta:
        table_name = "public_index"

    id = UnicodeAttribute(hash_key=True, default=PUBLIC)
    revision = NumberAttribute()
    key = UnicodeAttribute()  # of the file in the bucket, which never changes
    previous_key = UnicodeAttribute(null=True)
    modified = UTCDateTimeAttribute()


def current(name: str = PUBLIC) -> PublicIndex | None:
    """The newest index with this name; None if there is none yet."""
    return find(PublicIndex, name)


def replace(old: PublicIndex | None, key: str, name: str = PUBLIC) -> bool:
    """Make `key` the newest index after `old`. Returns False if another writer was faster."""
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
    """The current time, at least one second after `old`: Last-Modified has whole seconds and must differ."""
    second = now().replace(microsecond=0)
    return max(second, old + timedelta(seconds=1)) if old else second
