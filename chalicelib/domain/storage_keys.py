"""Keys of objects in the content bucket. The CDN serves keys under `content/`; all others are private."""

import re

from chalicelib.domain.ids import derived_id

DRAFT = "next"  # takes the place of a version; Kolibri fetches it if the version it got is null
FILENAME = re.compile(r"([0-9a-f]{32})\.([a-z0-9]{1,40})")
STORED_FILES = "content/storage/"
RAW_DATA = "items/"
_VERSIONED = re.compile(r".*-([0-9]+)\.sqlite3", re.DOTALL)
_STORED = re.compile(STORED_FILES + r"[0-9a-f]/[0-9a-f]/" + FILENAME.pattern)


def split_filename(filename: str) -> tuple[str, str] | None:
    """Split "<md5>.<extension>" into (checksum, extension); None for any other text."""
    match = FILENAME.fullmatch(filename)
    return (match[1], match[2]) if match else None


def storage_key(checksum: str, extension: str) -> str:
    """Key of a content file, which never changes as it is named by its md5."""
    return f"{STORED_FILES}{checksum[0]}/{checksum[1]}/{checksum}.{extension}"


def checksum_of(key: str) -> str | None:
    """The checksum in the key of a content file; None for any other key."""
    match = _STORED.fullmatch(key)
    return match[1] if match and storage_key(match[1], match[2]) == key else None


def incoming_key(name: str) -> str:
    """Key of a file while it is uploaded in parts and until it is checked, by a secret name. Nothing serves it."""
    return f"content/incoming/{name}"


def database_key(channel_id: str, version: int | str | None = None) -> str:
    """Key of a channel's content database: the newest one by default, that of a version, or with DRAFT the draft's."""
    return f"content/databases/{channel_id}{'' if version is None else f'-{version}'}.sqlite3"


def version_of(name: str) -> int | None:
    """The version in the name or key "…-<version>.sqlite3" of a content database; None for other databases."""
    match = _VERSIONED.fullmatch(name)
    return int(match[1]) if match else None


def withdrawn_key(channel_id: str, version: int | str) -> str:
    """Key of a version's content database while its channel is deleted, or was since the version was published."""
    return f"{withdrawn_prefix(channel_id)}{version}.sqlite3"


def withdrawn_prefix(channel_id: str) -> str:
    """What the keys of all withdrawn databases of a channel begin with."""
    return f"withdrawn/databases/{channel_id}-"


def frozen_tree_key(worker: str) -> str:
    """Key of the frozen tree that a publish worker wrote; deleted after a week."""
    return f"work/{worker}/tree.jsonl.gz"


def checkpoint_key(worker: str, nodes: int) -> str:
    """Key of what a publish worker had read of a tree after so many nodes; deleted after a week."""
    return f"work/{worker}/nodes-{nodes}"


def cached_result_key(name: str) -> str:
    """Key of a cached result that was computed in the background; deleted after a week."""
    return f"work/{name}/answer.json.gz"


def index_key(name: str) -> str:
    """Key of a file of the public index."""
    return f"index/{name}.sqlite3"


def search_index_key(name: str) -> str:
    """Key of a file of the search index."""
    return f"search/{name}.sqlite3"


def search_part_key(channel_id: str, version: int) -> str:
    """Key of the search index entries of a channel's version, in format 2."""
    return f"{search_part_prefix(channel_id)}{version}.sqlite3"


def search_part_prefix(channel_id: str) -> str:
    """What the keys of all parts of a channel begin with, in format 2."""
    return f"search-parts-2/{channel_id}-"


def answer_key(digest: str) -> str:
    """Key of a response that is too large for Lambda, by the digest of its bytes; deleted after a week."""
    return f"content/answers/{digest}.json"


def own_answer_key(name: str) -> str:
    """Key of a response for one user that is too large for Lambda, by a secret name; deleted after a day."""
    return f"content/answers/own/{name}.json"


def export_key(user_id: str, name: str) -> str:
    """Key of the export of a user's data, by a secret name; deleted after a day, as responses for one user are."""
    return f"{exports_prefix(user_id)}{name}/kolibri-studio-data.zip"


def exports_prefix(user_id: str) -> str:
    """What the keys of all exports of a user begin with, which are secret by what follows."""
    return f"content/answers/own/{derived_id(user_id, 'exports')}-"


def retained_files_key(channel_id: str) -> str:
    """Key of the list of files in a channel's published versions, see `operations.storage.retained_files`."""
    return f"retained-files/{channel_id}.json.gz"


def raw_data_key(digest: str) -> str:
    """Key of a question's raw data that is too large for DynamoDB, by its SHA-256."""
    return f"{RAW_DATA}{digest}.json"
