"""Changes that the application itself writes into the feeds of channels, and with which data they are written.

They are done when they are written: the operation that writes the data puts them into the same transaction
(`models.emission`), also while others apply changes of the same channel.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from chalicelib.identity.authentication import Identity
from chalicelib.models import changes
from chalicelib.models.changes import Change, Counter
from chalicelib.models.emission import Emission
from chalicelib.schemas.sync import UPDATED

Key = str | list[str]


@dataclass(frozen=True)
class Origin:
    """What a write follows from, which decides what is emitted with it.

    A request emits the change that describes its write. A change that a sync client sent is in a feed already: its
    write emits only what other feeds need; `applied` is that change, where the operation has to know it.
    """

    emits: bool = True
    applied: Change | None = None


REQUEST = Origin()
IN_FEED = Origin(emits=False)


def emissions(made: Iterable[Change], *counters: Counter | None) -> list[Emission]:
    """What is put into the transaction of a write: changes, each for the feed of its channel.

    `counters` are those of these channels, as they were read before the write.
    """
    known = {counter.owner: counter for counter in counters if counter}
    by_owner: dict[str, list[Change]] = {}
    for change in made:
        by_owner.setdefault(str(change.channel_id), []).append(change)
    return [Emission(known[owner], some) for owner, some in by_owner.items()]


def by_request(user: Identity, channel_id: str, type: int, table: str, key: Key, **fields: Any) -> Change:
    """A change that a request of a user makes.

    Its session is not that of changes which came by sync: a client does not apply what is answered as a success of its
    own, and this it has to apply.
    """
    session = f"rest:{user.session}" if user.session else None
    return done(channel_id, type, table, key, fields, created_by_id=user.user_id, session=session)


def by_server(
    channel_id: str | None,
    table: str,
    key: Key,
    mods: dict[str, Any],
    unpublishable: bool = True,
    created_by_id: str | None = None,
) -> Change:
    """An update that only the server knows of.

    `unpublishable`: it changes nothing that a publish would show. `created_by_id` is the user on whose account it was
    made, if any.
    """
    return done(channel_id, UPDATED, table, key, {"mods": mods}, unpublishable, created_by_id)


def done(
    channel_id: str | None,
    type: int,
    table: str,
    key: Key,
    fields: dict[str, Any],
    unpublishable: bool = False,
    created_by_id: str | None = None,
    session: str | None = None,
) -> Change:
    """A change of any type that is done already, not yet written. `fields` is what its type carries."""
    return Change(
        type=type,
        table=table,
        key=key,
        fields=fields,
        channel_id=channel_id,
        created_by_id=created_by_id,
        session=session,
        unpublishable=unpublishable,
        status=changes.DONE,
    )
