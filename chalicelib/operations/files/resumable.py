"""Uploads in parts, which survive broken connections: begun, resumed, completed and cancelled by their user.

The parts go to a temporary object, which the worker `assemble` checks and moves to the name of the file. The storage is
reserved while an upload is open. `docs/decisions/0047-resumable-uploads.md` has the reasons.
"""

from datetime import datetime, timedelta
from typing import cast

from chalicelib.aws import multipart, queues, storage
from chalicelib.config import settings
from chalicelib.domain.files.upload_parts import Plan
from chalicelib.domain.ids import derived_id, new_id, parse_id
from chalicelib.domain.mimetypes import mimetype_of
from chalicelib.domain.storage_keys import incoming_key
from chalicelib.errors import Busy, Conflict, NotFound, ValidationFailed
from chalicelib.identity.authentication import Identity
from chalicelib.models import resumable_uploads, stored_objects, tasks, uploads
from chalicelib.models.base import now, read_many
from chalicelib.models.resumable_uploads import LIFE, OPEN, REFUSED, STORED, ResumableUpload, charge_name
from chalicelib.models.stored_objects import StoredObject
from chalicelib.models.tasks import Task
from chalicelib.models.uploads import Upload
from chalicelib.operations.files import file_uploads, node_files
from chalicelib.operations.public.channel_entries import moment
from chalicelib.operations.storage.charging import MAX_RACES
from chalicelib.schemas.file import BeginUpload, WantedParts
from chalicelib.schemas.responses.content import PartUrls, State, UploadedPart
from chalicelib.schemas.responses.content import ResumableUpload as Out

MAX_OPEN = 20  # uploads of a user
_NAMED = 20  # missing parts in an error
_RESENT_AFTER = timedelta(seconds=10)  # the message of a task that is pending longer may be lost
_CHECKING = "The file is being checked. Poll its task"


def begin(user: Identity, sent: BeginUpload) -> Out:
    """Begin to upload a file in parts, or resume: the parts that have arrived are listed.

    A file that is stored already, by whomever, needs no parts. The storage is charged as by `upload_url`. Raises
    QuotaExceeded, and Conflict if the user has MAX_OPEN uploads.
    """
    name = f"{sent.checksum}.{sent.file_format}"
    upload_id = derived_id(user.user_id, name)
    of_charges = charge_name(name)
    found = read_many(
        {
            StoredObject: [sent.checksum],
            ResumableUpload: [(user.user_id, upload_id)],
            Upload: [(user.user_id, name), (user.user_id, of_charges)],
        }
    )
    earlier = found[ResumableUpload][0] if found[ResumableUpload] else None
    charged = {row.filename: row for row in found[Upload]}
    is_stored = any(stored_objects.proves(entry, name) for entry in found[StoredObject])
    reserved = name if is_stored else of_charges
    file_uploads.charge(user.user_id, reserved, sent.size, [charged[reserved]] if reserved in charged else [])
    if not is_stored and earlier is not None and _is_same(earlier, sent):
        resumed = _resumed(earlier)
        if resumed is not None:
            return resumed
        if _was_checked(earlier):
            return complete(user, upload_id)
    return _begin(user, sent, upload_id, earlier, is_stored)


def _is_same(earlier: ResumableUpload, sent: BeginUpload) -> bool:
    is_open = resumable_uploads.current(earlier) is not None and earlier.state == OPEN
    return is_open and (earlier.file_size, earlier.part_size) == (sent.size, sent.part_size)


def _resumed(upload: ResumableUpload) -> Out | None:
    """The open upload; None if S3 has deleted its parts."""
    task = _running(upload)
    try:
        return _out(upload, task, [] if task else multipart.parts(upload.key, upload.upload_id))
    except multipart.Gone:
        return None


def _was_checked(upload: ResumableUpload) -> bool:
    """Whether a worker has failed to check an upload. Parts that are gone then have become the object: nothing needs to
    be sent again."""
    return tasks.get(task_id_of(upload)) is not None


def _begin(user: Identity, sent: BeginUpload, upload_id: str, earlier: ResumableUpload | None, is_stored: bool) -> Out:
    key, mimetype = incoming_key(new_id()), mimetype_of(sent.file_format)
    row = file_uploads.file_of(user, sent)
    node_files.note_upload(user, row)
    upload = ResumableUpload(
        user.user_id,
        upload_id,
        filename=f"{sent.checksum}.{sent.file_format}",
        file_size=sent.size,
        part_size=sent.part_size,
        key=key,
        upload_id="" if is_stored else multipart.begin(key, mimetype),
        state=STORED if is_stored else OPEN,
        file=row,
        created=now(),
        expires=int((now() + LIFE).timestamp()),
    )
    if not resumable_uploads.put(upload, earlier):
        discard(upload)
        raise Busy("Another request has begun the same upload. Send this request again.")
    if earlier is not None:
        discard(earlier)
        if is_stored and earlier.state == OPEN:
            give_back(earlier)
    if not is_stored and _is_one_too_many(upload):
        cancel(upload)
        raise Conflict(f"You have {MAX_OPEN} unfinished uploads. Complete or cancel one of them first.")
    return _out(upload, None, [])


def _is_one_too_many(upload: ResumableUpload) -> bool:
    """Whether the user has more uploads than MAX_OPEN, this one included. Its storage is reserved already, so that
    requests at the same time see each other's."""
    return resumable_uploads.reserved(upload.user_id) > MAX_OPEN


def state(user: Identity, upload_id: str) -> Out:
    """Return the state of an upload, and the parts that have arrived. Raises NotFound."""
    upload = _found(user, upload_id)
    if upload.state != OPEN:
        return _out(upload, None, [])
    resumed = _resumed(upload)
    if resumed is None and not _was_checked(upload):
        raise _gone()
    return resumed or _out(upload, None, [])


def urls(user: Identity, upload_id: str, sent: WantedParts) -> PartUrls:
    """Return URLs for the bytes of parts, and extend the upload by a day.

    Raises NotFound, Conflict if the upload has ended, and ValidationFailed for a part that the file does not have.
    """
    upload = _open(user, upload_id)
    plan = _plan(upload)
    unknown = [part.number for part in sent.parts if not plan.has(part.number)]
    if unknown:
        raise ValidationFailed({"parts": [f"This file has {plan.count} parts, no part {unknown[0]}."]})
    _reserve(upload)
    return {
        "seconds": settings().upload_url_seconds,
        "parts": [
            {
                "number": part.number,
                "size": plan.bytes_of(part.number),
                "url": multipart.part_url(
                    upload.key, upload.upload_id, part.number, plan.bytes_of(part.number), part.md5
                ),
                "headers": {"Content-MD5": multipart.content_md5(part.md5)} if part.md5 else {},
            }
            for part in sent.parts
        ],
    }


def complete(user: Identity, upload_id: str) -> Out:
    """Let a worker check the file, all of whose parts have arrived; returns its task. May be called repeatedly.

    Raises NotFound, and Conflict if parts are missing or the file was refused.
    """
    upload = _found(user, upload_id)
    if upload.state == STORED:
        return _out(upload, None, [])
    if upload.state == REFUSED:
        raise Conflict(upload.detail)
    task = tasks.get(task_id_of(upload))
    if task is None or not _is_alive(task):
        _check_parts(upload, is_repeated=task is not None)
        _reserve(upload)
        task = tasks.new(
            task_id_of(upload), tasks.CHECK_UPLOAD, user.user_id, user.user_id, id=upload.id, key=upload.key
        )
        task.save()
    elif task.status != tasks.PENDING or _age(task) < _RESENT_AFTER:
        return _out(upload, task, [])
    queues.send_assembly(task.id)
    return _out(upload, task, [])


def _check_parts(upload: ResumableUpload, is_repeated: bool) -> None:
    """Raise Conflict if parts are missing. After a worker has failed, they may have become the object already."""
    try:
        arrived = multipart.parts(upload.key, upload.upload_id)
    except multipart.Gone:
        if is_repeated:
            return
        raise _gone() from None
    missing = _plan(upload).missing({part.number: part.size for part in arrived})
    if missing:
        named = ", ".join(map(str, missing[:_NAMED])) + (" and others" if len(missing) > _NAMED else "")
        raise Conflict(f"{len(missing)} parts are missing: {named}. Send them first.")


def abort(user: Identity, upload_id: str) -> None:
    """Cancel an upload: its parts are deleted, and the storage is given back. Raises NotFound, and Conflict while the
    file is checked."""
    upload = _found(user, upload_id)
    if _running(upload) or not cancel(upload):
        raise Conflict(f"{_CHECKING}, then delete the upload.")


def cancel(upload: ResumableUpload) -> bool:
    """Delete an upload and its parts, and give the storage back. Returns False if a worker checks it, or another upload
    took its place."""
    if not resumable_uploads.remove(upload):
        return False
    discard(upload)
    if upload.state == OPEN:
        give_back(upload)
    return True


def discard(upload: ResumableUpload) -> None:
    """Delete what an upload has left in the bucket."""
    if upload.upload_id:
        multipart.abort(upload.key, upload.upload_id)
        storage.delete(upload.key)


def give_back(upload: ResumableUpload) -> None:
    """End the reservation of an upload's storage."""
    name = charge_name(upload.filename)
    for _ in range(MAX_RACES):
        row = uploads.of_user(upload.user_id, [name]).get(name)
        if row is None or uploads.change(upload.user_id, [], [row]) is not uploads.Outcome.LOST:
            return
    raise Busy("Other requests are changing the same upload. Send this request again.")


def task_id_of(upload: ResumableUpload) -> str:
    """The id of the task that checks an upload. One that is begun again has another key, and another task."""
    return derived_id(upload.id, upload.key)


def _running(upload: ResumableUpload) -> Task | None:
    """The task of an upload, if it has not ended."""
    task = tasks.get(task_id_of(upload)) if upload.upload_id else None
    return task if task is not None and _is_alive(task) else None


def _is_alive(task: Task) -> bool:
    return task.status not in tasks.FINISHED and not tasks.is_lost(task)


def _age(task: Task) -> timedelta:
    return now() - datetime.fromisoformat(task.created)


def _reserve(upload: ResumableUpload) -> None:
    """Charge an upload, which may have expired, for another day. Raises QuotaExceeded."""
    name = charge_name(upload.filename)
    rows = uploads.of_user(upload.user_id, [name])
    file_uploads.charge(upload.user_id, name, int(upload.file_size), list(rows.values()))


def _open(user: Identity, upload_id: str) -> ResumableUpload:
    upload = _found(user, upload_id)
    if upload.state == REFUSED:
        raise Conflict(upload.detail)
    if upload.state != OPEN:
        raise Conflict("The file is stored. There is nothing to send.")
    if _running(upload):
        raise Conflict(f"{_CHECKING}.")
    return upload


def check_owner(user: Identity, upload_id: str) -> None:
    """Raise NotFound unless the caller has this upload."""
    _found(user, upload_id)


def _found(user: Identity, upload_id: str) -> ResumableUpload:
    plain = parse_id(upload_id)
    upload = resumable_uploads.get(user.user_id, plain) if plain else None
    if upload is None:
        raise _gone()
    return upload


def _gone() -> NotFound:
    return NotFound("Upload not found: it was cancelled, has expired, or never began. Begin it again.")


def _plan(upload: ResumableUpload) -> Plan:
    return Plan(int(upload.file_size), int(upload.part_size))


def _out(upload: ResumableUpload, task: Task | None, parts: list[multipart.Part]) -> Out:
    arrived: list[UploadedPart] = [{"number": part.number, "size": part.size, "etag": part.etag} for part in parts]
    return {
        "id": upload.id,
        "state": "checking" if task else cast(State, upload.state),
        "detail": task.detail if task else upload.detail,
        "size": int(upload.file_size),
        "part_size": int(upload.part_size),
        "part_count": _plan(upload).count,
        "parts": arrived,
        "task_id": task.id if task else None,
        "expires": moment(datetime.fromtimestamp(int(upload.expires), now().tzinfo)),
        "file": upload.file,
    }
