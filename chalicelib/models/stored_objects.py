"""Content files known to lie in the bucket.

| access pattern | key condition | used by |
| --- | --- | --- |
| which of these files are there | `checksum` (batches) | file_diff, upload_url, add_nodes |

An entry is a proof and is never taken back: objects under `content/storage/` are immutable. It is written by the
`uploads` worker when S3 tells of a new object, or by the first request that asks S3 itself.
"""

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.models.base import Table, read_many, write_many


class StoredObject(Table):
    class Meta:
        table_name = "stored_objects"

    checksum = UnicodeAttribute(hash_key=True)
    extension = UnicodeAttribute()
    file_size = NumberAttribute()


def known_names(checksums: list[str]) -> set[str]:
    """The names "<md5>.<extension>" of those files that are known to be stored."""
    return {f"{item.checksum}.{item.extension}" for item in read_many({StoredObject: checksums})[StoredObject]}


def remember(objects: list[StoredObject]) -> None:
    """Note files as stored."""
    write_many(puts={entry.checksum: entry for entry in objects}.values())  # a batch must not name a key twice
