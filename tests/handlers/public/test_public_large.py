"""Public responses of any size: those that Lambda cannot return are read from the bucket."""

import gzip
import json
import tempfile
from pathlib import Path
from typing import Any

import pytest

from chalicelib.aws import storage
from chalicelib.content_databases.database import ContentDatabase
from chalicelib.content_databases.index_file import IndexWriter, Record
from chalicelib.domain.storage_keys import database_key, index_key
from chalicelib.http import large_responses
from chalicelib.http.conditional import etag_of
from chalicelib.models import public_index
from chalicelib.operations.index_files.disk_cache import opened
from chalicelib.operations.public.public_index import current
from infra.local.edge.events import exceeds_payload_limit
from tests.conftest import BUCKET
from tests.support.http import cdn
from tests.support.worlds import nodes
from tests.support.worlds.publishing import publish

CACHED = "public, max-age=300, stale-while-revalidate=100"
CHANNELS = "/api/public/v1/channels"
BROWSED = "/api/public/v2/channel"
NODES = "/api/public/v2/contentnode"
ICON = "data:image/png;base64," + "A" * 90_000


def get(studio, path, **headers):
    return studio.call("GET", path, token=None, **headers)


def list_many(studio, count, **fields):
    """List this many public channels, all copied from a published one, with these fields in their entries."""
    channel_id = publish(studio, "e", public=True)
    (model,) = current().channels
    database = opened(database_key(channel_id, 1), ContentDatabase)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "index.sqlite3"
        with IndexWriter(path) as index:
            for number in range(count):
                id = nodes.node_id(f"{number}")
                entry: Any = {**model.entry, "id": id, "name": f"{number:04}", **fields}
                index.put(Record(id, entry, [f"t{number}"], model.shown), database)
        key = index_key("many")
        storage.put(key, path.read_bytes(), storage.SQLITE)
    assert public_index.replace(public_index.current(), key)


def redirected(studio, path, **headers):
    """The whole list at the location to which a request is redirected."""
    answer = get(studio, path, **headers)
    assert (answer.status, answer.text, answer.headers["Cache-Control"]) == (302, "", CACHED)
    assert answer.headers["Vary"] == "Accept-Encoding"
    place = answer.headers["Location"]
    assert place.startswith("/content/answers/")
    found = studio.cloud.s3.get_object(Bucket=BUCKET, Key=place.lstrip("/"))
    assert (found["ContentType"], "immutable" in found["CacheControl"]) == ("application/json", True)
    zipped = found.get("ContentEncoding") == "gzip"
    assert zipped == ("accept_encoding" in headers)
    data = gzip.decompress(found["Body"].read()) if zipped else found["Body"].read()
    assert etag_of(data) == answer.headers["ETag"]
    return json.loads(data)


class TestListsTooLargeForLambda:
    def test_of_channels_are_whole_on_the_same_host(self, studio):
        list_many(studio, 81, icon_encoding=ICON)
        ids = [nodes.node_id(f"{number}") for number in range(81)]
        for path, icon in (
            (CHANNELS, "icon_encoding"),
            (BROWSED, "thumbnail"),
            (f"{CHANNELS}?language=en", "icon_encoding"),
        ):
            entries = redirected(studio, path)
            assert [entry["id"] for entry in entries] == ids
            assert {entry[icon] for entry in entries} == {ICON}
            assert redirected(studio, path, accept_encoding="gzip, deflate") == entries

    def test_are_returned_directly_if_a_filter_makes_them_smaller(self, studio):
        list_many(studio, 81, icon_encoding=ICON)
        assert len(redirected(studio, f"{CHANNELS}?keyword=00")) == 81
        assert len(get(studio, f"{CHANNELS}?keyword=005").json) == 11
        assert len(get(studio, f"{BROWSED}?page_size=25").json["results"]) == 25
        assert len(redirected(studio, f"{BROWSED}?page_size=81")["results"]) == 81

    def test_are_not_sent_again_to_clients_with_a_copy(self, studio):
        list_many(studio, 81, icon_encoding=ICON)
        text = json.dumps(redirected(studio, CHANNELS), ensure_ascii=False, separators=(",", ":"))
        small = get(studio, f"{CHANNELS}?keyword=0000")
        tag = get(studio, CHANNELS).headers["ETag"]
        for headers in ({"if_modified_since": small.headers["Last-Modified"]}, {"if_none_match": f"W/{tag}"}):
            answer = get(studio, CHANNELS, **headers)
            assert (answer.status, answer.text, answer.headers["ETag"]) == (304, "", tag)
        assert get(studio, CHANNELS, if_none_match='"other"').status == 302
        assert len(text) > large_responses.MAX_BYTES

    def test_support_head_like_get(self, studio):
        list_many(studio, 81, icon_encoding=ICON)
        head = studio.call("HEAD", CHANNELS, token=None)
        assert (head.status, head.headers) == (302, get(studio, CHANNELS).headers)

    def test_are_stored_once(self, studio, monkeypatch):
        list_many(studio, 81, icon_encoding=ICON)
        puts = []
        put = storage.put

        def counted(key: str, *given: Any) -> None:
            puts.append(key)
            put(key, *given)

        monkeypatch.setattr(storage, "put", counted)
        for _ in range(3):
            redirected(studio, CHANNELS)
            redirected(studio, f"{CHANNELS}?language=en")
        assert len(puts) == 1
        for _ in range(3):
            redirected(studio, CHANNELS, accept_encoding="gzip")
        assert len(puts) == 2

    def test_are_stored_again_before_they_expire(self, studio, monkeypatch):
        """Also for clients that revalidate the redirect."""
        list_many(studio, 81, icon_encoding=ICON)
        answer = get(studio, CHANNELS)
        monkeypatch.setattr(large_responses, "TTL", 0.0)
        studio.cloud.s3.delete_object(Bucket=BUCKET, Key=answer.headers["Location"].lstrip("/"))
        again = get(studio, CHANNELS, if_none_match=answer.headers["ETag"])
        assert (again.status, again.text) == (304, "")
        assert studio.cloud.s3.head_object(Bucket=BUCKET, Key=answer.headers["Location"].lstrip("/"))

    @pytest.mark.parametrize("text", ["a", '"', "\\", "é", "漢", "😀", "\n", "\x7f", "</"], ids=ascii)
    def test_are_measured_as_escaped_json(self, text):
        most = large_responses.MAX_BYTES // len(json.dumps(text)[1:-1])
        longest = text * (most - 2)
        assert not large_responses.is_too_large(longest)
        assert large_responses.is_too_large(text * (most + 1))
        answer = {"statusCode": 200, "headers": {"X": "x" * 10_000}, "body": longest}
        assert not exceeds_payload_limit(answer)

    @pytest.mark.parametrize("text", ["a", '"', "漢"])
    def test_never_exceed_the_limit_whatever_characters_they_have(self, studio, text):
        """With lists from far below the limit to above it, all with the same text."""
        list_many(studio, 60, description=text * (110_000 // len(text)))
        statuses = []
        for keyword in ("000", "00", "0"):
            for last in ("", "1"):
                answer = get(studio, f"{CHANNELS}?keyword={keyword}{last}")
                payload = {"statusCode": answer.status, "headers": answer.headers, "body": answer.text}
                assert not exceeds_payload_limit(payload)
                assert len(json.dumps(payload)) < 6 * 1024**2  # also in ASCII
                statuses.append(answer.status)
        assert set(statuses) == {200, 302}

    def test_of_nodes_are_whole_on_the_same_host(self, studio, monkeypatch):
        monkeypatch.setattr(large_responses, "MAX_BYTES", 50_000)
        titles = [f"node {number}" for number in range(10)]
        publish(
            studio,
            *(nodes.exercise(title, nodes.question("q"), description="漢" * 5000) for title in titles),
            public=True,
        )
        found = redirected(studio, NODES)
        assert [node["title"] for node in found if node["parent"]] == titles
        assert len(redirected(studio, f"{NODES}?max_results=8")["results"]) == 8
        assert len(get(studio, f"{NODES}?max_results=2").json["results"]) == 2


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
@pytest.mark.parametrize(("path", "icon"), [(CHANNELS, "icon_encoding"), (f"{BROWSED}/", "thumbnail")])
def test_a_client_gets_the_whole_list_through_the_cdn(studio, path, icon, encoding):
    list_many(studio, 81, icon_encoding=ICON)
    expected = [(nodes.node_id(f"{number}"), f"{number:04}", ICON) for number in range(81)]
    host = cdn.gateway_to(studio.cloud.s3, BUCKET)
    for hit in ("Miss", "Hit"):
        answer = cdn.send("GET", path, host, headers={"Accept-Encoding": encoding}, follow_redirects=True)
        assert answer.history[0].headers["x-cache"] == f"{hit} from edge"
        assert answer.headers.get("content-encoding", "identity") == encoding
        assert [(entry["id"], entry["name"], entry[icon]) for entry in answer.json()] == expected
