"""Uploads in parts: where their parts are in S3, from the first request until the file is stored or refused.

| access pattern | key condition | used by |
| --- | --- | --- |
| an upload of a user | `user_id`, `id` | resumable uploads, the worker that checks them |
| all uploads of a user | `user_id` | deletion of a user |

`id` is derived from user and file, so there is one upload per user and file, and nobody can name another user's. While
it is open, an item of `uploads` named `charge_name` charges its user. A worker that checks the file holds a lease.
TTL deletes items LIFE after they began; those that ended stay until then, to answer whoever asks again.
"""

import time
from datetime import timedelta
from typing import Any, Final

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.models.base import Condition, Table, delete_if, find, query_raw, save_if, update_if
from chalicelib.models.leases import Lease, LeaseAttributes
from chalicelib.models.uploads import Upload

LIFE = timedelta(days=6)  # S3 deletes unfinished uploads after seven (infra/resources.yaml)
OPEN: Final = "open"  # parts are missing, or a worker checks the file
STORED: Final = "stored"
REFUSED: Final = "refused"


class ResumableUpload(Table):
    class Meta:
        table_name = "resumable_uploads"

    user_id = UnicodeAttribute(hash_key=True)
    id = UnicodeAttribute(range_key=True)
    filename = UnicodeAttribute()  # "<md5>.<extension>"
    file_size = NumberAttribute()
    part_size = NumberAttribute()
    key = UnicodeAttribute()  # of the object while it is not checked
    upload_id = UnicodeAttribute(default="")  # S3's; empty if the file was stored before
    state = UnicodeAttribute(default=OPEN)
    detail = UnicodeAttribute(default="")  # why it was refused
    file: "JSONAttribute" = JSONAttribute()  # as `upload_url` describes it
    created = UTCDateTimeAttribute()
    expires = NumberAttribute()  # Unix time; TTL
    holder = UnicodeAttribute(null=True)  # the worker that checks the file
    until = NumberAttribute(null=True)  # Unix time in milliseconds


LEASE = LeaseAttributes(ResumableUpload.holder, ResumableUpload.until, per_second=1000)


def charge_name(filename: str) -> str:
    """The name in `uploads` under which the user is charged for a file while it is uploaded in parts."""
    return f"{_CHARGED}{filename}"


def reserved(user_id: str) -> int:
    """The number of files that a user is uploading in parts: of reservations, as items of ended uploads may be many."""
    return sum(1 for _ in query_raw(Upload, user_id, Upload.filename.startswith(_CHARGED)))


def charged_file(name: str) -> str | None:
    """The file of a name in `uploads` that `charge_name` made; None for the others."""
    return name.removeprefix(_CHARGED) if name.startswith(_CHARGED) else None


_CHARGED = "incoming/"


def get(user_id: str, upload_id: str) -> ResumableUpload | None:
    """An upload that has not expired."""
    return current(find(ResumableUpload, user_id, upload_id))


def current(found: ResumableUpload | None) -> ResumableUpload | None:
    """The item, unless it has expired and TTL has not deleted it yet."""
    return found if found is not None and found.expires > time.time() else None


def put(upload: ResumableUpload, earlier: ResumableUpload | None) -> bool:
    """Save an upload in place of an earlier one. Returns False if another request has changed it since it was read."""
    condition: Any = ResumableUpload.key == earlier.key if earlier else ResumableUpload.id.does_not_exist()
    return save_if(upload, condition)


def end(upload: ResumableUpload, state: str, detail: str = "") -> bool:
    """Note how an open upload has ended. Returns False if it is not open any more, or another one took its place."""
    actions = [ResumableUpload.state.set(state), ResumableUpload.detail.set(detail), *LEASE.end()]
    return update_if(_key(upload), actions, _as_read(upload) & (ResumableUpload.state == OPEN))


def remove(upload: ResumableUpload) -> bool:
    """Delete an upload, unless a worker holds it. Returns False if one does, or another upload took its place."""
    return delete_if(_key(upload), _as_read(upload) & LEASE.free())


def claim(upload: ResumableUpload, holder: str, seconds: float) -> Lease | None:
    """Take the lease of an open upload; None if another worker holds it, or it has ended."""
    lease = LEASE.taken(LEASE.of(upload), holder, seconds)
    free = _as_read(upload) & (ResumableUpload.state == OPEN) & LEASE.free()
    return lease if update_if(_key(upload), LEASE.hold(lease), free) else None


def renew(upload: ResumableUpload, lease: Lease, seconds: float) -> bool:
    """Renew a lease. Returns False if it was lost."""
    return LEASE.renew(_key(upload), lease, seconds) is not None


def give_back(upload: ResumableUpload, lease: Lease) -> None:
    """Release a lease before the work is done."""
    LEASE.give_back(_key(upload), lease)


def _key(upload: ResumableUpload) -> ResumableUpload:
    return ResumableUpload(upload.user_id, upload.id)


def _as_read(upload: ResumableUpload) -> Condition:
    condition: Condition = ResumableUpload.key == upload.key
    return condition
