"""A worker that checks an upload in parts is stopped at any of its calls, and the next delivery ends the work."""

import hashlib
from contextlib import suppress

import pytest

from chalicelib.models import tasks
from chalicelib.operations.files import assemble
from tests.faults.feed_world import ANSWER_LOST, KILLED, NEVER_SENT, Fault, Killed
from tests.support.aws.calls import AnswerLost, watching
from tests.support.aws.cloud import Cloud, empty_cloud
from tests.support.http.client import Studio
from tests.support.worlds import storage
from tests.support.worlds.uploads import store_part

DATA = b"a file in one part"
KINDS = (KILLED, ANSWER_LOST, NEVER_SENT)
KEY = "content/storage/{0[0]}/{0[1]}/{0}.pdf"


@pytest.fixture(scope="module")
def cloud():
    with empty_cloud() as cloud:
        yield cloud


def completed(cloud: Cloud, checksum: str) -> tuple[Studio, str]:
    """(a user who has completed an upload that was announced with this MD5, the task that checks it)."""
    cloud.empty()
    studio = Studio(cloud)
    sent = {"size": len(DATA), "checksum": checksum, "name": "a.pdf", "file_format": "pdf", "preset": "document"}
    upload = studio.post("/api/upload", sent).json
    (part,) = studio.post(f"/api/upload/{upload['id']}/urls", {"parts": [{"number": 1}]}).json["parts"]
    store_part(studio, part, DATA)
    return studio, studio.post(f"/api/upload/{upload['id']}/complete").json["task_id"]


def stop(cloud: Cloud, number: int, kind: str, task_id: str) -> Fault:
    fault = Fault(failing=number, kind=kind, answer_lost=kind == ANSWER_LOST)
    with watching(fault, own=(cloud.dynamodb, cloud.s3, cloud.sqs)), suppress(Killed, AnswerLost, Exception):
        assemble.run(task_id)
    return fault


@pytest.mark.parametrize(("is_right", "first"), [(True, 0), (True, 1), (False, 2)])
def test_a_check_is_ended_wherever_it_stops(cloud, is_right, first, monkeypatch):
    """Each call stops in one of the ways, in turn."""
    monkeypatch.setattr(assemble, "LEASE", -1)  # of a killed worker: it has expired when the message comes again
    checksum = hashlib.md5(DATA if is_right else b"other").hexdigest()
    number = 0
    while True:
        studio, task_id = completed(cloud, checksum)
        kind = KINDS[(first + number) % len(KINDS)]
        fault = stop(cloud, number, kind, task_id)
        if not fault.hit:
            break
        for _ in range(2):
            assemble.run(task_id)
        task = studio.task(task_id)
        assert task["status"] == (tasks.SUCCESS if is_right else tasks.FAILURE), (number, task)
        objects = cloud.objects()
        assert (KEY.format(checksum) in objects) == is_right
        assert [key for key in objects if key.startswith("content/incoming/")] == [], number
        assert storage.used(cloud)[studio.user_id] == (len(DATA) if is_right else 0), number

        number += 1
    assert number > 10
