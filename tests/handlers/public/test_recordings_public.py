"""The public API responds as recorded from Kolibri Studio, unless the specification or a decision differs."""

from typing import Any

import pytest

from chalicelib import __version__
from chalicelib.models.channels import Channel
from chalicelib.models.secret_tokens import SecretToken
from tests.support.http import recordings
from tests.support.http.client import Answer, Studio
from tests.support.http.recordings import CHANNEL, TOKEN, Call, Replay, differences
from tests.support.worlds import images

pytestmark = pytest.mark.xdist_group("recordings")

CALLS = recordings.load("public")
NOTES = ("golden notes é", "v2 public")

FOUND_HERE = {
    "trailing slash": "URLs answer with and without a trailing slash",
    "v1 lookup PUNUPNIMIH": "case and dashes of a token do not matter to those who type it",
    "dashed uuid": "dashed ids are accepted",
}
# Defects of Studio: it ignores "?language=", and responds to "lookup/<token>/extra", which is not a resource.
FILTERED_HERE = "v1 channels ?language=zz"
NOT_A_RESOURCE = "lookup with trailing path (prefix regex)"
OPTIONS = "OPTIONS"
# These depend on the time and on the bytes of files; `tagline` is added here.
OWN = ("last_published", "icon_encoding", "published_size", "tagline")


@pytest.fixture(scope="module")
def answers(shared_cloud: Any) -> dict[str, Answer]:
    """The responses to all recorded calls; the recorded channel is published twice, public, and has its token."""
    shared_cloud.empty()
    studio = Studio(shared_cloud)
    tree = next(c for c in recordings.load("internal") if c.note == "get_tree_data main").response["tree"]
    thumbnail = recordings.store(studio, images.png(), "png")
    for notes, left_out in zip(NOTES, ((recordings.ADDED_LATER,), ()), strict=True):
        recordings.build_channel(studio, tree, *left_out, thumbnail=thumbnail)
        assert studio.publish(CHANNEL, notes)["status"] == "SUCCESS"
    studio.make_public(CHANNEL)
    SecretToken(TOKEN, channel_id=CHANNEL).save()
    Channel(CHANNEL).update([Channel.primary_token.set(TOKEN)])
    replay = Replay(studio)
    return {key(call): replay.make(call) for call in CALLS if call.note != NOT_A_RESOURCE}


def key(call: Call) -> str:
    return f"{call.method} {call.note}"


def of(chosen: list[Call]) -> Any:
    return pytest.mark.parametrize("call", chosen, ids=map(key, chosen))


def as_here(call: Call, answered: Any) -> Any:
    """The recorded response with our deliberate differences: kind_count as specified, and fields that depend on bytes.

    `info` also shows the version of this application.
    """
    if "kolibri_version" in call.response:
        return {**call.response, "studio_version": __version__}
    if not isinstance(call.response, list):
        return call.response
    entries = []
    for recorded, entry in zip(call.response, answered, strict=True):
        counts = {kind["kind_id"]: kind["count"] for kind in recorded["kind_count"]}
        own = {name: entry[name] for name in OWN}
        assert own["icon_encoding"].startswith("data:image/png;base64,")
        assert own["last_published"].endswith("Z")
        assert own["published_size"] > 0
        entries.append({**recorded, "kind_count": counts, **own})
    return entries


SAME = [c for c in CALLS if c.status == 200 and c.method == "GET" and c.note not in (FILTERED_HERE, NOT_A_RESOURCE)]


@of(SAME)
def test_successful_calls_have_the_recorded_response(answers, call):
    answer = answers[key(call)]
    assert answer.status == 200, answer.text
    answered = answer.json
    assert not list(differences(as_here(call, answered), answered))


@of([call for call in CALLS if call.status >= 400 and call.note not in FOUND_HERE])
def test_missing_channels_are_missing_here_too(answers, call):
    answer = answers[key(call)]
    assert answer.status == call.status
    said = call.response["detail"] if isinstance(call.response, dict) else call.response
    assert said in answer.json["detail"]
    if call.allow:
        assert answer.headers["Allow"] == call.allow


@of([call for call in CALLS if call.note in FOUND_HERE])
def test_channels_found_only_here(answers, call):
    assert call.status == 404
    assert answers[key(call)].status == 200


def test_a_language_that_no_channel_has_finds_none(answers):
    assert answers[f"GET {FILTERED_HERE}"].json == []


def test_head_returns_no_body(answers):
    answer = answers["HEAD /api/public/info"]
    assert (answer.status, answer.text, answer.headers["Content-Type"]) == (200, "", "application/json")


def test_options_lists_the_methods(answers):
    recorded = next(call for call in CALLS if call.method == OPTIONS)
    answer = answers[key(recorded)]
    assert (answer.status, answer.headers["Allow"]) == (200, recorded.allow)
    assert answer.json["renders"] == recorded.response["renders"]


def test_every_recorded_call_is_tested():
    noted = {call.note for call in SAME} | {call.note for call in CALLS if call.status >= 400 or call.method != "GET"}
    assert {call.note for call in CALLS} == noted | {FILTERED_HERE, NOT_A_RESOURCE}
