"""Channels, nodes, trees and import metadata are answered as Kolibri Studio was recorded to, value by value.

The recording has whole answers, and long ones from their beginning: "…" stands where it was cut. `WHY` names all that
is otherwise here, each with its reason.
"""

import base64
import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chalicelib.domain.types import LABELS
from tests.support import images, nodes, recordings
from tests.support.client import Answer, Studio
from tests.support.recordings import ADDED_LATER, CHANNEL, DESCRIPTION, NAME

pytestmark = pytest.mark.xdist_group("recordings")

RECORDED = json.loads((recordings.FOLDER / "browse.json").read_text("utf-8"))
NODES, CALLS = RECORDED["nodes"], RECORDED["calls"]
STORED = json.loads((Path(__file__).parents[1] / "fixtures/content_db/small_input.json").read_text("utf-8"))["nodes"]
CUT = "…"
V2 = "/api/public/v2/"

WHY = {
    # By field, in whatever answer.
    "id": "files, tags, assessments and what links them have ids of our own",
    "contenttag_id": "so do the rows that name them",
    "cursor": "cursors are opaque, and ours",
    "last_updated": "the moment of this publish",
    "last_published": "the same",
    "published_size": "the size of the files of this test; it counts each of them once",
    "thumbnail": "made from other images",
    "num_coach_contents": "the true count of resources for coaches",
    "assessment_item_ids": "the plain ids, without Studio's form of them for QTI",
    "included_languages": "sorted",
    "parent_id": "in nodes beside `parent`",
    "next": "the envelope of pages is the same on all lists of the API",
    "previous": "the same",
    "labels": "pages do not tell which labels all of their list has",
    # Of what is made from the bytes of images and exercises.
    "checksum": "of thumbnails and exercise archives: made here",
    "local_file_id": "the same",
    "file_size": "the same",
    "storage_url": "the same",
}
REFUSED_HERE = {
    "max_results=0": "it must be a whole number from 1 on",
    "max_results=abc": "the same",
    "next__gt=x": "a 500 there",
}
FOUND_HERE = {
    "v2/channel": "URLs answer with and without a trailing slash",
    "exclude_content_ids": "a 500 there",
    "depth=3": "a 500 there; above the limit counts as the limit",
}
OTHERWISE = {
    "categories=d&": "an unknown label matches nothing",
    "importmetadata/c05eefe5eeee5dbf87f33e2a2b563e67/?max_results": 'with max_results it is {"results", "more"}',
}


def question_id(recorded: str) -> str:
    """The id of a question, of which Studio made "K" and the base64 of its bytes."""
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
    """A file under its recorded name. Only images are what they seem to be."""
    data = images.png() if stored["file_format"] == "png" else b"." * stored["file_size"]
    studio.put(stored["checksum"], stored["file_format"], data)
    name = f"{stored['checksum']}.{stored['file_format']}"
    return nodes.file(name, stored["preset"], language=stored["language"], duration=stored["duration"])


def build_channel(studio: Studio, *leave_out: str) -> None:
    _, root = studio.make_channel(NAME, CHANNEL, description=DESCRIPTION, tagline="Tagline é")
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


def ask(studio: Studio, call: dict[str, Any]) -> Answer:
    path = call["path"].rstrip("/").replace("/?", "?")  # the front removes the slash
    if "cursor=cD" in path:  # the recorded one is Studio's
        more = studio.get(path.partition("&cursor")[0], token=None).json["more"]
        path = f"{path.partition('&cursor')[0]}&cursor={more['cursor']}"
    sent = {}
    for name in call.get("conditions", []):
        found = studio.get(path, token=None).headers
        sent[name] = found["Last-Modified" if name == "if-modified-since" else "ETag"]
    return studio.call("GET", path, token=None, **sent)


def whole(value: Any) -> Any:
    """A recorded value with its nodes, which are recorded once, in their places."""
    if isinstance(value, dict) and "node" in value:
        return {**NODES[value["node"]], **{name: whole(part) for name, part in value.items() if name != "node"}}
    if isinstance(value, dict):
        return {name: whole(part) for name, part in value.items()}
    return [whole(part) for part in value] if isinstance(value, list) else value


def differences(recorded: Any, answered: Any, where: str = "") -> Iterator[tuple[str, str]]:
    """(name of a field, what is otherwise in it)."""
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


EMPTY = (None, "")  # an empty list was recorded like this


def name_of(call: dict[str, Any]) -> str:
    return " ".join([call["path"].removeprefix(V2), *call.get("conditions", [])])[:110]


def of(*chosen: dict[str, Any]) -> Any:
    return pytest.mark.parametrize("call", chosen, ids=map(name_of, chosen))


def is_of(call: dict[str, Any], table: dict[str, str]) -> bool:
    return any(part == call["path"].removeprefix("/api/public/") or part in call["path"] for part in table if part)
