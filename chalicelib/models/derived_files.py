"""Files derived by publishing, by the fingerprint of their inputs, so that each is built only once.

| access pattern | key condition | used by |
| --- | --- | --- |
| files derived from these inputs | `key` (batches) | publish worker |

`key` is "<kind of file>:<fingerprint of all inputs>".
"""

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.models.base import Table, read_many


class DerivedFile(Table):
    class Meta:
        table_name = "derived_files"

    key = UnicodeAttribute(hash_key=True)
    checksum = UnicodeAttribute()
    extension = UnicodeAttribute()
    file_size = NumberAttribute()
    left_out = JSONAttribute(null=True)  # names of files that the source references and that it must not contain


def made_before(keys: list[str]) -> dict[str, DerivedFile]:
    """The existing derived files by key."""
    return {item.key: item for item in read_many({DerivedFile: keys})[DerivedFile]}
