"""Moves from one channel to another."""

import contextlib
import uuid

import pytest

from chalicelib.models import base, changes
from tests.handlers.sync.test_sync_machine import Killed, killed
from tests.support.worlds import contentnode
from tests.support.worlds.syncing import URL, Client


def new_id():
    return uuid.uuid4().hex


@pytest.fixture
def both(studio):
    """Two clients, each of its own channel, and the roots of these channels."""
    clients = [Client(studio, studio.make_channel()[0]) for _ in range(2)]
    roots = [studio.get(f"/api/channel/{client.channel_id}").json["root_id"] for client in clients]
    return clients, roots


def received(client):
    return [(one["type"], one["key"]) for one in client.poll()["changes"]]


@pytest.mark.parametrize("named", ["source", "target"])
def test_a_move_to_another_channel_is_in_both_feeds(studio, both, named):
    (here, there), (root, other_root) = both
    node = new_id()
    here.send(here.created(node, root))
    change = here.moved(node, other_root, "first-child")
    change["channel_id"] = here.channel_id if named == "source" else there.channel_id
    assert studio.post(URL, {"changes": [change]}).json["successes"]
    others = [Client(studio, one.channel_id, studio.sign_up(one.channel_id, is_admin=True)[1]) for one in both[0]]
    others[0].rev = here.rev
    assert received(others[0]) == [(4, node)]
    assert received(others[1]) == ([(1, node)] if named == "source" else []) + [(4, node)]
    assert contentnode.row(studio, node)["channel_id"] == there.channel_id


def test_an_unmarked_move_is_in_the_feed_of_the_target(studio, both):
    """The process is killed before marking it. The next holder marks it."""
    (here, there), (root, other_root) = both
    node = new_id()
    here.send(here.created(node, root))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(changes, "mark", killed)
        patch.setattr(changes, "abandon", lambda _: None)
        with contextlib.suppress(Killed):
            here.send(here.moved(node, other_root, "first-child"))
    assert received(there) == [(1, node), (4, node)]
    changes.Change(here.channel_id, 0).update([changes.Change.until.set(1)])
    other = Client(studio, here.channel_id, studio.sign_up("admin", is_admin=True)[1])
    assert received(other)[-1] == (4, node)
    assert received(there) == [(4, node)]  # it was applied again, within the target
    assert not changes.counter_of(here.channel_id).has_pending


def test_a_move_within_a_channel_is_emitted_once(studio, both):
    (here, there), (root, _) = both
    node = new_id()
    here.send(here.created(node, root))
    last = changes.counter_of(here.channel_id).last
    here.send(here.moved(node, root))
    assert changes.counter_of(here.channel_id).last == last + 1
    assert changes.counter_of(there.channel_id).last == 0


@pytest.mark.parametrize("is_new", [False, True], ids=["existing", "just created"])
def test_descendants_of_a_moved_node_can_be_changed_in_the_new_channel(studio, both, is_new):
    (here, there), (root, other_root) = both
    top, child = new_id(), new_id()
    sent = [here.created(top, root), here.created(child, top)]
    if not is_new:
        here.send(*sent)
        sent = []
    sent += [here.moved(top, other_root), there.updated(child, title="b"), there.updated(top, title="c")]
    answer = studio.post(URL, {"changes": sent}).json
    assert answer["disallowed"] == []
    assert answer["errors"] == []
    assert [contentnode.row(studio, id)["title"] for id in (top, child)] == ["c", "b"]
    assert there.ask(here.updated(root, title="no"), there.updated(root, title="no")).json["disallowed"]


def test_only_the_location_of_nodes_is_read(studio, both):
    (here, _), (root, _) = both
    node = new_id()
    here.send(here.created(node, root))
    batches = []
    read_batch = base._read_batch

    def noted(batch, only):
        batches.append({model.__name__: only.get(model) for model, _ in batch})
        return read_batch(batch, only)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(base, "_read_batch", noted)
        here.send(here.updated(node, title="b"))
    assert batches[0]["Node"] == ("id", "channel_id", "path")
