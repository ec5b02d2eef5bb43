"""Calls that failed in Kolibri Studio (500) outside the internal API: never a 5xx here, and always JSON.

Those of the internal API are in `test_recordings_internal`.
"""

import pytest

from tests.support.http import cdn, recordings

CALLS = recordings.load("server_errors")
INTERNAL = [call for call in recordings.load("internal") if call.status >= 500]
# These are valid, so they may succeed.
VALID = {
    "v2 contentnode exclude_content_ids=4ec83be83565514da4f5",
    "tree ?depth=3",  # above the limit counts as the limit
    "root_id takes CHANNEL id",
    "root_id with node id",
    "CREATED channel via sync",
}
STATUSES = {"tree ?depth=3": 404, "tree ?next__gt=x": 400}  # the tree of that one is not here; of others 200

# Changes are refused one by one.
REFUSED_CHANGES = {"unknown type", "unknown table", "bad channel id"}


def test_all_30_are_replayed():
    assert len(CALLS) + len(INTERNAL) == 30
    assert {call.note for call in CALLS} > VALID


@pytest.mark.parametrize("call", CALLS, ids=[call.note for call in CALLS])
def test_calls_that_failed_in_studio_succeed_or_are_refused(studio, call):
    token = {"Authorization": f"Token {studio.token}"} if call.who == "admin" else {}
    answer = cdn.send(call.method, call.path, json=call.request, headers=token)
    if call.note in REFUSED_CHANGES:
        (change,) = call.request["changes"]
        (refused,) = [one for name in ("disallowed", "errors") for one in answer.json()[name]]
        assert (answer.status_code, refused["rev"], bool(refused["errors"])) == (200, change["rev"], True)
    else:
        assert answer.status_code == STATUSES.get(call.note, 200), answer.text
    if answer.status_code != 200:
        assert {"error", "detail"} <= answer.json().keys()
    assert answer.headers["content-type"] == "application/json"


def test_a_refused_parameter_is_named_with_the_error(studio):
    (call,) = [call for call in CALLS if call.note == "tree ?next__gt=x"]
    answer = cdn.send(call.method, call.path)
    assert answer.status_code == 400
    assert answer.json().keys() == {"next__gt", "error", "detail"}
