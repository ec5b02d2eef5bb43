"""What of a node is published and what has changed since, by revisions alone (design 3).

A change of the live tree raises the channel's `rev` by one and leaves the new number on the nodes that it concerns.
A publish notes the `rev` that it read as `published_rev`: nothing is written on any node.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Revisions:
    """When a node was made and changed, and when last something below it was."""

    created: int
    modified: int
    newest_created: int
    newest_modified: int


def flags(node: Revisions, root_rev: int, published_rev: int, is_live: bool) -> dict[str, bool]:
    """`published`, `changed`, `has_new_descendants` and `has_updated_descendants` of a node.

    `root_rev` is the revision at which its tree went live, `published_rev` 0 where nothing was published yet.
    """
    published = is_live and 0 < published_rev >= max(node.created, root_rev)
    return {
        "published": published,
        "changed": not published or node.modified > published_rev,
        "has_new_descendants": node.newest_created > published_rev,
        "has_updated_descendants": node.newest_modified > published_rev,
    }
