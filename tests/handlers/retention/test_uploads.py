"""Uploads that chefs began and never finished."""

from datetime import timedelta

from chalicelib.models import channels, nodes
from chalicelib.models.base import now
from chalicelib.models.nodes import Node
from tests.support.existing import existing
from tests.support.worlds import nodes as made
from tests.support.worlds import retention, storage


def begun(studio, days):
    """(id of a channel, ids of the root and a node of a tree that a chef began to upload days ago)."""
    channel_id, root = studio.make_channel()
    pdf = storage.put(studio, b"%PDF-1.4 of an upload", "pdf")
    (node_id,) = studio.add(root, made.resource("d", files=[made.file(pdf)])).values()
    Node(root).update([Node.modified.set(now() - timedelta(days=days))])
    return channel_id, root, node_id


def test_are_discarded_when_their_time_is_over(studio):
    channel_id, root, node_id = begun(studio, 30.01)
    retention.walk(studio)
    assert existing(channels.get(channel_id)).chef_root_id is None
    assert (nodes.get(root), nodes.get(node_id)) == (None, None)
    assert storage.used(studio.cloud) == {studio.user_id: 0}
    assert studio.finish(channel_id).status == 409
    again, root = studio.make_channel("Again", channel_id)
    studio.add(root, made.topic("t"))
    assert studio.finish(again).status == 200


def test_can_be_finished_until_then(studio):
    channel_id, root, _ = begun(studio, 29.99)
    retention.walk(studio)
    assert studio.finish(channel_id).status == 200
    retention.walk(studio)
    assert existing(channels.get(channel_id)).root_id == root


def test_the_time_of_those_of_earlier_versions_begins_with_the_walk(studio):
    channel_id, root, _ = begun(studio, 0)
    Node(root).update([Node.modified.remove()])
    retention.walk(studio)
    assert existing(channels.get(channel_id)).chef_root_id == root
    assert now() - existing(nodes.get(root)).modified < timedelta(minutes=1)
