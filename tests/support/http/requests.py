"""A valid body for every POST route of the API, and ways to corrupt it."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

from chalicelib.domain.types import LABELS
from chalicelib.identity import accounts
from chalicelib.models import channels
from tests.support.http.client import Studio
from tests.support.http.recordings import store
from tests.support.worlds import nodes
from tests.support.worlds.accounts import ACTIVATE, CHOOSE, REGISTER, RESET, new_key

BASE = "/api/internal"
UPLOAD_URL = "/api/file/upload_url"
UPLOAD = "/api/upload"
PASSWORD = "correct horse"
Path = tuple[str | int, ...]


# Refused with a token; `test_api_tokens.py`, `test_export.py` and `test_deletion.py` send bodies with a session.
BY_SESSION = ("/api/user/me/tokens", "/api/user/me/export", "/api/user/me/deletion")


def good_bodies(studio: Studio) -> dict[str, Any]:
    """Valid bodies by path. Each returns its `good_status`, in any order, and repeatedly except for publish, finish and
    invitations."""
    channel_id, root = studio.make_channel()
    pdf = store(studio, b"%PDF", "pdf")
    accounts.set_password("chef@example.org", PASSWORD)
    return {
        "/api/auth/session": {"username": "chef@example.org", "email": "chef@example.org", "password": PASSWORD},
        REGISTER: {
            "email": "a@example.org",
            "password": PASSWORD,
            "first_name": "a",
            "last_name": "b",
            "next": "/channels/",
        },
        ACTIVATE: {"key": new_key(PASSWORD), "password": PASSWORD},
        RESET: {"email": "chef@example.org"},
        CHOOSE: {"key": new_key(), "new_password": PASSWORD, "revoke_tokens": False},
        "/api/user/me/password": {"old_password": PASSWORD, "new_password": PASSWORD},
        "/api/user/me/storage/request": {"bytes": 1024, "reason": "More videos"},
        f"{BASE}/check_version": {"version": "0.8.0"},
        f"{BASE}/file_diff": [pdf],
        f"{BASE}/create_channel": {"channel_data": _channel(uuid.uuid4().hex)},
        f"{BASE}/add_nodes": {"root_id": root, "content_data": [nodes.topic("topic")]},
        f"{BASE}/finish_channel": {"channel_id": channel_id, "stage": True},
        f"{BASE}/publish_channel": {"channel_id": channel_id, "version_notes": "notes"},
        f"{BASE}/check_user_is_editor": {"channel_id": channel_id},
        f"{BASE}/get_channel_status_bulk": {"channel_ids": [channel_id]},
        f"{BASE}/get_tree_data": {"channel_id": channel_id, "tree": "main", "node_id": None},
        f"{BASE}/get_node_tree_data": {"channel_id": channel_id, "tree": "main", "node_id": None},
        "/api/bookmark": {"channel": channel_id},
        "/api/channel": {"name": "c", "description": "d", "language": "en"},
        "/api/contentnode": {"parent": _live_root(studio), "kind": "topic", "title": "t", "tags": ["a"]},
        "/api/invitation": {"email": "a@example.org", "channel": channel_id, "share_mode": "view", "first_name": "a"},
        "/api/channelset": {"name": "s", "description": "d", "channels": [channel_id]},
        "/api/search/saved-search": {"name": "s", "params": {"keywords": "a"}},
        "/api/clipboard": _source(studio),
        "/api/sync": {
            "changes": [{"type": 2, "table": "channel", "key": channel_id, "rev": 1, "mods": {"name": "n"}}],
            "channel_revs": {channel_id: 0},
            "user_rev": 0,
            "unapplied_revs": [1],
        },
        "/api/assessmentitem": {
            "contentnode": _exercise(studio),
            "type": "single_selection",
            "question": "2+2?",
            "answers": [{"answer": "4", "correct": True, "order": 0}],
            "hints": [{"hint": "h", "order": 0}],
            "raw_data": "",
            "order": 0,
            "source_url": None,
            "randomize": True,
        },
        UPLOAD_URL: {
            "size": 5,
            "checksum": "a" * 32,
            "name": "a.mp3",
            "file_format": "mp3",
            "preset": "audio",
            "duration": 5,
            "resumable": False,
        },
        UPLOAD: {
            "size": 5,
            "checksum": "c" * 32,
            "name": "a.mp3",
            "file_format": "mp3",
            "preset": "audio",
            "duration": 5,
            "part_size": 5 * 1024**2,
        },
    }


def good_status(path: str) -> int:
    """The status for a valid body: 201 if it creates a resource."""
    if path in _BY_MAIL:
        return _BY_MAIL[path]
    return 200 if path.startswith(f"{BASE}/") or path in _CREATING_NOTHING else 201


_BY_MAIL = {REGISTER: 202, RESET: 202, CHOOSE: 204}
_CREATING_NOTHING = ("/api/user/me/password", UPLOAD_URL, UPLOAD, "/api/sync")


def good_nodes(studio: Studio) -> dict[str, dict[str, Any]]:
    """Nodes with every field that a chef sends; their files are stored."""
    pdf, png = store(studio, b"%PDF", "pdf"), store(studio, b"png", "png")
    labels: dict[str, Any] = {name: [] for name in LABELS}
    source: dict[str, Any] = {"author": "a", "aggregator": "b", "provider": "c", "suggested_duration": 5, "tags": ["a"]}
    picture = nodes.file(png, "exercise_image", source_url="", duration=None)
    answers = [{"answer": "a", "correct": True, "order": 0}]
    question = nodes.question("one", files=[picture], answers=answers, hints=[{"hint": "h", "order": 0}])
    mastery = {"mastery_model": "m_of_n", "m": 1, "n": 2}
    criterion = {"model": "mastery", "threshold": mastery, "learner_managed": False}
    extra = {**mastery, "randomize": True, "options": {"completion_criteria": criterion}}
    return {
        "document": nodes.resource("document", files=[nodes.file(pdf)], **source, **labels),
        "exercise": nodes.exercise("exercise", question, extra_fields=extra),
    }


def _exercise(studio: Studio) -> str:
    """An exercise of a live tree."""
    channel_id, root = studio.make_channel()
    (node_id,) = studio.add(root, nodes.exercise("e")).values()
    assert studio.finish(channel_id).status == 200
    return node_id


def _source(studio: Studio) -> dict[str, Any]:
    """The root of a live tree, as the source of a clipboard entry."""
    channel = channels.get(studio.make_channel()[0])
    assert channel
    excluded = {"excluded_descendants": {channel.root_id: True}}
    return {"source_node_id": channel.root_id, "source_channel_id": channel.id, "extra_fields": excluded}


def _live_root(studio: Studio) -> str:
    channel_id, _ = studio.make_channel()
    channel = channels.get(channel_id)
    assert channel
    return str(channel.root_id)


def _channel(channel_id: str) -> dict[str, Any]:
    return {
        "id": channel_id,
        "name": "Channel",
        "description": "d",
        "tagline": "t",
        "language": "en",
        "thumbnail": None,
        "source_domain": "a",
        "source_id": "b",
        "ricecooker_version": "0.8.0",
        "extra_fields": "{}",
        "files": [],
    }


def places(body: Any, path: Path = ()) -> Iterator[Path]:
    """The paths of all fields and elements in a body."""
    parts = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    for name, part in parts:
        yield (*path, name)
        yield from places(part, (*path, name))


def values(body: Any) -> Iterator[Any]:
    """All values in a body, except objects and lists."""
    if isinstance(body, dict | list):
        for part in body.values() if isinstance(body, dict) else body:
            yield from values(part)
    else:
        yield body


def replaced(body: Any, path: Path, value: Any) -> bytes:
    """The body as JSON, with another value (a Raw one unchanged) at a path."""
    copy = json.loads(json.dumps(body))
    parent = copy
    for part in path[:-1]:
        parent = parent[part]
    parent[path[-1]] = "@@" if isinstance(value, Raw) else value
    text = json.dumps(copy)
    return (text.replace('"@@"', value.text) if isinstance(value, Raw) else text).encode()


def corrupted(body: Any, values: dict[str, Any]) -> Iterator[tuple[str, bytes]]:
    """(description, body as JSON) for each value of the body and each of these values that replaces it."""
    for place in places(body):
        for label, value in values.items():
            yield f"{'.'.join(map(str, place))} is {label}", replaced(body, place, value)


class Raw:
    """JSON text that is sent without parsing it first."""

    def __init__(self, text: str) -> None:
        self.text = text


DEEP = 90  # levels of JSON: with those around them, as many as a request may have
DEEP_TEXT = 900  # levels of text that is JSON: less than the maximum of Python's JSON
WRONG: dict[str, Any] = {
    "null": None,
    "true": True,
    "zero": 0,
    "negative": -1,
    "huge integer": Raw("1" + "0" * 400),
    "huge float": 1e308,
    "too huge float": Raw("1e400"),
    "NaN": Raw("NaN"),
    "nothing": "",
    "a digit that is none": "²",
    "null byte": "a\x00b",
    "lone surrogate": "\ud800",
    "10 kB": "x" * 10_000,
    "list": [],
    "list of lists": [[[]]],
    "object": {},
    "object of objects": {"a": {"\ud800": ["\ud800"]}},
    "deep lists": Raw("[" * DEEP + "]" * DEEP),
    "deep objects": Raw('{"a":' * DEEP + "1" + "}" * DEEP),
    "deep text": "[" * DEEP_TEXT + "]" * DEEP_TEXT,
}

# A body that contains one of these is refused as a whole: it is not JSON, or cannot be stored.
REFUSED_WHOLE = ("huge integer", "huge float", "too huge float", "NaN", "lone surrogate", "object of objects")
