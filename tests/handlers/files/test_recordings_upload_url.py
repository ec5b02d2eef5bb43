"""upload_url responds as recorded from Kolibri Studio, except where a decision differs."""

from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.support.http import recordings
from tests.support.http.client import Answer, Studio
from tests.support.http.recordings import Call, Replay, differences

pytestmark = pytest.mark.xdist_group("recordings")

CALLS = recordings.load("upload_url")
DIFFERING = {
    "anon": "requests without authentication are 401 everywhere",
    "not json": "errors are {error, detail} with another sentence",
    "too big (>500MB, not resumable)": "there are no resumable uploads: the limit is that of a single PUT",
}
# Fields of a file that each server assigns.
OWN = ("id", "uploaded_by")
# Recorded, but a defect: Studio derives the format from the name, and "noext" has no extension.
WITHOUT_EXTENSION = {
    "mimetype": "application/pdf",
    "file_on_disk": "storage/b/b/bb90d3de01263ed27b959cb2eff027f9.pdf",
    "url": "/content/storage/b/b/bb90d3de01263ed27b959cb2eff027f9.pdf",
}


@pytest.fixture(scope="module")
def answers(shared_cloud: Any) -> dict[str, Answer]:
    shared_cloud.empty()
    replay = Replay(Studio(shared_cloud))
    return {call.note: replay.make(call) for call in CALLS}


def of(chosen: list[Call]) -> Any:
    return pytest.mark.parametrize("call", chosen, ids=[call.note for call in chosen])


@of([call for call in CALLS if call.status == 200])
def test_uploads_are_accepted_as_recorded(answers, call):
    answer = answers[call.note]
    assert answer.status == 200, answer.text
    answered, recorded = answer.json, call.response
    if call.note == "name without ext":
        recorded = {**recorded, "mimetype": WITHOUT_EXTENSION["mimetype"]}
        recorded["file"] = {**recorded["file"], **{name: WITHOUT_EXTENSION[name] for name in ("file_on_disk", "url")}}
    own = {name: answered["file"][name] for name in OWN}
    assert all(recordings.ID.fullmatch(value) for value in own.values())
    offered = urlsplit(answered["uploadURL"])
    assert f"{offered.scheme}://{offered.netloc}" == "http://front.example.org"
    assert offered.path == recorded["file"]["url"]
    # might_skip is true only if the bytes are stored; Studio sets it after a mere request for an upload URL
    same = {"uploadURL": answered["uploadURL"], "might_skip": False}
    assert not list(differences({**recorded, **same, "file": {**recorded["file"], **own}}, answered))


@of([call for call in CALLS if call.status != 200 and call.note not in DIFFERING])
def test_invalid_uploads_are_refused_as_recorded(answers, call):
    answer = answers[call.note]
    assert answer.status == call.status, answer.text
    if call.status == 412:  # Studio sends an empty body
        assert answer.json["error"] == "Not enough storage"
    else:  # Studio's sentence, then what to do
        assert answer.json.keys() == call.response.keys()
        for field, (sentence,) in call.response.items():
            assert answer.json[field][0].startswith(sentence)


@pytest.mark.parametrize(
    ("note", "status", "fields"),
    [
        ("anon", 401, {"error", "detail"}),
        ("not json", 400, {"error", "detail"}),
        ("too big (>500MB, not resumable)", 400, {"non_field_errors"}),
    ],
)
def test_differing_decisions_have_their_own_response(answers, note, status, fields):
    assert note in DIFFERING
    assert (answers[note].status, set(answers[note].json)) == (status, fields)
