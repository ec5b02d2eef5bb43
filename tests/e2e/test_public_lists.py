"""Kolibri's device page finds channels: the list, its filters, ids and tokens."""

from typing import Any

import pytest

from examples.clients import ChefRun
from infra.local.stack import Stack
from tests.e2e import uploads
from tests.e2e.api import Api
from tests.e2e.kolibri.kolibri_process import RunningKolibri
from tests.e2e.tokens import channel_token

UNKNOWN = "0" * 32


@pytest.fixture(scope="module")
def private(kolibri: RunningKolibri, uploader: Api) -> str:
    """The id of a private channel in French."""
    return uploads.upload(uploader, "Secret", "fr", [uploads.document(uploader, "Lettre")])


def found(kolibri: RunningKolibri, among: list[str], **filters: str) -> list[str]:
    """Which of these channels Kolibri lists, in its order."""
    return [channel["id"] for channel in kolibri.body("remotechannel/", **filters) if channel["id"] in among]


def test_the_list_has_public_channels_by_name(kolibri: RunningKolibri, small: ChefRun, wide: str, private: str) -> None:
    assert found(kolibri, [wide, private, small.channel_id]) == [small.channel_id, wide]


def test_a_channel_is_listed_with_all_fields_of_the_page(kolibri: RunningKolibri, small: ChefRun) -> None:
    (channel,) = [each for each in kolibri.body("remotechannel/") if each["id"] == small.channel_id]
    assert channel.pop("thumbnail").startswith("data:image/png;base64,")
    assert channel.pop("last_updated").startswith("20")
    assert channel.pop("total_file_size") > 0
    assert sorted(channel.pop("included_languages")) == ["de", "en", "es", "fr"]
    assert channel == {
        "id": small.channel_id,
        "name": "Kleiner Kanal – маленький",
        "description": "Vögel und Zahlen. 鳥。",
        "tagline": "Klein, aber ganz",
        "lang_code": "de",
        "lang_name": "Deutsch",
        "public": True,
        "total_resources": 7,
        "version": 1,
        "version_notes": {},
    }


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({"keyword": "wid"}, ["wide"]),
        ({"keyword": "LEAVES"}, ["wide"]),
        ({"keyword": "vögel"}, ["small"]),
        ({"keyword": "eule"}, ["small"]),
        ({"keyword": "secret"}, []),
        ({"language": "en"}, ["small", "wide"]),
        ({"language": "de"}, ["small"]),
        ({"language": "es"}, ["small"]),
        ({"language": "sw"}, []),
        ({"language": "en", "keyword": "many"}, ["wide"]),
    ],
)
def test_keyword_and_language_filter_it(
    kolibri: RunningKolibri, small: ChefRun, wide: str, private: str, filters: dict[str, str], names: list[str]
) -> None:
    ids = {"small": small.channel_id, "wide": wide, "secret": private}
    assert found(kolibri, list(ids.values()), **filters) == [ids[name] for name in names]


def test_a_token_finds_a_private_channel(kolibri: RunningKolibri, stack: Stack, private: str) -> None:
    token = channel_token(stack, private)
    for form in (token, f"{token[:5]}-{token[5:]}", token.upper()):
        (listed,) = kolibri.body("remotechannel/", token=form)
        assert (listed["id"], listed["name"], listed["public"]) == (private, "Secret", False)
        assert kolibri.body(f"remotechannel/{form}/") == listed


def test_ids_find_channels(kolibri: RunningKolibri, small: ChefRun, wide: str) -> None:
    by_id = [kolibri.body(f"remotechannel/{channel_id}/") for channel_id in (small.channel_id, wide)]
    assert [channel["lang_code"] for channel in by_id] == ["de", "en"]


@pytest.mark.parametrize("identifier", [UNKNOWN, "babab-ababa"])
def test_unknown_identifiers_are_not_found(kolibri: RunningKolibri, identifier: str) -> None:
    assert kolibri.get(f"remotechannel/{identifier}/")["status"] == 404


def test_the_server_is_online(kolibri: RunningKolibri) -> None:
    status: dict[str, Any] = kolibri.body("remotechannel/kolibri_studio_status/")
    assert (status["status"], status["application"]) == ("online", "studio")


def test_the_lists_follow_when_a_channel_goes_public_and_private_again(
    kolibri: RunningKolibri, stack: Stack, uploader: Api, admin: Api
) -> None:
    channel_id = uploads.upload(uploader, "Passing", "en", [uploads.document(uploader, "Guest")])
    for public in (True, False):
        admin.client.patch(f"/api/admin-channels/{channel_id}", json={"public": public}).raise_for_status()
        uploads.wait_until_listed(stack.url, channel_id, public)
        now = f"passing{' ' * public}"  # Kolibri caches a response until it notices a change
        assert found(kolibri, [channel_id], keyword=now) == [channel_id] * public
        retrieved = kolibri.get(f"channel/{channel_id}/", baseurl=kolibri.url, now=now)
        assert retrieved["status"] == (200 if public else 404)
