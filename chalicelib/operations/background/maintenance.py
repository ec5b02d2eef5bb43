"""Maintenance in the background: deleting unreachable trees, and ending tasks that failed repeatedly."""

import time

from chalicelib.aws import queues
from chalicelib.domain import jobs
from chalicelib.models import channels, tasks, trees
from chalicelib.operations.storage import tree_files

MAX_SECONDS = 150  # after which the rest of a job is queued: its function has 300


def remove_tree(channel_id: str, root_id: str) -> None:
    """Delete a tree, unless its channel still refers to it. What is left after MAX_SECONDS is queued."""
    channel = channels.get(channel_id)
    if channel is not None and root_id in channels.tree_names(channel).values():
        return
    deadline = time.monotonic() + MAX_SECONDS
    if not trees.remove(root_id, tree_files.release, lambda: time.monotonic() > deadline):
        queues.send_maintenance(jobs.REMOVE_TREE.message(channel_id=channel_id, root_id=root_id))


def give_up(task_id: str) -> None:
    """End a task whose job failed repeatedly."""
    task = tasks.get(task_id)
    if task:
        tasks.finish(task, tasks.FAILURE, "This failed several times. Try again, or contact an administrator.")
