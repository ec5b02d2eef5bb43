"""Responses stay below the Lambda limit and always make progress."""

import json

import pytest

from chalicelib.models import changes
from chalicelib.models.changes import Change
from chalicelib.operations.sync import response
from tests.support.aws.calls import strictly
from tests.support.worlds.feeds import emit, emit_update
from tests.support.worlds.syncing import URL, Client

MAX_TEXT = "\u00e9" * 41_000  # two bytes each as text, seven in a response


@pytest.fixture
def client(studio):
    return Client(studio, studio.make_channel()[0])


def second_client(studio, client, role="edit"):
    user_id, token = studio.sign_up("second")
    studio.share(client.channel_id, user_id, role)
    return Client(studio, client.channel_id, token)


def test_escaped_characters_do_not_stall_a_feed(studio, client):
    for number in range(30):
        emit_update(client.channel_id, "contentnode", "a" * 32, {"n": number, "description": MAX_TEXT})
    numbers: list[int] = []
    polls = 0
    while len(numbers) < 30:
        numbers += [row["mods"]["n"] for row in client.poll()["changes"]]
        polls += 1
    assert numbers == list(range(30))
    assert polls <= 5


def test_one_change_always_fits(studio, client, monkeypatch):
    monkeypatch.setattr(response, "MAX_RETURNED_BYTES", 10)
    for number in range(3):
        emit_update(client.channel_id, "contentnode", "a" * 32, {"n": number})
    assert [row["mods"]["n"] for _ in range(3) for row in client.poll()["changes"]] == [0, 1, 2]


def test_disallowed_changes_count_towards_the_limit(studio, client):
    """Changes that do not fit are returned by revision."""
    sent = [{"rev": number, "table": "bogus", "a": MAX_TEXT} for number in range(24)]
    emit_update(client.channel_id, "contentnode", "a" * 32, {"description": MAX_TEXT})
    body = {"changes": sent, "channel_revs": {client.channel_id: 0}}
    answer = studio.call("POST", URL, utf8(body))
    assert answer.status == 200, answer.text
    rows = answer.json["disallowed"]
    assert [row["rev"] for row in rows] == list(range(24))
    assert all(row["errors"] for row in rows)
    assert "a" in rows[0]
    assert "a" not in rows[-1]
    assert len(answer.json["changes"]) == 1


def utf8(body):
    return json.dumps(body, ensure_ascii=False).encode()


@pytest.mark.parametrize("role", ["view", "edit"])
def test_hidden_changes_are_skipped(studio, client, monkeypatch, role):
    """More hidden changes than a response holds, followed by a visible one."""
    monkeypatch.setattr(response, "MAX_RETURNED", 4)
    other = second_client(studio, client, role)
    failed = [
        Change(type=2, table="channel", key=client.channel_id, fields={}, status=changes.FAILED) for _ in range(9)
    ]
    emit(client.channel_id, failed)
    for _ in range(9):
        emit_update(client.channel_id, "invitation", "a" * 32, {"share_mode": "edit"})
    emit_update(client.channel_id, "channel", client.channel_id, {"name": "n"})
    received = [row["table"] for _ in range(4) for row in other.poll()["changes"]]
    assert received == ["invitation"] * (9 if role == "edit" else 0) + ["channel"]


def test_large_stored_changes_are_written_in_several_transactions(studio, client):
    mods = {"description": MAX_TEXT}
    sent = [client.change("UPDATED", "contentnode", "a" * 32, mods=mods) for _ in range(23)]
    with strictly(studio):
        answer = studio.call("POST", URL, utf8({"changes": sent, "channel_revs": {client.channel_id: 0}}))
    assert answer.status == 200, answer.text
    assert len(answer.json["allowed"]) == 23
