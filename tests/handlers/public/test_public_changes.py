"""Public nodes while channels are published, and become public and private."""

from dataclasses import replace

import pytest

from chalicelib.aws import storage
from chalicelib.config import settings
from chalicelib.content_databases import cursors
from chalicelib.content_databases.cursors import Cursor
from chalicelib.domain.storage_keys import database_key
from chalicelib.models import channels
from chalicelib.operations.index_files import disk_cache, index_reader
from tests.support.aws.calls import counting
from tests.support.existing import existing
from tests.support.worlds import nodes, published, publishing
from tests.support.worlds.public_world import IMPORT, LIST, TREE, V1_LIST, World, upload, walk

CHANNELS = "/api/public/v1/channels"
LISTS = (LIST, V1_LIST)


def leaves(channel_id, *names, **fields):
    """Resources with these names, as `upload` needs them."""
    made = [nodes.exercise(name, nodes.question("q"), **fields) for name in names]
    return [({**node, "node_id": nodes.node_id(f"{channel_id} {node['title']}")}, []) for node in made]


def publish(studio, name, titles, public=True, **fields):
    """The id of a published channel with these resources."""
    channel_id = nodes.node_id(f"channel {name}")
    added = [node for node, _ in leaves(channel_id, *titles, **fields)]
    return publishing.publish(studio, *added, name=name, channel_id=channel_id, public=public)


def named(*parts):
    """Channel names, each with its titles, in the order of the channels' ids."""
    return sorted(parts, key=lambda name: nodes.node_id(f"channel {name}"))


@pytest.fixture
def world(studio):
    return World(studio)


def titles_of(pages):
    return [node["title"] for page in pages for node in page]


def titles(world, query=""):
    return titles_of([world.get(f"{LIST}{query}")])


OLD, NEW = [f"old {n}" for n in range(5)], [f"new {n}" for n in range(7)]


class TestPagingDuringAPublish:
    @pytest.mark.parametrize(
        ("path", "query"), [(V1_LIST, []), (LIST, []), (LIST, [("tags", "old")]), (LIST, [("languages", "fr")])]
    )
    def test_returns_every_node_of_the_first_version(self, world, studio, path, query):
        channel_id = publish(studio, "A", OLD, tags=["old"], language="fr")
        expected = titles(world, f"?{'&'.join('='.join(pair) for pair in query)}")
        walking = walk(world, path, [*query, ("max_results", "2")])
        found = [next(walking)]
        publish(studio, "A", NEW, tags=["new"], language="en")
        assert titles_of([*found, *walking]) == expected
        assert titles(world, f"?channel_id={channel_id}") == ["A", *NEW]

    def test_returns_them_if_the_parent_is_gone(self, world, studio):
        channel_id = nodes.node_id("channel A")
        topic = nodes.topic("topic")
        upload(studio, "A", [(topic, leaves(channel_id, *OLD))])
        studio.finish(channel_id)
        studio.publish(channel_id)
        studio.make_public(channel_id)
        walking = walk(world, LIST, [("parent", topic["node_id"]), ("max_results", "2")])
        found = [next(walking)]
        publish(studio, "A", NEW)
        assert titles_of([*found, *walking]) == OLD

    def test_returns_them_if_no_node_of_the_kind_is_left(self, world, studio):
        publish(studio, "A", OLD)
        walking = walk(world, LIST, [("kind", "exercise"), ("languages", "en"), ("max_results", "2")])
        found = [next(walking)]
        name = studio.upload(b"%PDF", "pdf", "document")
        channel_id = nodes.node_id("channel A")
        upload(studio, "A", [(nodes.resource("doc", files=[nodes.file(name)]), [])])
        studio.finish(channel_id)
        assert studio.publish(channel_id)["status"] == "SUCCESS"
        assert titles_of([*found, *walking]) == OLD
        assert titles(world, "?kind=exercise") == []

    def test_continues_with_the_newest_version_of_the_next_channel(self, world, studio):
        first, second = named("A", "B")
        for name in (first, second):
            publish(studio, name, OLD)
        walking = walk(world, LIST, [("max_results", "4")])
        found = [next(walking)]
        publish(studio, second, NEW)
        assert titles_of([*found, *walking]) == [first, *OLD, second, *NEW]

    def test_returns_the_import_metadata_of_one_version(self, world, studio):
        channel_id = publish(studio, "A", OLD)
        walking = walk(world, f"{IMPORT}/{channel_id}", [("descendants", "true"), ("max_results", "2")])
        pages = [next(walking)]
        publish(studio, "A", NEW)
        pages += walking
        assert [row["title"] for page in pages for row in page["content_contentnode"]] == ["A", *OLD]
        assert {row["version"] for page in pages for row in page["content_channelmetadata"]} == {1}


class TestPagingWhileChannelsComeAndGo:
    @pytest.mark.parametrize("path", LISTS)
    def test_neither_skips_nor_repeats_nodes_of_channels_that_stay(self, world, studio, path):
        names = named("A", "B", "C", "D")
        ids = [publish(studio, name, OLD[:3], public=name != names[2]) for name in names]
        walking = walk(world, path, [("max_results", "2")])
        found = [next(walking)]
        studio.make_public(ids[1], public=False)
        studio.make_public(ids[2])
        rest = list(walking)
        assert titles_of([*found, *rest]) == [t for name in (names[0], *names[2:]) for t in (name, *OLD[:3])]

    def test_continues_after_a_channel_that_became_private(self, world, studio):
        first, second = named("A", "B")
        channel_id = publish(studio, first, OLD)
        publish(studio, second, NEW)
        walking = walk(world, LIST, [("max_results", "2")])
        assert titles_of([next(walking)]) == [first, OLD[0]]
        studio.make_public(channel_id, public=False)
        assert titles_of(walking) == [second, *NEW]

    def test_of_import_metadata_ends_when_its_channel_becomes_private(self, world, studio):
        channel_id = publish(studio, "A", OLD)
        path = f"{IMPORT}/{channel_id}?descendants=true&max_results=2"
        cursor = world.get(path)["more"]["cursor"]
        studio.make_public(channel_id, public=False)
        for place in ("", f"&cursor={cursor}"):
            assert studio.get(path + place, token=None).status == 404


class TestVisibility:
    def test_drafts_are_invisible(self, world, studio):
        channel_id = publish(studio, "A", OLD)
        upload(studio, "A", leaves(channel_id, "uploaded"))
        studio.finish(channel_id, stage=True)
        upload(studio, "A", leaves(channel_id, "live"))
        studio.finish(channel_id)
        upload(studio, "A", leaves(channel_id, "chef"))
        assert titles(world) == ["A", *OLD]
        for name in ("uploaded", "live", "chef"):
            node_id = nodes.node_id(f"{channel_id} {name}")
            assert titles(world, f"?ids={node_id}") == titles(world, f"?keywords={name}") == []
            for path in (LIST, TREE, IMPORT, V1_LIST):
                assert studio.get(f"{path}/{node_id}", token=None).status == 404

    def test_a_private_channel_is_gone_from_every_node_endpoint_at_once(self, world, studio):
        channel_id = publish(studio, "A", OLD)
        node_id = published.node_ids(studio, channel_id)[OLD[0]]
        paths = [f"{path}/{id}" for path in (LIST, TREE, IMPORT, V1_LIST) for id in (channel_id, node_id)]
        queries = (f"ids={node_id}", f"parent={channel_id}", f"channels={channel_id}", "kind=exercise")
        for path in paths:
            world.get(path)
        assert all(titles(world, f"?{query}") for query in queries)
        studio.make_public(channel_id, public=False)
        assert not any(titles(world, f"?{query}") for query in queries)
        assert {studio.get(path, token=None).status for path in paths} == {404}
        studio.make_public(channel_id)
        assert {studio.get(path, token=None).status for path in paths} == {200}

    def test_a_node_that_two_channels_have_is_found_in_both(self, world, studio):
        ids = []
        for name in named("A", "B"):
            channel_id, _ = upload(studio, name, leaves("both", *OLD[:2]))
            studio.finish(channel_id)
            assert studio.publish(channel_id)["status"] == "SUCCESS"
            studio.make_public(channel_id)
            ids.append(channel_id)
        node_id = nodes.node_id(f"both {OLD[1]}")
        assert [node["channel_id"] for node in world.get(f"{LIST}?ids={node_id}")] == ids
        studio.make_public(world.get(f"{LIST}/{node_id}")["channel_id"], public=False)
        (left,) = world.get(f"{LIST}?ids={node_id}")
        assert world.get(f"{LIST}/{node_id}") == left
        assert world.get(f"{TREE}/{node_id}") == left
        (channel,) = world.get(f"{IMPORT}/{node_id}")["content_channelmetadata"]
        assert channel["id"] == left["channel_id"]


class TestACursorUnknownToThisInstance:
    """Another instance, with a newer index, may have issued it."""

    @pytest.fixture
    def behind(self, monkeypatch, studio):
        """From now on the index is checked only if necessary."""

        def behind():
            studio.get(CHANNELS, token=None)
            monkeypatch.setattr(index_reader, "settings", lambda: replace(settings(), index_seconds=60))

        return behind

    def walk_on(self, studio, channel_id, version, lft):
        cursor = cursors.encode(Cursor(channel_id, version, lft))
        return studio.get(f"{LIST}?max_results=100&cursor={cursor}", token=None)

    def test_in_a_new_channel_is_found(self, studio, behind):
        publish(studio, "A", OLD)
        behind()
        channel_id = publish(studio, "B", NEW)
        answer = self.walk_on(studio, channel_id, 1, 3)
        assert [node["title"] for node in answer.json["results"]][: len(NEW) - 1] == NEW[1:]

    def test_in_a_new_version_is_found(self, studio, behind):
        channel_id = publish(studio, "A", OLD)
        behind()
        publish(studio, "A", NEW)
        answer = self.walk_on(studio, channel_id, 2, 3)
        assert [node["title"] for node in answer.json["results"]] == NEW[1:]

    def test_in_a_version_that_was_never_live_is_invalid(self, studio):
        channel_id = publish(studio, "A", OLD)
        storage.put(database_key(channel_id, 2), studio.database(channel_id, 1), storage.SQLITE)
        assert self.walk_on(studio, channel_id, 2, 0).status == 404
        assert self.walk_on(studio, channel_id, 1, 0).status == 200


@pytest.fixture
def calls(studio):
    """The names of the AWS calls of a repeated request, or (`cold`) of a first request with a cached index but without
    cached databases."""

    def calls(path, status=200, cold=False):
        studio.get(CHANNELS if cold else path, token=None)
        if cold:
            disk_cache._cache.clear()
        with counting(studio) as watch:
            answer = studio.get(path, token=None)
        assert answer.status == status, answer.text
        return watch.names

    return calls


class TestAwsCalls:
    def test_public_reads_make_one_call(self, studio, calls):
        """It checks for a newer index; within `index_seconds`, not even that is needed."""
        channel_id = publish(studio, "A", OLD)
        token = token_of(channel_id)
        node_id = published.node_ids(studio, channel_id)[OLD[0]]
        for path in (
            *LISTS,
            f"{LIST}?max_results=2",
            f"{LIST}?ids={node_id}&kind=exercise",
            f"{LIST}/{node_id}",
            f"{TREE}/{channel_id}",
            f"{IMPORT}/{channel_id}?descendants=true",
            CHANNELS,
            f"{CHANNELS}?keyword=a&language=en&tokens={token}",
            f"{CHANNELS}/lookup/{channel_id}",
            f"{CHANNELS}/lookup/{token}",
            f"/api/public/channel/{channel_id}",
            "/api/public/v2/channel",
            f"/api/public/v2/channel/{channel_id}",
            "/api/public/v2/channel/labels",
        ):
            assert calls(path) == ["GetItem"], path

    def test_private_reads_make_few_calls(self, studio, calls):
        channel_id = publish(studio, "A", OLD, public=False)
        assert len(calls(f"{CHANNELS}/lookup/{channel_id}")) == 2
        assert len(calls(f"{CHANNELS}/lookup/{token_of(channel_id)}")) <= 4
        assert len(calls(f"{CHANNELS}?tokens={token_of(channel_id)}")) <= 4

    def test_misses_make_no_more_calls(self, studio, calls):
        publish(studio, "A", OLD)
        for path in (f"{LIST}/{nodes.node_id('none')}", f"{TREE}/{nodes.node_id('none')}"):
            assert len(calls(path, 404)) <= 2
        assert len(calls(f"{CHANNELS}/lookup/{nodes.node_id('none')}", 404)) <= 2
        assert calls(f"{CHANNELS}/lookup/none", 404)[-2:] == ["BatchGetItem", "UpdateItem"]  # counted against guessing

    def test_channels_that_cannot_match_are_not_downloaded(self, studio, calls):
        first, second = named("A", "B")
        publish(studio, first, OLD, language="fr", categories=["d&WXdXWF"], tags=["one"])
        other = publish(studio, second, NEW, language="sw", grade_levels=["wnarlxKo"])
        node_id = nodes.node_id(f"{other} {NEW[0]}")
        content_id = nodes.node_id(f"content {NEW[0]}")
        fetched = {
            "kind=video": 0,
            "kind_in=video,slideshow": 0,
            "languages=de": 0,
            "languages=fr": 1,
            "categories=d%26WXdXWF": 1,
            "grade_levels=wnarlxKo": 1,
            "learner_needs=sccgQZDd": 0,
            "contains_quiz=true": 0,
            f"ids={node_id}": 1,
            f"parent={other}": 1,
            f"descendant_of={other}": 1,
            f"content_id={content_id}": 1,
            f"channel_id={other}": 1,
            f"channels={nodes.node_id('none')}": 0,
            f"ids={nodes.node_id('none')}": 0,
            "tree_id=77": 0,
            "kind=exercise": 2,
        }
        for query, count in fetched.items():
            assert calls(f"{LIST}?{query}", cold=True) == ["GetItem", *["GetObject"] * count], query

    def test_one_node_needs_one_database(self, studio, calls):
        for name in named("A", "B"):
            channel_id = publish(studio, name, OLD)
        for path in (LIST, TREE, IMPORT, V1_LIST):
            assert calls(f"{path}/{channel_id}", cold=True) == ["GetItem", "GetObject"]


def token_of(channel_id):
    return existing(channels.get(channel_id)).primary_token


def test_reads_continue_when_the_disk_has_no_room_for_two_databases(studio, world, monkeypatch):
    ids = [publish(studio, name, OLD) for name in named("A", "B")]
    tiny = replace(settings(), disk_cache=1)
    monkeypatch.setattr(disk_cache, "settings", lambda: tiny)
    for _ in range(2):
        assert titles(world) == [title for name in named("A", "B") for title in (name, *OLD)]
        for channel_id in ids:
            assert world.get(f"{LIST}/{channel_id}")["id"] == channel_id
            assert world.get(f"{TREE}/{channel_id}")["id"] == channel_id
            assert world.get(f"{IMPORT}/{channel_id}")
