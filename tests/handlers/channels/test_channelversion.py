"""The versions of a channel: newest first, in pages with a cursor, for those who may view the channel."""

from typing import Any

import pytest

from chalicelib.models.base import now
from chalicelib.models.channel_members import VIEW
from chalicelib.models.channel_versions import ChannelVersion
from tests.support.aws.calls import counting
from tests.support.source.routes import NOTHING
from tests.support.worlds import nodes

LIST = "/api/channelversion"
FIELDS = {
    "id",
    "channel",
    "version",
    "size",
    "resource_count",
    "kind_count",
    "date_published",
    "version_notes",
    "included_languages",
    "included_licenses",
    "included_categories",
}
CATEGORY = "d&WXdXWF.qs0Xlaxq"


def publish(studio, *added, channel_id=None, notes=""):
    channel_id, root = studio.make_channel(channel_id=channel_id)
    studio.add(root, *added)
    studio.finish(channel_id)
    assert studio.publish(channel_id, notes)["status"] == "SUCCESS"
    return channel_id


def exercise(name, **fields):
    return nodes.exercise(name, nodes.question(name), **fields)


@pytest.fixture
def many(studio):
    """A channel with 120 versions."""
    channel_id = studio.post("/api/channel", {"name": "n"}).json["id"]
    rest: dict[str, Any] = {"size": 1, "resource_count": 1, "kind_count": {}, "included_languages": []}
    rest["date_published"] = now()
    with ChannelVersion.batch_write() as batch:
        for number in range(1, 121):
            batch.save(ChannelVersion(channel_id, number, id=f"{number:032x}", **rest))
    return studio, channel_id


def walk(studio, query):
    """Numbers of the versions of all pages."""
    numbers, pages = [], 0
    while query:
        answer = studio.get(f"{LIST}?{'&'.join(f'{name}={value}' for name, value in query.items())}").json
        assert set(answer) == {"results", "more"}
        numbers += [version["version"] for version in answer["results"]]
        query, pages = answer["more"], pages + 1
    return numbers, pages


def test_they_describe_the_published_versions(studio):
    first = exercise("a", license="CC BY-SA", language="fr", categories=[CATEGORY])
    channel_id = publish(studio, first, notes="one")
    publish(studio, first, exercise("b", license="All Rights Reserved"), channel_id=channel_id, notes="two")
    new, old = studio.get(f"{LIST}?channel={channel_id}").json["results"]
    assert set(new) == FIELDS
    assert [(v["channel"], v["version"], v["version_notes"]) for v in (new, old)] == [
        (channel_id, 2, "two"),
        (channel_id, 1, "one"),
    ]
    assert (old["included_licenses"], new["included_licenses"]) == ([2], [2, 7])
    assert (old["included_languages"], old["included_categories"]) == (["en", "fr"], [CATEGORY])
    assert new["kind_count"] == [{"count": 2, "kind_id": "exercise"}, {"count": 1, "kind_id": "topic"}]
    detail = studio.get(f"/api/channel/{channel_id}/version_detail").json
    assert detail == {**{n: v for n, v in new.items() if n != "channel"}, "non_distributable_licenses_included": [7]}


@pytest.mark.parametrize(("size", "pages"), [(None, 2), (50, 3), (100, 2), (1000, 2), (40, 3)])
def test_pages_contain_every_version_once(many, size, pages):
    studio, channel_id = many
    query = {"channel": channel_id, **({"max_results": size} if size else {})}
    assert walk(studio, query) == (list(range(120, 0, -1)), pages)


def test_a_page_costs_three_calls(many):
    studio, channel_id = many
    with counting(studio) as watch:
        studio.get(f"{LIST}?channel={channel_id}")
    assert len(watch.names) <= 3


@pytest.mark.parametrize("cursor", ["bad", "%00", "dj0w", "dj0xMjM=", "dj0rMQ", "x" * 900, "%C3%A9", "dj0tMQ"])
def test_a_bad_cursor_is_refused(studio, cursor):
    channel_id = studio.post("/api/channel", {"name": "n"}).json["id"]
    answer = studio.get(f"{LIST}?channel={channel_id}&cursor={cursor}")
    assert (answer.status, list(answer.json)) == (400, ["cursor"])


@pytest.mark.parametrize("size", ["0", "-1", "many", "1.5", "%00"])
def test_a_page_has_a_size(studio, size):
    answer = studio.get(f"{LIST}?channel={NOTHING}&max_results={size}")
    assert (answer.status, list(answer.json)) == (400, ["max_results"])


def test_a_channel_without_versions_has_none(studio):
    channel_id = studio.post("/api/channel", {"name": "n"}).json["id"]
    assert studio.get(f"{LIST}?channel={channel_id}").json == {"results": [], "more": None}


@pytest.mark.parametrize("query", ["", "channel=", "max_results=5"])
def test_a_channel_must_be_named(studio, query):
    assert studio.get(f"{LIST}?{query}").status == 412


def test_only_viewers_of_the_channel_see_them(studio):
    channel_id = publish(studio, exercise("a"))
    stranger, (viewer_id, viewer) = studio.sign_up("stranger")[1], studio.sign_up("viewer")
    studio.share(channel_id, viewer_id, VIEW)

    def statuses():
        return [studio.get(f"{LIST}?channel={channel_id}", token).status for token in (viewer, stranger, None)]

    assert statuses() == [200, 404, 401]
    studio.make_public(channel_id)
    assert statuses() == [200, 200, 401]
    assert [studio.get(f"{LIST}?channel={id}").status for id in (NOTHING, "bad")] == [404, 404]
