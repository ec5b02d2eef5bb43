"""Files that publishing makes from others, by what they were made from, so that each is made once.

| access pattern | key condition | used by |
| --- | --- | --- |
| files made from these inputs | `key` (batches) | publish worker |

`key` is "<kind of product>:<fingerprint of all inputs>".
"""

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.models.base import Table, read_many


class DerivedFile(Table):
    class Meta:
        table_name = "derived_files"

    key = UnicodeAttribute(hash_key=True)
    checksum = UnicodeAttribute()
    extension = UnicodeAttribute()
    file_size = NumberAttribute()


def made_before(keys: list[str]) -> dict[str, DerivedFile]:
    """Those that were made before, by key."""
    return {item.key: item for item in read_many({DerivedFile: keys})[DerivedFile]}
