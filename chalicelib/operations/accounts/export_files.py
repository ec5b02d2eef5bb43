"""What is in an export of a user's data: a ZIP file of JSON arrays, each written as it is read, page by page."""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZipFile

from chalicelib.config import settings
from chalicelib.domain import jsontext
from chalicelib.identity.accounts import address_id
from chalicelib.models import (
    channel_members,
    channel_sets,
    channels,
    invitations,
    personal_data,
    sessions,
    storage_requests,
    tokens,
    uploads,
    users,
)
from chalicelib.models.bookmarks import Bookmark
from chalicelib.models.changes import Change
from chalicelib.models.channel_members import ChannelMember
from chalicelib.models.channels import Channel
from chalicelib.models.clipboard import ClipboardEntry
from chalicelib.models.invitations import Invitation
from chalicelib.models.saved_searches import SavedSearch
from chalicelib.models.sessions import lasting
from chalicelib.models.users import User
from chalicelib.operations.access import policy
from chalicelib.operations.public.channel_entries import moment

BATCH = 100  # channels in memory at once
README = """Your data on Kolibri Studio ({url}), as of {date}.

{files}

Sizes are in bytes, times in UTC. Secrets are left out: of passwords, API tokens and sessions only hashes are stored.

The content of channels is not here. {url}/api/contentnode has it (see {url}/api/); the database of a published
channel is {url}/content/databases/<id>.sqlite3, and its files are below {url}/content/storage/.
Imported into Kolibri by its token, a channel comes with all of its files.

Logs of requests name you by your id and your network address. They are deleted after some time; ask the operators of
this server for them, and for how long they are kept.
"""
Rows = Iterable[dict[str, Any]]


def write(user: User, file: IO[bytes]) -> int:
    """Write the export of a user's data into a file; returns its size in bytes."""
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        listed = "\n".join(f"{name + '.json':28}{about}" for name, about, _ in FILES)
        values = {"url": settings().public_url, "date": moment(datetime.now(UTC)), "files": listed}
        archive.writestr("README.txt", README.format(**values))
        for name, _, rows in FILES:
            with archive.open(f"{name}.json", "w", force_zip64=True) as entry:
                _write(entry, rows(user))
    return file.tell()


def _write(entry: IO[bytes], rows: Rows) -> None:
    between = b"[\n"
    for row in rows:
        entry.write(between + jsontext.dumps(row).encode())
        between = b",\n"
    entry.write(b"[]\n" if between == b"[\n" else b"\n]\n")


def _profile(user: User) -> Iterator[dict[str, Any]]:
    names = ("id", "email", "first_name", "last_name", "is_admin", "is_active", "is_chef", "limits")
    used = int(user.disk_space) - int(user.disk_space_left)
    times = {name: _time(getattr(user, name)) for name in ("date_joined", "last_login")}
    storage = {"disk_space": int(user.disk_space), "disk_space_used": used}
    yield {**{name: getattr(user, name) for name in names}, **times, **storage, "has_password": bool(user.password)}


def _channels(user: User) -> Rows:
    for members, found in _memberships(user):
        for channel in found:
            member = members[channel.id]
            is_editor = policy.is_editor(member.role)
            yield {
                "id": channel.id,
                "name": channel.name,
                "role": member.role,
                "since": _time(member.since),
                "is_owner": channel.owner_id == user.id,
                "token": channel.primary_token if is_editor else None,
                "draft_token": channel.draft_token if is_editor else None,
                "version": int(channel.version),
                "public": bool(channel.public),
                "deleted": bool(channel.deleted),
                "created": _time(channel.created),
                "modified": _time(channel.modified),
            }


def _members(user: User) -> Rows:
    """The other members of the channels that the user edits, as editors see them."""
    for members, found in _memberships(user):
        for channel in found:
            if policy.is_editor(members[channel.id].role):
                others = {one.user_id: one.role for one in channel_members.of_channel(channel.id)}
                others.pop(user.id, None)
                for person in users.get_many(list(others)).values():
                    names = {"first_name": person.first_name, "last_name": person.last_name, "email": person.email}
                    yield {"channel": channel.id, "user": person.id, **names, "role": others[person.id]}


def _memberships(user: User) -> Iterator[tuple[dict[str, ChannelMember], list[Channel]]]:
    remaining = personal_data.memberships(user.id)
    while members := {member.channel_id: member for member in islice(remaining, BATCH)}:
        yield members, channels.get_many_to_read(list(members))


def _received(user: User) -> Rows:
    return map(_invitation, invitations.received({user.id, address_id(str(user.email))}))


def _sent(user: User) -> Rows:
    return map(_invitation, invitations.sent(user.id))


def _invitation(one: Invitation) -> dict[str, Any]:
    names = ("id", "email", "first_name", "last_name", "share_mode", "sender_name", "accepted", "declined", "revoked")
    return {**_fields(one, names), "channel": one.channel_id, "created": _time(one.created)}


def _own(model: Any, *names: str) -> Callable[[User], Rows]:
    return lambda user: (_fields(item, names) for item in personal_data.own(model, user.id))


def _fields(item: Any, names: Iterable[str]) -> dict[str, Any]:
    found = {name: getattr(item, name) for name in names}
    return {name: moment(value) if isinstance(value, datetime) else value for name, value in found.items()}


def _sets(user: User) -> Rows:
    names = ("id", "name", "description", "channel_ids", "secret_token")
    return (_fields(one, names) for one in channel_sets.of_user(user.id))


def _tokens(user: User) -> Rows:
    for token in tokens.of_keys(user.token_keys or ()):
        row = _fields(token, ("name", "prefix", "created", "used"))
        yield {"id": tokens.id_of(token.key), **row, "expires": _unix(token.expires)}


def _sessions(user: User) -> Rows:
    for session in sessions.of_keys(lasting(user.session_places).values()):
        yield {**_fields(session, ("device", "created")), "expires": _unix(session.expires)}


def _files(user: User) -> Rows:
    return (_fields(row, ("filename", "file_size", "created")) for row in uploads.all_of(user.id))


def _requests(user: User) -> Rows:
    request = storage_requests.get(user.id)
    return [_fields(request, ("size", "reason", "created"))] if request else []


def _time(value: datetime | None) -> str | None:
    return moment(value) if value else None


def _unix(value: float | None) -> str | None:
    return None if value is None else moment(datetime.fromtimestamp(int(value), UTC))


FILES: tuple[tuple[str, str, Callable[[User], Rows]], ...] = (
    ("profile", "your account, with the storage that you have and use", _profile),
    ("channels", "the channels that you edit or view, with your role and their tokens", _channels),
    ("members", "who else edits or views the channels that you edit", _members),
    ("invitations_received", "invitations to you", _received),
    ("invitations_sent", "invitations that you have sent", _sent),
    ("bookmarks", "channels that you have bookmarked", _own(Bookmark, "channel_id")),
    ("saved_searches", "your saved searches", _own(SavedSearch, "id", "name", "params", "created", "modified")),
    (
        "clipboard",
        "nodes on your clipboard",
        _own(ClipboardEntry, "id", "contentnode_id", "source_node_id", "source_channel_id", "kind", "excluded"),
    ),
    ("channel_sets", "your sets of channels, with their tokens", _sets),
    ("api_tokens", "your API tokens, without the tokens themselves", _tokens),
    ("sessions", "where you are signed in", _sessions),
    ("files", "the files that your storage is used for", _files),
    ("requests", "your request for more storage", _requests),
    ("changes", "the latest changes to what is yours alone", _own(Change, "rev", "type", "table", "key", "fields")),
)
