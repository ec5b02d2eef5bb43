"""Maintenance in the background: deleting unreachable trees, and ending tasks that failed repeatedly."""

from chalicelib.models import channels, tasks, trees
from chalicelib.operations.storage import tree_files


def remove_tree(channel_id: str, root_id: str) -> None:
    """Delete a tree, unless its channel still refers to it."""
    channel = channels.get(channel_id)
    if channel is None or root_id not in channels.tree_names(channel).values():
        tree_files.release(root_id)
        trees.remove(root_id)


def give_up(task_id: str) -> None:
    """End a task whose job failed repeatedly."""
    task = tasks.get(task_id)
    if task:
        tasks.finish(task, tasks.FAILURE, "This failed several times. Try again, or contact an administrator.")
