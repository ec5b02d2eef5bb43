"""Emits changes to feeds without a write."""

from typing import Any

from chalicelib.models import changes, emission
from chalicelib.models.base import transact
from chalicelib.models.changes import Change
from chalicelib.models.emission import Emission
from chalicelib.operations.changes import feed


def emit(owner: str, emitted: list[Change]) -> None:
    """Write applied changes to a feed."""
    emissions = [Emission(changes.counter_of(owner), emitted)]
    assert not transact(lambda transaction: emission.emit(transaction, emissions))


def emit_update(channel_id: str, table: str, key: str, mods: dict[str, Any], *more: Any) -> None:
    """Emit an update made by the server; `more` are further arguments of `feed.by_server`."""
    emit(channel_id, [feed.by_server(channel_id, table, key, mods, *more)])
