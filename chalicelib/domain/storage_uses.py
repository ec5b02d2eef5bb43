"""The uses of stored files, as entries of `models.file_references` name them: "<channel id>/<what uses it>"."""

from typing import NamedTuple

NODE = "node"
QUESTION = "question"
THUMBNAIL = "thumbnail"
VERSIONS = "versions"
DATABASES = "databases"  # not charged for


class Use(NamedTuple):
    """A use of a file by a channel: by a node or a question, as its thumbnail, or in its published versions.

    DATABASES are the databases of published versions and of the draft: all of their files, also those that publishing
    made, so that they stay. VERSIONS are those for which the owner is charged, as no other use is left.
    """

    channel_id: str
    kind: str
    node_id: str = ""
    assessment_id: str = ""


def use_of(channel_id: str, kind: str, *ids: str) -> str:
    """Write a use; `ids` are that of the node, and that of its question."""
    return "/".join((channel_id, kind, *ids))


def parse_use(use: str) -> Use:
    """The parts of a use."""
    return Use(*use.split("/", 3))
