"""Who may call what: every route, asked by everyone. A route that is not in the table here fails the tests."""

import hashlib
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from chalicelib.models.channel_members import EDIT, VIEW
from tests.support import nodes, requests, routes
from tests.support.client import Studio
from tests.support.cloud import Cloud, empty_cloud

WHO = ("anonymous", "stranger", "viewer", "editor", "editor of another channel", "administrator")
EVERYONE = (200,) * 6
SIGNED_IN = (401, *(200,) * 5)
ADMINISTRATORS = (401, 403, 403, 403, 403, 200)
NOBODY = (404,) * 6
EDITORS = (401, 403, 403, 200, 403, 200)
EDITORS_ONLY_KNOW_OF_IT = (401, 404, 404, 200, 404, 200)

BASE = "/api/internal"
FORM = "multipart/form-data; boundary=x"
DATA = b"data"


@dataclass
class State:
    """A channel that is published and has a new upload open, and what else the requests below need."""

    channel_id: str
    public_id: str  # of another channel, which is on the public lists
    root: str
    task_id: str


Body = Callable[[State], Any]


def channel(state: State) -> dict[str, Any]:
    return {"channel_id": state.channel_id}


def channel_of(state: State) -> str:
    return state.channel_id


def public_of(state: State) -> str:
    return state.public_id


def upload_url(_: State) -> dict[str, Any]:
    return {"size": 5, "checksum": "a" * 32, "name": "a.pdf", "file_format": "pdf", "preset": "document"}


def form(_: State) -> bytes:
    name = f"{hashlib.md5(DATA).hexdigest()}.pdf".encode()
    return b'--x\r\nContent-Disposition: form-data; name="file"; filename="%b"\r\n\r\n%b\r\n--x--\r\n' % (name, DATA)


# (route, body, parameter of the path, statuses in the order of WHO)
TABLE: list[tuple[str, Body | None, Callable[[State], str] | None, tuple[int, ...]]] = [
    (f"GET {BASE}/authenticate_user_internal", None, None, SIGNED_IN),
    (f"POST {BASE}/authenticate_user_internal", None, None, SIGNED_IN),
    (f"POST {BASE}/check_version", lambda _: {"version": "0.8.0"}, None, SIGNED_IN),
    (f"POST {BASE}/file_diff", lambda _: [], None, SIGNED_IN),
    (f"POST {BASE}/file_upload", form, None, SIGNED_IN),
    (f"POST {requests.UPLOAD_URL}", upload_url, None, SIGNED_IN),
    (f"POST {BASE}/create_channel", lambda _: {"channel_data": {"id": new_id(), "name": "n"}}, None, SIGNED_IN),
    (f"POST {BASE}/create_channel", lambda s: {"channel_data": {"id": s.channel_id, "name": "n"}}, None, EDITORS),
    (f"POST {BASE}/add_nodes", lambda s: {"root_id": s.root, "content_data": [nodes.topic("t")]}, None, EDITORS),
    (f"POST {BASE}/add_nodes", lambda s: {"root_id": s.root, "content_data": []}, None, EDITORS),
    (f"POST {BASE}/finish_channel", channel, None, EDITORS),
    (f"POST {BASE}/publish_channel", channel, None, EDITORS),
    (f"POST {BASE}/check_user_is_editor", channel, None, EDITORS),
    (f"POST {BASE}/get_channel_status_bulk", lambda s: {"channel_ids": [s.channel_id]}, None, EDITORS),
    (f"POST {BASE}/get_tree_data", channel, None, EDITORS),
    (f"POST {BASE}/get_node_tree_data", channel, None, EDITORS),
    ("GET /api/task/{task_id}", None, lambda s: s.task_id, EDITORS_ONLY_KNOW_OF_IT),
    ("PATCH /api/admin-channels/{channel_id}", lambda _: {"public": True}, channel_of, ADMINISTRATORS),
    ("GET /api/public/info", None, None, EVERYONE),
    ("GET /api/public/v1/channels", None, None, EVERYONE),
    ("GET /api/public/v1/channels/lookup/{identifier}", None, channel_of, EVERYONE),
    ("GET /api/public/channel/{channel_id}", None, channel_of, EVERYONE),
    *(
        (f"GET /api/public/{path}", None, public_of if "{" in path else None, EVERYONE)
        for path in (
            "v1/channelmetadata",
            "v1/channelmetadata/{channel_id}",
            "v1/contentnode",
            "v1/contentnode/{node_id}",
            "v1/contentnode_tree/{node_id}",
            "v2/channel",
            "v2/channel/labels",
            "v2/channel/{channel_id}",
            "v2/contentnode",
            "v2/contentnode/{node_id}",
            "v2/contentnode_tree/{node_id}",
            "v2/importmetadata/{node_id}",
        )
    ),
    *(
        (f"GET /api/public/{path}", None, channel_of if "{" in path else None, NOBODY)
        for path in (
            "v2/channels",
            "v2/channels/lookup/{identifier}",
            "{version}/channels",
            "{version}/channels/lookup/{identifier}",
            "{version}/{resource}",
            "{version}/{resource}/{identifier}",
        )
    ),
]


def new_id() -> str:
    return uuid.uuid4().hex


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    with empty_cloud() as cloud:
        yield cloud


@pytest.fixture(scope="module")
def studio(cloud: Cloud) -> Studio:
    return Studio(cloud)


@pytest.fixture(scope="module")
def people(studio: Studio) -> dict[str, tuple[str, str | None]]:
    """(user id, token) by who it is."""
    known: dict[str, tuple[str, str | None]] = {who: studio.sign_up(who.replace(" ", "-")) for who in WHO[1:-1]}
    return {**known, "anonymous": ("", None), "administrator": studio.sign_up("admin", is_admin=True)}


@pytest.fixture(scope="module")
def published(studio: Studio, people: dict[str, tuple[str, str | None]]) -> str:
    """The channel that is asked for; another one has the other editor."""
    channel_id, root = studio.make_channel()
    studio.add(root, nodes.exercise("e", nodes.question("q")))
    studio.finish(channel_id)
    assert studio.publish(channel_id)["status"] == "SUCCESS"
    studio.share(channel_id, people["viewer"][0], VIEW)
    studio.share(channel_id, people["editor"][0], EDIT)
    studio.share(studio.make_channel()[0], people["editor of another channel"][0], EDIT)
    return channel_id


@pytest.fixture(scope="module")
def public_id(studio: Studio) -> str:
    channel_id, root = studio.make_channel()
    studio.add(root, nodes.exercise("e", nodes.question("q")))
    studio.finish(channel_id)
    assert studio.publish(channel_id)["status"] == "SUCCESS"
    studio.make_public(channel_id)
    return channel_id


@pytest.fixture(scope="module")
def task_id(studio: Studio, published: str) -> str:
    answer = studio.post(f"{BASE}/publish_channel", {"channel_id": published})
    return str(answer.json["task_id"])


def test_every_route_is_in_the_table() -> None:
    assert {name for name, *_ in TABLE} == set(map(routes.name, routes.ALL))


@pytest.mark.parametrize(
    ("name", "body", "parameter", "statuses"), TABLE, ids=[f"{number} {row[0]}" for number, row in enumerate(TABLE)]
)
def test_who_may_call_it(
    studio: Studio,
    people: dict[str, tuple[str, str | None]],
    published: str,
    public_id: str,
    task_id: str,
    name: str,
    body: Body | None,
    parameter: Callable[[State], str] | None,
    statuses: tuple[int, ...],
) -> None:
    route = next(route for route in routes.ALL if routes.name(route) == name)
    answered = {}
    _, root = studio.make_channel(channel_id=published)
    for who in WHO:
        if name.endswith("finish_channel"):  # it uses up the upload
            _, root = studio.make_channel(channel_id=published)
        state = State(published, public_id, root, task_id)
        path = routes.url(route, parameter(state) if parameter else "")
        sent = body(state) if body else None
        headers = {"content_type": FORM} if isinstance(sent, bytes) else {}
        answered[who] = studio.call(route.method, path, sent, people[who][1], **headers).status
    assert answered == dict(zip(WHO, statuses, strict=True))
