"""Tokens cannot be guessed by trying: unknown ones are counted per address, and too many are refused."""

import ast
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.models import channels, counters
from chalicelib.models.counters import Counter
from chalicelib.operations.public import token_lookup
from chalicelib.operations.public.token_lookup import MAX_UNKNOWN, PERIOD
from tests.support.aws.calls import counting
from tests.support.existing import existing
from tests.support.http import cdn
from tests.support.source.code import modules
from tests.support.worlds import nodes, publishing

LIST = "/api/public/v1/channels"
CATALOG = "/api/catalog"
NOW = datetime(2026, 3, 1, 12, 1, tzinfo=UTC)


@pytest.fixture
def clock(monkeypatch):
    """Sets the time of counters."""

    def set_to(moment):
        monkeypatch.setattr(counters, "now", lambda: moment)

    set_to(NOW)
    return set_to


@pytest.fixture
def token(studio, clock, monkeypatch):
    """The token of a private channel. Requests come through the CDN, which adds the client's address."""
    cdn.require_origin_secret(monkeypatch, "k")
    studio.origin_secret = "k"
    channel_id = publishing.publish(studio, "e", name="Private", public=False)
    return existing(channels.get(channel_id)).primary_token


@pytest.fixture
def few(monkeypatch):
    monkeypatch.setattr(token_lookup, "MAX_UNKNOWN", 3)


def get(studio, path):
    return studio.get(path, token=None)


def lookup(studio, identifier):
    return get(studio, f"{LIST}/lookup/{identifier}").status


def unknown(number):
    return f"unknown{number:03}"


def test_a_hundred_unknown_tokens_are_answered_with_404(studio, token):
    for at in range(0, MAX_UNKNOWN, 20):
        tokens = ",".join(unknown(number) for number in range(at, at + 20))
        assert get(studio, f"{LIST}?tokens={tokens}").json == []
    assert lookup(studio, token) == 200
    answer = get(studio, f"{LIST}/lookup/{unknown(200)}")
    assert answer.status == 429
    assert answer.headers["Retry-After"] == str(9 * 60)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json["detail"] == (
        "Too many unknown tokens were sent from your address. Check the token, and try again in 9 minutes."
    )


@pytest.mark.parametrize("path", [f"{LIST}/lookup/%s", f"{LIST}?tokens=%s", f"{CATALOG}?collection=%s"])
def test_every_route_that_takes_tokens_counts_and_refuses(studio, token, few, path):
    fine = 404 if "lookup" in path else 200
    assert [get(studio, path % unknown(number)).status for number in range(5)] == [fine] * 3 + [429] * 2
    for each in (f"{LIST}/lookup/{token}", f"{LIST}?tokens={token}", f"{CATALOG}?collection={unknown(9)}"):
        assert get(studio, each).status == 429, "a token that exists would be found by going on"


def test_ids_are_never_counted(studio, token, few):
    """Kolibri looks up channels that are not here and accepts only 404."""
    for number in range(6):
        channel_id = nodes.node_id(f"elsewhere {number}")
        assert lookup(studio, channel_id) == 404
        assert get(studio, f"/api/public/channel/{channel_id}").status == 404
    for number in range(4):
        lookup(studio, unknown(number))
    assert lookup(studio, nodes.node_id("elsewhere")) == 404
    assert get(studio, LIST).status == 200


def test_tokens_of_public_channels_are_never_refused(studio, token, few):
    shown = publishing.publish(studio, "e", name="Public", public=True)
    for number in range(4):
        lookup(studio, unknown(number))
    assert lookup(studio, existing(channels.get(shown)).primary_token) == 200


def test_addresses_are_counted_separately(studio, token, few):
    for number in range(4):
        lookup(studio, unknown(number))
    studio.address = "203.0.113.9"
    assert lookup(studio, token) == 200


def test_addresses_of_one_network_are_counted_together(studio, token, few):
    for number in range(4):
        studio.address = f"2001:db8:1:2::{number}"
        lookup(studio, unknown(number))
    assert lookup(studio, token) == 429
    studio.address = "2001:db8:1:3::1"
    assert lookup(studio, token) == 200


def test_addresses_that_clients_send_are_ignored(studio, token, few):
    statuses = [
        studio.call("GET", f"{LIST}/lookup/{unknown(number)}", None, None, x_forwarded_for=f"203.0.113.{number}").status
        for number in range(4)
    ]
    assert statuses == [404, 404, 404, 429]


def test_the_next_period_begins_at_zero(studio, token, few, clock):
    for number in range(4):
        lookup(studio, unknown(number))
    clock(NOW + timedelta(seconds=PERIOD))
    assert lookup(studio, token) == 200


def test_a_refused_address_costs_one_read(studio, token, few):
    for number in range(4):
        lookup(studio, unknown(number))
    total = sum(int(counter.total) for counter in Counter.scan())
    with counting(studio) as calls:
        assert lookup(studio, unknown(9)) == 429
    assert calls.names[-1] == "BatchGetItem"
    assert "UpdateItem" not in calls.names
    assert sum(int(counter.total) for counter in Counter.scan()) == total


def test_a_token_that_is_found_costs_no_call(studio, token):
    with counting(studio) as calls:
        assert lookup(studio, token) == 200
    assert "UpdateItem" not in calls.names
    assert calls.names.count("BatchGetItem") == 2, "the tokens with the counter, and the channels"


@pytest.mark.parametrize("path", [f"{LIST}?tokens=", f"{LIST}?keyword=a&tokens="])
def test_at_most_twenty_tokens_are_accepted(studio, clock, path):
    tokens = [unknown(number) for number in range(21)]
    assert get(studio, path + ",".join(tokens[:20])).status == 200
    answer = get(studio, path + ",".join(tokens))
    assert answer.status == 400
    assert answer.json["tokens"] == ["At most 20 tokens are allowed; these are 21. Send several requests."]


def callers(name):
    """The modules of the application that call a function by this name."""
    return {
        module
        for module, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(name)
    }


def test_tokens_are_looked_up_in_one_place():
    assert callers("secret_tokens.get_many_and_count") == {"chalicelib.operations.public.token_lookup"}
    assert callers("secret_tokens.get_many") == {"chalicelib.operations.public.channel_lookup"}
    assert callers("channel_id_of") == set(), "it does not count: only commands of an operator may use it"
