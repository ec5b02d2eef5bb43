"""Saved searches."""

import uuid

import pytest

from tests.support.aws.calls import counting
from tests.support.source.routes import NOTHING

LIST = "/api/search/saved-search"
SENT = {"name": "Fractions", "params": {"keywords": "fraction", "kinds": ["video"], "coach": None}}


@pytest.fixture
def saved(studio):
    answer = studio.post(LIST, SENT)
    assert answer.status == 201
    return answer.json


def test_a_search_is_saved(studio, saved):
    assert saved == {
        **SENT,
        "id": saved["id"],
        "created": saved["created"],
        "modified": saved["created"],
        "saved_by": studio.user_id,
    }
    assert studio.get(f"{LIST}/{saved['id']}").json == saved
    assert studio.get(LIST).json == [saved]


def test_clients_may_choose_the_id_once(studio):
    wanted = uuid.uuid4()
    answer = studio.post(LIST, {**SENT, "id": str(wanted).upper()})
    assert (answer.status, answer.json["id"]) == (201, wanted.hex)
    assert studio.post(LIST, {**SENT, "id": wanted.hex, "name": "other"}).status == 409
    assert studio.get(f"{LIST}/{wanted.hex}").json["name"] == SENT["name"]


def test_the_newest_comes_first_by_default(studio):
    for name in ("b", "c", "a"):
        studio.post(LIST, {"name": name})
    for query, names in (("", "acb"), ("?ordering=name", "abc"), ("?search=C", "c"), ("?page_size=2", "ac")):
        answer = studio.get(LIST + query).json
        rows = answer["results"] if "page_size" in query else answer
        assert [row["name"] for row in rows] == list(names), query
    with counting(studio) as watch:
        studio.get(LIST)
    assert len(watch.names) == 2


def test_given_fields_are_changed(studio, saved):
    one = f"{LIST}/{saved['id']}"
    changed = studio.call("PATCH", one, {"name": "n"})
    assert changed.status == 200
    assert changed.json == {**saved, "name": "n", "modified": changed.json["modified"]}
    assert changed.json["modified"] > saved["modified"]
    assert studio.call("PATCH", one, {"params": {"a": 1}}).json["params"] == {"a": 1}
    whole = studio.call("PUT", one, {"name": "m"}).json
    assert (whole["name"], whole["params"]) == ("m", {})
    assert studio.get(one).json == whole


def test_users_see_only_their_own(studio, saved):
    for token in (studio.sign_up("other")[1], studio.sign_up("admin", is_admin=True)[1]):
        assert studio.get(LIST, token).json == []
        for method in ("GET", "PATCH", "DELETE"):
            assert studio.call(method, f"{LIST}/{saved['id']}", {} if method == "PATCH" else None, token).status == 404
        assert studio.post(LIST, {**SENT, "id": saved["id"]}, token).status == 201
    assert studio.get(LIST).json == [saved]


def test_a_search_is_deleted_once(studio, saved):
    assert studio.call("DELETE", f"{LIST}/{saved['id']}").status == 204
    assert studio.call("DELETE", f"{LIST}/{saved['id']}").status == 404
    assert studio.call("PATCH", f"{LIST}/{saved['id']}", {"name": "n"}).status == 404
    assert studio.get(LIST).json == []


@pytest.mark.parametrize("field", ["name", "params", "id"])
@pytest.mark.parametrize("value", [None, 5, [], "", "x" * 300, {"a": "x" * 10_000}])
def test_bad_input_is_refused(studio, saved, field, value):
    if (field, value) == ("id", None):
        return
    for method, path in (("POST", LIST), ("PATCH", f"{LIST}/{saved['id']}")):
        if (method, field) != ("PATCH", "id"):
            answer = studio.call(method, path, {**SENT, field: value})
            assert (answer.status, list(answer.json)) == (400, [field])
    assert studio.get(LIST).json == [saved]


@pytest.mark.parametrize(("levels", "status"), [(49, 201), (50, 400), (250, 400), (4000, 400)])
def test_deeply_nested_parameters_are_refused(studio, levels, status):
    """The parameters themselves count as a level."""
    raw = f'{{"name": "s", "params": {{"a": {"[" * levels}{"]" * levels}}}}}'
    assert studio.call("POST", LIST, raw.encode()).status == status
    assert len(studio.get(LIST).json) == (status == 201)


@pytest.mark.parametrize("id", ["bad", NOTHING, "%00", "a" * 3000])
def test_an_unknown_search_is_404(studio, id):
    for method, body in (("GET", None), ("PATCH", {"name": "n"}), ("PUT", SENT), ("DELETE", None)):
        assert studio.call(method, f"{LIST}/{id}", body).status == 404
