"""Handlers of queue messages. Each takes a batch and returns the messages to deliver again."""

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import unquote_plus

from chalicelib.aws import queues
from chalicelib.config import settings
from chalicelib.domain import jobs
from chalicelib.domain.jobs import JOBS, RECEIVED, Job
from chalicelib.errors import Busy
from chalicelib.operations.accounts import deletion_job, export_job, storage_report
from chalicelib.operations.administration import repairs
from chalicelib.operations.background.maintenance import give_up, remove_tree
from chalicelib.operations.channels import tree_details
from chalicelib.operations.copying import node_copies
from chalicelib.operations.files import assemble, file_uploads, missing_places, resumable_ends
from chalicelib.operations.nodes import propagation, purging, rebalancing
from chalicelib.operations.public import public_index_update
from chalicelib.operations.publishing import dead_letters, prepare, publish_failure, release, withdrawal
from chalicelib.operations.retention import channel_purge, old_versions, retention_walk, trash
from chalicelib.operations.search import search_index_update
from chalicelib.operations.storage import channel_files, charging, collection, ownership, recount, uses
from chalicelib.operations.sync import apply
from chalicelib.operations.trees import nested_tree, tree_diff, tree_statistics
from chalicelib.telemetry import count, log

MAX_RECEIVES = 5  # as in the template: then a message goes to the queue `failed`

MAX_RETRY_SECONDS = 300  # between two deliveries

Answer = dict[str, list[dict[str, str]]]


class TooManyReceives(Exception):
    """A message is not processed any more, as its function has failed or was killed too often."""


def publish(event: dict[str, Any]) -> Answer:
    """Messages {"task_id"}: freeze a channel's tree."""
    return _each(event, settings().publish_queue_url, _publish_or_export(prepare.run))


def export(event: dict[str, Any]) -> Answer:
    """Messages {"task_id"}: write a frozen tree's content database and go live with it."""
    return _each(event, settings().export_queue_url, _publish_or_export(release.run))


def maintenance(event: dict[str, Any]) -> Answer:
    """Messages {"jobs": [{"job": name, …}]}: those of `domain.jobs`."""

    def work(message: dict[str, Any], is_last: bool) -> None:
        for job in message["jobs"]:
            try:
                WORK[JOBS[job["job"]]](**{name: value for name, value in job.items() if name != "job"})
            except Busy:
                raise
            except Exception:
                if is_last and "task_id" in job:
                    give_up(job["task_id"])
                raise

    return _each(event, settings().maintenance_queue_url, work)


WORK: dict[Job, Callable[..., None]] = {  # what does each job; its parameters are those of the job
    jobs.APPLY_CHANGES: apply.apply_changes,
    jobs.CLEAR_COPY: node_copies.clear,
    jobs.COLLECT_FILES: collection.begin,
    jobs.COLLECT_STEP: collection.run,
    jobs.COMPARE_TREES: tree_diff.compare,
    jobs.COPY_NODES: node_copies.run,
    jobs.COUNT_STORAGE: storage_report.count,
    jobs.DELETE_USER: deletion_job.run,
    jobs.END_RETENTION: retention_walk.begin,
    jobs.END_TASK: repairs.end_late,
    jobs.END_TRASH: trash.end,
    jobs.END_USES: uses.end,
    jobs.END_VERSIONS: old_versions.end,
    jobs.EXPIRE_UPLOADS: resumable_ends.expire_uploads,
    jobs.EXPORT_USER: export_job.run,
    jobs.INDEX_CHANNELS: search_index_update.refresh,
    jobs.LIST_CHANNELS: public_index_update.refresh,
    jobs.NOTE_FILES: missing_places.request,
    jobs.NOTE_FILES_OF_CHANNEL: missing_places.note,
    jobs.PASS_ON_CHANNEL: ownership.pass_on,
    jobs.PASS_ON_CHANNELS: ownership.pass_on_all,
    jobs.PLACE_ALL_DATABASES: withdrawal.place_all,
    jobs.PLACE_DATABASES: withdrawal.place,
    jobs.PROPAGATE_MOVE: propagation.propagate,
    jobs.PURGE_CHANNEL: channel_purge.purge,
    jobs.PURGE_NODES: purging.remove,
    jobs.REBUILD_PUBLIC_INDEX: public_index_update.rebuild,
    jobs.REBUILD_SEARCH_INDEX: search_index_update.rebuild,
    jobs.RECONCILE_CHANNEL: channel_files.reconcile_channel,
    jobs.RECONCILE_FILES: charging.reconcile,
    jobs.RECOUNT_STEP: recount.run,
    jobs.RECOUNT_STORAGE: recount.begin,
    jobs.REDRIVE: repairs.redrive,
    jobs.REMOVE_TREE: remove_tree,
    jobs.RETENTION_STEP: retention_walk.run,
    jobs.SETTLE_COLLECTED: collection.settle,
    jobs.SPACE_CHILDREN: rebalancing.rebalance,
    jobs.STORE_TREE: nested_tree.store,
    jobs.SUMMARIZE_TREE: tree_details.summarize,
    jobs.WALK_TREE: tree_statistics.refresh,
}


def uploads(event: dict[str, Any]) -> Answer:
    """S3 notifications about new objects: record which content files are stored."""

    def work(message: dict[str, Any], _: bool) -> None:
        file_uploads.note_stored([_stored(record["s3"]["object"]) for record in message.get("Records", [])])

    return _each(event, settings().uploads_queue_url, work)


def assembly(event: dict[str, Any]) -> Answer:
    """Messages {"task_id"}: check a file that arrived in parts, and store it."""

    def work(message: dict[str, Any], is_last: bool) -> None:
        try:
            assemble.run(message["task_id"])
        except Busy:
            raise
        except Exception:
            if is_last:
                give_up(message["task_id"])
            raise

    return _each(event, settings().assembly_queue_url, work)


def failed(event: dict[str, Any]) -> Answer:
    """Messages of the other queues that were received too often: end their tasks, and keep them for an operator."""

    def work(record: dict[str, Any], _: int) -> None:
        source = record.get("attributes", {}).get("DeadLetterQueueSourceArn", "")
        dead_letters.bury(source.rpartition(":")[2].removeprefix(settings().table_prefix), record["body"])

    return _each_record(event, settings().failed_queue_url, work)


def _stored(found: dict[str, Any]) -> file_uploads.Found:
    return file_uploads.Found(unquote_plus(found["key"]), found["size"], found.get("versionId"))


def _publish_or_export(run: Callable[[str], None]) -> Callable[[dict[str, Any], bool], None]:
    def work(message: dict[str, Any], is_last: bool) -> None:
        try:
            run(message["task_id"])
        except Busy:
            raise
        except Exception:
            if is_last:
                with suppress(Busy):  # another worker processes the task, and will end it
                    if publish_failure.give_up_or_continue(message):
                        log.exception("message replaced")
                        return
            raise

    return work


def _each(event: dict[str, Any], queue_url: str, work: Callable[[dict[str, Any], bool], None]) -> Answer:
    """Process each message separately."""
    return _each_record(event, queue_url, lambda record, receives: _work(queue_url, record["body"], receives, work))


def _each_record(event: dict[str, Any], queue_url: str, work: Callable[[dict[str, Any], int], None]) -> Answer:
    """Process each record separately. Failed messages are delivered again before their visibility timeout ends."""
    failed = []
    for record in event["Records"]:
        receives = int(record.get("attributes", {}).get("ApproximateReceiveCount", 1))
        known_later = {"task_id": None, "channel_id": None}  # what operations add ends with the message
        with log.append_context_keys(message_id=record["messageId"], receives=receives, **known_later):
            try:
                work(record, receives)
            except Exception:
                log.exception("message failed")
                count("FailedMessages")
                failed.append({"itemIdentifier": record["messageId"]})
                queues.retry_in(queue_url, record["receiptHandle"], min(2**receives, MAX_RETRY_SECONDS))
    return {"batchItemFailures": failed}


def _work(queue_url: str, body: str, receives: int, work: Callable[[dict[str, Any], bool], None]) -> None:
    """Process a message. If another worker holds its lock, send it again: that is no failure and must not count towards
    the dead-letter queue, but the failures before it do."""
    message = json.loads(body)
    receives += message.pop(RECEIVED, 0)
    if receives > MAX_RECEIVES:
        raise TooManyReceives(f"It failed {MAX_RECEIVES} times, and will become a dead letter.")
    try:
        work(message, receives >= MAX_RECEIVES)
    except Busy as busy:
        log.info("message postponed", extra={"reason": busy.detail})
        again = {**message, RECEIVED: receives - 1} if receives > 1 else message
        queues.send_again(queue_url, json.dumps(again), busy.retry_after)
