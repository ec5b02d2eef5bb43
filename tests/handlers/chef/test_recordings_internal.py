"""The internal API responds as recorded from Kolibri Studio, unless the specification or a decision differs."""

from typing import Any, NamedTuple

import pytest

from tests.support.http import recordings
from tests.support.http.client import Answer, Studio
from tests.support.http.recordings import CHANNEL, Call, Replay, differences

pytestmark = pytest.mark.xdist_group("recordings")

CALLS = recordings.load("internal")
MISSING = {"channel_id": ["This field is required."]}


class Differing(NamedTuple):
    """The response here instead of the recorded one: its status, the reason, and the relevant part of the body."""

    status: int
    why: str
    body: dict[str, Any] | None = None


NOT_EDITOR = Differing(403, "the channel exists, but the user may not edit it")
DIFFERING: dict[tuple[str, str], Differing] = {
    ("file_diff", "dict"): Differing(400, "a list of names is required; keys of an object are not names"),
    ("check_user_is_editor", "not editor"): NOT_EDITOR,
    ("get_channel_status_bulk", "not editor"): NOT_EDITOR,
    ("get_tree_data", "not editor"): NOT_EDITOR,
    ("get_tree_data", "get_tree_data node_id"): Differing(
        200, "node_id is not ignored: it selects the children of that node, as in get_node_tree_data"
    ),
    ("publish_channel", "not editor"): NOT_EDITOR,
    ("publish_channel", "missing"): Differing(
        400, "a missing field is an invalid request, not an unknown channel", MISSING
    ),
    ("create_channel", "bad id"): Differing(400, "ids are 32 hex digits"),
    ("add_nodes", "duplicate node_id under same parent -> ?"): Differing(
        200, "a repeated request returns the ids of all its nodes, so that a chef can continue below them"
    ),
    ("add_nodes", "unknown root"): Differing(404, "an unknown parent is 404, even for an empty list of nodes"),
    ("add_nodes", "not editor"): NOT_EDITOR,
    ("finish_channel", "not editor"): NOT_EDITOR,
}

INSTEAD_OF_500 = {
    ("check_version", "version abc"): 400,
    ("check_version", "version None"): 400,
    ("check_version", "version 1"): 400,
    ("check_version", "missing version"): 400,
    ("check_version", "not json"): 400,
    ("file_diff", "not json"): 400,
    ("file_upload", "upload bad name"): 400,
    ("get_channel_status_bulk", "missing -> unhandled?"): 400,
    ("get_node_tree_data", "get_node_tree_data staging none"): 404,
    ("get_node_tree_data", "get_node_tree_data bogus"): 404,
    ("create_channel", "other user's channel"): 403,
    ("create_channel", "bad language"): 400,
    ("create_channel", "not json"): 400,
    ("add_nodes", "document with file whose storage object is absent"): 400,
    ("add_nodes", "invalid license"): 400,
    ("add_nodes", "missing kind"): 400,
    ("add_nodes", "missing node_id"): 400,
    ("add_nodes", "bogus kind"): 400,
    ("add_nodes", "bogus language"): 400,
    ("add_nodes", "title 250 chars"): 400,
    ("finish_channel", "finish twice (no chef tree)"): 409,
}


@pytest.fixture(scope="module")
def answers(shared_cloud: Any) -> dict[tuple[str, str], Answer]:
    """The responses to all recorded calls, replayed in order on a copy of the recorded channel."""
    shared_cloud.empty()
    studio = Studio(shared_cloud)
    studio.user_id, studio.token = studio.sign_up("admin", is_admin=True)
    tree = next(call for call in CALLS if call.note == "get_tree_data main").response["tree"]
    recordings.build_channel(studio, tree)
    recordings.notify_stored(studio, "8c9d17333fca4b9ecce3b03adcabef53.mp4", 23372)
    assert studio.publish(CHANNEL)["status"] == "SUCCESS"
    replay = Replay(studio)
    return {call.key: replay.make(call) for call in CALLS}


def of(chosen: list[Call]) -> Any:
    return pytest.mark.parametrize("call", chosen, ids=["-".join(call.key) for call in chosen])


def test_recorded_calls_have_different_names():
    keys = [call.key for call in CALLS]
    assert len(set(keys)) == len(keys)
    assert set(DIFFERING) | set(INSTEAD_OF_500) <= set(keys)


@of([call for call in CALLS if call.status < 300 and call.key not in DIFFERING])
def test_successful_calls_succeed_as_recorded(answers, call):
    answer = answers[call.key]
    assert answer.status == call.status, answer.text
    answered = answer.json
    if call.path.endswith("publish_channel"):
        assert recordings.ID.fullmatch(answered.pop("task_id"))  # the task can be polled here
    if call.path.endswith("authenticate_user_internal"):
        person = {name: call.response[name] for name in ("username", "first_name", "last_name")}
        assert all(isinstance(answered[name], str) for name in person)
        answered |= person  # the recorded user is another one
    assert not list(differences(call.response, answered))


@of([call for call in CALLS if 400 <= call.status < 500 and call.key not in DIFFERING])
def test_refused_calls_are_refused_as_recorded(answers, call):
    answer = answers[call.key]
    assert answer.status == call.status, answer.text
    assert_says(answer, call)


@of([call for call in CALLS if call.key in DIFFERING])
def test_differing_decisions_have_their_own_response(answers, call):
    answer, expected = answers[call.key], DIFFERING[call.key]
    assert answer.status == expected.status, answer.text
    assert (expected.body or {}).items() <= answer.json.items()


@of([call for call in CALLS if call.status >= 500])
def test_calls_that_caused_server_errors_are_refused(answers, call):
    answer = answers[call.key]
    assert answer.status == INSTEAD_OF_500[call.key], answer.text
    assert {"error", "detail"} <= answer.json.keys()


def test_a_repeated_node_has_the_same_id(answers):
    first, again = (
        answers["add_nodes", note].json["root_ids"]
        for note in ("two topics", "duplicate node_id under same parent -> ?")
    )
    assert again.items() <= first.items()
    assert len(again) == 1


def assert_says(answer: Answer, call: Call) -> None:
    """Assert that an error has `error` and `detail` and contains the recorded error, whether JSON or text."""
    assert answer.json["error"]
    if call.status == 401:
        assert answer.headers["WWW-Authenticate"] == "Token"
    if call.allow:
        assert set(call.allow.split(", ")) <= set(answer.headers["Allow"].split(", "))
    recorded = call.response
    if isinstance(recorded, dict) and "detail" not in recorded:
        assert recorded.items() <= answer.json.items()
    elif call.status != 400:  # the recorded sentences name no field, unlike those here
        said = recorded["detail"] if isinstance(recorded, dict) else recorded
        assert said in answer.json["detail"]
