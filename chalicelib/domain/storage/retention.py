"""How long things are kept that nothing needs any more, as data. docs/operations.md has the table.

An operator changes a period by the setting `Retention`, as in "trash=60,versions=20".
"""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Period:
    """How long something is kept, in days, or how many of it. `name` is deployed: it is the key of the setting."""

    name: str
    default: int


CHANNELS = Period("channels", 30)  # days after a channel was deleted
TRASH = Period("trash", 30)  # days after a node was moved to the trash
VERSIONS = Period("versions", 10)  # the newest versions whose databases are kept
UPLOADS = Period("uploads", 30)  # days after the start of an upload that its chef has not finished
TASKS = Period("tasks", 30)  # days after a task was requested
CHANGES = Period("changes", 182)  # days after a change was made, for sync clients
PERIODS = {period.name: period for period in (CHANNELS, TRASH, VERSIONS, UPLOADS, TASKS, CHANGES)}


def end_of(since: datetime, days: int) -> datetime:
    """The time until which something can be restored."""
    return since + timedelta(days=days)
