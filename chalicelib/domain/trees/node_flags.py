"""Whether a node is published and whether it has changed since, derived from revisions.

A change of the live tree increments the channel's `rev` and stores the new value on the affected nodes. A publish
stores the `rev` that it read as `published_rev` on the channel, so it need not write to any node.

A node has the revisions at which it became incomplete and complete by turns (`incomplete_revs`): with [5, 8] it was
incomplete from revision 5 until 8. So it follows from `published_rev` whether the last publish left it out, whatever
happened since. Without them, a node has always been what it is.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

MAX_REVS = 20  # revisions per node; with more, the first interruptions count as one


@dataclass(frozen=True)
class Revisions:
    """The revisions at which a node was created and modified, the latest ones of its descendants, and those at which it
    became incomplete and complete by turns."""

    created: int
    modified: int
    newest_created: int
    newest_modified: int
    incomplete: Sequence[int] = ()


def flags(
    node: Revisions, root_rev: int, published_rev: int, is_live: bool, is_left_out: bool = False
) -> dict[str, bool]:
    """The flags `published`, `changed`, `has_new_descendants` and `has_updated_descendants` of a node.

    `root_rev` is the revision at which its tree went live. `published_rev` is 0 if nothing was published yet.
    `is_left_out` says that the last publish left the node out although it was complete.
    """
    is_included = not is_left_out and not was_incomplete(node.incomplete, published_rev)
    published = is_live and is_included and 0 < published_rev >= max(node.created, root_rev)
    return {
        "published": published,
        "changed": not published or node.modified > published_rev,
        "has_new_descendants": node.newest_created > published_rev,
        "has_updated_descendants": node.newest_modified > published_rev,
    }


def incomplete_revs(complete: bool, stored: Sequence[int] | None) -> list[int]:
    """The revisions of a node, given the stored ones, if any."""
    return list(stored or ([] if complete else [0]))


def was_incomplete(revs: Sequence[int], rev: int) -> bool:
    """Whether a node with these revisions was incomplete at a revision of its channel."""
    return bisect_right(revs, rev) % 2 == 1


def turned(revs: Sequence[int], rev: int, published_rev: int) -> list[int]:
    """The revisions of a node that became complete or incomplete at `rev`, without those that no longer matter."""
    after = [*revs, rev]
    while len(after) > 1 and after[1] <= published_rev:
        after = after[2:]
    while len(after) > MAX_REVS:
        after = [after[0], *after[3:]]
    return after
