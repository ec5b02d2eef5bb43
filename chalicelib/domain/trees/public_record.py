"""What the public API says of a published channel: made once, when it is published (recorded: channel lookup)."""

import json
from collections.abc import Callable
from itertools import accumulate
from typing import Any

from le_utils.constants import languages, library

from chalicelib.domain.trees import snapshot as snapshots
from chalicelib.domain.types import Snapshot

# An item of DynamoDB holds 400 kB, and the icon takes up to 100 kB of it. Bytes.
MAX_NOTES = 100_000
MAX_TAGS = 50_000


def public_record(snapshot: Snapshot) -> dict[str, Any]:
    """The parts of a channel's public record that follow from the published tree. Sizes are bytes."""
    channel = snapshot["channel"]
    return {
        "name": channel["name"],
        "description": channel["description"],
        "tagline": channel["tagline"],
        "language": channel["language"],
        "icon_encoding": channel["thumbnail"],
        "kind_count": snapshots.kind_counts(snapshot),
        "included_languages": snapshots.included_languages(snapshot),
        "total_resource_count": snapshots.resource_count(snapshot),
        "published_size": snapshots.published_size(snapshot),
        "tags": _as_many_as_fit(snapshots.tags(snapshot), MAX_TAGS),
    }


def newest_notes(notes: dict[str, str]) -> dict[str, str]:
    """Version notes, without the oldest where all together are too large for a channel's item."""
    newest = sorted(notes, key=int, reverse=True)
    return {version: notes[version] for version in _as_many_as_fit(newest, MAX_NOTES, lambda v: notes[v])[::-1]}


def _as_many_as_fit(names: list[str], limit: int, text: Callable[[str], str] = str) -> list[str]:
    """The first of `names` whose texts have at most `limit` bytes together as JSON."""
    sizes = accumulate(len(json.dumps(text(name))) for name in names)
    return [name for name, size in zip(names, sizes, strict=True) if size <= limit]


def channel_entry(
    channel_id: str,
    version: int,
    last_published: str,
    public: bool,
    version_notes: dict[str, str],
    record: dict[str, Any],
    matching_tokens: list[str],
) -> dict[str, Any]:
    """A channel as channel list and lookup give it."""
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


def of_version(entry: dict[str, Any], version: dict[str, Any]) -> dict[str, Any]:
    """A channel's entry as one of its versions: with that version's numbers, and its notes up to then.

    `version` has `version`, `total_resource_count`, `kind_count`, `published_size`, `included_languages` and
    `last_published`.
    """
    notes = {number: text for number, text in entry["version_notes"].items() if int(number) <= version["version"]}
    return {**entry, **version, "version_notes": notes}


def channel_metadata(entry: dict[str, Any], facts: dict[str, Any]) -> dict[str, Any]:
    """A channel as Kolibri browses it, made from its entry in the channel list and the facts of `published.facts`
    (recorded: v2/channel)."""
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
        "countries": facts["countries"],
        "token": None,
        "last_published": entry["last_published"],
        "library": entry["library"],
    }
