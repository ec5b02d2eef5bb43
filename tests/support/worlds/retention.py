"""Time that passes for what is kept for a time, and the walk that ends it."""

from datetime import timedelta

from chalicelib.models.channels import Channel
from chalicelib.operations.retention import channel_purge
from tests.support.aws import rights_check
from tests.support.existing import existing
from tests.support.http.client import Studio
from tests.support.worlds import storage

WALK = {"jobs": [{"job": "end_retention"}]}


def age(channel_id: str, days: float) -> None:
    """Let days pass since a channel was deleted."""
    deleted_at = existing(Channel.get(channel_id)).deleted_at
    Channel(channel_id).update([Channel.deleted_at.set(deleted_at - timedelta(days=days))])


def walk(studio: Studio) -> None:
    """Run the schedule, with all jobs that it sends, as if the pause of each were over."""
    pause, channel_purge.PAUSE = channel_purge.PAUSE, -1
    try:
        studio.send("maintenance", WALK)
        storage.drain(studio)
    finally:
        channel_purge.PAUSE = pause


def purge(studio: Studio, channel_id: str) -> None:
    """Delete a channel, and let everything pass until it is gone for good."""
    assert studio.call("DELETE", f"/api/channel/{channel_id}").status == 204
    studio.deliver()
    age(channel_id, 31)
    walk(studio)


def run_beside(channel_id: str) -> None:
    """Let a worker begin to delete a channel for good while a request runs."""
    with rights_check.judge.running("maintenance"):
        channel_purge.purge(channel_id)
