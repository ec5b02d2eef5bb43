"""The REST representation of a channel (recorded: Studio's channel list)."""

from typing import Any, cast

from chalicelib.domain.storage_keys import split_filename, storage_key
from chalicelib.models import channels
from chalicelib.models.channels import Channel
from chalicelib.models.lazy import remembered
from chalicelib.models.nodes import Node
from chalicelib.models.retention import channel_until
from chalicelib.operations.access import policy
from chalicelib.operations.access.policy import Rights
from chalicelib.operations.public.channel_entries import moment
from chalicelib.operations.trees import tree_statistics
from chalicelib.schemas.channel import ContentDefaults
from chalicelib.schemas.constants import LICENSES
from chalicelib.schemas.responses.channel import Channel as ChannelOut
from chalicelib.schemas.responses.channel import ChannelDefaults

_DEFAULTS = ContentDefaults().model_dump()


@remembered(1000)
def fields_of(channel: Channel, root: Node | None, rights: Rights) -> ChannelOut:
    """Return a channel for a user with these rights; `root` is the root of its live tree. Tokens and trees that the
    user may not see are null.
    """
    may_edit, is_member = policy.may_edit(rights.role), policy.is_member(rights.role)
    fields: ChannelOut = {
        "id": channel.id,
        "name": channel.name,
        "description": channel.description,
        "thumbnail": channel.thumbnail,
        "thumbnail_encoding": channel.thumbnail_encoding,
        "language": channel.language,
        "public": bool(channel.public),
        "version": int(channel.version),
        "last_published": moment(channel.last_published) if channel.last_published else None,
        "ricecooker_version": channel.ricecooker_version,
        "content_defaults": _defaults(channel.content_defaults),
        "countries": channel.countries,
        "deleted": bool(channel.deleted),
        "source_url": channel.source_url or _source_url(channel.source_domain),
        "demo_server_url": channel.demo_server_url or "",
        "edit": policy.is_editor(rights.membership),
        "view": policy.is_viewer(rights.membership),
        "modified": moment(channel.modified),
        "primary_token": channel.primary_token if may_edit else None,
        "count": tree_statistics.content_count(root),
        "unpublished_changes": channel.rev != channel.published_rev,
        "draft_token": channel.draft_token if may_edit else None,
        "thumbnail_url": thumbnail_url(channel.thumbnail),
        "published": bool(channel.version),
        "publishing": channels.is_publishing(channel),
        "created": moment(channel.created),
        "root_id": channel.root_id,
        "trash_root_id": channel.trash_root_id if is_member else None,
        "staging_root_id": channel.staging_root_id if is_member else None,
    }
    if channel.deleted and channel.deleted_at:  # unknown if an earlier version deleted it today
        fields["restorable_until"] = moment(channel_until(channel.deleted_at))
    return fields


def _defaults(stored: dict[str, Any]) -> ChannelDefaults:
    name = stored.get("license")
    license = {"license_id": LICENSES[name].id if name in LICENSES else None, "license_name": name}
    return cast(ChannelDefaults, {**_DEFAULTS, **stored, **license})


def _source_url(domain: str | None) -> str:
    return f"//{domain}" if domain else ""


def thumbnail_url(thumbnail: str | None) -> str | None:
    """Return the path of a channel's thumbnail from its file name, or None if it has none."""
    parts = split_filename(thumbnail or "")
    return f"/{storage_key(*parts)}" if parts else None
