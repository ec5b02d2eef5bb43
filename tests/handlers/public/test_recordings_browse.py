"""Responses with channels, nodes, trees and import metadata equal the recorded ones of Kolibri Studio.

The recording has complete responses, and the beginning of long ones, cut at "…". `WHY` lists all deliberate
differences, each with its reason.
"""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chalicelib.domain.types import LABELS
from tests.support.http import recordings
from tests.support.http.client import Answer, Studio
from tests.support.http.recordings import ADDED_LATER, CHANNEL, DESCRIPTION, NAME
from tests.support.worlds import images, nodes

pytestmark = pytest.mark.xdist_group("recordings")

RECORDED = json.loads((recordings.FOLDER / "browse.json").read_text("utf-8"))
NODES, CALLS = RECORDED["nodes"], RECORDED["calls"]
STORED = json.loads((Path(__file__).parents[2] / "fixtures/content_db/small_input.json").read_text("utf-8"))["nodes"]
CUT = "…"
V2 = "/api/public/v2/"

# Deliberate differences, with their reasons.
WHY = {
    # fields of channels
    "last_updated": "the moment of this publish",
    "last_published": "the moment of this publish",
    "published_size": "other thumbnails and archives",
    # fields of lists
    "cursor": "cursors are opaque, and have our own format",
    "next": "the envelope of pages is the same on all lists of the API",
    "previous": "the envelope of pages is the same on all lists of the API",
    # fields of nodes
    "parent_id": "nodes carry it beside `parent`",
    "num_coach_contents": "the true count of resources for coaches",
}
IDS = "files, tags, assessments and their links to nodes have our own ids"
MADE = "thumbnails and exercise archives are generated here"
NO_QTI = "exercises have only a .perseus archive, and plain question ids"
UNORDERED = "unordered there, sorted here"
IGNORED = {  # by a field that identifies the record
    "preset": (IDS, ("id",)),
    "assessment_item_ids": (IDS, ("id",)),
    "contenttag_id": (IDS, ("id", "contenttag_id")),
    "tag_name": (IDS, ("id",)),
    "thumbnail": (MADE, ("thumbnail",)),
}
OF_MADE_FILES = (MADE, ("checksum", "local_file_id", "file_size", "storage_url"))
ARCHIVES = (NO_QTI, ("qti", "exercise"))
SETS = (
    UNORDERED,
    (*LABELS, "included_languages", "languages", "files", "content_file"),
)
LOCAL_FILES = (MADE, "content_localfile")
JSON_TEXTS = ("another order of keys", ("options", "mastery_model", "assessment_item_ids"))

REFUSED_HERE = {
    "?max_results=0": "it must be a whole number from 1 on",
    "?max_results=abc": "it must be a whole number from 1 on",
    "?next__gt=x": "broke the server there",
}
FOUND_HERE = {
    "/v2/channel": "URLs answer with and without a trailing slash",
    "?exclude_content_ids": "broke the server there",
    "?depth=3": "broke the server there; above the limit counts as the limit",
}
NOTHING_HERE = {"?categories=d&": "an unknown label matches nothing"}
ENVELOPED_HERE = {"/importmetadata/c05eefe5eeee5dbf87f33e2a2b563e67/?max_results": 'a page is {"results", "more"}'}


def question_id(recorded: str) -> str:
    """The id of a question. In Studio it is "K" and the base64 of its bytes."""
    return base64.urlsafe_b64decode(f"{recorded[1:]}==").hex()


def sent(studio: Studio, stored: dict[str, Any]) -> dict[str, Any]:
    """A node of the recorded channel as its chef sent it."""
    fields = {name: stored[name] for name in ("node_id", "content_id", "language", "description", "license", *LABELS)}
    same = ("license_description", "copyright_holder", "author", "aggregator", "provider", "tags", "suggested_duration")
    recorded = NODES.get(stored["node_id"], {"title": stored["title"], "assessmentmetadata": None})
    questions = (recorded["assessmentmetadata"] or {"assessment_item_ids": []})["assessment_item_ids"]
    return {
        **nodes.topic(recorded["title"]),
        **fields,
        **{name: stored[name] for name in same},
        "kind": stored["kind"],
        "role": stored["role_visibility"],
        "extra_fields": json.dumps(stored["extra_fields"]),
        "files": [file(studio, entry) for entry in stored["files"]],
        "questions": [nodes.question("q", assessment_id=question_id(id)) for id in questions],
    }


def file(studio: Studio, stored: dict[str, Any]) -> dict[str, Any]:
    """A file under its recorded name. Only images have valid content."""
    data = images.png() if stored["file_format"] == "png" else b"." * stored["file_size"]
    studio.put(stored["checksum"], stored["file_format"], data)
    name = f"{stored['checksum']}.{stored['file_format']}"
    return nodes.file(name, stored["preset"], language=stored["language"], duration=stored["duration"])


def build_channel(studio: Studio, *leave_out: str) -> None:
    thumbnail = recordings.store(studio, images.png(), "png")
    _, root = studio.make_channel(NAME, CHANNEL, description=DESCRIPTION, tagline="Tagline é", thumbnail=thumbnail)
    ids = {STORED[0]["id"]: root}
    for stored in STORED[1:]:
        if stored["title"] not in leave_out:
            given = studio.add(ids[stored["parent_id"]], sent(studio, stored))
            ids[stored["id"]] = given[stored["node_id"]]
    assert studio.finish(CHANNEL).status == 200


@pytest.fixture(scope="module")
def studio(shared_cloud: Any) -> Studio:
    """With the recorded channel, published twice, public."""
    shared_cloud.empty()
    studio = Studio(shared_cloud)
    for left_out in ((ADDED_LATER,), ()):
        build_channel(studio, *left_out)
        assert studio.publish(CHANNEL)["status"] == "SUCCESS"
    studio.make_public(CHANNEL)
    return studio


def send(studio: Studio, call: dict[str, Any]) -> Answer:
    path = call["path"].rstrip("/").replace("/?", "?")  # the CDN removes the slash
    if "cursor=cD" in path:  # the recorded one is Studio's
        more = studio.get(path.partition("&cursor")[0], token=None).json["more"]
        path = f"{path.partition('&cursor')[0]}&cursor={more['cursor']}"
    sent = {}
    for name in call.get("conditions", []):
        found = studio.get(path, token=None).headers
        sent[name] = found["Last-Modified" if name == "if-modified-since" else "ETag"]
    return studio.call("GET", path, token=None, **sent)


def whole(value: Any) -> Any:
    """A recorded value with its nodes filled in: each was recorded once."""
    if isinstance(value, dict) and "node" in value:
        return {**NODES[value["node"]], **{name: whole(part) for name, part in value.items() if name != "node"}}
    if isinstance(value, dict):
        return {name: whole(part) for name, part in value.items()}
    return [whole(part) for part in value] if isinstance(value, list) else value


def differences(recorded: Any, answered: Any, where: str = "") -> Iterator[tuple[str, str]]:
    """(name of a field, its difference)."""
    if isinstance(recorded, dict) and isinstance(answered, dict):
        names = recorded.keys() & answered.keys() if CUT in recorded else recorded.keys() | answered.keys()
        for name in sorted(names - {CUT}):
            if name in recorded and name in answered:
                yield from differences(recorded[name], answered[name], f"{where}.{name}")
            else:
                yield name, f"{where}.{name}: only {'recorded' if name in recorded else 'answered'}"
    elif isinstance(recorded, list) and isinstance(answered, list):
        yield from _of_lists(recorded, answered, where)
    elif recorded != answered:
        yield where.rpartition(".")[2], f"{where}: {answered!r} instead of {recorded!r}"


def _of_lists(recorded: list[Any], answered: list[Any], where: str) -> Iterator[tuple[str, str]]:
    if recorded[-1:] == [CUT]:
        recorded = recorded[:-1]
        answered = answered[: len(recorded)]
    if len(recorded) != len(answered):
        yield where.rpartition(".")[2], f"{where}: {len(answered)} instead of {len(recorded)}"
    for number, (left, right) in enumerate(zip(recorded, answered, strict=False)):
        yield from differences(left, right, f"{where}.{number}")


def plain(value: Any, name: str = "") -> Any:
    """A value without the deliberate differences."""
    if isinstance(value, str) and name in JSON_TEXTS[1] and value[:1] in ("[", "{"):
        value = json.loads(value)
    if isinstance(value, list):
        parts = [
            plain(part, name) for part in value if not (isinstance(part, dict) and part.get("preset") in ARCHIVES[1])
        ]
        return sorted(parts, key=_in_order) if name in SETS[1] and CUT not in parts else parts
    if isinstance(value, dict):
        parts_of = {key: plain(part, key) for key, part in value.items() if key not in _ignored(value)}
        return {key: part for key, part in parts_of.items() if key != LOCAL_FILES[1]}
    if isinstance(value, str) and name == "categories":
        return ",".join(sorted(value.split(",")))
    return question_id(value) if name == "assessment_item_ids" and len(value) == 23 else value


def _ignored(record: dict[str, Any]) -> set[str]:
    """The fields of a record that differ deliberately."""
    made = OF_MADE_FILES[1] if "thumbnail" in str(record.get("preset")) else ()
    return {*made, *(name for field in record.keys() & IGNORED.keys() for name in IGNORED[field][1])}


def _in_order(value: Any) -> str:
    names = ("contentnode_id", "priority", "id")
    return json.dumps([value.get(name) for name in names] if isinstance(value, dict) else value)


def name_of(call: dict[str, Any]) -> str:
    return " ".join([call["path"].removeprefix("/api/public"), *call.get("conditions", [])])


def is_in(call: dict[str, Any], *tables: dict[str, str]) -> bool:
    """Whether a call has a deliberately different response."""
    return any(call["path"].endswith(part) or ("?" in part and part in call["path"]) for t in tables for part in t)


def of(*chosen: dict[str, Any]) -> Any:
    assert chosen
    return pytest.mark.parametrize("call", chosen, ids=[name_of(call)[:100] for call in chosen])


SAME = [c for c in CALLS if c["status"] == 200 and not is_in(c, REFUSED_HERE, NOTHING_HERE, ENVELOPED_HERE)]


def same(recorded: Any, answered: Any) -> list[str]:
    """The differences without a known reason."""
    return [text for name, text in differences(plain(whole(recorded)), plain(answered)) if name not in WHY]


@of(*SAME)
def test_successful_calls_have_the_recorded_response(studio, call):
    answer = send(studio, call)
    assert answer.status == 200, answer.text
    assert same(call["response"] or [], answer.json) == []  # an empty list is recorded as null


@of(*[c for c in CALLS if is_in(c, ENVELOPED_HERE)])
def test_a_page_of_import_metadata_has_its_rows_in_an_envelope(studio, call):
    answered = send(studio, call).json
    assert answered["more"] is None
    assert same(call["response"], answered["results"]) == []


@of(*[c for c in CALLS if 400 <= c["status"] < 500])
def test_refusals_have_the_recorded_text(studio, call):
    answer = send(studio, call)
    assert answer.status == call["status"]
    if "No " in str(call["response"]) or "Not found" in str(call["response"]):
        assert set(answer.json) == {"error", "detail"}  # our own text, which names the request
    elif isinstance(call["response"], str):
        assert answer.json == {"error": call["response"], "detail": call["response"]}
    else:
        assert answer.json.items() >= call["response"].items()


@of(*[c for c in CALLS if c["status"] == 304])
def test_a_current_copy_is_not_sent_again(studio, call):
    answer = send(studio, call)
    assert (answer.status, answer.text) == (304, "")


@of(*[c for c in CALLS if is_in(c, FOUND_HERE, REFUSED_HERE, NOTHING_HERE)])
def test_deliberate_differences(studio, call):
    answer = send(studio, call)
    assert answer.status == (400 if is_in(call, REFUSED_HERE) else 200), answer.text
    assert bool(answer.json) is not is_in(call, NOTHING_HERE)


def test_a_cursor_leads_to_the_recorded_second_page(studio):
    (call,) = [call for call in CALLS if "cursor=cD0z" in call["path"]]
    recorded = [entry["node"] for entry in call["response"]["results"] if "node" in entry]
    assert [node["id"] for node in send(studio, call).json["results"]][: len(recorded)] == recorded


def test_every_listed_difference_exists(studio):
    """So that the table has no obsolete entries."""
    found = {
        name
        for call in SAME
        for name, _ in differences(plain(whole(call["response"] or [])), plain(send(studio, call).json))
    }
    assert set(WHY) <= found


def test_every_recorded_call_is_tested():
    answered = [c for c in CALLS if c["status"] in (200, 304) or 400 <= c["status"] < 500]
    others = [c for c in CALLS if c not in answered]
    assert all(is_in(call, FOUND_HERE, REFUSED_HERE) for call in others)
    for table in (REFUSED_HERE, FOUND_HERE, NOTHING_HERE, ENVELOPED_HERE):
        assert all(any(is_in(call, {part: ""}) for call in CALLS) for part in table)
