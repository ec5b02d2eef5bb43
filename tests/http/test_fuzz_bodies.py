"""Generated bodies of sync and of uploads, which the OpenAPI document does not describe in detail: never a 5xx.

FUZZ=<examples> sends more of them (`make fuzz`).
"""

import hashlib
import json
import os
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.http.client import Studio
from tests.support.worlds import contentnode
from tests.support.worlds.odd_changes import ODD, change_strategy
from tests.support.worlds.syncing import URL as SYNC

REQUESTED = int(os.environ.get("FUZZ", "0"))
UPLOAD = "/api/internal/file_upload"
GENTLY = settings(
    max_examples=REQUESTED or 150,
    deadline=None,
    derandomize=not REQUESTED,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def world(shared_cloud):
    """A client, and the ids of a channel, its root, an exercise, and the user."""
    shared_cloud.empty()
    studio = Studio(shared_cloud)
    channel_id, _ = studio.make_channel()
    root = studio.get(f"/api/channel/{channel_id}").json["root_id"]
    node = contentnode.make(studio, root, "e", "exercise", extra_fields={"randomize": True})["id"]
    return studio, [channel_id, root, node, studio.user_id]


# ---- sync ----

# Pieces of JSON that parsers read differently, or that nest and repeat.
PIECES = ("[", "]", "{", "}", '"', ",", ":", "null", "NaN", "1e999", "1" * 30, "\\ud800", "\\u0000", "\0", "é", '{"a":')
ODD_TEXTS = st.lists(st.sampled_from(PIECES) | st.sampled_from(PIECES).map(lambda piece: piece * 3000), max_size=3)


@st.composite
def sync_bodies(draw: Any, ids: list[str]) -> bytes:
    """A body of sync: changes in JSON, of which a part may be replaced by odd text."""
    changes = draw(st.lists(change_strategy(ids), max_size=4) | ODD)
    revs = draw(st.dictionaries(st.sampled_from(ids), st.integers(-1, 9), max_size=2) | ODD)
    body = {"changes": changes, "channel_revs": revs, "user_rev": draw(st.integers(-1, 9) | ODD)}
    text = json.dumps(draw(st.just(body) | ODD)).encode()
    start = draw(st.integers(0, len(text)))
    odd = "".join(draw(ODD_TEXTS)).encode()
    cut = draw(st.integers(0, 20)) if odd else 0
    return text[:start] + odd + text[start + cut :]


@GENTLY
@given(data=st.data())
def test_bodies_of_sync(world, data):
    studio, ids = world
    answer = studio.post(SYNC, data.draw(sync_bodies(ids)))
    assert answer.status in (200, 400), answer.text
    assert "Internal error" not in answer.text
    studio.deliver("maintenance")


# ---- uploads ----

BOUNDARY = b"0123abc"
CONTENT = b"some content"
NAME = f"{hashlib.md5(CONTENT).hexdigest()}.pdf".encode()
LINES = st.sampled_from([b"\r\n", b"\n", b"\r", b"", b"\r\n\r\n", b" \r\n"])
HEADERS = st.sampled_from(
    [
        b'Content-Disposition: form-data; name="file"; filename="%b"' % NAME,
        b"content-disposition:form-data;name=file;filename=%b" % NAME,
        b"Content-Disposition: form-data; name*=utf-8''file; filename*=utf-8''%ff",
        b'Content-Disposition: form-data; name="other"',
        b'Content-Disposition: form-data; name="file"; filename="\xff\x00"',
        b"Content-Disposition: " + b";" * 3000,
        b'Content-Disposition: form-data; name="file"' + b"; a=b" * 20_000,
        b"Content-Disposition: form-data" + b'; a="' * 900,
        b"Content-Type: multipart/mixed; boundary=0123abc",
        b"Content-Type: multipart/mixed; boundary=x",
        b"Content-Type: message/rfc822",
        b"Content-Type: application/pdf",
        b"Content-Transfer-Encoding: base64",
        b"Content-Transfer-Encoding: \xff",
        b": empty",
        b"no colon",
        b" folded: line",
        b"X-Long: " + b"a" * 100_000,
        b"a: b\r\n" * 5000,
    ]
)
BOUNDARIES = st.sampled_from([b"--%b", b"--%b--", b"--%b ", b"-%b", b"%b", b"--%bx", b"", b"--%b--\r\n--%b"]).map(
    lambda form: form.replace(b"%b", BOUNDARY)
)
ODD_DATA = st.sampled_from([b"", b"\r\n--", b"\r\n--0123ab", b"\xff" * 1000, b"\r\n-" * 9000])
DATA = st.just(CONTENT) | ODD_DATA | st.binary(max_size=30)
HEAD = st.lists(st.tuples(HEADERS, LINES).map(b"".join), max_size=3).map(b"".join)
PART = st.tuples(BOUNDARIES, LINES, HEAD, LINES, DATA, LINES).map(b"".join)
BODIES = st.lists(PART | PART.map(lambda part: part * 30) | BOUNDARIES, max_size=4).map(b"".join)
TYPES = st.sampled_from(
    [
        "multipart/form-data; boundary=0123abc",
        'multipart/form-data; boundary="0123abc"',
        "Multipart/Form-Data; charset=utf-8; boundary=0123abc",
        "multipart/form-data; boundary=0123abc; boundary=x",
        "multipart/form-data; boundary=" + "b" * 9000,
        "multipart/form-data" + '; a="' * 1800,
        "multipart/form-data; boundary=é☃",
        "multipart/form-data",
        "multipart/mixed; boundary=0123abc",
    ]
)


@GENTLY
@given(kind=st.just("multipart/form-data; boundary=0123abc") | TYPES, body=BODIES)
def test_bodies_of_uploads(world, kind, body):
    studio, _ = world
    answer = studio.call("POST", UPLOAD, body, content_type=kind)
    assert answer.status in (200, 400), answer.text
    if answer.status == 400:
        assert answer.json["detail"]
