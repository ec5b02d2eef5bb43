"""The export worker: from a frozen tree to the content database that Kolibri imports.

Order of what becomes visible: the database under its versioned key, then under the channel's own key, then one
transaction with version, tokens and public record, then the public index. Killed anywhere, the next delivery of the
message writes the same bytes under the same keys and goes on. A draft has a database under a key of its own, and a
token; both are gone with the next version.
"""

import tempfile
from datetime import datetime
from pathlib import Path

from chalicelib.aws import storage
from chalicelib.domain.ids import derived_id
from chalicelib.domain.storage_keys import DRAFT, database_key
from chalicelib.domain.trees.public_record import newest_notes, public_record
from chalicelib.domain.trees.snapshot import categories, from_bytes, licenses
from chalicelib.domain.types import Snapshot
from chalicelib.export.content_db import write_content_database
from chalicelib.models import tasks
from chalicelib.models.base import Table, now
from chalicelib.models.channel_versions import ChannelVersion
from chalicelib.models.channels import Channel
from chalicelib.models.secret_tokens import SecretToken
from chalicelib.models.tasks import Task
from chalicelib.operations.public import public_index_update
from chalicelib.operations.publishing import publish_lock
from chalicelib.operations.publishing.prepare import with_lease
from chalicelib.operations.publishing.publish_lock import EXPORT
from chalicelib.operations.search import search_index_update
from chalicelib.telemetry import count, seconds


def run(task_id: str) -> None:
    """Do a publish task's second half, unless it is done already, and let the indexes follow.

    Raises Busy where another worker is at it.
    """
    with_lease(task_id, EXPORT, _export)
    task = tasks.get(task_id)
    if task is not None and task.task_name == tasks.PUBLISH:
        # Also where it was done: the one who did it may have been killed before this.
        public_index_update.refresh_after_publish(task.channel_id)
        search_index_update.send_refresh(task.channel_id)


def _export(task: Task, channel: Channel) -> None:
    tasks.advance(task, 80, "Writing the content database")
    snapshot = from_bytes(storage.read(task.arguments["snapshot_key"]))
    if task.task_name == tasks.DRAFT:
        _show_draft(task, channel, snapshot)
        return
    version = snapshot["version"]
    _write_database(database_key(channel.id, version), snapshot, storage.IMMUTABLE)
    storage.copy(database_key(channel.id, version), database_key(channel.id), storage.SQLITE, storage.NEWEST)
    search_index_update.keep_part(snapshot, int(channel.version), datetime.fromisoformat(task.created))
    _go_live(task, channel, snapshot)


def _show_draft(task: Task, channel: Channel, snapshot: Snapshot) -> None:
    """Make a draft what its token opens: its database, then in one transaction its record and the channel's mention."""
    _write_database(database_key(channel.id, DRAFT), snapshot, storage.NEWEST)
    token, record = task.arguments["token"], public_record(snapshot)
    items: list[Table] = [SecretToken(token, channel_id=channel.id, draft={**record, "drafted": now().isoformat()})]
    columns = {"draft_token": token}
    detail = f"Made a draft: {record['total_resource_count']} resources."
    publish_lock.finish(task, channel, tasks.SUCCESS, detail, columns, items, {"draft_token": token})


def _measure(task: Task, snapshot: Snapshot) -> None:
    count("Published")
    count("PublishedNodes", len(snapshot["nodes"]))
    seconds("PublishTime", (now() - datetime.fromisoformat(task.created)).total_seconds())


def _write_database(key: str, snapshot: Snapshot, cache_control: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "content.sqlite3"
        write_content_database(snapshot, path)
        with path.open("rb") as file:
            storage.put(key, file, storage.SQLITE, cache_control)


def _go_live(task: Task, channel: Channel, snapshot: Snapshot) -> None:
    published, version = now(), snapshot["version"]
    notes = task.arguments.get("version_notes", "")
    record = public_record(snapshot)
    all_notes = newest_notes({**channel.version_notes, **({str(version): notes} if notes else {})})
    columns: dict[str, object] = {
        "version": version,
        "published_rev": task.arguments["rev"],
        "published_digest": task.arguments["digest"],
        "published": record,
        "last_published": published,
        "version_notes": all_notes,
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
            included_licenses=licenses(snapshot),
            included_categories=categories(snapshot),
            version_notes=notes,
            date_published=published,
        )
    ]
    token = task.arguments["token"]
    end, gone = publish_lock.end_of_draft(channel)
    columns |= {**end, "primary_token": token}
    detail = f"Published version {version}: {record['total_resource_count']} resources."
    result = {"version": version, "token": token}
    if publish_lock.finish(task, channel, tasks.SUCCESS, detail, columns, items, result, gone):
        _measure(task, snapshot)
