"""An AWS call fails once: the published result is the same as without a fault."""

from collections.abc import Iterator

import pytest

from tests.faults.flow import CHANNEL, upload_and_publish
from tests.support.aws.calls import Watch, watching
from tests.support.aws.cloud import Cloud, empty_cloud
from tests.support.http.client import Studio

MAX_CALLS = 120  # of the flow; a test below fails when there are more
PART = 24  # calls per test
STEP = 5  # every fifth call, beginning with another one for each kind of failure; `make chaos` reaches all


def run(cloud: Cloud, watch: Watch, times: int = 1) -> bytes:
    """The content database that the flow publishes on an empty cloud. Users are created before calls are watched."""
    cloud.empty()
    studio = Studio(cloud)
    with watching(watch, own=own(cloud)):
        task = upload_and_publish(studio, times)
    entry = studio.get(f"/api/public/v1/channels/lookup/{CHANNEL}").json[0]
    database = studio.database(CHANNEL)
    assert database == studio.database(CHANNEL, entry["version"])
    assert (task["status"], entry["version"]) == ("SUCCESS", 1)
    return database


def own(cloud: Cloud) -> tuple:
    return cloud.dynamodb, cloud.s3, cloud.sqs


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    """Emptied before each run: creating it takes longer than a run."""
    with empty_cloud() as cloud:
        yield cloud


@pytest.fixture(scope="module")
def faultless(cloud: Cloud) -> tuple[int, bytes]:
    """(number of calls of the flow, the content database that it publishes)."""
    watch = Watch()
    database = run(cloud, watch)
    return len(watch.names), database


def test_every_call_of_the_flow_is_covered(faultless):
    assert faultless[0] <= MAX_CALLS


@pytest.mark.parametrize("answer_lost", [False, True], ids=["never sent", "answer lost"])
@pytest.mark.parametrize("first", range(0, MAX_CALLS, PART))
def test_a_call_that_fails_once_changes_nothing(cloud, faultless, first, answer_lost):
    calls, database = faultless
    for number in range(first + answer_lost, min(first + PART, calls), STEP):
        watch = Watch(failing=number, answer_lost=answer_lost)
        published = run(cloud, watch)
        assert watch.hit, f"call {number} was not made"
        assert published == database, f"{watch.hit} (call {number}) changed the database"


def test_delivering_every_message_twice_changes_nothing(cloud, faultless):
    database = run(cloud, Watch(), times=2)
    assert database == faultless[1]
