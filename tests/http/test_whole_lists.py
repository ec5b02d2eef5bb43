"""Unpaged lists of any size, written in batches."""

import gzip
import json
import tracemalloc

import pytest

from chalicelib.aws import storage
from chalicelib.http import large_responses, whole_lists
from chalicelib.http.router import Request
from tests.conftest import BUCKET


def request_of(**headers):
    return Request("GET", "/api/x", {}, {}, headers, b"", "id")


def stored(studio, reply):
    """(the object at the location of a redirect, its data)."""
    assert (reply.status, reply.body, reply.headers["Cache-Control"]) == (302, None, "no-store")
    found = studio.cloud.s3.get_object(Bucket=BUCKET, Key=reply.headers["Location"].removeprefix("/"))
    return found, found["Body"].read()


@pytest.mark.parametrize("batches", [[], [[]], [[1]], [[1, "a"], [{"b": None}]]])
def test_a_list_that_fits_is_the_body(batches):
    reply = whole_lists.reply(batches, request_of())
    assert reply.status == 200
    assert json.loads(reply.body) == [item for batch in batches for item in batch]


@pytest.mark.parametrize("encoding", ["", "gzip"])
def test_a_larger_one_is_stored_for_one_reader(studio, monkeypatch, encoding):
    monkeypatch.setattr(large_responses, "MAX_BYTES", 1000)
    items = [{"number": number, "text": "é" * 50} for number in range(95)]
    batches = [items[at : at + 10] for at in range(0, 95, 10)]
    replies = [whole_lists.reply(batches, request_of(**{"accept-encoding": encoding})) for _ in range(2)]
    assert replies[0].headers["Location"] != replies[1].headers["Location"]
    found, data = stored(studio, replies[0])
    assert found["CacheControl"] == "private, no-store"
    assert found.get("ContentEncoding", "") == encoding
    assert json.loads(gzip.decompress(data) if encoding else data) == items


def test_what_is_sent_is_measured_as_lambda_does(studio, monkeypatch):
    monkeypatch.setattr(large_responses, "MAX_BYTES", 600)
    assert whole_lists.reply([["x" * 500]], request_of()).status == 200
    assert whole_lists.reply([["é" * 100]], request_of()).status == 302


def test_memory_does_not_grow_with_the_list(studio, monkeypatch):
    monkeypatch.setattr(large_responses, "MAX_BYTES", 100_000)

    def peak(count):
        tracemalloc.start()
        whole_lists.reply((["x" * 50_000] for _ in range(count)), request_of())
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    monkeypatch.setattr(storage, "put", lambda *_: None)  # the fake S3 holds objects in memory
    peak(10)
    assert peak(400) < peak(20) + 1_000_000
