"""Changes are applied in order and exactly once, despite kills, duplicate messages and concurrent requests."""

import uuid
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from chalicelib.errors import Busy
from chalicelib.models import changes, nodes
from chalicelib.models.changes import Change
from chalicelib.operations.sync import apply
from chalicelib.operations.sync.effects import EFFECTS
from tests.support.aws.calls import Watch, watching
from tests.support.aws.interleaved import interrupted
from tests.support.aws.moto_internals import quick_transactions
from tests.support.existing import existing
from tests.support.worlds import contentnode
from tests.support.worlds.feeds import emit_update
from tests.support.worlds.syncing import EMPTY, Client, reasons


def new_id():
    return uuid.uuid4().hex


def other_client(studio, client):
    user_id, token = studio.sign_up("second")
    studio.share(client.channel_id, user_id, "edit")
    return Client(studio, client.channel_id, token)


class Killed(BaseException):
    """An exception that no code catches, like the end of a process."""


def killed_at(monkeypatch, name):
    """Kill the process at the next call of a function of `models.changes`."""

    def die(*_, **__):
        raise Killed

    monkeypatch.setattr(changes, name, die)
    # A killed process cannot abandon its lease.
    monkeypatch.setattr(changes, "abandon", lambda _: None)


def lease_runs_out(client):
    Change(client.channel_id, 0).update([Change.until.set(1)])


def every_kind(client, root):
    """Yield changes of every kind; each depends on those before it."""
    node, copy = new_id(), new_id()
    yield client.created(node, root)
    yield client.updated(node, title="b", tags={"t": True})
    yield client.copied(copy, node, root)
    yield client.moved(copy, node, "left")
    yield client.change(1, "contentnode_prerequisite", [node, copy], obj={})
    yield client.change(3, "contentnode_prerequisite", [node, copy])
    yield client.deleted(copy)
    yield client.change(2, "channel", client.channel_id, mods={"name": "c"})


def test_an_applied_but_unmarked_change_is_a_success(studio, client, root):
    for change in every_kind(client, root):
        with pytest.MonkeyPatch.context() as patch:
            killed_at(patch, "mark")
            with pytest.raises(Killed):
                client.ask(change)
        last = changes.counter_of(client.channel_id).last
        client.waiting = {last}
        assert client.poll() == EMPTY  # the killed holder still has the lease
        state = tree(root)
        lease_runs_out(client)
        done = client.poll()
        assert [one["server_rev"] for one in done["successes"]] == [last], (change, reasons(done))
        assert tree(root) == state
        assert not changes.counter_of(client.channel_id).lease.holder


def tree(root):
    """The counts of the tree, which a retry must not change."""
    found = existing(nodes.get(root))
    return found.total_count, found.resource_count, found.error_count


def test_an_accepted_but_unapplied_change_is_not_lost(studio, client, root, monkeypatch):
    node = new_id()
    with monkeypatch.context() as patch:
        killed_at(patch, "mark")
        patch.setattr("chalicelib.operations.sync.apply._outcome", changes.mark)
        with pytest.raises(Killed):
            client.ask(client.created(node, root))
    lease_runs_out(client)
    client.waiting = {1}
    assert [one["key"] for one in client.poll()["successes"]] == [node]


def test_a_taken_id_is_an_error_without_a_killed_holder(client, root):
    node = new_id()
    assert client.send(client.created(node, root))["successes"]
    assert "already" in reasons(client.send(client.created(node, root)))[0][0]


@pytest.mark.parametrize("type", [1, 5])
def test_a_node_of_another_user_is_an_error_after_a_killed_holder(studio, client, root, monkeypatch, type):
    """A client that chooses its ID must not learn its values."""
    token = studio.sign_up("stranger")[1]
    own = studio.post("/api/channel", {"name": "own"}, token).json
    secret = studio.post(contentnode.URL, {"parent": own["root_id"], "title": "s", "kind": "topic"}, token).json
    copied = client.copied(secret["id"], contentnode.make(studio, root)["id"], root)
    sent = {1: client.created(secret["id"], root), 5: copied}
    with monkeypatch.context() as patch:
        killed_at(patch, "mark")
        with pytest.raises(Killed):
            client.ask(sent[type])
    lease_runs_out(client)
    client.waiting = {changes.counter_of(client.channel_id).last}
    done = client.poll()
    assert len(done["errors"]) == 1
    assert not any(secret[name] in str(done) for name in ("node_id", "content_id"))


def test_a_change_that_always_kills_its_holder_fails(client, root, monkeypatch):
    with monkeypatch.context() as patch:
        killed_at(patch, "mark")
        with pytest.raises(Killed):
            client.ask(client.created(new_id(), root), client.updated(root, description="d"))
        for _ in range(apply.MAX_TRIES - 1):
            lease_runs_out(client)
            with pytest.raises(Killed):
                client.ask()
    lease_runs_out(client)
    client.waiting = {1, 2}
    done = client.poll()
    assert reasons(done) == [[apply.INTERNAL_ERROR]]
    assert [one["server_rev"] for one in done["successes"]] == [2]


def test_an_internal_error_does_not_stop_other_changes(client, root, monkeypatch):
    def fail(*_):
        raise KeyError("a")

    monkeypatch.setitem(EFFECTS, ("contentnode", 4), fail)
    done = client.send(client.moved(root, root), client.updated(root, description="d"))
    assert (reasons(done), len(done["successes"])) == ([[apply.INTERNAL_ERROR]], 1)


def test_an_unavailable_service_leaves_the_rest_to_a_worker(studio, client, root, monkeypatch):
    def fail(*_):
        raise EndpointConnectionError(endpoint_url="dynamodb")

    node = new_id()
    with monkeypatch.context() as patch:
        patch.setitem(EFFECTS, ("contentnode", 1), fail)
        done = client.send(client.created(node, root))
    assert (len(done["allowed"]), done["successes"]) == (1, [])
    assert studio.deliver("maintenance") == 1
    assert [one["key"] for one in client.poll()["successes"]] == [node]


def test_duplicate_messages_find_nothing_pending(studio, client, root, monkeypatch):
    monkeypatch.setattr(apply, "is_large", lambda _: True)
    node = new_id()
    assert client.send(client.created(node, root))["successes"] == []
    assert client.poll() == EMPTY
    studio.deliver("maintenance", times=2)
    assert [one["key"] for one in client.poll()["successes"]] == [node]
    assert existing(nodes.get(root)).total_count == 1


def test_changes_after_a_pending_one_are_not_sent_yet(studio, client, root, monkeypatch):
    other, node = other_client(studio, client), new_id()
    other.poll()
    with monkeypatch.context() as patch:
        patch.setattr(apply, "is_large", lambda change: change.type == 1)
        client.send(client.updated(root, description="1"), client.created(node, root))
        behind = other.send(other.updated(root, description="2"))
        assert [one["mods"] for one in behind["changes"]] == [{"description": "1"}]
        assert behind["successes"] == []
    studio.deliver("maintenance")
    received = other.poll()
    assert [one["key"] for one in received["changes"]] == [node, node]
    assert [one["mods"] for one in received["successes"]] == [{"description": "2"}]
    assert [one["key"] for one in client.poll()["successes"]] == [node]


def test_emitted_changes_wait_for_pending_ones(studio, client, root, monkeypatch):
    other, node = other_client(studio, client), new_id()
    monkeypatch.setattr(apply, "is_large", lambda _: True)
    client.send(client.created(node, root))
    emit_update(client.channel_id, "contentnode", node, {"title": "emitted"})
    assert other.poll() == EMPTY == client.poll()
    studio.deliver("maintenance")
    assert [one["key"] for one in other.poll()["changes"]] == [node] * 3
    received = client.poll()
    assert ([one["server_rev"] for one in received["successes"]], len(received["changes"])) == ([1], 2)


def test_two_concurrent_requests(studio, client, root):
    """The first request, which holds the lease, applies the change of the second."""
    other, first, second = other_client(studio, client), new_id(), new_id()
    meanwhile = []

    def ask():
        meanwhile.append(other.send(other.created(second, root)))

    with interrupted(studio, ask, "GetItem"):
        pass_through = client.send(client.created(first, root))
    assert pass_through["successes"]
    assert len(meanwhile) == 1


def test_a_request_leaves_its_changes_to_the_holder_of_the_lease(studio, client, root, monkeypatch):
    other, first, second = other_client(studio, client), new_id(), new_id()
    effect = EFFECTS["contentnode", 1]
    answers: list[dict[str, Any]] = []

    def effect_with_company(user, change):
        if not answers:
            answers.append({})
            answers.append(other.send(other.created(second, root)))
        return effect(user, change)

    monkeypatch.setitem(EFFECTS, ("contentnode", 1), effect_with_company)
    done = client.send(client.created(first, root))
    assert (len(answers[1]["allowed"]), answers[1]["successes"]) == (1, [])
    assert [one["key"] for one in done["successes"]] == [first]
    received = other.poll()
    assert [one["key"] for one in received["successes"]] == [second]
    assert existing(nodes.get(root)).total_count == 2


def test_a_worker_retries_while_the_lease_is_held(client):
    pending = Change(type=2, table="channel", key=client.channel_id, status=changes.PENDING, fields={})
    changes.append(changes.counter_of(client.channel_id), [pending], "x", 30)
    with pytest.raises(Busy):
        apply.apply_changes(client.channel_id)


def test_many_changes_in_one_request(studio, client, monkeypatch):
    """They are applied in order: the first by the request, the rest by a worker."""
    order = []
    monkeypatch.setitem(EFFECTS, ("channel", 2), lambda _, change: order.append(change.fields["mods"]["n"]))
    sent = [client.change(2, "channel", client.channel_id, mods={"n": number}) for number in range(300)]
    with quick_transactions():
        done = client.send(*sent)
        assert [one["server_rev"] for one in done["allowed"]] == list(range(1, 301))
        assert 0 < len(done["successes"]) == len(order) <= 100
        studio.deliver("maintenance")
    assert order == list(range(300))
    while client.waiting:
        assert not client.poll()["errors"]


def test_changes_are_applied_with_the_rights_of_their_sender(studio, client, root, monkeypatch):
    """Also if another request applies them: with the sender's rights at that time."""
    user_id, token = studio.sign_up("second")
    studio.share(client.channel_id, user_id, "edit")
    other, first, second = Client(studio, client.channel_id, token), new_id(), new_id()
    monkeypatch.setattr(apply, "is_large", lambda _: True)
    client.send(client.created(first, root))
    other.send(other.created(second, root))
    studio.share(client.channel_id, user_id, "view")
    studio.deliver("maintenance")
    assert [one["key"] for one in client.poll()["successes"]] == [first]
    assert "may not edit" in reasons(other.poll())[0][0]


def test_changes_of_deactivated_users_fail(studio, client, root, monkeypatch):
    user_id, token = studio.sign_up("second")
    studio.share(client.channel_id, user_id, "edit")
    other = Client(studio, client.channel_id, token)
    admin = studio.sign_up("admin", is_admin=True)[1]
    monkeypatch.setattr(apply, "is_large", lambda _: True)
    other.send(other.updated(root, description="d"))
    assert studio.call("PATCH", f"/api/admin-users/{user_id}", {"is_active": False}, admin).status == 200
    studio.deliver("maintenance")
    found = next(changes.after(client.channel_id, 0, 1))
    assert (found.status, found.errors) == (changes.FAILED, ["The account that sent this change is no longer active."])


@pytest.mark.parametrize("answer_lost", [False, True], ids=["never sent", "answer lost"])
def test_survives_a_failure_of_any_call(studio, client, root, answer_lost):
    """If any call of a request fails, accepted changes are still applied exactly once."""
    own = (studio.cloud.dynamodb, studio.cloud.s3, studio.cloud.sqs)
    for number in range(3, 14):
        node = new_id()
        with watching(Watch(failing=number, answer_lost=answer_lost), own=own):
            client.ask(client.created(node, root))
        if changes.counter_of(client.channel_id).has_pending:
            lease_runs_out(client)
        studio.deliver("maintenance")
        assert not changes.counter_of(client.channel_id).has_pending
        last = [one for one in changes.after(client.channel_id, 0, 500) if one.type == 1][-1]
        assert (last.key, last.status) == (node, changes.DONE)
        assert contentnode.row(studio, node)["id"] == node
