"""The caller's user and profile."""

from chalicelib.errors import Conflict, NotFound
from chalicelib.identity import accounts
from chalicelib.identity.authentication import Identity
from chalicelib.models import channel_members, users
from chalicelib.models.users import User
from chalicelib.operations.access import policy
from chalicelib.operations.public.channel_entries import moment
from chalicelib.operations.users.people import brief
from chalicelib.schemas.profile import ProfileChanges
from chalicelib.schemas.responses.people import CurrentUser, Profile

_RACES = 5


def listed(user: Identity) -> CurrentUser:
    """Return the user as `/api/user` does, with the IDs of the channels that the user may edit, or only view."""
    members = channel_members.of_user(user.user_id)
    return {
        **brief(accounts.own(user)),
        "editable_channels": [member.channel_id for member in members if policy.is_editor(member.role)],
        "view_only_channels": [member.channel_id for member in members if policy.is_viewer(member.role)],
    }


def one(user: Identity, user_id: str) -> CurrentUser:
    """Return the same as `listed`, for the caller's own ID.

    Raises NotFound for any other ID.
    """
    if not policy.owns(user, user_id):
        raise NotFound(
            "You can only read your own user here. Use /api/channeluser?channel=<id> for members of a channel."
        )
    return listed(user)


def profile(user: Identity) -> Profile:
    """Return the caller's profile. Sizes are in bytes; used space may exceed the quota if the quota was reduced."""
    return _profile(accounts.own(user))


def update(user: Identity, changes: ProfileChanges) -> Profile:
    """Change the caller's names; the copies in tokens and sessions follow in the same transaction.

    Raises Conflict if the user is changed again and again meanwhile.
    """
    for _ in range(_RACES):
        own = accounts.own(user)
        wanted = {name: value for name, value in changes.model_dump().items() if value is not None}
        changed = {name: value for name, value in wanted.items() if value != getattr(own, name)}
        if not changed or users.change_profile(own, [], changed):
            for name, value in changed.items():
                setattr(own, name, value)
            return _profile(own)
    raise Conflict("Your account was changed by other requests. Try again.")


def _profile(own: User) -> Profile:
    return {
        **brief(own),
        "is_admin": bool(own.is_admin),
        "date_joined": moment(own.date_joined) if own.date_joined else None,
        "clipboard_root_id": own.id,  # the root of the clipboard has the user's ID
        "disk_space": int(own.disk_space),
        "disk_space_used": int(own.disk_space) - int(own.disk_space_left),
        "available_space": max(0, int(own.disk_space_left)),
    }
