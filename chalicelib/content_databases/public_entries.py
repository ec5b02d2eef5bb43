"""Published channels in the shapes of the public API: Kolibri's channel lookup and v2/channel."""

from typing import Any, NotRequired, TypedDict

from le_utils.constants import languages, library

from chalicelib.schemas.responses.channel import CroppedThumbnail
from chalicelib.schemas.responses.public import ChannelLookup, ChannelMetadata, PublicChannel

Entry = PublicChannel | ChannelLookup


class Shown(TypedDict):
    """Further fields of a channel in the catalog, including its sort key."""

    thumbnail: str | None
    thumbnail_encoding: CroppedThumbnail | dict[str, Any]
    demo_server_url: str
    priority: int
    countries: NotRequired[list[str]]  # missing in older files


def channel_entry(
    channel_id: str,
    version: int,
    last_published: str,
    public: bool,
    version_notes: dict[str, str],
    record: dict[str, Any],
    matching_tokens: list[str],
) -> PublicChannel:
    """A channel, as in the responses of channel list and lookup. `record` is its `public_record`."""
    return {
        "id": channel_id,
        "name": record["name"],
        "language": record["language"],
        "included_languages": record["included_languages"],
        "description": record["description"],
        "tagline": record["tagline"],
        "total_resource_count": record["total_resource_count"],
        "version": version,
        "kind_count": record["kind_count"],
        "published_size": record["published_size"],
        "last_published": last_published,
        "icon_encoding": record["icon_encoding"],
        "matching_tokens": matching_tokens,
        "public": public,
        "version_notes": version_notes,
        "library": library.KOLIBRI if public else None,
    }


def channel_metadata(entry: PublicChannel, facts: dict[str, Any], countries: list[str]) -> ChannelMetadata:
    """A channel in the shape of Kolibri's v2/channel. `entry` is its entry in the channel list."""
    language = languages.getlang(entry["language"] or "")
    return {
        "author": "",
        "description": entry["description"],
        "tagline": entry["tagline"],
        "id": entry["id"],
        "last_updated": entry["last_published"],
        "name": entry["name"],
        "root": entry["id"],
        "thumbnail": entry["icon_encoding"],
        "version": entry["version"],
        "public": entry["public"],
        "total_resource_count": entry["total_resource_count"],
        "published_size": entry["published_size"],
        "categories": facts["labels"]["categories"],
        "num_coach_contents": facts["num_coach_contents"],
        "available": True,
        "lang_code": language.primary_code if language else None,
        "lang_name": language.native_name if language else None,
        "included_languages": entry["included_languages"],
        "countries": countries,
        "token": None,
        "last_published": entry["last_published"],
        "library": entry["library"],
    }
