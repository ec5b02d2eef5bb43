"""A removal of nodes that are deleted for good is killed at any of its calls, and ends when its message comes again."""

from contextlib import suppress
from functools import partial
from typing import Any

import pytest

from chalicelib.models.assessment_items import AssessmentItem
from chalicelib.models.children import Child
from chalicelib.models.file_places import FilePlace
from chalicelib.models.file_references import FileReference
from chalicelib.models.nodes import Node
from chalicelib.operations.nodes import purging
from chalicelib.operations.storage import tree_files
from tests.faults.feed_world import ANSWER_LOST, KILLED, NEVER_SENT, Fault, Killed
from tests.support.aws.calls import AnswerLost, watching
from tests.support.aws.cloud import Cloud, empty_cloud
from tests.support.http.client import Studio
from tests.support.worlds import images, nodes, storage

PDF, PNG = b"%PDF-1.4 of a removal" + bytes(400), images.png(size=(17, 9))


@pytest.fixture(scope="module")
def cloud():
    with empty_cloud() as cloud:
        yield cloud


def prepared(cloud: Cloud) -> tuple[Studio, str]:
    """(a user whose channel has a topic with three levels in the trash, the id of the topic)."""
    cloud.empty()
    return cloud.once("removal", lambda: _prepare(cloud))


def _prepare(cloud: Cloud) -> tuple[Studio, str]:
    studio = Studio(cloud)
    channel_id, root = studio.make_channel()
    top = next(iter(studio.add(root, nodes.topic("top")).values()))
    png, pdf = storage.put(studio, PNG, "png"), storage.put(studio, PDF, "pdf")
    shown = f"![](${{☣ CONTENTSTORAGE}}/{png})"
    question = nodes.question("q", question=shown, files=[nodes.file(png, "exercise_image")])
    ids = studio.add(top, nodes.exercise("e", question), nodes.topic("t"))
    studio.add(ids[nodes.node_id("t")], nodes.resource("d", files=[nodes.file(pdf)]))
    assert studio.finish(channel_id).status == 200
    studio.call("DELETE", f"/api/contentnode/{top}")
    storage.drain(studio)
    assert storage.used(cloud)[studio.user_id] == len(PDF) + len(PNG)
    return studio, top


def remains(cloud: Cloud) -> list[Any]:
    """What is stored besides the two roots."""
    models = (Node, Child, AssessmentItem, FilePlace, FileReference)
    found = [item for model in models for item in storage.stored(cloud, model)]
    return [item for item in found if not (isinstance(item, Node) and item.parent_id is None)]


def remove_twice(top: str) -> None:
    for _ in range(2):
        purging.remove(top)


def stop(studio: Studio, number: int, kind: str, work: Any) -> Fault:
    """Let a call fail, or be the last one of the process."""
    fault = Fault(failing=number, kind=kind, answer_lost=kind == ANSWER_LOST)
    own = (studio.cloud.dynamodb, studio.cloud.s3, studio.cloud.sqs)
    with watching(fault, own=own), suppress(Killed, AnswerLost, Exception):
        work()
    return fault


@pytest.mark.parametrize("kind", [NEVER_SENT, ANSWER_LOST, KILLED])
def test_a_removal_is_completed_wherever_it_stops(cloud, kind, monkeypatch):
    monkeypatch.setattr(purging, "MAX_NODES", 3)
    monkeypatch.setattr(tree_files, "CHUNK", 2)
    number = 0
    while True:
        studio, top = prepared(cloud)
        assert studio.call("DELETE", f"/api/contentnode/{top}?deleted=true").status == 204
        fault = stop(studio, number, kind, partial(remove_twice, top))
        if not fault.hit:
            break
        assert not storage.unreferenced(cloud), fault
        storage.drain(studio)
        assert remains(cloud) == [], fault
        assert storage.used(cloud)[studio.user_id] == storage.charged(cloud)[studio.user_id] == 0, fault
        number += 1
    assert number > 10


@pytest.mark.parametrize("kind", [NEVER_SENT, ANSWER_LOST, KILLED])
def test_a_request_cuts_and_removes_or_does_nothing(cloud, kind):
    number = 0
    while True:
        studio, top = prepared(cloud)
        call = f"/api/contentnode/{top}?deleted=true"
        fault = stop(studio, number, kind, lambda call=call, studio=studio: studio.call("DELETE", call))
        if not fault.hit:
            break
        is_cut = not studio.get("/api/contentnode?deleted=true").json["results"]
        storage.drain(studio)
        assert (remains(cloud) == []) == is_cut, fault
        assert storage.used(cloud)[studio.user_id] == (0 if is_cut else len(PDF) + len(PNG)), fault
        number += 1
    assert number > 4
