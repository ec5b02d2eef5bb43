"""Upkeep in the background: removing trees that nobody can reach any more, ending tasks that nobody can do."""

from chalicelib.models import channels, tasks, trees


def remove_tree(channel_id: str, root_id: str) -> None:
    """Delete a tree, unless its channel still points to it."""
    channel = channels.get(channel_id)
    if channel is None or root_id not in channels.tree_names(channel).values():
        trees.remove(root_id)


def give_up(task_id: str) -> None:
    """End a task whose job failed again and again."""
    task = tasks.get(task_id)
    if task:
        tasks.finish(task, tasks.FAILURE, "This failed several times. Ask for it once more, or tell an administrator.")
