"""Whether a node is published and whether it has changed since, derived from revisions.

A change of the live tree increments the channel's `rev` and stores the new value on the affected nodes. A publish
stores the `rev` that it read as `published_rev` on the channel, so it need not write to any node.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Revisions:
    """The revisions at which a node was created and modified, and the latest ones of its descendants."""

    created: int
    modified: int
    newest_created: int
    newest_modified: int


def flags(node: Revisions, root_rev: int, published_rev: int, is_live: bool) -> dict[str, bool]:
    """The flags `published`, `changed`, `has_new_descendants` and `has_updated_descendants` of a node.

    `root_rev` is the revision at which its tree went live. `published_rev` is 0 if nothing was published yet.
    """
    published = is_live and 0 < published_rev >= max(node.created, root_rev)
    return {
        "published": published,
        "changed": not published or node.modified > published_rev,
        "has_new_descendants": node.newest_created > published_rev,
        "has_updated_descendants": node.newest_modified > published_rev,
    }
