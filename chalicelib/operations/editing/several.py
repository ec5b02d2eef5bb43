"""Move, copy, delete and restore several nodes at the request of a user, one after the other.

Each is an operation of its own, as over REST. Those that are refused, and those for which no time is left, remain.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from chalicelib.domain.ids import derived_id, new_id, parse_id
from chalicelib.errors import Busy, StudioError
from chalicelib.identity.authentication import Identity
from chalicelib.models import nodes
from chalicelib.operations.copying import node_copies
from chalicelib.operations.nodes import node_moves, purging
from chalicelib.schemas.contentnode import Move, Restore

MAX_SECONDS = 15  # after which no further node is begun: a request has 29
_IN_REVERSE = ("first-child", "right")  # positions at which each further node comes before the one before


@dataclass(frozen=True)
class Outcome:
    """How many nodes were changed, whether copies continue in the background, and the error of each other node."""

    done: int
    is_continued: bool
    refused: dict[str, StudioError]


def move(user: Identity, ids: list[str], sent: Move) -> Outcome:
    """Move nodes to a place, where they have the given order."""
    return _each(_ordered(ids, sent), lambda id: node_moves.relocate(user, id, sent))


def copy(user: Identity, ids: list[str], sent: Move, key: str) -> Outcome:
    """Copy nodes to a place, where they have the given order. What has been copied with this id is not copied again."""
    plain = parse_id(key) or new_id()
    body = sent.model_dump()
    return _each(_ordered(ids, sent), lambda id: _copy(user, id, {**body, "key": derived_id(plain, id)}))


def _copy(user: Identity, node_id: str, body: dict[str, str]) -> bool:
    """Whether the copy continues in the background."""
    made = nodes.get(body["key"])
    if made is not None and not nodes.is_reserved(made):
        return False
    return not node_copies.request(user, node_id, body)[1]


def trash(user: Identity, ids: list[str]) -> Outcome:
    """Move nodes to the trash."""
    return _each(ids, partial(node_moves.trash, user))


def restore(user: Identity, ids: list[str]) -> Outcome:
    """Restore nodes from the trash to where they were deleted."""
    return _each(ids, lambda id: node_moves.restore(user, id, Restore()))


def purge(user: Identity, ids: list[str]) -> Outcome:
    """Delete nodes of the trash for good."""
    return _each(ids, partial(purging.purge, user))


def _ordered(ids: list[str], sent: Move) -> list[str]:
    return ids[::-1] if sent.position in _IN_REVERSE else ids


def _each(ids: list[str], change: Callable[[str], object]) -> Outcome:
    end, done, is_continued = time.monotonic() + MAX_SECONDS, 0, False
    refused: dict[str, StudioError] = {}
    for id in ids:
        if time.monotonic() > end:
            refused[id] = Busy("There was no time left for it. Send the form again.")
            continue
        try:
            is_continued |= change(id) is True
            done += 1
        except StudioError as error:
            refused[id] = error
    return Outcome(done, is_continued, refused)
