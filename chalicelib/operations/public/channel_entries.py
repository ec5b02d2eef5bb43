"""Conversion of channels to entries of the public channel list and the catalog."""

from datetime import datetime

from chalicelib.content_databases.public_entries import Shown, channel_entry
from chalicelib.models.channels import Channel
from chalicelib.schemas.responses.public import PublicChannel


def entry_of(channel: Channel) -> PublicChannel:
    """The entry of a published channel, without tokens."""
    return channel_entry(
        channel.id,
        int(channel.version),
        moment(channel.last_published),
        bool(channel.public),
        channel.version_notes,
        channel.published,
        [],
    )


def shown_of(channel: Channel) -> Shown:
    """The fields of a public channel that the catalog needs in addition to its entry, including its sort key."""
    return {
        "thumbnail": channel.thumbnail,
        "thumbnail_encoding": channel.thumbnail_encoding,
        "demo_server_url": channel.demo_server_url or "",
        "priority": int(channel.priority),
        "countries": channel.countries,
    }


def moment(value: datetime) -> str:
    """Format a time as in the API."""
    return value.isoformat().replace("+00:00", "Z")
