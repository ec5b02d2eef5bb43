"""The sync endpoint: requests, responses and their cost."""

import uuid
from typing import Any

import pytest

from chalicelib.models import changes, tasks
from tests.support.aws.calls import counting
from tests.support.source.routes import NOTHING
from tests.support.worlds import contentnode
from tests.support.worlds.feeds import emit_update
from tests.support.worlds.syncing import EMPTY, URL, Client, reasons


def new_id():
    return uuid.uuid4().hex


def another(studio, client, name="second", role="edit"):
    """A client of another user that is up to date with the channel."""
    user_id, token = studio.sign_up(name)
    studio.share(client.channel_id, user_id, role)
    made = Client(studio, client.channel_id, token)
    made.poll()
    return made


@pytest.mark.parametrize("body", [None, {}, {"changes": None, "channel_revs": None, "unapplied_revs": None}])
def test_an_empty_request_returns_nothing(studio, body):
    answer = studio.post(URL, body)
    assert (answer.status, answer.json) == (200, EMPTY)


@pytest.mark.parametrize(
    "body",
    [
        b"zz",
        [],
        "a",
        5,
        {"changes": {}},
        {"channel_revs": []},
        {"channel_revs": {NOTHING: "1"}},
        {"user_rev": "1"},
        {"unapplied_revs": [None]},
        {"changes": [{}] * 1001},
        {"channel_revs": {str(number): 0 for number in range(51)}},
    ],
)
def test_an_invalid_body_is_refused(studio, body):
    assert studio.post(URL, body).status == 400


def test_a_huge_body_is_refused(studio):
    answer = studio.post(URL, {"changes": ["x" * 2_000_000]})
    assert answer.status == 400
    assert "several requests" in answer.json["detail"]


def test_another_session_receives_the_changes(studio, client, root):
    other = another(studio, client)
    node = new_id()
    done = client.send(client.created(node, root, "a"), client.updated(node, title="b"))
    assert [one["server_rev"] for one in done["allowed"]] == [1, 2]
    assert [one["type"] for one in done["successes"]] == [1, 2]
    received = other.poll()
    assert [(one["type"], one["key"]) for one in received["changes"]] == [(1, node), (2, node), (2, node)]
    assert (received["successes"], received["errors"]) == ([], [])
    assert other.poll() == EMPTY == client.poll()
    assert contentnode.row(studio, node)["title"] == "b"


def test_two_clients_with_one_token_receive_each_others_changes(studio, client, root):
    other = Client(studio, client.channel_id)
    node = new_id()
    client.send(client.created(node, root))
    assert [one["key"] for one in other.poll()["changes"]] == [node, node]


def test_a_client_far_ahead_receives_only_awaited_results(studio, client, root):
    client.send(client.created(new_id(), root), client.created(new_id(), root))
    client.rev, client.waiting = 10**9, {2}
    received = client.ask().json
    assert [one["server_rev"] for one in received["successes"]] == [2]
    assert received["changes"] == []


def test_an_invalid_change_does_not_stop_others(studio, client, root):
    first, second = new_id(), new_id()
    done = client.send(
        client.created(first, root, "a"),
        client.created(new_id(), root, "x" * 201),
        client.moved(first, first),
        client.created(second, first, "b"),
    )
    assert len(done["allowed"]) == 4
    assert [one["server_rev"] for one in done["successes"]] == [1, 4]
    assert reasons(done)[0].keys() == {"title"}
    assert "below itself" in reasons(done)[1][0]
    assert contentnode.children(studio, first) == ["b"]


def test_failed_changes_of_others_are_not_sent(studio, client):
    other = another(studio, client)
    assert client.send(client.updated(new_id(), title="a"))["errors"]
    assert other.poll() == EMPTY


@pytest.mark.parametrize("type", [1, "CREATED", "created"])
def test_types_are_numbers_or_words(studio, client, root, type):
    node = new_id()
    done = client.send({**client.created(node, root), "type": type})
    assert done["successes"][0]["type"] == 1


def test_without_rev_and_channel(studio, client, root):
    """A change belongs to the channel of its node, parent or target."""
    node = new_id()
    sent = [client.created(node, root), client.updated(node, title="b"), client.moved(node, root), client.deleted(node)]
    for change in sent:
        del change["channel_id"]
    answer = client.ask(*sent).json
    assert [one["rev"] for one in answer["allowed"]] == [None] * 4
    assert [one["channel_id"] for one in answer["successes"]] == [client.channel_id] * 4


def test_a_change_of_an_unknown_node_needs_its_channel(client):
    change = client.updated(new_id(), title="a")
    del change["channel_id"]
    (disallowed,) = client.ask(change).json["disallowed"]
    assert "Give channel_id" in disallowed["errors"][0]


@pytest.mark.parametrize(
    "change",
    [
        {"type": 99},
        {"type": 0},
        {"type": True},
        {"type": "bogus"},
        {"type": None},
        {"table": "bogus"},
        {"table": ["contentnode"]},
        {"key": "bad"},
        {"key": 5},
        {"key": [NOTHING, NOTHING]},
        {"table": "assessmentitem", "key": NOTHING},
        {"channel_id": "bad"},
        {"channel_id": NOTHING},
        {"user_id": NOTHING},
        {"mods": []},
        {"mods": "a"},
        {"rev": "a"},
        {"table": "user", "type": 1},
        {"table": "contentnode", "type": 6},
        {"mods": {"title": "x" * 260_000}},
    ],
)
def test_malformed_changes_are_returned_with_the_reason(studio, client, root, change):
    sent = {**client.updated(root, title="a"), "rev": 7, **change}
    answer = client.ask(sent).json
    (disallowed,) = answer.pop("disallowed")
    errors = disallowed.pop("errors")
    assert errors if isinstance(errors, dict) else errors[0]
    assert disallowed == sent
    assert {"disallowed": [], **answer} == EMPTY


def test_a_change_nested_too_deeply_is_refused_by_its_revision(client, root):
    deep: dict[str, Any] = {}
    value = deep
    for _ in range(60):
        value["a"] = value = {}
    (disallowed,) = client.ask({**client.updated(root, extra_fields=deep), "rev": 4}).json["disallowed"]
    assert disallowed.keys() == {"rev", "errors"}


def test_a_change_in_the_wrong_channel_is_refused(studio, client, root):
    other = Client(studio, studio.make_channel()[0])
    (disallowed,) = client.ask(other.updated(root, title="a")).json["disallowed"]
    assert "not in channel" in disallowed["errors"][0]


def test_changes_that_do_not_fit_are_sent_next_time(studio, client, root, monkeypatch):
    monkeypatch.setattr("chalicelib.operations.sync.response.MAX_RETURNED", 4)
    other = another(studio, client)
    for number in range(5):
        emit_update(client.channel_id, "contentnode", root, {"title": str(number)})
    client.waiting = {1}
    titles = []
    while received := other.poll()["changes"]:
        assert len(received) <= 4
        titles += [one["mods"]["title"] for one in received]
    assert titles == ["0", "1", "2", "3", "4"]


def test_large_changes_are_sent_in_batches(studio, client, root):
    other = another(studio, client)
    for number in range(14):
        emit_update(client.channel_id, "contentnode", root, {"description": str(number) + "x" * 200_000})
    first = other.poll()["changes"]
    assert 5 < len(first) < 14
    assert len(first) + len(other.poll()["changes"]) == 14


def test_changes_by_the_server_are_sent_as_done(studio, client):
    emit_update(client.channel_id, "channel", client.channel_id, {"__TASK_ID": "1"})
    emit_update(client.channel_id, "channel", client.channel_id, {"version": 2}, False, studio.user_id)
    first, second = client.poll()["changes"]
    assert first == {
        "key": client.channel_id,
        "mods": {"__TASK_ID": "1"},
        "server_rev": 1,
        "table": "channel",
        "type": 2,
        "channel_id": client.channel_id,
        "user_id": None,
        "created_by_id": None,
        "unpublishable": True,
    }
    assert (second["unpublishable"], second["created_by_id"]) == (False, studio.user_id)
    assert not changes.counter_of(client.channel_id).has_pending


def test_running_and_failed_tasks_are_sent(studio, client):
    def make(name, status, created):
        task = tasks.new(new_id(), name, client.channel_id, studio.user_id)
        task.status, task.detail = status, "why"
        task.created = task.created[:11] + created + task.created[19:]
        task.save()
        return task.id

    make("a", tasks.FAILURE, "00:00:01")
    make("a", tasks.SUCCESS, "00:00:02")
    failed = make("b", tasks.FAILURE, "00:00:03")
    running = make("a", tasks.STARTED, "00:00:04")
    received = {task.pop("task_id"): task for task in client.poll()["tasks"]}
    assert received.keys() == {failed, running}
    fields = {"task_name": "b", "status": "FAILURE", "traceback": "why", "progress": 0}
    assert received[failed] == {**fields, "channel_id": client.channel_id}
    assert received[running]["traceback"] is None


def test_the_cost_of_an_empty_poll(studio, client, root):
    client.send(client.created(new_id(), root))
    client.poll()
    with counting(studio) as watch:
        client.poll()
    assert len(watch.names) <= 3, watch.names
    names = {studio.make_channel()[0]: 0 for _ in range(4)}
    with counting(studio) as watch:
        studio.post(URL, {"channel_revs": names, "user_rev": 0})
    assert len(watch.names) <= 3 + len(names), watch.names


def test_the_cost_of_one_change(studio, client, root):
    node = new_id()
    client.send(client.created(node, root))
    with counting(studio) as watch:
        client.send(client.updated(node, title="b"))
    assert len(watch.names) <= 15, watch.names
