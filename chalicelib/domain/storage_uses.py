"""The uses of stored files, as entries of `models.file_references` name them: "<channel id>/<what uses it>"."""

from typing import NamedTuple

NODE = "node"
QUESTION = "question"
THUMBNAIL = "thumbnail"
VERSIONS = "versions"


class Use(NamedTuple):
    """A use of a file: by a channel's node or question, as its thumbnail, or in its published versions."""

    channel_id: str
    kind: str
    node_id: str = ""
    assessment_id: str = ""


def node_use(channel_id: str, node_id: str) -> str:
    """The use by a node."""
    return f"{channel_id}/{NODE}/{node_id}"


def question_use(channel_id: str, node_id: str, assessment_id: str) -> str:
    """The use by a question."""
    return f"{channel_id}/{QUESTION}/{node_id}/{assessment_id}"


def thumbnail_use(channel_id: str) -> str:
    """The use as the thumbnail of a channel."""
    return f"{channel_id}/{THUMBNAIL}"


def versions_use(channel_id: str) -> str:
    """The use in published versions, or the draft, by files that have left the channel's trees."""
    return f"{channel_id}/{VERSIONS}"


def parse_use(use: str) -> Use:
    """The parts of a use."""
    return Use(*use.split("/", 3))
