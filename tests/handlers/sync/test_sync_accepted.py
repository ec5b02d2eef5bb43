"""Stored changes are reported as accepted and applied, whatever else fails."""

import uuid
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from chalicelib.aws import queues
from chalicelib.errors import Busy
from chalicelib.models import changes
from chalicelib.operations.sync import apply
from tests.support.existing import existing
from tests.support.worlds import contentnode
from tests.support.worlds.syncing import URL, Client


def failing_append(monkeypatch, channel_id, error=None, after=0):
    """Make further writes for a channel fail: lost races, or no response."""
    append = changes.append
    calls: list[Any] = []

    def fail(counter, *rest):
        if counter.owner == channel_id and len(calls) >= after:
            if error:
                raise error
            return None
        calls.append(counter.owner)
        return append(counter, *rest)

    monkeypatch.setattr(changes, "append", fail)
    monkeypatch.setattr(changes, "pause", lambda _: None)


def no_queue(*_, **__):
    raise EndpointConnectionError(endpoint_url="sqs")


@pytest.mark.parametrize("error", [None, EndpointConnectionError(endpoint_url="dynamodb")])
def test_one_of_two_channels_is_too_busy(studio, client, root, monkeypatch, error):
    other = Client(studio, studio.make_channel()[0])
    sent = [client.updated(root, description="d"), other.change(2, "channel", other.channel_id, mods={"name": "n"})]
    for number, change in enumerate(sent):
        change["rev"] = number
    with monkeypatch.context() as patch:
        failing_append(patch, other.channel_id, error)
        answer = studio.post(URL, {"changes": sent})
    assert answer.status == 200, answer.text
    assert [one["rev"] for one in answer.json["allowed"]] == [0]
    assert [one["key"] for one in answer.json["successes"]] == [root]
    assert answer.json["disallowed"] == []
    assert not changes.counter_of(client.channel_id).lease.holder
    assert studio.post(URL, {"changes": sent[1:]}).json["successes"]


def test_the_client_is_asked_to_retry_if_nothing_was_accepted(client, root, monkeypatch):
    failing_append(monkeypatch, client.channel_id)
    assert client.ask(client.updated(root, description="d")).status == 503


def test_the_first_batch_of_many_is_accepted(client, root, monkeypatch):
    monkeypatch.setattr(changes, "MAX_APPENDED", 2)
    with monkeypatch.context() as patch:
        failing_append(patch, client.channel_id, after=1)
        done = client.send(*(client.updated(root, description=str(number)) for number in range(3)))
    assert [one["rev"] for one in done["allowed"]] == [1, 2]
    assert [one["server_rev"] for one in done["successes"]] == [1, 2]


def test_changes_left_to_the_holder_are_accepted_without_a_queue(studio, client, root, monkeypatch):
    """If the holder is killed, the next request applies them."""
    first = changes.Change(type=2, table="channel", key=client.channel_id, status=changes.DONE, fields={})
    held = existing(changes.append(changes.counter_of(client.channel_id), [first], "x", 30))
    node = uuid.uuid4().hex
    with monkeypatch.context() as patch:
        patch.setattr(queues, "send_maintenance", no_queue)
        done = client.send(client.created(node, root))
    assert (len(done["allowed"]), done["successes"]) == (1, [])
    changes.abandon(held)
    assert [one["key"] for one in client.poll()["successes"]] == [node]
    assert contentnode.row(studio, node)["id"] == node


def test_changes_left_to_a_worker_are_accepted_without_a_queue(client, root, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(queues, "send_maintenance", no_queue)
        patch.setattr(apply, "is_large", lambda _: True)
        done = client.send(client.updated(root, description="d"))
    assert (len(done["allowed"]), done["successes"]) == (1, [])
    assert client.poll()["successes"]


def test_changes_of_a_channel_wait_until_it_is_created(studio):
    """Another request of the user holds the lease, so the creation of the channel is left to it."""
    owner, client = changes.owner_of_user(studio.user_id), Client(studio, uuid.uuid4().hex)
    first = changes.Change(type=2, table="user", key=studio.user_id, status=changes.DONE, fields={})
    held = existing(changes.append(changes.counter_of(owner), [first], "x", 30))
    made = client.change(1, "channel", client.channel_id, obj={"name": "a"})
    done = client.send(made, client.change(2, "channel", client.channel_id, mods={"name": "b"}))
    assert (len(done["allowed"]), done["errors"], done["successes"]) == (2, [], [])
    with pytest.raises(Busy):
        apply.apply_changes(client.channel_id)
    changes.abandon(held)
    client.poll()
    apply.apply_changes(client.channel_id)
    assert not client.poll()["errors"]
    assert studio.get(f"/api/channel/{client.channel_id}").json["name"] == "b"


def test_changes_fail_if_the_channel_was_not_created(studio):
    client = Client(studio, uuid.uuid4().hex)
    made = client.change(1, "channel", client.channel_id, obj={"name": ""})
    done = client.send(made, client.change(2, "channel", client.channel_id, mods={"name": "b"}))
    assert len(done["errors"]) == 2
