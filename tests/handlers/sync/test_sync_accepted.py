"""What was written down is answered as accepted and is done, whatever else fails."""

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
    """Let nothing more be written down for a channel: races are lost, or there is no answer."""
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
def test_of_two_channels_one_is_too_busy(studio, client, root, monkeypatch, error):
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


def test_where_nothing_could_be_accepted_one_is_told_to_come_again(client, root, monkeypatch):
    failing_append(monkeypatch, client.channel_id)
    assert client.ask(client.updated(root, description="d")).status == 503


def test_the_first_part_of_many_is_accepted(client, root, monkeypatch):
    monkeypatch.setattr(changes, "MAX_APPENDED", 2)
    with monkeypatch.context() as patch:
        failing_append(patch, client.channel_id, after=1)
        done = client.send(*(client.updated(root, description=str(number)) for number in range(3)))
    assert [one["rev"] for one in done["allowed"]] == [1, 2]
    assert [one["server_rev"] for one in done["successes"]] == [1, 2]


def test_what_is_left_to_a_holder_is_accepted_also_without_a_queue(studio, client, root, monkeypatch):
    """Should the holder be killed, the next request does it."""
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


def test_what_is_left_to_a_worker_is_accepted_also_without_a_queue(client, root, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(queues, "send_maintenance", no_queue)
        patch.setattr(apply, "is_large", lambda _: True)
        done = client.send(client.updated(root, description="d"))
    assert (len(done["allowed"]), done["successes"]) == (1, [])
    assert client.poll()["successes"]


def test_changes_of_a_channel_wait_until_it_is_made(studio):
    """Another request of the user is at work meanwhile, so the channel is left to it."""
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


def test_changes_of_a_channel_that_was_not_made_fail(studio):
    client = Client(studio, uuid.uuid4().hex)
    made = client.change(1, "channel", client.channel_id, obj={"name": ""})
    done = client.send(made, client.change(2, "channel", client.channel_id, mods={"name": "b"}))
    assert len(done["errors"]) == 2
