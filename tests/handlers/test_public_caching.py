"""Public answers may be kept, are told from older ones, and may have any size."""

import hashlib
import json
import tempfile
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest

from chalicelib import large_answers, storage
from chalicelib.domain.storage_keys import database_key, index_key
from chalicelib.handlers import public_nodes
from chalicelib.models import channels, public_index
from chalicelib.operations import public_index as indexes
from chalicelib.operations.local_files import local_copy
from chalicelib.published.index_file import IndexWriter, Record
from infra.local.events import exceeds_payload_limit
from tests.conftest import BUCKET
from tests.support import nodes, routes

CACHED = "public, max-age=300, stale-while-revalidate=100"
CHANNELS = "/api/public/v1/channels"
BROWSED = "/api/public/v2/channel"
NODES = "/api/public/v2/contentnode"


def publish(studio, *titles, name="Channel", channel_id=None, public=False, **fields):
    """The id of a channel with exercises of these titles."""
    channel_id, root = studio.make_channel(name, channel_id)
    studio.add(root, *(nodes.exercise(title, nodes.question("q"), **fields) for title in titles or ("e",)))
    studio.finish(channel_id)
    assert studio.publish(channel_id)["status"] == "SUCCESS"
    if public:
        studio.make_public(channel_id)
    return channel_id


def get(studio, path, **headers):
    return studio.call("GET", path, token=None, **headers)


def reads(channel_id):
    """Every public read of a channel, in all the forms that answer."""
    token = channels.get(channel_id).primary_token
    paths = [
        f"{CHANNELS}/lookup/{token}",
        *(
            route.path
            for route in routes.OPEN
            if route.path.startswith("/api/public/") and "{version}" not in route.path
        ),
        *(f"/api/public/{version}/contentnode?max_results=1" for version in ("v1", "v2")),
        f"{CHANNELS}?tokens={token}&keyword=c",
        f"{BROWSED}?page=1",
        f"/api/public/v2/importmetadata/{channel_id}?descendants=true&max_results=1",
        f"/api/public/v2/contentnode_tree/{channel_id}?depth=1",
    ]
    filled = [path.partition("{")[0] + (channel_id if "{" in path else "") for path in paths]
    return [path for path in filled if "/v2/channels" not in path]


def moment(answer):
    return parsedate_to_datetime(answer.headers["Last-Modified"])


class TestEveryRead:
    def test_may_be_kept_and_has_validators(self, studio):
        channel_id = publish(studio, public=True)
        assert len(reads(channel_id)) > 20
        for path in reads(channel_id):
            answer = get(studio, path)
            assert answer.status == 200, path
            assert answer.headers["Cache-Control"] == CACHED
            assert answer.headers["ETag"].startswith('"')
            assert answer.headers["Last-Modified"].endswith(" GMT")
            assert get(studio, path).headers == answer.headers

    def test_is_not_sent_again_to_who_has_it(self, studio):
        channel_id = publish(studio, public=True)
        for path in reads(channel_id):
            told = get(studio, path).headers
            tag, date = told["ETag"], told["Last-Modified"]
            for headers in (
                *({"if_none_match": given} for given in (tag, f"W/{tag}", f'"other", {tag}', f'W/"x",W/{tag}', "*")),
                {"if_modified_since": date},
                {"if_modified_since": "Fri, 31 Dec 2100 23:59:59 GMT"},
                {"if_none_match": tag, "if_modified_since": "Thu, 01 Jan 1970 00:00:00 GMT"},
            ):
                answer = get(studio, path, **headers)
                assert (answer.status, answer.text) == (304, ""), (path, headers)
                kept = ("ETag", "Cache-Control", "Last-Modified")
                assert [answer.headers[name] for name in kept] == [told[name] for name in kept]

    def test_is_sent_to_who_has_another_one(self, studio):
        channel_id = publish(studio, public=True)
        for path in reads(channel_id):
            tag, date = (get(studio, path).headers[name] for name in ("ETag", "Last-Modified"))
            for headers in (
                {"if_none_match": '"other"'},
                {"if_none_match": tag.strip('"')},
                {"if_none_match": '"other"', "if_modified_since": date},
                {"if_modified_since": "Thu, 01 Jan 1970 00:00:00 GMT"},
            ):
                answer = get(studio, path, **headers)
                assert (answer.status, answer.headers["ETag"]) == (200, tag), (path, headers)

    def test_has_the_same_headers_for_head_and_no_body(self, studio):
        channel_id = publish(studio, public=True)
        for path in reads(channel_id):
            asked, head = get(studio, path), studio.call("HEAD", path, token=None)
            assert (head.status, head.headers, head.text) == (200, asked.headers, "")
            again = studio.call("HEAD", path, token=None, if_none_match=asked.headers["ETag"])
            assert (again.status, again.text) == (304, "")

    def test_is_not_kept_where_it_failed(self, studio):
        publish(studio, public=True)
        for path in (
            f"{CHANNELS}/lookup/none",
            f"/api/public/channel/{routes.NOTHING}",
            f"{NODES}/{routes.NOTHING}",
            f"{NODES}?ids=bad",
            f"{NODES}?max_results=0",
            f"/api/public/v2/contentnode_tree/{routes.NOTHING}",
            "/api/public/v2/importmetadata/bad",
            f"{BROWSED}?page=9",
            "/api/public/v3/channels",
        ):
            for headers in ({}, {"if_none_match": "*"}):
                answer = get(studio, path, **headers)
                assert answer.status in (400, 404)
                assert answer.headers.keys().isdisjoint({"Cache-Control", "ETag", "Last-Modified", "Expires"})


def both(answer):
    return answer.headers["ETag"], answer.headers["Last-Modified"]


class TestWhatChanged:
    """Every change shows in both validators, however soon it comes after the one before it."""

    def follow(self, studio, path, *changes):
        before = get(studio, path)
        for change in changes:
            change()
            tag, date = both(before)
            after = get(studio, path)
            assert after.status == 200, after.text
            assert after.headers["ETag"] != tag
            assert moment(after) > moment(before)
            assert get(studio, path, if_none_match=tag).status == 200
            assert get(studio, path, if_modified_since=date).status == 200
            before = after

    def test_is_told_of_lists_as_channels_come_go_and_are_published(self, studio):
        publish(studio, public=True)
        other = publish(studio, "a", name="Other")
        for path in (CHANNELS, f"{BROWSED}?page=1", NODES):
            self.follow(
                studio,
                path,
                lambda: studio.make_public(other),
                lambda path=path: publish(studio, path, name="Other", channel_id=other),
                lambda: studio.make_public(other, public=False),
            )

    @pytest.mark.parametrize("path", ["v2/contentnode_tree/{}", "v2/importmetadata/{}?descendants=true", "channel/{}"])
    def test_is_told_of_a_channel_that_is_published_again(self, studio, path):
        channel_id = publish(studio, "a", public=True)
        self.follow(
            studio,
            f"/api/public/{path.format(channel_id)}",
            lambda: publish(studio, "b", channel_id=channel_id),
            lambda: publish(studio, "c", channel_id=channel_id),
        )

    def test_is_told_of_a_lookup_as_its_channel_becomes_public_and_private(self, studio):
        channel_id = publish(studio, public=True)
        states = (False, True, False, True)
        for path in (f"{CHANNELS}/lookup/{channel_id}", f"{CHANNELS}/lookup/{channels.get(channel_id).primary_token}"):
            self.follow(
                studio, path, *(lambda public=public: studio.make_public(channel_id, public) for public in states)
            )

    def test_is_told_of_a_private_channel_that_is_published_again(self, studio):
        channel_id = publish(studio)
        path = f"{CHANNELS}/lookup/{channel_id}"
        tag = get(studio, path).headers["ETag"]
        publish(studio, "b", channel_id=channel_id)
        assert get(studio, path, if_none_match=tag).status == 200

    def test_comes_back_as_what_it_was_under_its_old_tag(self, studio):
        publish(studio, public=True)
        other = publish(studio, "other", name="Other")
        before = get(studio, NODES)
        studio.make_public(other)
        studio.make_public(other, public=False)
        assert get(studio, NODES, if_none_match=before.headers["ETag"]).status == 304
        assert moment(get(studio, NODES)) > moment(before)


def list_many(studio, count, **fields):
    """Put this many channels on the public list, all made of one published one, with these fields in their entries."""
    channel_id = publish(studio)
    studio.make_public(channel_id)
    (model,) = indexes.current().channels
    database = local_copy(database_key(channel_id, 1))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "index.sqlite3"
        with IndexWriter(path) as index:
            for number in range(count):
                id = nodes.node_id(f"{number}")
                entry = {**model.entry, "id": id, "name": f"{number:04}", **fields}
                index.put(Record(id, entry, [f"t{number}"]), database)
        key = index_key("many")
        storage.put(key, path.read_bytes(), storage.SQLITE)
    assert public_index.replace(public_index.current(), key)


def redirected(studio, path):
    """The whole list that is at the place to which a request is sent."""
    answer = get(studio, path)
    assert (answer.status, answer.text, answer.headers["Cache-Control"]) == (302, "", CACHED)
    place = answer.headers["Location"]
    assert place.startswith("/content/answers/")
    found = studio.cloud.s3.get_object(Bucket=BUCKET, Key=place.lstrip("/"))
    assert (found["ContentType"], "immutable" in found["CacheControl"]) == ("application/json", True)
    data = found["Body"].read()
    assert hashlib.sha256(data).hexdigest() in place
    return json.loads(data)


class TestAListThatLambdaCannotAnswer:
    ICON = "data:image/png;base64," + "A" * 90_000

    def test_of_channels_is_whole_on_the_same_host(self, studio):
        list_many(studio, 81, icon_encoding=self.ICON)
        ids = [nodes.node_id(f"{number}") for number in range(81)]
        for path, icon in (
            (CHANNELS, "icon_encoding"),
            (BROWSED, "thumbnail"),
            (f"{CHANNELS}?language=en", "icon_encoding"),
        ):
            entries = redirected(studio, path)
            assert [entry["id"] for entry in entries] == ids
            assert {entry[icon] for entry in entries} == {self.ICON}

    def test_is_answered_directly_where_a_filter_makes_it_smaller(self, studio):
        list_many(studio, 81, icon_encoding=self.ICON)
        assert len(redirected(studio, f"{CHANNELS}?keyword=00")) == 81
        assert len(get(studio, f"{CHANNELS}?keyword=005").json) == 11
        assert len(get(studio, f"{BROWSED}?page_size=25").json["results"]) == 25
        assert len(redirected(studio, f"{BROWSED}?page_size=81")["results"]) == 81

    def test_is_not_sent_again_to_who_has_it(self, studio):
        list_many(studio, 81, icon_encoding=self.ICON)
        text = json.dumps(redirected(studio, CHANNELS), ensure_ascii=False, separators=(",", ":"))
        small = get(studio, f"{CHANNELS}?keyword=0000")
        answer = get(studio, CHANNELS, if_modified_since=small.headers["Last-Modified"])
        assert (answer.status, answer.text) == (304, "")
        assert len(text) > large_answers.LIMIT

    def test_answers_head_as_it_does_get(self, studio):
        list_many(studio, 81, icon_encoding=self.ICON)
        head = studio.call("HEAD", CHANNELS, token=None)
        assert (head.status, head.headers) == (302, get(studio, CHANNELS).headers)

    def test_is_put_into_the_bucket_once(self, studio, monkeypatch):
        list_many(studio, 81, icon_encoding=self.ICON)
        puts = []
        put = storage.put
        monkeypatch.setattr(storage, "put", lambda *given: puts.append(given[0]) or put(*given))
        for _ in range(3):
            redirected(studio, CHANNELS)
        assert len(puts) == 1

    @pytest.mark.parametrize("text", ["a", '"', "\\", "é", "漢", "😀", "\n", "\x7f", "</"], ids=ascii)
    def test_is_one_that_would_not_pass_as_json(self, text):
        most = large_answers.LIMIT // len(json.dumps(text)[1:-1])
        longest = text * (most - 2)
        assert not large_answers.is_too_large(longest)
        assert large_answers.is_too_large(text * (most + 1))
        answer = {"statusCode": 200, "headers": {"X": "x" * 10_000}, "body": longest}
        assert not exceeds_payload_limit(answer)

    @pytest.mark.parametrize("text", ["a", '"', "漢"])
    def test_never_passes_the_limit_whatever_it_is_written_with(self, studio, text):
        """From lists that are far below it to some that are above it, the same text in all of them."""
        list_many(studio, 60, description=text * (110_000 // len(text)))
        statuses = []
        for keyword in ("000", "00", "0"):
            for last in ("", "1"):
                answer = get(studio, f"{CHANNELS}?keyword={keyword}{last}")
                payload = {"statusCode": answer.status, "headers": answer.headers, "body": answer.text}
                assert not exceeds_payload_limit(payload)
                assert len(json.dumps(payload)) < 6 * 1024**2  # in ASCII, too
                statuses.append(answer.status)
        assert set(statuses) == {200, 302}

    def test_of_nodes_is_whole_on_the_same_host(self, studio, monkeypatch):
        monkeypatch.setattr(large_answers, "LIMIT", 50_000)
        titles = [f"node {number}" for number in range(10)]
        publish(studio, *titles, public=True, description="漢" * 5000)
        found = redirected(studio, NODES)
        assert [node["title"] for node in found if node["parent"]] == titles
        assert len(redirected(studio, f"{NODES}?max_results=8")["results"]) == 8
        assert len(get(studio, f"{NODES}?max_results=2").json["results"]) == 2


class TestAListWithTooManyNodes:
    @pytest.fixture(autouse=True)
    def few_are_many(self, monkeypatch):
        monkeypatch.setattr(public_nodes, "LONGEST_LIST", 4)

    def test_must_be_asked_for_in_pages(self, studio):
        publish(studio, *"abcd", public=True)
        answer = get(studio, NODES)
        assert answer.status == 400
        assert "Give max_results" in answer.json["max_results"][0]
        assert len(get(studio, f"{NODES}?max_results=5").json["results"]) == 5

    def test_is_whole_where_it_has_as_many_as_it_may(self, studio):
        publish(studio, *"abc", public=True)
        assert len(get(studio, NODES).json) == 4
        publish(studio, *"abc", public=True, name="Other")
        assert get(studio, NODES).status == 400
        assert len(get(studio, f"{NODES}?kind=topic").json) == 2
