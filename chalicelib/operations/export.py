"""The export worker: from a frozen tree to the content database that Kolibri imports.

Order of what becomes visible: the database under its versioned key, then under the channel's own key, then one
transaction with version, tokens and public record, then the public index. Killed anywhere, the next delivery of the
message writes the same bytes under the same keys and goes on.
"""

import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

from chalicelib import storage
from chalicelib.domain import snapshot as snapshots
from chalicelib.domain.ids import derived_id
from chalicelib.domain.public_record import newest_notes, public_record
from chalicelib.domain.storage_keys import database_key, snapshot_key
from chalicelib.domain.types import Snapshot
from chalicelib.export.content_db import write_content_database
from chalicelib.models import tasks
from chalicelib.models.base import Table, now
from chalicelib.models.channel_versions import ChannelVersion
from chalicelib.models.channels import Channel
from chalicelib.models.tasks import Task
from chalicelib.operations import public_listing, publish_lock
from chalicelib.operations.publish import with_lease
from chalicelib.operations.publish_lock import EXPORT
from chalicelib.telemetry import count, seconds


def run(task_id: str) -> None:
    """Do a publish task's second half, unless it is done already, and let the public index follow.

    Raises Busy where another worker is at it.
    """
    with_lease(task_id, EXPORT, _export)
    task = tasks.get(task_id)
    if task is not None:  # also where it was done: the one who did it may have been killed before this
        public_listing.refresh_after_publish(task.channel_id)


def _export(task: Task, channel: Channel) -> None:
    tasks.advance(task, 80, "Writing the content database")
    snapshot = snapshots.from_bytes(storage.read(snapshot_key(task.id)))
    _write_database(channel.id, snapshot)
    _go_live(task, channel, snapshot)


def _measure(task: Task, snapshot: Snapshot) -> None:
    count("Published")
    count("PublishedNodes", len(snapshot["nodes"]))
    seconds("PublishTime", (now() - datetime.fromisoformat(task.created)).total_seconds())


def _write_database(channel_id: str, snapshot: Snapshot) -> None:
    version = snapshot["version"]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "content.sqlite3"
        write_content_database(snapshot, path)
        with path.open("rb") as file:
            storage.put(database_key(channel_id, version), file, storage.SQLITE, storage.IMMUTABLE)
    storage.copy(database_key(channel_id, version), database_key(channel_id), storage.SQLITE, storage.NEWEST)


def _go_live(task: Task, channel: Channel, snapshot: Snapshot) -> None:
    published, version = now(), snapshot["version"]
    notes = task.arguments.get("version_notes", "")
    record = public_record(snapshot)
    all_notes = newest_notes({**channel.version_notes, **({str(version): notes} if notes else {})})
    changes: list[Any] = [
        Channel.version.set(version),
        Channel.published_rev.set(task.arguments["rev"]),
        Channel.published_digest.set(task.arguments["digest"]),
        Channel.published.set(record),
        Channel.last_published.set(published),
        Channel.version_notes.set(all_notes),
    ]
    items: list[Table] = [
        ChannelVersion(
            channel.id,
            version,
            id=derived_id(channel.id, str(version)),
            size=record["published_size"],
            resource_count=record["total_resource_count"],
            kind_count=record["kind_count"],
            included_languages=record["included_languages"],
            included_licenses=snapshots.licenses(snapshot),
            included_categories=snapshots.categories(snapshot),
            version_notes=notes,
            date_published=published,
        )
    ]
    token = task.arguments["token"]
    changes.append(Channel.primary_token.set(token))
    detail = f"Published version {version}: {record['total_resource_count']} resources."
    if publish_lock.finish(task, channel, tasks.SUCCESS, detail, changes, items, {"version": version, "token": token}):
        _measure(task, snapshot)
