"""What administrators see of users and channels, and what they change. Who calls this is one."""

from collections.abc import Sequence
from typing import Any

from chalicelib import queues
from chalicelib.auth import Identity
from chalicelib.domain.ids import parse_id
from chalicelib.errors import BadRequest, Conflict, NotFound
from chalicelib.models import channels, users
from chalicelib.models.base import now, update_if
from chalicelib.models.channels import Channel
from chalicelib.models.users import User
from chalicelib.operations import public_listing
from chalicelib.operations.channel_entries import moment
from chalicelib.schemas.admin import AdminChannelChanges, AdminChannelList, AdminUserChanges, AdminUserList

Item = dict[str, Any]
MOST = 5000  # rows that fit into an answer of Lambda


# ---- users ----


def list_users(_: Identity, query: AdminUserList) -> list[Item]:
    """Users by address.

    Raises BadRequest where there are more than fit into an answer and no page is asked for.
    """
    ids = [plain for one in query.ids if (plain := parse_id(one))]
    known = users.get_many(ids).values() if query.ids else users.everyone()
    wanted = {"is_active": query.is_active, "is_admin": query.is_admin, "is_chef": query.chef}
    found = [
        person
        for person in sorted(known, key=lambda person: person.email)
        if all(value in (None, bool(getattr(person, name))) for name, value in wanted.items())
        and _has_all(query.keywords, f"{person.first_name} {person.last_name}", person.email)
    ]
    _check_size(found, query)
    return [_user_row(person) for person in found]


def one_user(_: Identity, user_id: str) -> Item:
    """Raises NotFound."""
    return _user_row(_user(user_id))


def change_user(_: Identity, user_id: str, changes: AdminUserChanges) -> Item:
    """Change a user; the user's tokens follow at once.

    Raises NotFound, Conflict where no administrator would be left, or after a lost race.
    """
    person = _user(user_id)
    given = {name: value for name, value in changes.model_dump().items() if value is not None}
    quota = given.pop("disk_space", None)
    actions = []
    if quota is not None:
        actions = [User.disk_space.set(quota), User.disk_space_left.add(quota - int(person.disk_space))]
    was_one = person.is_admin and person.is_active
    staying = [_another_administrator(person.id)] if was_one and False in given.values() else []
    if not users.change_profile(person, actions, given, *staying):
        raise Conflict("The user was changed by someone else just now. Look again, and then try again.")
    return _user_row(_user(user_id))


def _another_administrator(leaving: str) -> str:
    """One who stays. Whether that is still so is for the transaction to say: what is read here may lag."""
    for person in users.everyone():
        if person.is_admin and person.is_active and person.id != leaving:
            return str(person.id)
    raise Conflict("This is the last administrator. Make somebody else one first.")


def _user(user_id: str) -> User:
    plain = parse_id(user_id)
    person = users.get(plain) if plain else None
    if person is None:
        raise NotFound(f"User not found: {user_id[:60]!r}")
    return person


def _user_row(person: User) -> Item:
    return {
        "id": person.id,
        "email": person.email,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "name": f"{person.first_name} {person.last_name}".strip(),
        "is_active": bool(person.is_active),
        "is_admin": bool(person.is_admin),
        "disk_space": int(person.disk_space),
        "last_login": moment(person.last_login) if person.last_login else None,
        "date_joined": moment(person.date_joined) if person.date_joined else None,
        "edit_count": int(person.edit_count),
        "view_count": int(person.view_count),
    }


# ---- channels ----


def list_channels(_: Identity, query: AdminChannelList) -> list[Item]:
    """Ids and names of channels, by name.

    Raises BadRequest as `list_users` does.
    """
    ids = [plain for one in query.ids if (plain := parse_id(one))]
    known = channels.get_many(ids) if query.ids else channels.everything()
    found = [
        {"id": channel.id, "name": channel.name}
        for channel in known
        if query.public in (None, bool(channel.public))
        and query.deleted in (None, bool(channel.deleted))
        and _has_all(query.keywords, channel.name, channel.id, channel.primary_token or "")
    ]
    _check_size(found, query)
    return sorted(found, key=lambda one: (one["name"].casefold(), one["id"]))


def fill_channels(_: Identity, rows: list[Item]) -> list[Item]:
    """The channels of these rows in full."""
    return [_channel_row(channel) for channel in channels.get_many([row["id"] for row in rows])]


def one_channel(_: Identity, channel_id: str) -> Item:
    """Raises NotFound."""
    return _channel_row(_channel(channel_id))


def change_channel(_: Identity, channel_id: str, changes: AdminChannelChanges) -> Item:
    """Change a channel; public lists follow in the background.

    Raises NotFound, Conflict for what cannot become public.
    """
    channel = _channel(channel_id)
    given = {name: value for name, value in changes.model_dump().items() if value is not None}
    public = given.pop("public", None)
    if given:
        actions = [getattr(Channel, name).set(value) for name, value in given.items()]
        update_if(channel, [*actions, Channel.modified.set(now())], Channel.id.exists())
    if "deleted" in given and channel.public:
        queues.send_maintenance({"job": public_listing.JOB, "channel_ids": [channel.id]})
    if public is not None:
        public_listing.set_public(channel.id, public)
    return _channel_row(_channel(channel_id))


def _channel(channel_id: str) -> Channel:
    plain = parse_id(channel_id)
    channel = channels.get(plain) if plain else None
    if channel is None:
        raise NotFound(f"Channel not found: {channel_id[:60]!r}")
    return channel


def _channel_row(channel: Channel) -> Item:
    return {
        "id": channel.id,
        "name": channel.name,
        "description": channel.description,
        "published": channels.is_live(channel),
        "modified": moment(channel.modified),
        "editors_count": int(channel.editors_count),
        "viewers_count": int(channel.viewers_count),
        "size": int((channel.published or {}).get("published_size", 0)),  # bytes
        "public": bool(channel.public),
        "created": moment(channel.created),
        "deleted": bool(channel.deleted),
        "source_url": channel.source_url,
        "demo_server_url": channel.demo_server_url,
        "primary_token": channel.primary_token,
    }


# ---- both ----


def _has_all(words: str, *texts: str) -> bool:
    text = "\n".join(texts).casefold()
    return all(word in text for word in words.casefold().split())


def _check_size(found: Sequence[Any], query: AdminUserList | AdminChannelList) -> None:
    if len(found) > MOST and query.page is None and query.page_size is None:
        raise BadRequest(f"{len(found)} are too many for one answer. Ask for pages: ?page_size=100.")
