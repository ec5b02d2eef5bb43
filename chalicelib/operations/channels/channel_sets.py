"""Channel sets: collections of channels that share one access token. Users see their own sets, administrators all.

Users may add public channels to a set, and private channels that they may edit; `operations.public.set_channels`
decides which of them the set shows.
"""

from chalicelib.domain.ids import new_id, parse_id
from chalicelib.errors import Conflict, NotFound, ValidationFailed
from chalicelib.identity.authentication import Identity
from chalicelib.models import channel_sets, secret_tokens
from chalicelib.models.base import read_many, save_new
from chalicelib.models.channel_sets import ChannelSet
from chalicelib.models.channels import Channel
from chalicelib.operations.access import channel_rights, policy
from chalicelib.operations.public import set_channels
from chalicelib.schemas.channelset import MAX_CHANNELS, ChannelSetChanges, ChannelSetIn
from chalicelib.schemas.listing import ListQuery
from chalicelib.schemas.responses.people import ChannelSet as ChannelSetOut

_TRIES = 5


class Row(ChannelSetOut):
    """A set with all its channels, before `fill` removes the hidden ones."""

    owner: str  # "" if the set has no owner


def listed(user: Identity, _: ListQuery) -> list[Row]:
    """Return the caller's sets ordered by name, with all their channels and their `owner`."""
    found = channel_sets.of_user(user.user_id)
    return [_row(one) for one in sorted(found, key=lambda one: (one.name.casefold(), one.id))]


def fill(_: Identity, rows: list[Row]) -> list[ChannelSetOut]:
    """Return the sets with their visible channels only."""
    pairs = {(row["owner"], channel_id) for row in rows for channel_id in row["channels"]}
    found = set_channels.read({channel_id for _, channel_id in pairs}, pairs)
    return [_shown(row, found) for row in rows]


def _shown(row: Row, found: set_channels.Found) -> ChannelSetOut:
    shown = [channel_id for channel_id in row["channels"] if found.is_shown(channel_id, row["owner"])]
    return {
        "id": row["id"],
        "name": row["name"],
        "description": row["description"],
        "channels": shown,
        "secret_token": row["secret_token"],
        "edit": row["edit"],
    }


def one(user: Identity, set_id: str) -> ChannelSetOut:
    """Return one of the caller's sets.

    Raises NotFound for sets of other users.
    """
    return fill(user, [_row(_own(user, set_id))])[0]


def create(user: Identity, sent: ChannelSetIn) -> ChannelSetOut:
    """Create a set with a token.

    Raises ValidationFailed for channels that the caller may not add, Conflict if the ID is taken.
    """
    wanted = [channel_id for channel_id, is_in in sent.channels.items() if is_in]
    _check_addable(user, wanted)
    set_id = sent.id or new_id()
    if sent.id and channel_sets.get(sent.id):
        raise _taken(sent.id)
    # If a crash before the next write orphans this token, it grants access to nothing.
    token = secret_tokens.reserve_for_set(set_id)
    made = ChannelSet(
        set_id,
        user_id=user.user_id,
        name=sent.name,
        description=sent.description,
        channel_ids=wanted,
        secret_token=token,
    )
    if not save_new(made):
        raise _taken(set_id)
    return fill(user, [_row(made)])[0]


def update(user: Identity, set_id: str, sent: ChannelSetChanges | ChannelSetIn) -> ChannelSetOut:
    """Change the given fields; the membership of channels that are not named does not change.

    Raises NotFound, ValidationFailed for channels that the caller may not add, Conflict after too many lost races.
    """
    given = {name: getattr(sent, name) for name in sent.model_fields_set - {"id"}}
    requested: dict[str, bool] = given.pop("channels", {})
    for _ in range(_TRIES):
        found = _own(user, set_id)
        remaining = [channel_id for channel_id in found.channel_ids if requested.get(channel_id, True)]
        added = [channel_id for channel_id, is_in in requested.items() if is_in and channel_id not in remaining]
        _check_addable(user, added)
        if len(remaining) + len(added) > MAX_CHANNELS:
            raise ValidationFailed({"channels": [f"A set can have at most {MAX_CHANNELS} channels."]})
        for name, value in {**given, "channel_ids": remaining + added}.items():
            setattr(found, name, value)
        if channel_sets.replace(found):
            return fill(user, [_row(found)])[0]
    raise Conflict(f"Set {set_id} is being changed by others. Try again.")


def delete(user: Identity, set_id: str) -> None:
    """Delete a set and its token.

    Raises NotFound.
    """
    channel_sets.remove(_own(user, set_id))


def _own(user: Identity, set_id: str) -> ChannelSet:
    plain = parse_id(set_id)
    found = channel_sets.get(plain) if plain else None
    if found is None or not policy.may_manage(user, found.user_id):
        raise NotFound(f"Channel set not found: {set_id[:60]!r}")
    return found


def _taken(set_id: str) -> Conflict:
    return Conflict(f"Set {set_id} already exists. Send another ID, or none.")


def _check_addable(user: Identity, channel_ids: list[str]) -> None:
    if not channel_ids:
        return
    found = read_many(channel_rights.keys(user, channel_ids))
    roles = channel_rights.roles(user, found)
    unknown = [channel_id for channel_id in channel_ids if not policy.may_view(roles.get(channel_id))]
    if unknown:
        raise ValidationFailed({"channels": [f"Channels not found: {', '.join(unknown[:10])}"]})
    public = {channel.id: bool(channel.public) for channel in found[Channel]}
    not_addable = [id for id in channel_ids if not policy.may_add_to_set(roles[id], public[id])]
    if not_addable:
        names = ", ".join(not_addable[:10])
        raise ValidationFailed({"channels": [f"These channels are private, and you may only view them: {names}"]})


def _row(one: ChannelSet) -> Row:
    return {
        "id": one.id,
        "name": one.name,
        "description": one.description,
        "channels": one.channel_ids,
        "secret_token": one.secret_token,
        "edit": True,
        "owner": one.user_id or "",
    }
