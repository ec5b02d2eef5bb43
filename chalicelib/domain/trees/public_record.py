"""The public API's record of a published channel, which is built once per publish."""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from chalicelib.domain.trees.frozen_tree import FrozenTree

# Bytes. A DynamoDB item holds 400 kB, of which the icon takes up to 100 kB.
MAX_NOTES = 100_000
MAX_TAGS = 50_000


def public_record(tree: FrozenTree) -> dict[str, Any]:
    """The part of a channel's public record that is derived from the published tree. Sizes are in bytes."""
    channel, summary = tree.channel, tree.summary
    return {
        "name": channel["name"],
        "description": channel["description"],
        "tagline": channel["tagline"],
        "language": channel["language"],
        "icon_encoding": channel["thumbnail"],
        "kind_count": summary["kind_count"],
        "included_languages": summary["languages"],
        "total_resource_count": summary["resources"],
        "published_size": summary["published_size"],
        "tags": list(_as_many_as_fit(summary["tags"], MAX_TAGS)),
    }


def newest_notes(notes: dict[str, str]) -> dict[str, str]:
    """Version notes by version. The oldest are dropped if they take more than MAX_NOTES bytes."""
    newest = sorted(notes, key=int, reverse=True)
    kept = list(_as_many_as_fit(newest, MAX_NOTES, lambda version: notes[version]))
    return {version: notes[version] for version in reversed(kept)}


def _as_many_as_fit(names: Iterable[str], limit: int, text: Callable[[str], str] = str) -> Iterator[str]:
    """The first names whose texts take at most `limit` bytes in total as JSON."""
    size = 0
    for name in names:
        size += len(json.dumps(text(name)))
        if size > limit:
            return
        yield name
