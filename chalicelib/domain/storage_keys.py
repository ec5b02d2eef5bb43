"""Where things lie in the content bucket. Keys under `content/` are paths of the front; others are private."""

import re

DRAFT = "next"  # in place of a version; Kolibri asks for it where it is told none
FILENAME = re.compile(r"([0-9a-f]{32})\.([a-z0-9]{1,40})")
_STORED = re.compile(r"content/storage/[0-9a-f]/[0-9a-f]/" + FILENAME.pattern)


def split_filename(filename: str) -> tuple[str, str] | None:
    """(checksum, extension) of a name "<md5>.<extension>", None for any other text."""
    match = FILENAME.fullmatch(filename)
    return (match[1], match[2]) if match else None


def storage_key(checksum: str, extension: str) -> str:
    """Key of a content file: immutable, named by its own md5."""
    return f"content/storage/{checksum[0]}/{checksum[1]}/{checksum}.{extension}"


def checksum_of(key: str) -> str | None:
    """The checksum of a content file's key, None for any other key."""
    match = _STORED.fullmatch(key)
    return match[1] if match and storage_key(match[1], match[2]) == key else None


def database_key(channel_id: str, version: int | str | None = None) -> str:
    """Key of a channel's content database: the newest one, the one of `version`, or with DRAFT that of its draft."""
    return f"content/databases/{channel_id}{'' if version is None else f'-{version}'}.sqlite3"


def snapshot_key(worker: str) -> str:
    """Key of the tree that a worker froze for a publish; private, and gone after a week."""
    return f"work/{worker}/snapshot.json.gz"


def kept_key(name: str) -> str:
    """Key of an answer that was worked out in the background; private, and gone after a week."""
    return f"work/{name}/answer.json.gz"


def index_key(name: str) -> str:
    """Key of a file of the public index; private."""
    return f"index/{name}.sqlite3"


def search_index_key(name: str) -> str:
    """Key of a file of the index to search; private."""
    return f"search/{name}.sqlite3"


def search_part_key(channel_id: str, version: int) -> str:
    """Key of what the index to search takes of a channel's version, in the second format of it; private."""
    return f"search-parts-2/{channel_id}-{version}.sqlite3"


def answer_key(digest: str) -> str:
    """Key of an answer that is too large for Lambda; `digest` is of its bytes. Gone after a week."""
    return f"content/answers/{digest}.json"


def raw_data_key(digest: str) -> str:
    """Key of a question's raw data that is too large for a table; `digest` is its SHA-256."""
    return f"items/{digest}.json"
