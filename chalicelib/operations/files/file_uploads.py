"""Uploads of content files: upload URLs, uploads through the API, quotas, and the record of stored files."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from chalicelib.aws import storage
from chalicelib.domain.ids import derived_id
from chalicelib.domain.mimetypes import mimetype_of
from chalicelib.domain.storage_keys import checksum_of, split_filename, storage_key
from chalicelib.errors import BadRequest, Busy, Forbidden, QuotaExceeded, StudioError, ValidationFailed
from chalicelib.identity.authentication import Identity
from chalicelib.models import stored_objects, uploads, users
from chalicelib.models.base import now, read_many
from chalicelib.models.stored_objects import StoredObject
from chalicelib.models.uploads import Outcome, Upload
from chalicelib.operations.storage.charging import MAX_RACES
from chalicelib.schemas.constants import FORMATS
from chalicelib.schemas.file import MAX_UPLOAD, TOO_LARGE, DescribedFile, UploadUrl
from chalicelib.schemas.responses.content import File
from chalicelib.schemas.responses.content import Upload as UploadOut
from chalicelib.telemetry import count, log


def request_upload(user: Identity, sent: UploadUrl) -> UploadOut:
    """Return a URL to upload one file to, and the file's record, in the shape recorded from Kolibri Studio.

    A file is charged to the user's quota once, even if its upload is requested repeatedly. Raises QuotaExceeded if the
    user does not have enough storage left, and ValidationFailed for a file that exceeds the maximum size.
    """
    name = f"{sent.checksum}.{sent.file_format}"
    found = read_many({StoredObject: [sent.checksum], Upload: [(user.user_id, name)]})
    if sent.size > MAX_UPLOAD:
        raise _too_large(user, sent.size)
    charge(user.user_id, name, sent.size, found[Upload])
    mimetype = mimetype_of(sent.file_format)
    return {
        "mimetype": mimetype,
        "uploadURL": storage.upload_url(sent.checksum, sent.file_format, sent.size, mimetype),
        "resumable": False,
        "might_skip": any(stored_objects.proves(entry, name) for entry in found[StoredObject]),
        "file": file_of(user, sent),
    }


def file_of(user: Identity, sent: DescribedFile) -> File:
    """The record of a file that is about to be uploaded."""
    key = storage_key(sent.checksum, sent.file_format)
    return {
        "id": derived_id(user.user_id, f"{sent.checksum}.{sent.file_format}"),
        "checksum": sent.checksum,
        "file_size": sent.size,
        "language": None,
        "file_format": sent.file_format,
        "file_on_disk": key.removeprefix("content/"),
        "original_filename": sent.name,
        "uploaded_by": user.user_id,
        "duration": sent.duration,
        "url": f"/{key}",
        "preset": sent.preset,
        "contentnode": None,
        "assessment_item": None,
    }


def missing(names: list[str]) -> list[str]:
    """Return the file names, "<md5>.<extension>", that are not known to be stored."""
    known = stored_objects.known_names([parts[0] for parts in map(split_filename, names) if parts])
    return [name for name in names if name not in known]


@dataclass(frozen=True)
class Found:
    """A new object in the bucket. A bucket that keeps versions names the object's."""

    key: str
    size: int  # bytes
    version: str | None = None


def note_stored(objects: Iterable[Found]) -> None:
    """Record which content files are stored, and warn of second versions. Other objects are ignored."""
    for found in objects:
        if checksum_of(found.key):
            _note(found)


def _note(found: Found) -> None:
    """Record a file, and warn if another version was stored under its name: names are MD5s, and can collide."""
    first = stored_objects.note_stored(found.key.rpartition("/")[2], found.size, found.version)
    if first != found.version:
        versions = {"version": first, "second_version": found.version}
        log.warning("stored again", extra={"key": found.key, "size": found.size, **versions})
        count("StoredAgain")


def store_upload(user: Identity, name: str, data: bytes) -> None:
    """Store a file that was uploaded through the API itself.

    Raises BadRequest if the name is not "<md5>.<extension>" or does not match the bytes, and Forbidden if the user does
    not have enough storage left.
    """
    parts = split_filename(name)
    if parts is None or parts[1] not in {*FORMATS, "txt"}:
        raise BadRequest("Invalid file upload request: name the file <md5>.<extension>.")
    if hashlib.md5(data, usedforsecurity=False).hexdigest() != parts[0]:
        raise BadRequest("Invalid file: its bytes do not match the checksum in its name. Upload the file again.")
    try:
        charge(user.user_id, name, len(data), read_many({Upload: [(user.user_id, name)]})[Upload])
    except QuotaExceeded as error:  # this endpoint's specification requires status 403
        raise Forbidden(error.detail) from error
    storage.put_once(storage_key(*parts), data, mimetype_of(parts[1]))
    stored_objects.remember(name, len(data))


def _too_large(user: Identity, size: int) -> StudioError:
    owner = users.get(user.user_id)
    if owner is None or owner.disk_space_left < size:
        return QuotaExceeded(_QUOTA_EXCEEDED.format(size))
    return ValidationFailed({"non_field_errors": [TOO_LARGE]})


def charge(user_id: str, name: str, size: int, earlier: list[Upload]) -> None:
    """Charge an upload that is under way for a day, except the bytes that the user is already charged for.

    `earlier` is what the user is charged for under this name, as read. Raises QuotaExceeded.
    """
    rows = earlier
    for _ in range(MAX_RACES):
        row = rows[0] if rows else None
        wanted = under_way(user_id, name, size, row)
        if row and row.file_size == wanted.file_size and int(row.expires or 0) > int(wanted.expires) - MIN_EXTENSION:
            return
        outcome = uploads.change(user_id, [(wanted, row)], within_quota=True)
        if outcome is Outcome.DONE:
            return
        if outcome is Outcome.FULL:
            raise QuotaExceeded(_QUOTA_EXCEEDED.format(size - (int(row.file_size) if row else 0)))
        rows = read_many({Upload: [(user_id, name)]})[Upload]
    raise Busy("Other requests are uploading the same file. Send this request again.")


def under_way(user_id: str, name: str, size: int, row: Upload | None) -> Upload:
    """Return the item of an upload that begins now; `row` is the user's item of the same file."""
    expires = int(now().timestamp()) + ABANDONED
    return Upload(
        user_id,
        name,
        file_id=derived_id(user_id, name),
        file_size=max(size, int(row.file_size) if row else 0),
        created=row.created if row else now(),
        expires=expires,
        expires_hour=uploads.hour_of(expires),
    )


ABANDONED = 24 * 3600  # seconds after which a requested upload no longer counts as under way
MIN_EXTENSION = 3600  # seconds by which a repeated request extends an upload, so that most of them write nothing
_QUOTA_EXCEEDED = "Not enough storage: this file needs {} bytes. Ask an administrator for more storage."
