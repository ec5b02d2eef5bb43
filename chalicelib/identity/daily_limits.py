"""Counts what users create per day, against the limits of `domain.limits`."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from chalicelib.config import settings
from chalicelib.domain.limits import DAY, Limit
from chalicelib.errors import LimitReached, StudioError
from chalicelib.models import counters, users
from chalicelib.models.counters import Period


@contextmanager
def counted(limit: Limit, user_id: str, who: str = "") -> Iterator[None]:
    """Count what the block creates for a user or, if given, for `who`; strangers have no user's id. It does not count
    if the block refuses it.

    One write; the user's own limit is read only when the general one is reached. Raises LimitReached.
    """
    period = counters.current(f"day {limit.name}", who or user_id, DAY)
    if not counters.take(period, allowed(limit)):
        _take_more(limit, user_id, period)
    try:
        yield
    except StudioError:
        counters.give_back(period)
        raise


def allowed(limit: Limit) -> int:
    """The limit of users who have none of their own."""
    return settings().daily_limits.get(limit.name, limit.default)


def _take_more(limit: Limit, user_id: str, period: Period) -> None:
    user = users.get(user_id) if user_id else None
    most = max(allowed(limit), int(((user and user.limits) or {}).get(limit.name, 0)))
    if most > allowed(limit) and counters.take(period, most):
        return
    until = datetime.fromtimestamp(period.ends, UTC).strftime("%Y-%m-%d %H:%M UTC")
    sentence = f"{limit.refusal.format(allowed=most)} Try again after {until}, or ask an administrator for more."
    raise LimitReached(sentence, period.seconds_left)
