"""Channels as the public channel list gives them."""

from datetime import datetime

from chalicelib.content_databases.public_entries import Shown, channel_entry
from chalicelib.models.channels import Channel
from chalicelib.schemas.responses.public import PublicChannel


def entry_of(channel: Channel) -> PublicChannel:
    """The entry of a channel that is live, naming no token."""
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
    """What the catalog says of a public channel beside its entry, and by what it orders them."""
    return {
        "thumbnail": channel.thumbnail,
        "thumbnail_encoding": channel.thumbnail_encoding,
        "demo_server_url": channel.demo_server_url or "",
        "priority": int(channel.priority),
    }


def moment(value: datetime) -> str:
    """A time as the API writes it."""
    return value.isoformat().replace("+00:00", "Z")
