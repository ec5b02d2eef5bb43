"""What administrators do to channels (resource shapes: admin-channels)."""

from typing import Any

from chalicelib.domain.ids import parse_id
from chalicelib.errors import NotFound
from chalicelib.models import channels
from chalicelib.models.channels import Channel
from chalicelib.operations import public_listing
from chalicelib.operations.channel_entries import moment
from chalicelib.permissions import Access
from chalicelib.rest import Request, Route
from chalicelib.schemas.admin import AdminChannelChanges
from chalicelib.schemas.base import parse


def update(request: Request) -> dict[str, Any]:
    """Make a channel public or private."""
    changes = parse(AdminChannelChanges, request.json)
    channel_id = parse_id(request.params["channel_id"])
    channel = channels.get(channel_id) if channel_id else None
    if channel is None:
        raise NotFound(f"Channel not found: {request.params['channel_id'][:100]}")
    if changes.public is not None:
        channel = public_listing.set_public(channel.id, changes.public)
    return _out(channel)


def _out(channel: Channel) -> dict[str, Any]:
    return {
        "id": channel.id,
        "name": channel.name,
        "description": channel.description,
        "published": channels.is_live(channel),
        "public": bool(channel.public),
        "deleted": bool(channel.deleted),
        "created": moment(channel.created),
        "modified": moment(channel.modified),
        "primary_token": channel.primary_token,
    }


ROUTES = (Route("PATCH", "/api/admin-channels/{channel_id}", update, Access.ADMIN, "Make a channel public or private"),)
