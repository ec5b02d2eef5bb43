"""The jobs of the maintenance queue.

Names and arguments are those of messages, which may wait in the queue while a new version is deployed: they stay.
"""

from dataclasses import dataclass

RECEIVED = "received"  # key in any message that was sent again: how often its processing failed before
SINCE = "since"  # key in a message of a publish: the number of its task's checkpoint when the message was sent


@dataclass(frozen=True)
class Job:
    """A job: its name and the names of its arguments."""

    name: str
    arguments: tuple[str, ...] = ()
    is_manual: bool = False  # an operator may request it: `make job`

    def message(self, **arguments: object) -> dict[str, object]:
        """What `queues.send_maintenance` takes.

        Raises TypeError for other arguments than those of the job.
        """
        if arguments.keys() != set(self.arguments):
            raise TypeError(f"The job {self.name} takes {', '.join(self.arguments) or 'no arguments'}.")
        return {"job": self.name, **arguments}


APPLY_CHANGES = Job("apply_changes", ("owner",))
CLEAR_COPY = Job("clear_copy", ("node_id", "attempt"))
COLLECT_FILES = Job("collect_files", is_manual=True)
COLLECT_STEP = Job("collect_step", ("after", "began", "counts"))
COMPARE_TREES = Job("diff", ("task_id",))
COPY_NODES = Job("copy_nodes", ("task_id",))
COUNT_STORAGE = Job("count_storage", ("user_id",))
DELETE_USER = Job("delete_user", ("user_id",))
END_TRASH = Job("end_trash", ("channel_id", "after"))
END_USES = Job("end_uses", ("channel_id", "uses"))
END_RETENTION = Job("end_retention", is_manual=True)
END_TASK = Job("end_task", ("task_id",))
END_VERSIONS = Job("end_versions", ("channel_id",))
EXPORT_USER = Job("export_user", ("task_id",))
EXPIRE_UPLOADS = Job("expire_uploads")
INDEX_CHANNELS = Job("index_channels", ("channel_ids",))
LIST_CHANNELS = Job("list_channels", ("channel_ids",))
NOTE_FILES = Job("note_files", is_manual=True)
NOTE_FILES_OF_CHANNEL = Job("note_files_of_channel", ("channel_id",))
PASS_ON_CHANNEL = Job("pass_on_channel", ("channel_id",))
PASS_ON_CHANNELS = Job("pass_on_channels", ("user_id",))
PLACE_ALL_DATABASES = Job("place_all_databases", is_manual=True)
PLACE_DATABASES = Job("place_databases", ("channel_id",))
PROPAGATE_MOVE = Job("settle_nodes", ("node_id", "rev"))
PURGE_CHANNEL = Job("purge_channel", ("channel_id",))
PURGE_NODES = Job("purge_nodes", ("node_id",))
REBUILD_PUBLIC_INDEX = Job("rebuild_public_index", is_manual=True)
REBUILD_SEARCH_INDEX = Job("rebuild_search_index", is_manual=True)
RECONCILE_CHANNEL = Job("reconcile_channel", ("channel_id", "user_id", "start"))
RECONCILE_FILES = Job("reconcile_files", ("user_id", "names"))
RECOUNT_STEP = Job("recount_step", ("step", "id", "start", "began"))
RECOUNT_STORAGE = Job("recount_storage", is_manual=True)
REDRIVE = Job("redrive", ("queue",))
REMOVE_TREE = Job("remove_tree", ("channel_id", "root_id"))
RETENTION_STEP = Job("retention_step", ("step", "after"))
SETTLE_COLLECTED = Job("settle_collected", ("names",))
SPACE_CHILDREN = Job("space_children", ("parent_id",))
STORE_TREE = Job("tree_data", ("task_id",))
SUMMARIZE_TREE = Job("details", ("task_id",))
WALK_TREE = Job("tree_facts", ("root_id",))

JOBS = {
    job.name: job
    for job in (
        APPLY_CHANGES,
        CLEAR_COPY,
        COLLECT_FILES,
        COLLECT_STEP,
        COMPARE_TREES,
        COPY_NODES,
        COUNT_STORAGE,
        DELETE_USER,
        END_RETENTION,
        END_TASK,
        END_TRASH,
        END_USES,
        END_VERSIONS,
        EXPIRE_UPLOADS,
        EXPORT_USER,
        INDEX_CHANNELS,
        LIST_CHANNELS,
        NOTE_FILES,
        NOTE_FILES_OF_CHANNEL,
        PASS_ON_CHANNEL,
        PASS_ON_CHANNELS,
        PLACE_ALL_DATABASES,
        PLACE_DATABASES,
        PROPAGATE_MOVE,
        PURGE_CHANNEL,
        PURGE_NODES,
        REBUILD_PUBLIC_INDEX,
        REBUILD_SEARCH_INDEX,
        RECONCILE_CHANNEL,
        RECONCILE_FILES,
        RECOUNT_STEP,
        RECOUNT_STORAGE,
        REDRIVE,
        REMOVE_TREE,
        RETENTION_STEP,
        SETTLE_COLLECTED,
        SPACE_CHILDREN,
        STORE_TREE,
        SUMMARIZE_TREE,
        WALK_TREE,
    )
}
