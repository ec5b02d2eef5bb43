"""Any input to users, sets and administration gets a 2xx or a 4xx."""

import pytest

from tests.support.aws.calls import strictly
from tests.support.http.requests import WRONG, corrupted

ID = "b" * 32


@pytest.fixture
def admin(studio):
    return studio.sign_up("admin", is_admin=True)[1]


def bodies(studio):
    """Return (method, path, body) of valid requests."""
    channel_id, _ = studio.make_channel()
    viewer, _ = studio.sign_up("viewer")
    invitation = studio.post("/api/invitation", {"email": "a@b.org", "channel": channel_id}).json["id"]
    own = studio.post("/api/channelset", {"name": "Set"}).json["id"]
    yield "POST", "/api/invitation", {"email": "c@d.org", "channel": channel_id, "share_mode": "view", "id": ID}
    yield "PATCH", f"/api/invitation/{invitation}", {"share_mode": "view", "first_name": "a", "last_name": "b"}
    yield "PUT", f"/api/invitation/{invitation}", {"email": "a@b.org", "channel": channel_id}
    yield "POST", "/api/channelset", {"name": "n", "description": "d", "channels": [channel_id]}
    yield "PATCH", f"/api/channelset/{own}", {"name": "n", "description": "d", "channels": {channel_id: True}}
    yield "POST", f"/api/channeluser/{viewer}/make_editor", {"channel": channel_id}
    yield "PATCH", f"/api/admin-users/{viewer}", {"is_active": True, "is_admin": False, "disk_space": 5}
    links = {"source_domain": "a", "source_url": "b", "demo_server_url": "c"}
    yield "PATCH", f"/api/admin-channels/{channel_id}", {"deleted": False, "public": False, **links}


def test_bodies_never_fail(studio, admin):
    asked = 0
    for method, path, good in bodies(studio):
        with strictly(studio):
            for where, body in [*corrupted(good, WRONG), *corrupted([good], WRONG), ("whole", b"[]"), ("whole", b"{")]:
                answer = studio.call(method, path, body, admin)
                assert 200 <= answer.status < 500, f"{method} {path}: {where}: {answer.text}"
                asked += 1
    assert asked > 500


LISTS = ("user", "channeluser", "invitation", "channelset", "admin-users", "admin-channels")
FILTERS = ("channel", "invited", "accepted", "ids", "keywords", "is_active", "public", "chef", "ordering", "search")
VALUES = ("%00", "%F0%9F", "a,b,,", "-", "-id", "-name", "true", "x" * 999, "²", "0" * 32, ID)


BOOLEANS = {
    ("invitation", "accepted"),
    *(("admin-users", flag) for flag in ("is_active", "chef")),
    ("admin-channels", "public"),
}
TEXTS = {
    *(("channeluser", "channel"), ("invitation", "channel"), ("invitation", "invited")),
    *(("admin-users", "keywords"), ("admin-channels", "keywords")),
}
METHODS = {
    "user": {"GET"},
    "channeluser": {"DELETE"},
    "channelset": {"GET", "PUT", "PATCH", "DELETE"},
    **{name: {"GET", "PUT", "PATCH"} for name in ("invitation", "admin-users", "admin-channels")},
}


@pytest.mark.parametrize("name", LISTS)
def test_queries_never_fail(studio, admin, name):
    with strictly(studio):
        for parameter in (*FILTERS, "page", "page_size"):
            for value in VALUES:
                answer = studio.get(f"/api/{name}?deleted=false&{parameter}={value}", admin)
                assert answer.status == query_status(name, parameter, value), (parameter, value, answer.text)


def query_status(name, parameter, value):
    """Filters that a list does not know are ignored."""
    if parameter in ("page", "page_size"):  # none of the values is a positive number
        return 400
    if (name, parameter) in BOOLEANS:
        return 200 if value == "true" else 400
    if value == "%00" and (parameter in ("ordering", "search") or (name, parameter) in TEXTS):
        return 400
    if parameter == "channel" and name in ("channeluser", "invitation"):
        return 404
    return 412 if name == "channeluser" else 200


@pytest.mark.parametrize("name", LISTS)
def test_ids_never_fail(studio, admin, name):
    with strictly(studio):
        for value in ("%00", "²", "x" * 3000, "%F0", "-" * 40, f"{ID}-"):
            for method in ("GET", "PUT", "PATCH", "DELETE"):
                status = studio.call(method, f"/api/{name}/{value}?channel={value}", {}, admin).status
                if method not in METHODS[name]:
                    assert status == 405
                elif name == "channeluser":  # its `channel` is no text that an id could be
                    assert status == (400 if value in ("%00", "x" * 3000) else 404), value
                else:
                    assert status == 404, value
