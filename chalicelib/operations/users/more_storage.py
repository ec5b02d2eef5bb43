"""Requests for more storage: a user has one at a time, administrators see it in their list of users.

A change of the user's quota answers it. The operator gets a mail without the reason, which anybody may have written.
"""

from chalicelib.aws import mail
from chalicelib.config import settings
from chalicelib.domain.limits import STORAGE_REQUESTS
from chalicelib.errors import Busy, Conflict, NotFound
from chalicelib.identity.authentication import Identity
from chalicelib.identity.daily_limits import counted
from chalicelib.mails import messages
from chalicelib.models import storage_requests
from chalicelib.operations.public.channel_entries import moment
from chalicelib.schemas.responses.storage import StorageRequest
from chalicelib.schemas.storage import StorageRequestIn
from chalicelib.telemetry import Audited, audit, log

OPEN_ALREADY = "You have requested more storage already. Wait for the answer, or withdraw the request first."


def of_user(user_id: str) -> StorageRequest | None:
    """Return the open request of a user. One read."""
    return shown(storage_requests.get(user_id))


def shown(request: storage_requests.StorageRequest | None) -> StorageRequest | None:
    """Return a stored request as in responses."""
    if request is None:
        return None
    return {"bytes": int(request.size), "reason": request.reason, "created": moment(request.created)}


def create(user: Identity, sent: StorageRequestIn) -> StorageRequest:
    """Request more storage. It is stored before the mail is sent, so it is not lost if that fails.

    Raises Conflict if a request of the caller is open, LimitReached.
    """
    if storage_requests.get(user.user_id):
        raise Conflict(OPEN_ALREADY)
    with counted(STORAGE_REQUESTS, user.user_id):
        request = storage_requests.add(user.user_id, sent.bytes, sent.reason)
        if request is None:  # sent at the same time
            raise Conflict(OPEN_ALREADY)
    audit(Audited.STORAGE_REQUESTED, user.user_id, bytes=sent.bytes)
    if settings().operator_mail:
        try:
            mail.send(settings().operator_mail, messages.storage_request(user.email, sent.bytes))
        except Busy:
            log.warning("the operator got no mail of a request for storage; administrators see it in their list")
    return {"bytes": sent.bytes, "reason": sent.reason, "created": moment(request.created)}


def withdraw(user: Identity) -> None:
    """Delete the caller's request. Raises NotFound if none is open."""
    if not storage_requests.remove(user.user_id):
        raise NotFound("You have no open request for more storage. It may have been answered already.")
