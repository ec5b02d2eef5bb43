"""Stored leases: tables are retained on deploy, so names and meaning of what they store stay as they are."""

import pytest

from chalicelib.errors import Busy
from chalicelib.models import changes, channels, tasks
from chalicelib.models.channels import PUBLISH_LEASE
from chalicelib.operations.publishing import publish_lock
from tests.conftest import PREFIX
from tests.models.builders import make_channel
from tests.support.existing import existing


def store(aws, table, item):
    aws.dynamodb.put_item(TableName=PREFIX + table, Item=item)


def stored(aws, table):
    (item,) = aws.items(table)
    return item


def counter(**lease):
    return {"owner": {"S": "o"}, "rev": {"N": "0"}, "last": {"N": "2"}, "done": {"N": "1"}, **lease}


def test_the_lease_of_a_sync_holder_that_vanished_is_taken_over(aws):
    ended = {"N": "1700000000000"}
    store(aws, "changes", counter(holder={"S": "worker-1"}, until=ended, tries={"N": "2"}))
    found = changes.counter_of("o")
    assert (found.is_abandoned, found.has_pending) == (True, True)
    taken = existing(changes.take(found, "h", 30))
    until = {"until": {"N": str(taken.lease.until)}}
    assert stored(aws, "changes") == counter(holder={"S": "h"}, tries={"N": "3"}, **until)
    assert len(str(taken.lease.until)) == 13  # milliseconds
    changes.give_back(taken)
    assert stored(aws, "changes") == counter(tries={"N": "3"})


def test_the_lease_of_a_sync_holder_at_work_is_left_to_it(aws):
    later = str(changes.LEASE.clock() + 20_000)
    store(aws, "changes", counter(holder={"S": "h"}, until={"N": later}, tries={"N": "0"}))
    found = changes.counter_of("o")
    assert not found.is_free
    assert changes.renew(found, 30)
    assert changes.finish(changes.counter_of("o"))
    assert stored(aws, "changes") == counter(done={"N": "2"})


def publishing(aws, **lease):
    """A channel whose publish a worker of the version before has begun. Returns the id of the task."""
    task_id = publish_lock.request("u" * 32, make_channel(), "")
    item = stored(aws, "channels")
    assert "publish_lease" not in item
    store(aws, "channels", {**item, **lease})
    return task_id


def test_the_lease_of_a_publish_worker_that_vanished_is_taken_over(aws):
    lease = {"publish_worker": {"S": "w"}, "publish_lease": {"N": "1700000000000000"}}
    _, channel = existing(publish_lock.claim(publishing(aws, **lease), publish_lock.PUBLISH))
    item = stored(aws, "channels")
    assert item["publish_worker"] == {"S": channel.publish_worker} != {"S": "w"}
    assert item["publish_lease"] == {"N": str(channel.publish_lease)}
    assert len(str(channel.publish_lease)) == 16  # microseconds


def test_the_lease_of_a_publish_worker_at_work_is_left_to_it(aws):
    later = str(PUBLISH_LEASE.clock() + 20_000_000)
    task_id = publishing(aws, publish_worker={"S": "w"}, publish_lease={"N": later})
    with pytest.raises(Busy) as caught:
        publish_lock.claim(task_id, publish_lock.PUBLISH)
    assert 18 <= caught.value.retry_after <= 20
    channel = existing(channels.get(stored(aws, "channels")["id"]["S"]))
    publish_lock.release(existing(tasks.get(task_id)), channel)
    assert not {"publish_worker", "publish_lease"} & stored(aws, "channels").keys()
