"""What to do with stored files, when the collection of unused files comes to them."""

from enum import Enum
from typing import NamedTuple

DAY = 24 * 3600  # seconds
KEPT_DAYS = 35  # for which S3 keeps deleted files, so that they can come back; its rule says one more
IN_FLIGHT = 3600  # seconds after which a deletion that had begun has been made, or was interrupted


class Step(Enum):
    """A step of the collection for the files of one checksum."""

    KEEP = "used"
    RENEW = "used again"  # remove the mark, and bring back what was deleted
    MARK = "unused from now on"
    WAIT = "unused"
    DELETE = "unused for long"


class Marks(NamedTuple):
    """The marks of the files of a checksum: Unix times, or None."""

    unused_since: int | None = None
    gone_since: int | None = None


def next_step(is_used: bool, marks: Marks, moment: int, grace: int, recounted: int) -> Step:
    """The step for stored files. `grace` is in seconds; `recounted` is when the last complete recount began.

    A recount writes the references that are missing, so files are deleted only if one has begun after they were marked.
    """
    since, gone = marks
    if is_used:
        return Step.RENEW if since or gone else Step.KEEP
    if gone:  # they are stored nevertheless: the deletion is under way, was interrupted, or they came back
        return Step.WAIT if moment - IN_FLIGHT < gone <= moment else Step.MARK
    if not since or since > moment + DAY:  # by a clock that was wrong
        return Step.MARK
    return Step.DELETE if since <= moment - grace and since < recounted else Step.WAIT
