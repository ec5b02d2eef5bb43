"""Wait for the changes of a channel that sync clients sent before it is published.

Sync accepts changes before it applies them, and large ones are applied by the maintenance worker. A publish includes
all that were accepted when its worker began. It does not wait for later ones, and changes end in any case: one whose
workers crash fails after a few attempts.
"""

import time

from chalicelib.aws import queues
from chalicelib.domain import jobs
from chalicelib.errors import Busy
from chalicelib.models import changes, tasks
from chalicelib.models.changes import Counter
from chalicelib.models.tasks import Task

MAX_WAIT = 5  # seconds in one delivery of the message
POLL = 0.1  # seconds
RETRY = 2  # seconds until the next delivery
_ACCEPTED = "accepted_rev"  # argument of a task: the last revision that it includes


def wait(task: Task) -> bool:
    """Wait until the changes of a task's channel are applied; return whether any were pending. One read if none are.

    Raises Busy if they take longer than `MAX_WAIT` seconds: the message must be delivered again.
    """
    counter = changes.counter_of(task.channel_id)
    if not counter.has_pending:
        return False
    accepted = int(task.arguments.get(_ACCEPTED, counter.last))
    ends = time.monotonic() + MAX_WAIT
    is_sent = False
    while counter.done < accepted:
        is_sent = is_sent or _send_if_nobody_applies_them(counter)
        if time.monotonic() >= ends:
            tasks.set_arguments(task, {_ACCEPTED: accepted})
            raise Busy(f"Changes of channel {task.channel_id} are being applied.", retry_after=RETRY)
        time.sleep(POLL)
        counter = changes.counter_of(task.channel_id)
    return True


def _send_if_nobody_applies_them(counter: Counter) -> bool:
    """Send the pending changes to a worker if no process holds their lease, as the message for them may be delayed."""
    if not counter.is_free:
        return False
    queues.send_maintenance(jobs.APPLY_CHANGES.message(owner=counter.owner))
    return True
