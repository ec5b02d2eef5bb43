"""`PUT` and `PATCH` of what `GET` returned change nothing and are 200, for every resource."""

from collections.abc import Callable, Iterator

import pytest

from tests.support.aws.cloud import Cloud, empty_cloud
from tests.support.aws.request_data import State, new_file, new_question, new_viewer
from tests.support.http import requests
from tests.support.http.client import Studio
from tests.support.source import routes
from tests.support.worlds import nodes

WRITTEN = [route for route in routes.ALL if route.method in ("PUT", "PATCH")]
# What is not created by a POST with the body of `good_bodies`.
STORED: dict[str, Callable[[State], str]] = {
    "/api/admin-channels": lambda state: state.public_id,
    "/api/admin-users": new_viewer,
    "/api/user/me": lambda _: "",
    "/api/file": new_file,
    "/api/assessmentitem": new_question,
}
VOLATILE = {"modified"}  # also differs after a write that changes nothing


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    with empty_cloud() as cloud:
        yield cloud


@pytest.fixture(scope="module")
def studio(cloud: Cloud) -> Studio:
    return Studio(cloud)


@pytest.fixture(scope="module")
def administrator(studio: Studio) -> str:
    return studio.sign_up("admin", is_admin=True)[1]


@pytest.fixture(scope="module")
def state(studio: Studio) -> State:
    channel_id, root = studio.make_channel()
    studio.add(root, *requests.good_nodes(studio).values(), nodes.topic("t"))
    studio.finish(channel_id)
    assert studio.publish(channel_id)["status"] == "SUCCESS"
    studio.make_public(channel_id)
    return State(channel_id, channel_id, root, "")


def _created(studio: Studio, state: State, path: str) -> str:
    if path in STORED:
        return STORED[path](state)
    answer = studio.post(path, requests.good_bodies(studio)[path])
    assert answer.status == 201, answer.text
    return str(answer.json["id"])


@pytest.mark.parametrize("route", WRITTEN, ids=routes.name)
def test_what_was_read_can_be_sent_back(studio, administrator, state, route):
    token = administrator if "/admin-" in route.path else studio.token
    path = routes.url(route, _created(studio, state, route.path.removesuffix("/{id}")))
    before = studio.get(path, token)
    assert before.status == 200
    answer = studio.call(route.method, path, before.json, token)
    assert answer.status == 200, answer.text
    after = studio.get(path, token).json
    assert {**after, **dict.fromkeys(VOLATILE)} == {**before.json, **dict.fromkeys(VOLATILE)}


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_nodes_as_chefs_make_them_can_be_sent_back(studio, state, method):
    (channel_id, root) = studio.make_channel()
    unset = nodes.exercise("without settings", nodes.question("q"), extra_fields={})
    made = studio.add(root, *requests.good_nodes(studio).values(), unset, nodes.topic("t"))
    studio.finish(channel_id)
    top = studio.get(f"/api/channel/{channel_id}").json["root_id"]
    for node_id in (*made.values(), top):
        before = studio.get(f"/api/contentnode/{node_id}").json
        answer = studio.call(method, f"/api/contentnode/{node_id}", before)
        assert answer.status == 200, answer.text
        after = studio.get(f"/api/contentnode/{node_id}").json
        assert {**after, "modified": ""} == {**before, "modified": ""}
