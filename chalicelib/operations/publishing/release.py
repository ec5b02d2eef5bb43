"""The export worker: from a frozen tree to the content database that Kolibri imports.

Results become visible in this order: the database under its versioned key, the database under the channel's key, one
transaction with version, tokens and public record, and the public index. If the worker is killed at any point, the next
delivery of the message writes the same bytes under the same keys and resumes. A draft has a database under a separate
key, and a token; the next version removes both.
"""

import tempfile
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from chalicelib.aws import storage
from chalicelib.domain.ids import derived_id
from chalicelib.domain.storage_keys import DRAFT, database_key
from chalicelib.domain.trees.frozen_tree import FrozenTree
from chalicelib.domain.trees.public_record import newest_notes, public_record
from chalicelib.domain.trees.shape import Shape, shape_of
from chalicelib.export.content_db import write_content_database
from chalicelib.models import tasks
from chalicelib.models.base import Table, now
from chalicelib.models.channel_versions import ChannelVersion
from chalicelib.models.channels import Channel
from chalicelib.models.secret_tokens import SecretToken
from chalicelib.models.tasks import Task
from chalicelib.operations.background.progress import Progress
from chalicelib.operations.freezing import frozen_trees
from chalicelib.operations.public import public_index_update
from chalicelib.operations.publishing import publish_lock
from chalicelib.operations.publishing.prepare import with_lease
from chalicelib.operations.publishing.publish_lock import EXPORT
from chalicelib.operations.search import search_index_update
from chalicelib.telemetry import count, seconds


def run(task_id: str) -> None:
    """Run the second stage of a publish task, unless it is already done, and queue the updates of the indexes.

    Raises Busy if another worker holds the lease.
    """
    with_lease(task_id, EXPORT, _export)
    task = tasks.get(task_id)
    if task is not None and task.task_name == tasks.PUBLISH:
        # Even if the stage was already done: its worker may have been killed before this point.
        public_index_update.refresh_after_publish(task.channel_id)
        search_index_update.send_refresh(task.channel_id)


def _export(task: Task, channel: Channel) -> None:
    with frozen_trees.opened(task.arguments["snapshot_key"]) as frozen:
        tree = _followed(frozen, task)
        (_release_draft if task.task_name == tasks.DRAFT else _release)(task, channel, tree, shape_of(tree.nodes()))


def _followed(tree: FrozenTree, task: Task) -> FrozenTree:
    """The tree, such that reading it advances the task: for its shape, the database, and the search index."""
    passes = 2 if task.task_name == tasks.DRAFT else 3
    progress = Progress(task)
    progress.step("Writing the content database", 80, 99, total=passes * tree.summary["nodes"])
    return replace(tree, nodes=lambda: progress.counted(tree.nodes()))


def _release(task: Task, channel: Channel, tree: FrozenTree, shape: Shape) -> None:
    """Publish a version: store its database and index part, then make it live in one transaction."""
    key = database_key(channel.id, tree.version)
    _write_database(key, tree, shape)
    storage.copy(key, database_key(channel.id), storage.SQLITE, storage.NEWEST)
    search_index_update.keep_part(tree, shape, int(channel.version), datetime.fromisoformat(task.created))
    _go_live(task, channel, tree)


def _release_draft(task: Task, channel: Channel, tree: FrozenTree, shape: Shape) -> None:
    """Make a draft available under its token: store its database, then its record and token in one transaction."""
    _write_database(database_key(channel.id, DRAFT), tree, shape)
    token, record = task.arguments["token"], public_record(tree)
    items: list[Table] = [SecretToken(token, channel_id=channel.id, draft={**record, "drafted": now().isoformat()})]
    columns = {"draft_token": token}
    detail = _with_notes(f"Draft created: {_resources(record['total_resource_count'])}.", task)
    publish_lock.finish(task, channel, tasks.SUCCESS, detail, columns, items, _result(task, draft_token=token))


def _resources(number: int) -> str:
    return "1 resource" if number == 1 else f"{number} resources"


def _with_notes(detail: str, task: Task) -> str:
    """Add what the first stage noted, such as what it left out."""
    return " ".join([detail, *task.arguments.get("notes", [])])


def _result(task: Task, **fields: object) -> dict[str, object]:
    """The result of a task, with what the first stage left out, and what else it noted."""
    return {**fields, "left_out": task.arguments.get("groups", []), "remarks": task.arguments.get("remarks", [])}


def _measure(task: Task, tree: FrozenTree) -> None:
    count("Published")
    count("PublishedNodes", tree.summary["nodes"])
    seconds("PublishTime", (now() - datetime.fromisoformat(task.created)).total_seconds())


def _write_database(key: str, tree: FrozenTree, shape: Shape) -> None:
    """Write a database, which may be withdrawn at any time, so that nobody may cache it for long."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "content.sqlite3"
        write_content_database(tree, shape, path)
        storage.put_in_parts(key, path, storage.SQLITE, storage.NEWEST)


def _go_live(task: Task, channel: Channel, tree: FrozenTree) -> None:
    published, version = now(), tree.version
    notes = task.arguments.get("version_notes") or channel.next_version_notes or ""
    record = public_record(tree)
    all_notes = newest_notes({**channel.version_notes, **({str(version): notes} if notes else {})})
    columns: dict[str, object] = {
        "version": version,
        "published_rev": task.arguments["rev"],
        "published_digest": task.arguments["digest"],
        "settled": task.arguments.get("settled"),
        "left_out": task.arguments.get("left_out") or None,
        "published": record,
        "last_published": published,
        "version_notes": all_notes,
        "next_version_notes": None,
    }
    items: list[Table] = [
        ChannelVersion(
            channel.id,
            version,
            id=derived_id(channel.id, str(version)),
            size=record["published_size"],
            resource_count=record["total_resource_count"],
            kind_count=record["kind_count"],
            included_languages=record["included_languages"],
            included_licenses=tree.summary["licenses"],
            included_categories=tree.summary["categories"],
            version_notes=notes,
            date_published=published,
        )
    ]
    token = task.arguments["token"]
    end, deleted = publish_lock.end_of_draft(channel)
    columns |= {**end, "primary_token": token}
    detail = _with_notes(f"Published version {version}: {_resources(record['total_resource_count'])}.", task)
    result = _result(task, version=version, token=token)
    if publish_lock.finish(task, channel, tasks.SUCCESS, detail, columns, items, result, deleted):
        _measure(task, tree)
