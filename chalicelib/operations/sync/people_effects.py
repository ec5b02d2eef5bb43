"""Effects of changes to users: profile, channel members, invitations, bookmarks."""

from chalicelib.errors import Conflict, NotFound
from chalicelib.identity.authentication import Identity
from chalicelib.models import users
from chalicelib.models.changes import Change
from chalicelib.operations.access import policy
from chalicelib.operations.users import bookmarks, invitations, members
from chalicelib.schemas.base import parse
from chalicelib.schemas.channel import BookmarkIn
from chalicelib.schemas.invitation import InvitationChanges, InvitationIn
from chalicelib.schemas.sync import NameIn


def rename(user: Identity, change: Change) -> None:
    if not policy.owns(user, change.key):
        raise NotFound("You can only change yourself. Send your own ID as key.")
    names = parse(NameIn, change.fields["mods"]).model_dump(exclude_unset=True)
    own = users.get(user.user_id)
    if names and own and not users.change_profile(own, [], names):
        raise Conflict("Your account was changed by another request. Reload it and try again.")


def bookmark(user: Identity, change: Change) -> None:
    bookmarks.create(user, BookmarkIn(channel=change.key))


def add_editor(user: Identity, change: Change) -> None:
    members.make_editor(user, *change.key)


def add_viewer(user: Identity, change: Change) -> None:
    """Members may view already; others must be invited."""
    if not _membership(user, change):
        raise NotFound("This user is not a member of the channel. Invite the user first.")


def remove_editor(user: Identity, change: Change) -> None:
    if policy.is_viewer(_membership(user, change)):
        raise NotFound("This user is not an editor of the channel.")
    members.remove(user, *change.key)


def remove_viewer(user: Identity, change: Change) -> None:
    """When a viewer becomes an editor, clients remove the viewer right; then there is nothing to do."""
    if not policy.is_editor(_membership(user, change)):
        members.remove(user, *change.key)


def _membership(user: Identity, change: Change) -> str | None:
    user_id, channel_id = change.key
    return members.standing(user, channel_id, user_id).memberships.get(user_id)


def invite(user: Identity, change: Change) -> None:
    invitations.create(
        user, parse(InvitationIn, {"channel": change.channel_id, **change.fields["obj"], "id": change.key})
    )


def revoke(user: Identity, change: Change) -> None:
    invitations.update(user, change.key, InvitationChanges(revoked=True))
