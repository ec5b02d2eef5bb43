"""Delete one's account: what goes and what stays, and the request, which ends every access at once.

Everything else is deleted by a job (`deletion_job`), whose message is sent before the user is marked.
"""

from chalicelib.aws import mail, queues
from chalicelib.domain import jobs
from chalicelib.errors import Conflict, Forbidden, TooManyAttempts, ValidationFailed
from chalicelib.identity import accounts
from chalicelib.identity.authentication import Identity
from chalicelib.mails import messages
from chalicelib.models import channel_members, channels, user_deletion, users
from chalicelib.models.base import in_parallel
from chalicelib.models.channel_members import ChannelMember
from chalicelib.models.channels import Channel
from chalicelib.models.users import User
from chalicelib.operations.access import policy
from chalicelib.operations.accounts import attempts
from chalicelib.operations.storage.channel_files import COMMIT_DELAY
from chalicelib.operations.users import administration
from chalicelib.schemas.responses.leaving import Deletion, DeletionChannel
from chalicelib.telemetry import Audited, audit

MAX_LISTED = 1000  # channels in each list of the preview
_RACES = 5


def preview(user: Identity) -> Deletion:
    """Return what deleting the caller's account would delete and keep. One index query per channel that the caller may
    be the only editor of.
    """
    return _preview(accounts.own(user))


def preview_of(email: str) -> Deletion:
    """The same for the user with this e-mail address, for an operator. Raises NotFound."""
    return _preview(accounts.user_with(email))


def _preview(user: User) -> Deletion:
    roles = {member.channel_id: member.role for member in channel_members.of_user(user.id)}
    found = sorted(channels.get_many_to_read(list(roles)), key=lambda channel: (channel.name.casefold(), channel.id))
    edited = [channel for channel in found if policy.is_editor(roles[channel.id])]
    alone = dict(zip(edited, in_parallel(lambda channel: is_only_editor(channel, user.id), edited), strict=True))
    gone = [channel for channel in edited if alone[channel] and not channel.deleted]
    kept = [channel for channel in found if not alone.get(channel) and not channel.deleted]
    obstacle = _obstacle(user)
    return {
        "may_delete": obstacle is None,
        "obstacle": obstacle,
        "deleted_count": len(gone),
        "deleted": [_row(channel, roles) for channel in gone[:MAX_LISTED]],
        "kept_count": len(kept),
        "kept": [_row(channel, roles) for channel in kept[:MAX_LISTED]],
    }


def is_only_editor(channel: Channel, user_id: str) -> bool:
    """Whether nobody else edits a channel that the user edits. The index may lag, but the counter is never too high."""
    return int(channel.editors_count) <= 1 and other_editor(channel.id, user_id) is None


def other_editor(channel_id: str, user_id: str) -> ChannelMember | None:
    """Another editor of a channel, whether active or not, from an index that may lag by a second."""
    members = (one for one in channel_members.of_channel(channel_id) if one.user_id != user_id)
    return next((one for one in members if policy.is_editor(one.role)), None)


def _obstacle(user: User) -> str | None:
    try:
        _staying(user)
    except Conflict as conflict:
        return conflict.detail
    return None


def _staying(user: User) -> list[str]:
    """Return the administrator who must stay if this user leaves, none if the user is not one."""
    return [administration.another_administrator(user.id)] if policy.is_active_admin(user) else []


def _row(channel: Channel, roles: dict[str, str]) -> DeletionChannel:
    is_public = policy.is_open(bool(channel.public), channels.is_live(channel))
    return {
        "id": channel.id,
        "name": channel.name,
        "can_edit": policy.is_editor(roles[channel.id]),
        "published": channels.is_live(channel),
        "public": is_public,
    }


def check_session(user: Identity) -> None:
    """Raise Forbidden if the caller uses a token, which is copied into scripts."""
    if not policy.has_session(user):
        raise Forbidden("An API token cannot delete an account. Sign in with your password.")


def request(user: Identity, password: str) -> None:
    """Delete the caller's account. All tokens and sessions have ended when this returns.

    Raises Forbidden for a caller with a token, ValidationFailed for a wrong password, TooManyAttempts, Conflict for the
    last administrator or after lost races.
    """
    check_session(user)
    own = accounts.own(user)
    try:
        is_right = attempts.by_device(user.session, lambda: accounts.is_password_of(own, password))
    except TooManyAttempts:
        audit(Audited.PASSWORD_CHANGE_THROTTLED, own.id)
        raise
    if not is_right:
        audit(Audited.USER_DELETION_REFUSED, own.id)
        raise ValidationFailed({"password": ["This is not your password."]})
    begin(own)


def begin(user: User) -> None:
    """Mark a user as being deleted and let the job do the rest. Idempotent.

    Raises Conflict for the last administrator or after lost races.
    """
    for _ in range(_RACES):
        if user_deletion.is_marked(user):
            queues.send_maintenance(jobs.DELETE_USER.message(user_id=user.id))
            return
        staying = _staying(user)
        queues.send_maintenance(jobs.DELETE_USER.message(user_id=user.id), delay=COMMIT_DELAY)
        if user_deletion.mark(user, *staying):
            audit(Audited.USER_DELETION_REQUESTED, user.id)
            mail.notify(str(user.email), messages.account_deleted())
            return
        current = users.get(user.id)
        if current is None:
            return
        user = current
    raise Conflict("The account was changed by another request. Try again.")
