"""The periods of `domain.storage.retention` as this stage has set them."""

from datetime import datetime, timedelta

from chalicelib.config import settings
from chalicelib.domain.storage.retention import CHANNELS, TRASH, Period, end_of
from chalicelib.models.base import now


def value_of(period: Period) -> int:
    """The days or the number of a period."""
    return settings().retention.get(period.name, period.default)


def days(period: Period) -> timedelta:
    """A period in days."""
    return timedelta(days=value_of(period))


def is_over(period: Period, since: datetime) -> bool:
    """Whether a period that began at this time is over."""
    return now() - since >= days(period)


def channel_until(deleted_at: datetime) -> datetime:
    """Until when a channel can be restored that was deleted at this time."""
    return end_of(deleted_at, value_of(CHANNELS))


def node_until(deleted_at: datetime) -> datetime:
    """Until when a node can be restored that was moved to the trash at this time."""
    return end_of(deleted_at, value_of(TRASH))
