"""The public API that Kolibri reads: what is published, and nothing else (specification: Kolibri integration)."""

import re
from typing import Any

from chalicelib.config import settings
from chalicelib.domain.ids import derived_id, parse_id
from chalicelib.domain.public_record import channel_entry
from chalicelib.domain.tokens import is_channel_token, plain_token
from chalicelib.errors import NotFound
from chalicelib.models import channels, secret_tokens
from chalicelib.models.channels import Channel
from chalicelib.permissions import Access
from chalicelib.rest import Reply, Request, Route

CACHED = {"Cache-Control": "public, max-age=300, stale-while-revalidate=100"}
NAMESPACE = "6ba7b8109dad11d180b400c04fd430c8"  # uuid.NAMESPACE_DNS
MAX_TOKENS = 100


def info(request: Request) -> dict[str, Any]:
    """What kind of server this is; Kolibri asks for `v=3`. Higher versions of the answer add fields."""
    wanted = request.query.get("v", ["1"])[-1]
    version = int(wanted) if re.fullmatch("[0-9]{1,30}", wanted) else 1
    answer: dict[str, Any] = {
        "application": "studio",
        "kolibri_version": "0.16.0",
        "instance_id": derived_id(NAMESPACE, settings().public_url),
        "device_name": "Kolibri Studio",
        "operating_system": None,
    }
    if version >= 2:
        answer["subset_of_users_device"] = False
    if version >= 3:
        answer["min_content_schema_version"] = "5"
    return answer


def channel_list(request: Request) -> Reply:
    """Public channels by name, and those that `tokens` (with commas) open; filtered by `keyword` and `language`."""
    given = ",".join(request.query.get("tokens", [])).split(",")
    opened = _opened_by([token for token in map(plain_token, given) if is_channel_token(token)][:MAX_TOKENS])
    found = [channel for channel in channels.public() if channel.id not in opened and channels.is_live(channel)]
    found += [channel for channel, _ in opened.values()]
    entries = [_entry(channel, opened[channel.id][1] if channel.id in opened else []) for channel in found]
    keyword = request.query.get("keyword", [""])[-1].strip().lower()
    language = request.query.get("language", [""])[-1].strip().lower()
    chosen = [
        entry for entry, channel in zip(entries, found, strict=True) if _matches(entry, channel, keyword, language)
    ]
    return Reply(chosen, headers=CACHED)


def _opened_by(tokens: list[str]) -> dict[str, tuple[Channel, list[str]]]:
    """Channels that tokens open, with the tokens that do, by id."""
    known = secret_tokens.get_many(tokens)
    by_channel: dict[str, list[str]] = {}
    for token in known:
        by_channel.setdefault(token.channel_id, []).append(token.token)
    live = [channel for channel in channels.get_many(list(by_channel)) if channels.is_live(channel)]
    return {channel.id: (channel, by_channel[channel.id]) for channel in live}


def _matches(entry: dict[str, Any], channel: Channel, keyword: str, language: str) -> bool:
    texts = [entry["name"], entry["description"], *channel.published["tags"]]
    spoken = [entry["language"], *entry["included_languages"]]
    return (not keyword or any(keyword in text.lower() for text in texts)) and (
        not language or language in [code.lower() for code in spoken if code]
    )


def lookup(request: Request) -> Reply:
    """The channel with this id, or those that this token opens, as a list."""
    identifier = request.params["identifier"]
    channel_id = parse_id(identifier)
    if channel_id is None:
        word = plain_token(identifier)
        token = secret_tokens.get(word) if is_channel_token(word) else None
        channel_id = token.channel_id if token else None
    channel = channels.get(channel_id) if channel_id else None
    if channel is None or not channels.is_live(channel):
        raise NotFound(f"No channel matching {identifier[:100]} found")
    return Reply([_entry(channel, [])], headers=CACHED)


def channel(request: Request) -> Reply:
    """Name, description and version of a published channel."""
    given = request.params["channel_id"]
    channel_id = parse_id(given)
    found = channels.get(channel_id) if channel_id else None
    if found is None or not channels.is_live(found):
        raise NotFound(f"Channel with id {given} not found")
    record = found.published
    body = {"name": record["name"], "description": record["description"], "version": int(found.version)}
    return Reply(body, headers=CACHED)


def _entry(channel: Channel, tokens: list[str]) -> dict[str, Any]:
    return channel_entry(
        channel.id,
        int(channel.version),
        channel.last_published.isoformat().replace("+00:00", "Z"),
        channel.public,
        channel.version_notes,
        channel.published,
        tokens,
    )


ROUTES = (
    Route("GET", "/api/public/info", info, Access.ANYONE, "What kind of server this is"),
    Route("GET", "/api/public/v1/channels", channel_list, Access.ANYONE, "Public channels"),
    Route("GET", "/api/public/v1/channels/lookup/{identifier}", lookup, Access.ANYONE, "Channels by id or token"),
    Route("GET", "/api/public/channel/{channel_id}", channel, Access.ANYONE, "A channel in short"),
)
