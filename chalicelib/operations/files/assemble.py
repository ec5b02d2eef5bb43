"""The worker that checks a file which arrived in parts, and moves it to its name.

S3 joins the parts to a temporary object; the worker reads that once, compares size and MD5, and lets S3 copy it. Each
step may be repeated: a killed worker is followed by another one, which reads the object again.
"""

import hashlib
from contextlib import suppress
from functools import partial

from chalicelib.aws import multipart, storage
from chalicelib.domain.files.upload_parts import COPY_BYTES, READ_AHEAD, READ_BYTES, ranges
from chalicelib.domain.ids import new_id
from chalicelib.domain.mimetypes import mimetype_of
from chalicelib.domain.storage_keys import storage_key
from chalicelib.errors import Busy
from chalicelib.models import resumable_uploads, stored_objects, tasks, uploads
from chalicelib.models.leases import kept_alive
from chalicelib.models.resumable_uploads import OPEN, REFUSED, STORED, ResumableUpload, charge_name
from chalicelib.models.tasks import Task
from chalicelib.operations.files import file_uploads, resumable
from chalicelib.operations.storage.charging import MAX_RACES

LEASE = 60  # seconds; a running worker renews it well before
RENEWAL = 20  # seconds
READ_SHARE = 90  # percent of the progress; the rest is the copy
_CANCELLED = "The upload was cancelled, or begun again."
_GONE = "The parts of the upload are gone. Upload the file again."


class Refused(Exception):
    """The file is not what its user said; the message is for the user."""


def run(task_id: str) -> None:
    """Check the upload of a task and store its file.

    Raises Busy while another worker does.
    """
    task = tasks.get(task_id)
    if task is None or task.status in tasks.FINISHED:
        return
    upload = resumable_uploads.get(task.user_id, task.arguments["id"])
    if upload is not None and upload.key == task.arguments["key"] and upload.state == OPEN:
        _with_lease(task, upload)
    else:
        _finish(task, upload)


def _with_lease(task: Task, upload: ResumableUpload) -> None:
    lease = resumable_uploads.claim(upload, new_id(), LEASE)
    if lease is None:
        raise Busy("Another worker checks this file.", retry_after=RENEWAL)
    try:
        with kept_alive(partial(resumable_uploads.renew, upload, lease, LEASE), RENEWAL):
            _assemble(task, upload)
    finally:
        resumable_uploads.give_back(upload, lease)


def _assemble(task: Task, upload: ResumableUpload) -> None:
    tasks.advance(task, 1, "The parts are being joined.")
    try:
        _check(task, upload, _join(upload))
    except Refused as refused:
        resumable_uploads.end(upload, REFUSED, str(refused))
    else:
        _store(upload)
    _finish(task, resumable_uploads.get(upload.user_id, upload.id))


def _join(upload: ResumableUpload) -> int:
    """The size of the object of all parts. Raises Refused if there is none."""
    with suppress(multipart.Gone):  # a worker before this one has joined them
        multipart.complete(upload.key, upload.upload_id, multipart.parts(upload.key, upload.upload_id))
    size = storage.size_of(upload.key)
    if size is None:
        raise Refused(_GONE)
    return size


def _check(task: Task, upload: ResumableUpload, size: int) -> None:
    if size != upload.file_size:
        raise Refused(f"The file has {size} bytes, not {int(upload.file_size)} as announced. Upload it again.")
    checksum, read = hashlib.md5(usedforsecurity=False), 0
    shown = 0
    for chunk in multipart.read_ahead(upload.key, ranges(size, READ_BYTES), READ_AHEAD):
        checksum.update(chunk)
        read += len(chunk)
        percent = READ_SHARE * read // size
        if percent >= shown + 5:
            shown = percent
            tasks.advance(task, percent, f"{percent * 100 // READ_SHARE} % of the file are read.")
    if checksum.hexdigest() != upload.filename[:32]:
        raise Refused(
            f"The MD5 of the file is {checksum.hexdigest()}, not {upload.filename[:32]} as announced: the file was "
            "changed or damaged. Upload it again."
        )


def _store(upload: ResumableUpload) -> None:
    """Move the file to its name. Whoever stored it first keeps it."""
    checksum, _, extension = str(upload.filename).partition(".")
    key = storage_key(checksum, extension)
    size = int(upload.file_size)
    for _ in range(2):  # the second time it is there, unless the collection deleted it before it was remembered
        if storage.size_of(key) != size:
            multipart.copy_once(upload.key, key, mimetype_of(extension), ranges(size, COPY_BYTES))
        stored_objects.remember(upload.filename, size)
    _charge_stored(upload)
    resumable_uploads.end(upload, STORED)


def _charge_stored(upload: ResumableUpload) -> None:
    """Charge the file by its name, for a day as any upload, instead of the reservation."""
    name, reserved = str(upload.filename), charge_name(upload.filename)
    for _ in range(MAX_RACES):
        rows = uploads.of_user(upload.user_id, [name, reserved])
        wanted = file_uploads.under_way(upload.user_id, name, int(upload.file_size), rows.get(name))
        removed = [rows[reserved]] if reserved in rows else []
        if uploads.change(upload.user_id, [(wanted, rows.get(name))], removed) is not uploads.Outcome.LOST:
            return
    raise Busy("Other requests are changing the same upload.")


def _finish(task: Task, upload: ResumableUpload | None) -> None:
    """End the task of an upload that has ended, and what a killed worker may have left of it."""
    if upload is None or upload.key != task.arguments["key"]:
        tasks.finish(task, tasks.FAILURE, _CANCELLED)
        return
    storage.delete(upload.key)
    if upload.state == REFUSED:
        resumable.give_back(upload)
        tasks.finish(task, tasks.FAILURE, upload.detail)
    else:
        tasks.finish(task, tasks.SUCCESS, "The file is stored.", {"file": upload.file})
