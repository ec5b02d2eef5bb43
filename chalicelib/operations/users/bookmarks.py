"""Bookmarks of channels."""

from chalicelib.domain.ids import parse_id
from chalicelib.errors import NotFound
from chalicelib.identity.authentication import Identity
from chalicelib.models import bookmarks, channel_members
from chalicelib.operations.access import policy
from chalicelib.operations.access.channel_rights import viewable
from chalicelib.operations.public import public_index
from chalicelib.schemas.channel import BookmarkIn
from chalicelib.schemas.listing import ListQuery
from chalicelib.schemas.responses.channel import Bookmark


def find(user: Identity, _: ListQuery) -> list[Bookmark]:
    """Return the caller's bookmarks of channels that the caller may still view."""
    marked = bookmarks.of_user(user.user_id)
    if not marked:
        return []
    own = {member.channel_id: member.role for member in channel_members.of_user(user.user_id)}
    public = public_index.current().by_id if not own.keys() >= set(marked) else {}
    return [{"channel": id} for id in marked if policy.may_view(policy.role_of(user, own.get(id), id in public))]


def create(user: Identity, sent: BookmarkIn) -> Bookmark:
    """Bookmark a channel that the caller may view. Idempotent. Raises NotFound."""
    channel, _ = viewable(user, sent.channel)
    bookmarks.add(user.user_id, channel.id)
    return {"channel": channel.id}


def delete(user: Identity, channel_id: str) -> None:
    """Delete a bookmark. Raises NotFound."""
    plain = parse_id(channel_id)
    if plain is None or not bookmarks.remove(user.user_id, plain):
        raise NotFound(f"Bookmark not found: {channel_id[:60]!r}")
