"""Changes in feeds that no write is behind."""

from typing import Any

from chalicelib.models import changes, emission
from chalicelib.models.base import transact
from chalicelib.models.changes import Change
from chalicelib.models.emission import Emission
from chalicelib.operations.changes import feed


def emit(owner: str, made: list[Change]) -> None:
    """Write changes into a feed as done."""
    emissions = [Emission(changes.counter_of(owner), made)]
    assert not transact(lambda transaction: emission.emit(transaction, emissions))


def emit_update(channel_id: str, table: str, key: str, mods: dict[str, Any], *more: Any) -> None:
    """Emit an update that only the server knows of; `more` are further arguments of `feed.by_server`."""
    emit(channel_id, [feed.by_server(channel_id, table, key, mods, *more)])
