"""The end of uploads that nobody continues: their parts are deleted, and the storage is given back."""

from chalicelib.domain.ids import derived_id
from chalicelib.models import resumable_uploads, uploads
from chalicelib.models.base import now
from chalicelib.models.resumable_uploads import OPEN, charge_name, charged_file
from chalicelib.operations.files import resumable
from chalicelib.operations.storage import recount


def expire_uploads() -> None:
    """End uploads of which nothing was heard for a day, in parts and by one PUT. Handles the job of this name."""
    found = recount.expired_uploads()
    for user_id, names in found.items():
        for name in filter(None, map(charged_file, names)):
            _expire(user_id, name)
    recount.give_back(found)


def _expire(user_id: str, filename: str) -> None:
    """Cancel an upload in parts, unless it was continued: the index of expired ones may lag."""
    upload = resumable_uploads.get(user_id, derived_id(user_id, filename))
    if upload is None or upload.state != OPEN:
        return
    name = charge_name(filename)
    row = uploads.of_user(user_id, [name]).get(name)
    if row is None or int(row.expires or 0) <= now().timestamp():
        resumable.cancel(upload)
