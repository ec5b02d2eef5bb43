"""Another user's ids, in every id field of every body and of every sync change: what they name stays as it was.

Everything that the other user has is compared in the tables, item by item, and read again over HTTP.
"""

import json
from collections.abc import Callable, Iterator
from copy import copy, deepcopy
from itertools import product
from typing import Any

import pytest

from chalicelib.http.router import Route
from chalicelib.models.channels import Channel
from chalicelib.operations.sync.effects import EFFECTS
from chalicelib.schemas.sync import FIELDS, OF_USERS, PAIRS, TABLES
from tests.support.aws import request_data
from tests.support.aws.cloud import Cloud, empty_cloud
from tests.support.aws.request_data import State
from tests.support.http import requests
from tests.support.http.client import Studio
from tests.support.source import data_model, routes
from tests.support.worlds import nodes
from tests.test_permissions import TABLE

PATTERN = "^[0-9a-f]{32}"  # of ids in JSON schemas
NAMES = ("channel", "channels", "parent", "target", "contentnode", "prerequisite")  # of ids that are any text there
SETS = ("channels", "channel_ids", "excluded_descendants")
SHARED = {"counters", "public_index", "leases"}  # tables of nobody
COUNTER = {"N": "0"}  # `rev` of a feed's counter: whoever may view a channel may add a refused change to its feed
Ids = dict[str, str]


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    with empty_cloud() as cloud:
        yield cloud


def _world(studio: Studio) -> State:
    """A published channel of the studio's user with an open upload, a public one, and a task."""
    ids = []
    for _ in range(2):
        channel_id, root = studio.make_channel()
        studio.add(root, *requests.good_nodes(studio).values(), nodes.topic("t"))
        studio.finish(channel_id)
        assert studio.publish(channel_id)["status"] == "SUCCESS"
        ids.append(channel_id)
    studio.make_public(ids[1])
    _, root = studio.make_channel(channel_id=ids[0])
    task = studio.post("/api/internal/publish_channel", {"channel_id": ids[0]}).json["task_id"]
    return State(ids[0], ids[1], root, task)


@pytest.fixture(scope="module")
def victim(cloud: Cloud) -> tuple[Studio, Ids]:
    """Another user, and the ids of that user's things by kind."""
    studio = Studio(cloud)
    state = _world(studio)
    own = {
        path: _created(studio, state, path) for path in ("channelset", "search/saved-search", "clipboard", "invitation")
    }
    built = {
        name: getattr(request_data, name)(state)
        for name in (
            "new_file",
            "new_question",
            "new_viewer",
            "new_node",
            "trashed_node",
            "staged_channel",
            "exercise_of",
        )
    }
    roots = {name: str(getattr(Channel.get(state.channel_id), name)) for name in ("root_id", "trash_root_id")}
    of_public = {"public_root_id": str(Channel.get(state.public_id).root_id)}
    state_ids = {"channel": state.channel_id, "public": state.public_id, "upload": state.root, "task": state.task_id}
    studio.post("/api/bookmark", {"channel": state.channel_id})
    studio.deliver()
    return studio, {**own, **built, **roots, **of_public, **state_ids, "user": studio.user_id}


@pytest.fixture(scope="module")
def stored(cloud: Cloud, victim: tuple[Studio, Ids]) -> dict[str, dict[str, Any]]:
    """Everything that the victim has, by table and key."""
    return _items(cloud)


def _items(cloud: Cloud) -> dict[str, dict[str, Any]]:
    found = {}
    for module in data_model.model_modules():
        for model in data_model.models_of(module):
            table = data_model.table_name(model)
            keys = [one.attr_name for one in model.get_attributes().values() if one.is_hash_key or one.is_range_key]
            if table not in SHARED:
                found[table] = {
                    json.dumps([item[key] for key in keys]): item
                    for item in cloud.items(table)
                    if item.get("rev") != COUNTER or table != "changes"
                }
    return found


@pytest.fixture(scope="module")
def attacker(victim: tuple[Studio, Ids], stored: object) -> tuple[Studio, State]:
    """A user with things of the same kinds, and no right in the victim's."""
    studio = copy(victim[0])
    studio.user_id, studio.token = studio.sign_up("attacker")
    return studio, _world(studio)


@pytest.fixture(autouse=True)
def unchanged(
    cloud: Cloud, victim: tuple[Studio, Ids], stored: dict[str, dict[str, Any]], attacker: tuple[Studio, State]
) -> Iterator[None]:
    """Whatever a test sends, the victim has the same as before."""
    yield
    attacker[0].deliver()
    after = _items(cloud)
    for table, items in stored.items():
        changed = {key: (item, after[table].get(key)) for key, item in items.items() if after[table].get(key) != item}
        assert not changed, f"{table}: {changed}"
    studio, ids = victim
    for path in (f"/api/channel/{ids['channel']}", f"/api/contentnode/{ids['new_node']}"):
        assert studio.get(path).status == 200


def _created(studio: Studio, state: State, path: str) -> str:
    bodies = {
        "channelset": {"name": "s", "channels": [state.channel_id]},
        "search/saved-search": {"name": "s"},
        "clipboard": request_data.source(state),
        "invitation": {"email": f"{request_data.new_id()}@example.org", "channel": state.channel_id},
    }
    answer = studio.post(f"/api/{path}", bodies[path])
    assert answer.status == 201, answer.text
    return str(answer.json["id"])


def id_fields(schema: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    """The paths of the fields of ids in a JSON schema."""
    known = schema.get("$defs", {})

    def below(part: dict[str, Any], path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        part = known[part["$ref"].rpartition("/")[2]] if "$ref" in part else part
        for name, one in part.get("properties", {}).items():
            inner = [found for choice in one.get("anyOf", [one]) for found in below(choice, (*path, name))]
            yield from inner
            if not inner and (PATTERN in json.dumps(one) or name in NAMES or name.endswith(("id", "ids"))):
                yield (*path, name)

    yield from below(schema, ())


def replaced(body: Any, path: tuple[str, ...], value: Any) -> Any:
    """A copy of a body with another value at a path, which may be missing there."""
    changed = deepcopy(body) if isinstance(body, dict) else {}
    parent = changed
    for name in path[:-1]:
        parent = parent.setdefault(name, {})
    parent[path[-1]] = value
    return changed


def shapes(field: str, id: str) -> tuple[Any, ...]:
    """An id as a field takes it: alone, or, where it names several, in a list and as a name in an object."""
    return ([id], {id: True}) if field in SETS else (id,)


BODIES = [
    (name, body, parameter)
    for name, body, parameter, _ in TABLE
    if not name.startswith("GET ") and name != "POST /api/sync" and "/admin-" not in name and "file_upload" not in name
    if any(routes.name(route) == name and hasattr(route.body, "model_json_schema") for route in routes.ALL)
]
OWNED = ("channelset", "search/saved-search", "clipboard", "invitation")


def _route(name: str) -> Route:
    return next(route for route in routes.ALL if routes.name(route) == name)


def _path(studio: Studio, state: State, route: Route, parameter: Callable[[State], str] | None) -> str:
    """The path of something of the attacker's own, which these requests may change."""
    resource = route.path.removeprefix("/api/").partition("/{")[0]
    if parameter and resource in OWNED:
        return routes.url(route, _created(studio, state, resource))
    return routes.url(route, parameter(state) if parameter else "")


@pytest.mark.parametrize(
    ("name", "body", "parameter"), BODIES, ids=[f"{number} {row[0]}" for number, row in enumerate(BODIES)]
)
def test_in_bodies(
    victim: tuple[Studio, Ids],
    attacker: tuple[Studio, State],
    name: str,
    body: Callable[[State], Any] | None,
    parameter: Callable[[State], str] | None,
) -> None:
    studio, state = attacker
    route = _route(name)
    valid = body(state) if body else {}
    path = _path(studio, state, route, parameter)
    for field in id_fields(route.body.model_json_schema()):
        for id in victim[1].values():
            for value in shapes(field[-1], id):
                answer = studio.call(route.method, path, replaced(valid, field, value))
                assert answer.status < 500, answer.text


@pytest.mark.parametrize(("name", "body", "parameter"), [row for row in BODIES if row[2]])
def test_in_paths(
    victim: tuple[Studio, Ids],
    attacker: tuple[Studio, State],
    name: str,
    body: Callable[[State], Any] | None,
    parameter: object,
) -> None:
    studio, state = attacker
    route = _route(name)
    for id in victim[1].values():
        answer = studio.call(route.method, routes.url(route, id), body(state) if body else {})
        assert answer.status < 500, answer.text


def _keys(table: str, id: str, own: Ids) -> Iterator[Any]:
    """Keys with this id, of a table; for pairs, with one of the attacker's in either place."""
    if table not in PAIRS:
        yield id
        return
    yield id.split(",") if "," in id else [id, id]
    yield from ([id, mine] for mine in own.values())
    yield from ([mine, id] for mine in own.values())


@pytest.mark.parametrize("table", sorted(TABLES))
def test_in_sync_changes(victim: tuple[Studio, Ids], attacker: tuple[Studio, State], table: str) -> None:
    """Another user's ids as keys and in all fields of changes to the attacker's channel, the victim's, or none."""
    studio, state = attacker
    ids = victim[1]
    own = {"channel": state.channel_id, "node": request_data.new_node(state), "user": studio.user_id}
    scopes: tuple[dict[str, Any], ...] = ({"channel_id": state.channel_id}, {"channel_id": ids["channel"]}, {})
    if table in OF_USERS:
        scopes = ({"user_id": studio.user_id}, {"user_id": ids["user"]})
    mine: Any = own["channel"] if table == "channel" else own["node"]
    changes = []
    for type, scope, id in product([type for name, type in EFFECTS if name == table], scopes, ids.values()):
        for key in (*_keys(table, id, own), [mine, own["user"]] if table in PAIRS else mine):
            fields = {name: _filled(name, id) for name in FIELDS[type]}
            changes.append({"type": type, "table": table, "key": key, **fields, **scope})
    for at in range(0, len(changes), 200):
        numbered = [{"rev": rev, **change} for rev, change in enumerate(changes[at : at + 200], 1)]
        answer = studio.post("/api/sync", {"changes": numbered, "channel_revs": {}})
        assert answer.status == 200, answer.text


def _filled(name: str, id: str) -> Any:
    """A field of a change with an id in each of its id fields."""
    if name in ("obj", "mods"):
        named = dict.fromkeys((*NAMES, "source_node_id", "source_channel_id", "assessment_item", "root_id"), id)
        return {**named, "kind": "topic", "title": "stolen", "name": "stolen", "deleted": True, "channels": {id: True}}
    return {"target": id, "from_key": id, "position": "last-child", "excluded_descendants": {id: True}}.get(name)


def test_a_change_of_the_victims_things_is_noticed(
    cloud: Cloud, victim: tuple[Studio, Ids], stored: dict[str, dict[str, Any]]
) -> None:
    """Tests the comparison above: every table that a user's things are in has items to compare."""
    wanted = {"channels", "nodes", "children", "files", "assessment_items", "channel_members", "invitations", "tasks"}
    wanted |= {"channel_sets", "saved_searches", "clipboard", "bookmarks", "users", "tokens", "changes"}
    filled = {table for table, items in stored.items() if items}
    assert wanted - {"files"} <= filled
