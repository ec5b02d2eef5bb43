"""Search in published channels that are public or that the caller may view."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from chalicelib.aws import storage
from chalicelib.domain.storage_keys import search_part_key
from chalicelib.errors import Busy
from chalicelib.models import channels, public_index
from chalicelib.models.channel_members import EDIT, VIEW, ChannelMember
from chalicelib.operations.publishing.prepare import UNCHANGED
from chalicelib.operations.search import search_index_update
from chalicelib.schemas.query import parse_query
from chalicelib.schemas.search import SearchQuery
from tests.handlers.search.search_world import found, titles
from tests.support.aws.calls import counting
from tests.support.existing import existing
from tests.support.http.client import query_of
from tests.support.source.routes import NOTHING
from tests.support.worlds import nodes
from tests.support.worlds.publishing import publish

FIELDS = {"id", "content_id", "node_id", "root_id", "kind", "title", "parent", "public", "channel_id"}
FIELDS |= {"resource_count", "original_channel_name"}
FIELDS |= {"channel_name", "snippet"}  # not in Studio


def exercise(title, **fields):
    return nodes.exercise(title, nodes.question("q"), **fields)


def test_returns_the_fields_of_a_node(studio):
    channel_id = publish(studio, exercise("Fractions"), name="Maths")
    (row,) = found(studio, "?keywords=fract")
    assert row.keys() == FIELDS
    node = studio.get(f"/api/contentnode/{row['id']}").json
    same = ("id", "content_id", "node_id", "root_id", "kind", "title", "parent", "channel_id", "original_channel_name")
    assert {name: row[name] for name in same} == {name: node[name] for name in same}
    assert (row["channel_id"], row["public"], row["resource_count"]) == (channel_id, False, 0)
    assert row["original_channel_name"] == "Maths"


def test_shows_where_the_description_matches(studio):
    words = " ".join(f"word{number}" for number in range(40))
    publish(studio, exercise("Fractions", description=f"{words}\nhalves {words}"), name="Maths")
    (row,) = found(studio, "?keywords=halv")
    assert (row["channel_name"], " word39 halves word0 " in row["snippet"]) == ("Maths", True)
    assert len(row["snippet"]) < 210
    (row,) = found(studio, "?keywords=fractions")
    assert row["snippet"].startswith("word0 word1")


@pytest.mark.parametrize("path", ["/api/search", "/api/search/", "/api/search/search", "/api/search/search/"])
def test_has_several_paths(studio, path):
    publish(studio, "one")
    assert studio.get(path).json["count"] == 1


class TestVisibility:
    def test_members_find_private_channels(self, studio):
        channel_id = publish(studio, "one")
        user_id, token = studio.sign_up("other")
        assert titles(studio) == ["one"]
        assert titles(studio, token=token) == []
        studio.share(channel_id, user_id, VIEW)
        assert titles(studio, token=token) == ["one"]
        ChannelMember(user_id, channel_id).delete()
        assert titles(studio, token=token) == []

    def test_signed_in_users_find_public_channels(self, studio):
        channel_id = publish(studio, "one", public=True)
        token = studio.sign_up("other")[1]
        assert [row["public"] for row in found(studio, token=token)] == [True]
        assert studio.get("/api/search", token=None).status == 401
        studio.make_public(channel_id, public=False)
        assert titles(studio, token=token) == []

    def test_administrators_find_everything(self, studio):
        publish(studio, "one")
        assert titles(studio, token=studio.sign_up("admin", is_admin=True)[1]) == ["one"]

    def test_unpublished_nodes_are_not_found(self, studio):
        channel_id = publish(studio, "one", public=True)
        _, root = studio.make_channel(channel_id=channel_id)
        studio.add(root, exercise("two"))
        assert studio.finish(channel_id, stage=True).status == 200
        new = studio.post("/api/channel", {"name": "n"}).json
        studio.post("/api/contentnode", {"parent": new["root_id"], "kind": "topic", "title": "three"})
        assert titles(studio) == ["one"]

    def test_deleted_channels_are_not_found(self, studio):
        channel_id = publish(studio, "one", public=True)
        studio.call("DELETE", f"/api/channel/{channel_id}")
        studio.deliver()
        assert titles(studio) == []
        studio.post(f"/api/channel/{channel_id}/restore")
        studio.deliver()
        assert titles(studio) == ["one"]

    def test_channels_deleted_by_administrators_are_not_found_until_restored(self, studio):
        channel_id, token = publish(studio, "one"), studio.sign_up("admin", is_admin=True)[1]
        for is_deleted, wanted in ((True, []), (False, ["one"])):
            answer = studio.call("PATCH", f"/api/admin-channels/{channel_id}", {"deleted": is_deleted}, token)
            assert answer.status == 200
            studio.deliver()
            assert titles(studio) == wanted


def test_names_no_channel_that_the_caller_may_not_view(studio):
    """A public channel may contain copies of nodes of a private one."""
    source = publish(studio, "mine", name="Secret")
    target = publish(studio, "public", public=True)
    (row,) = found(studio, f"?channel_id__in={source}")
    root = studio.get(f"/api/channel/{target}").json["root_id"]
    assert studio.post(f"/api/contentnode/{row['id']}/copy", {"target": root}).status == 201
    studio.publish(target)
    user_id, token = studio.sign_up("other")
    query = f"?channel_id__in={target}"

    def names(token):
        return {row["title"]: row["original_channel_name"] for row in found(studio, query, token)}

    assert names(token) == {"mine": "", "public": "Channel"}
    assert names("") == {"mine": "Secret", "public": "Channel"}
    studio.share(source, user_id, VIEW)
    with counting(studio) as watch:
        assert names(token) == {"mine": "Secret", "public": "Channel"}
    assert watch.names.count("BatchGetItem") == 1


class TestIndex:
    def test_follows_every_publish(self, studio):
        channel_id = publish(studio, "one", "both")
        other = publish(studio, "other")
        publish(studio, "two", "both", channel_id=channel_id)
        assert titles(studio) == ["both", "other", "two"]
        assert sorted(row["channel_id"] for row in found(studio)) == sorted([channel_id, channel_id, other])

    def test_leaves_no_orphaned_files(self, studio):
        channel_id = publish(studio, "one")
        for title in ("two", "three"):
            publish(studio, title, channel_id=channel_id)
        stored = [key for key in studio.cloud.objects() if key.startswith("search")]
        assert len(stored) == 3
        assert f"search-parts-2/{channel_id}-3.sqlite3" in stored

    def test_includes_earlier_published_channels_at_the_next_publish(self, studio):
        channel_id = publish(studio, "one")
        storage.delete(search_part_key(channel_id, 1))
        existing(public_index.current(public_index.SEARCH)).delete()
        assert studio.publish(channel_id)["detail"] == UNCHANGED.format(version=1)
        (row,) = found(studio)
        published = existing(channels.get(channel_id)).last_published
        assert (row["title"], existing(channels.get(channel_id)).version) == ("one", 1)
        assert titles(studio, f"?created_after={published:%Y-%m-%dT%H:%M:%SZ}") == ["one"]
        assert titles(studio, f"?created_after={published + timedelta(seconds=1):%Y-%m-%dT%H:%M:%SZ}") == []

    def test_accepts_repeated_messages(self, studio):
        studio.make_channel()
        channel_id, root = studio.make_channel()
        studio.add(root, exercise("one"))
        studio.finish(channel_id)
        studio.post("/api/internal/publish_channel", {"channel_id": channel_id})
        studio.deliver(times=2)
        assert titles(studio) == ["one"]

    def test_is_not_written_if_nothing_changes(self, studio):
        channel_id = publish(studio, "one")
        before = existing(public_index.current(public_index.SEARCH)).revision
        search_index_update.refresh([channel_id, NOTHING])
        assert existing(public_index.current(public_index.SEARCH)).revision == before

    def test_contains_both_of_two_concurrent_changes(self, studio, monkeypatch):
        one, two = publish(studio, "one"), publish(studio, "two")
        existing(public_index.current(public_index.SEARCH)).delete()
        put = storage.put

        def overtaken(*arguments):
            monkeypatch.setattr(storage, "put", put)
            search_index_update.refresh([two])
            put(*arguments)

        monkeypatch.setattr(storage, "put", overtaken)
        search_index_update.refresh([one])
        assert titles(studio) == ["one", "two"]

    def test_is_retried_later_if_others_change_it_constantly(self, studio, monkeypatch):
        channel_id = publish(studio, "one")
        channels.Channel(channel_id).update([channels.Channel.deleted.set(True)])
        monkeypatch.setattr(public_index, "replace", lambda *_: False)
        with pytest.raises(Busy):
            search_index_update.refresh([channel_id])

    def test_is_rebuilt_from_all_channels_if_its_file_is_lost(self, studio):
        ids = [publish(studio, title) for title in ("one", "two")]
        storage.delete(existing(public_index.current(public_index.SEARCH)).key)
        search_index_update.refresh(ids[:1])
        assert titles(studio) == ["one", "two"]

    def test_is_rebuilt_by_a_job(self, studio):
        publish(studio, "one")
        existing(public_index.current(public_index.SEARCH)).delete()
        assert titles(studio) == []
        studio.send("maintenance", {"jobs": [{"job": "rebuild_search_index"}]})
        studio.deliver()
        assert titles(studio) == ["one"]


def test_pages_give_each_result_once(studio):
    publish(studio, *(f"e {number}" for number in range(7)))
    page, seen = studio.get("/api/search?keywords=e&page_size=3").json, []
    assert {name: page[name] for name in ("count", "total_pages", "page", "previous")} == {
        "count": 7,
        "total_pages": 3,
        "page": 1,
        "previous": None,
    }
    while True:
        seen += [row["title"] for row in page["results"]]
        if page["next"] is None:
            break
        assert query_of(page["next"])["keywords"] == "e"
        page = studio.get(f"/api/search?{urlsplit(page['next']).query}").json
    assert sorted(seen) == [f"e {number}" for number in range(7)]
    assert len(page["results"]) == 1
    assert studio.get("/api/search?page=2").status == 404


@pytest.mark.parametrize(("requested", "size"), [("", 25), ("7", 7), ("1000", 100)])
def test_pages_have_25_results_and_at_most_100(requested, size):
    assert parse_query(SearchQuery, {"page_size": [requested]}).page_size == size


def test_reads_the_user_and_their_channels(studio):
    publish(studio, "one")
    found(studio)
    with counting(studio) as watch:
        assert titles(studio, "?keywords=one&channel_list=bookmark") == []
    assert watch.names == ["GetItem", "GetItem", "GetItem", "Query", "Query"]  # two of them once in `index_seconds`


def test_finds_nothing_before_the_first_publish(studio):
    answer = studio.get("/api/search?keywords=a").json
    assert (answer["count"], answer["results"], answer["total_pages"]) == (0, [], 1)


BAD: tuple[str, ...] = (
    "page=0",
    "page_size=x",
    "coach=maybe",
    "licenses=99",
    "kinds=x",
    "languages=!",
    "created_after=x",
)
BAD += ("channel_list=mine", "channel_id__in=x", "exclude_channel=x", "keywords=%00", "keywords=" + "a" * 1001)


@pytest.mark.parametrize("query", BAD)
def test_bad_input_is_refused(studio, query):
    answer = studio.get(f"/api/search?{query}")
    assert answer.status == 400
    assert answer.json.keys() == {query.partition("=")[0]}


@pytest.mark.parametrize(
    "text", ['"', "%22%22", "*", "a%22*", "%F0%9F%98%80", "%EF%B7%BA", "(", "%ED%A0%80", "a " * 500]
)
def test_any_text_can_be_searched_for(studio, text):
    publish(studio, "one")
    for name in ("keywords", "author"):
        answer = studio.get(f"/api/search?{name}={text}")
        assert (answer.status, answer.json["results"]) == (200, []), name


@pytest.mark.parametrize("role", [EDIT, VIEW])
def test_lists_of_channels(studio, role):
    channel_id = publish(studio, "theirs")
    public = publish(studio, "public", public=True)
    user_id, token = studio.sign_up("other")
    studio.share(channel_id, user_id, role)
    studio.post("/api/bookmark", {"channel": public}, token)
    wanted = {"edit": ["theirs"] if role == EDIT else [], "view": ["theirs"] if role == VIEW else []}
    wanted |= {"public": ["public"], "bookmark": ["public"]}
    for name, some in wanted.items():
        assert titles(studio, f"?channel_list={name}", token) == some
    assert titles(studio, f"?channel_id__in={public},{NOTHING}", token) == ["public"]
    assert titles(studio, f"?exclude_channel={public}", token) == ["theirs"]
