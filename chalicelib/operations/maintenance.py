"""Upkeep in the background: what a new tree changes, and removing trees that nobody can reach any more."""

import json

from chalicelib import storage
from chalicelib.domain import diff
from chalicelib.domain.storage_keys import diff_key
from chalicelib.models import channels, tasks, trees
from chalicelib.operations import tree_facts


def compare_trees(task_id: str) -> None:
    """Work out what a chef's new tree changes: the counts in the task, the whole in S3 beside it."""
    task = tasks.get(task_id)
    if task is None or task.status in tasks.FINISHED:
        return
    tasks.advance(task, 10, "Comparing the trees")
    new_root_id = task.arguments["new_root_id"]
    new = trees.walk(new_root_id)
    tree_facts.keep(new_root_id, new)
    changes = diff.compare(trees.walk(task.arguments["old_root_id"]), new)
    storage.put(diff_key(task_id), json.dumps(changes, ensure_ascii=False).encode(), "application/json")
    tasks.finish(task, tasks.SUCCESS, diff.sentence(changes), diff.counts(changes))


def remove_tree(channel_id: str, root_id: str) -> None:
    """Delete a tree, unless its channel still points to it."""
    channel = channels.get(channel_id)
    if channel is None or root_id not in channels.tree_names(channel).values():
        trees.remove(root_id)
