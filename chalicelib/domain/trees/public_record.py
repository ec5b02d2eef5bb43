"""The public API's record of a published channel, which is built once per publish."""

import json
from collections.abc import Callable
from itertools import accumulate
from typing import Any

from chalicelib.domain.trees.snapshot import included_languages, kind_counts, published_size, resource_count, tags
from chalicelib.domain.types import Snapshot

# Bytes. A DynamoDB item holds 400 kB, of which the icon takes up to 100 kB.
MAX_NOTES = 100_000
MAX_TAGS = 50_000


def public_record(snapshot: Snapshot) -> dict[str, Any]:
    """The part of a channel's public record that is derived from the published tree. Sizes are in bytes."""
    channel = snapshot["channel"]
    return {
        "name": channel["name"],
        "description": channel["description"],
        "tagline": channel["tagline"],
        "language": channel["language"],
        "icon_encoding": channel["thumbnail"],
        "kind_count": kind_counts(snapshot),
        "included_languages": included_languages(snapshot),
        "total_resource_count": resource_count(snapshot),
        "published_size": published_size(snapshot),
        "tags": _as_many_as_fit(tags(snapshot), MAX_TAGS),
    }


def newest_notes(notes: dict[str, str]) -> dict[str, str]:
    """Version notes by version. The oldest are dropped if they take more than MAX_NOTES bytes."""
    newest = sorted(notes, key=int, reverse=True)
    return {version: notes[version] for version in _as_many_as_fit(newest, MAX_NOTES, lambda v: notes[v])[::-1]}


def _as_many_as_fit(names: list[str], limit: int, text: Callable[[str], str] = str) -> list[str]:
    """The first names whose texts take at most `limit` bytes in total as JSON."""
    sizes = accumulate(len(json.dumps(text(name))) for name in names)
    return [name for name, size in zip(names, sizes, strict=True) if size <= limit]
