"""The content_id of copies.

Nodes with the same content_id are the same content for Kolibri: a learner who solves one has solved the others. A copy
shares that of its source until its files or questions change; thumbnails do not count.
"""

from collections.abc import Iterable
from typing import Protocol

from chalicelib.domain.files.file_slots import is_thumbnail
from chalicelib.domain.ids import derived_id
from chalicelib.domain.types import FileData


class Copied(Protocol):
    """The fields of a node that say whether it is a copy."""

    @property
    def node_id(self) -> str: ...
    @property
    def content_id(self) -> str: ...
    @property
    def original_node_id(self) -> str | None: ...


def is_copy(node: Copied) -> bool:
    """Whether a node was copied from another one."""
    return node.original_node_id not in (None, node.node_id)


def own_id(node_id: str) -> str:
    """The content_id of a changed copy with this node_id, which every run of a chef sends again for the same node.

    It is always the same, so that only the first change sets it, and learners keep their progress.
    """
    return derived_id(node_id, "content_id")


def after_change(node: Copied) -> str | None:
    """The new content_id of a node whose files or questions change; None if it keeps the present one."""
    own = own_id(node.node_id)
    return own if is_copy(node) and node.content_id != own else None


def is_other_content(before: Iterable[FileData], after: Iterable[FileData]) -> bool:
    """Whether files other than thumbnails differ."""
    return _contents(before) != _contents(after)


def _contents(files: Iterable[FileData]) -> list[FileData]:
    return [file for file in files if not is_thumbnail(file)]
