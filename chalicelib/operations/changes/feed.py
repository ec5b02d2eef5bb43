"""Telling those who sync a channel of what we did to it ourselves: a publish has ended, a tree was deployed.

Such changes are born done. Any worker may tell them, at any time, also while others do changes of the same channel.
"""

from typing import Any

from chalicelib.models import changes
from chalicelib.models.changes import Change
from chalicelib.schemas.sync import UPDATED

Key = str | list[str]


def tell(
    channel_id: str,
    table: str,
    key: Key,
    mods: dict[str, Any],
    unpublishable: bool = True,
    created_by_id: str | None = None,
) -> None:
    """Add a change of a channel that is done already.

    `unpublishable`: it changes nothing that a publish would show. `created_by_id` is the user on whose account it was
    made, if anybody's. Raises TimeoutError after too many lost races: telling twice does no harm, so try again.
    """
    changes.append_done(channel_id, [made(channel_id, table, key, mods, unpublishable, created_by_id)])


def made(
    channel_id: str | None,
    table: str,
    key: Key,
    mods: dict[str, Any],
    unpublishable: bool = True,
    created_by_id: str | None = None,
) -> Change:
    """Such a change, not yet written down."""
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
    """A change of any type that is done already, not yet written down. `fields` is what its type carries."""
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
