"""Countries of a channel: set by editors, administrators and sync; public lists and filters follow at once."""

import pytest

from chalicelib.models.channel_members import VIEW
from chalicelib.schemas.countries import CODES
from tests.support.worlds.publishing import publish

LISTS = ("/api/public/v1/channelmetadata", "/api/public/v2/channel")


def listed(studio, countries):
    """The ids of the channels that both lists find by countries."""
    found = [[row["id"] for row in studio.get(f"{path}?countries={countries}", token=None).json] for path in LISTS]
    assert found[0] == found[1]
    return found[0]


@pytest.fixture
def channel_id(studio):
    return publish(studio, "e", public=True)


def by_rest(studio, channel_id, countries):
    return studio.call("PATCH", f"/api/channel/{channel_id}", {"countries": countries})


def by_administrator(studio, channel_id, countries):
    _, token = studio.sign_up("admin", is_admin=True)
    return studio.call("PATCH", f"/api/admin-channels/{channel_id}", {"countries": countries}, token)


def by_sync(studio, channel_id, countries):
    mods = {"countries": countries}
    change = {"type": 2, "table": "channel", "key": channel_id, "rev": 1, "channel_id": channel_id, "mods": mods}
    answer = studio.post("/api/sync", {"changes": [change], "channel_revs": {channel_id: 0}})
    studio.deliver()
    return answer


WAYS = [by_rest, by_administrator, by_sync]


@pytest.mark.parametrize("write", WAYS)
def test_lists_and_filters_follow(studio, channel_id, write):
    assert listed(studio, "KE") == []
    assert write(studio, channel_id, ["us", "KE", "KE"]).status == 200
    studio.deliver("maintenance")
    assert listed(studio, "KE") == listed(studio, "ke,FR") == listed(studio, "US,KE") == [channel_id]
    assert listed(studio, "FR") == []
    assert studio.get(f"/api/channel/{channel_id}").json["countries"] == ["KE", "US"]
    assert studio.get(f"{LISTS[1]}/{channel_id}", token=None).json["countries"] == ["KE", "US"]
    assert studio.get(f"{LISTS[1]}/labels", token=None).json["countries"] == ["KE", "US"]


@pytest.mark.parametrize("none", [[], None])
def test_they_can_be_removed(studio, channel_id, none):
    by_rest(studio, channel_id, ["KE"])
    assert by_rest(studio, channel_id, none).json["countries"] == []
    studio.deliver("maintenance")
    assert listed(studio, "KE") == []


def test_they_are_set_with_a_new_channel_and_shown_after_its_publish(studio):
    made = studio.post("/api/channel", {"name": "n", "countries": ["KE"]})
    assert (made.status, made.json["countries"]) == (201, ["KE"])
    assert studio.get(f"/api/channel/{made.json['id']}").json["countries"] == ["KE"]


def test_being_made_public_with_them_lists_them(studio):
    channel_id = publish(studio, "e")
    _, token = studio.sign_up("admin", is_admin=True)
    sent = {"public": True, "countries": ["KE", "US"]}
    row = studio.call("PATCH", f"/api/admin-channels/{channel_id}", sent, token).json
    assert row["countries"] == ["KE", "US"]
    studio.deliver("maintenance")
    assert listed(studio, "US") == [channel_id]


@pytest.mark.parametrize("wrong", ["KE", ["Kenia"], ["KE", "ZZ"], [5], {"KE": True}, [None]])
def test_what_is_no_country_is_refused(studio, channel_id, wrong):
    answer = by_rest(studio, channel_id, wrong)
    assert (answer.status, list(answer.json)) == (400, ["countries"])
    answer = by_administrator(studio, channel_id, wrong)
    assert (answer.status, list(answer.json)) == (400, ["countries"])


def test_an_error_names_the_wrong_ones(studio, channel_id):
    (sentence,) = by_rest(studio, channel_id, ["KE", "ZZ", "Kenia"]).json["countries"]
    assert "KENIA, ZZ" in sentence


def test_viewers_cannot_set_them(studio, channel_id):
    user_id, token = studio.sign_up("viewer")
    studio.share(channel_id, user_id, VIEW)
    answer = studio.call("PATCH", f"/api/channel/{channel_id}", {"countries": ["KE"]}, token)
    assert answer.status == 403


def test_sync_clients_receive_them(studio, channel_id):
    by_rest(studio, channel_id, ["KE"])
    changes = studio.post("/api/sync", {"changes": [], "channel_revs": {channel_id: 0}}).json["changes"]
    assert [change["mods"]["countries"] for change in changes if "countries" in change.get("mods", {})] == [["KE"]]


def test_codes_are_pairs_of_capital_letters():
    assert len(CODES) == 250
    assert all(len(code) == 2 and code.isalpha() and code.isupper() for code in CODES)
