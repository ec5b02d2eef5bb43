"""Changes that the application itself emits in the feeds of channels.

They are already applied when they are written: the operation that writes the data adds them to the same transaction
(`models.emission`), even while others apply changes of the same channel.
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
    """The origin of a write, which decides what is emitted with it.

    A request emits the change that describes its write. `applied` is a change sent by a sync client: it is already in
    the feed of its channel, so its write emits only what other feeds need. These are of channels that nodes or files
    are moved to, or were moved to while the change was pending.
    """

    applied: Change | None = None

    @property
    def mark(self) -> str | None:
        """Identifies the sync change, if it is one."""
        return f"{self.applied.owner}/{self.applied.rev}" if self.applied else None

    def emitted(self, described: list[Change]) -> list[Change]:
        """The changes to emit among those that describe a write."""
        known_in = self.applied.channel_id if self.applied else None
        return [change for change in described if change.channel_id != known_in]


REQUEST = Origin()


def emissions(made: Iterable[Change], *counters: Counter | None) -> list[Emission]:
    """Group changes by the feed of their channel, for the transaction of a write.

    `counters` are those of the channels, read before the write.
    """
    known = {counter.owner: counter for counter in counters if counter}
    by_owner: dict[str, list[Change]] = {}
    for change in made:
        by_owner.setdefault(str(change.channel_id), []).append(change)
    return [Emission(known[owner], some) for owner, some in by_owner.items()]


def by_request(user: Identity, channel_id: str, type: int, table: str, key: Key, **fields: Any) -> Change:
    """A change made by a user's request.

    Its session differs from that of the client's sync changes, because clients do not apply the successes of their own
    changes but must apply this one.
    """
    session = f"rest:{user.session}" if user.session else None
    return applied_change(channel_id, type, table, key, fields, created_by_id=user.user_id, session=session)


def by_server(
    channel_id: str | None,
    table: str,
    key: Key,
    mods: dict[str, Any],
    unpublishable: bool = True,
    created_by_id: str | None = None,
) -> Change:
    """An update made by the server.

    `unpublishable`: the change does not affect what a publish would write. `created_by_id` is the user on whose behalf
    it is made, if any.
    """
    return applied_change(channel_id, UPDATED, table, key, {"mods": mods}, unpublishable, created_by_id)


def applied_change(
    channel_id: str | None,
    type: int,
    table: str,
    key: Key,
    fields: dict[str, Any],
    unpublishable: bool = False,
    created_by_id: str | None = None,
    session: str | None = None,
) -> Change:
    """Build an applied change of any type without saving it. `fields` are those of its type."""
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
