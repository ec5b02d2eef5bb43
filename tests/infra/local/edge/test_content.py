"""The gateway with S3 (ministack's) as origin: uploads by presigned URL, reads, ranges, errors as JSON."""

import base64
import hashlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from botocore.config import Config
from botocore.session import get_session

from infra.local.edge.api import Api
from infra.local.edge.content import Content
from infra.local.edge.gateway import Gateway
from tests.infra.conftest import Ministack
from tests.infra.local.edge.fakes import make_app, served

DATA = b"some bytes of a file\n" * 5000
MD5 = hashlib.md5(DATA)
PATH = f"/content/storage/{MD5.hexdigest()[0]}/{MD5.hexdigest()[1]}/{MD5.hexdigest()}.txt"
BOUND = {"Content-Type": "text/plain", "Content-MD5": base64.b64encode(MD5.digest()).decode()}


@dataclass
class Host:
    """A client of a gateway with a bucket; `signed` returns a presigned URL for an upload."""

    client: httpx.Client
    ministack: Ministack

    def signed(self, path: str = PATH, seconds: int = 60) -> str:
        config = Config(signature_version="s3v4", s3={"addressing_style": "path"})
        s3: Any = get_session().create_client(
            "s3",
            endpoint_url=self.ministack.endpoint,
            region_name="us-east-1",
            aws_access_key_id="local",
            aws_secret_access_key="local",
            config=config,
        )
        parameters = {
            "Bucket": self.ministack.bucket,
            "Key": path[1:],
            "ContentType": BOUND["Content-Type"],
            "ContentMD5": BOUND["Content-MD5"],
            "ContentLength": len(DATA),
        }
        url: str = s3.generate_presigned_url("put_object", Params=parameters, ExpiresIn=seconds)
        return path + "?" + url.partition("?")[2]

    def put(self, address: str, data: bytes = DATA, **headers: str) -> httpx.Response:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.put(address, content=data, headers=BOUND | names)


@pytest.fixture(scope="module")
def host(ministack: Ministack) -> Iterator[Host]:
    gateway = Gateway(Content(ministack.endpoint, ministack.bucket), Api(make_app()))
    with served(gateway) as url, httpx.Client(base_url=url) as client:
        yield Host(client, ministack)


@pytest.fixture
def stored(host: Host) -> str:
    assert host.put(host.signed()).status_code == 200
    return PATH


@pytest.fixture
def missing(host: Host) -> Iterator[str]:
    """A path that is missing, before and after the test."""
    path = "/content/storage/0/0/" + "0" * 32 + ".txt"
    yield path
    assert host.client.get(path).status_code == 404


def assert_problem(answer: httpx.Response, status: int, error: str = "") -> None:
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/json"
    assert set(answer.json()) == {"error", "detail"}
    assert answer.json()["error"] == error or not error


def test_an_upload_is_answered_with_200_and_can_be_read(host: Host) -> None:
    assert host.put(host.signed(), Authorization="Token 0123").status_code == 200
    answer = host.client.get(PATH)
    assert answer.content == DATA
    assert answer.headers["content-type"] == "text/plain"
    assert answer.headers["content-length"] == str(len(DATA))
    assert answer.headers["etag"] == f'"{MD5.hexdigest()}"'
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["cache-control"] == "public, max-age=2592000, immutable"
    assert "content-encoding" not in answer.headers
    assert "last-modified" in answer.headers


@pytest.mark.parametrize(
    ("data", "headers", "status"),
    [
        (DATA + b"!", {}, 403),
        (DATA[:-1], {}, 403),
        (DATA, {"Content_Type": "text/html"}, 403),
        (DATA, {"Content_MD5": base64.b64encode(b"0" * 16).decode()}, 403),
        (DATA[::-1], {}, 400),
    ],
    ids=["longer", "shorter", "other type", "other MD5", "other bytes"],
)
def test_an_upload_that_differs_from_the_signed_one_is_refused(
    host: Host, missing: str, data: bytes, headers: dict[str, str], status: int
) -> None:
    assert_problem(host.put(host.signed(missing), data, **headers), status)


def test_a_tampered_url_is_refused(host: Host, missing: str) -> None:
    address = host.signed(missing)
    assert_problem(host.put(address.replace("X-Amz-Expires=60", "X-Amz-Expires=6000")), 403, "SignatureDoesNotMatch")
    other = host.signed(PATH).partition("?")[2]
    assert_problem(host.put(f"{missing}?{other}"), 403, "SignatureDoesNotMatch")


def test_an_almost_correct_signature_is_refused(host: Host, missing: str) -> None:
    address = host.signed(missing)
    last = "1" if address[-1] == "0" else "0"
    assert_problem(host.put(address[:-1] + last), 403, "SignatureDoesNotMatch")


@pytest.mark.parametrize(
    ("signed", "authorization"),
    [(True, "Token 0123"), (True, "AWS4-HMAC-SHA256 Credential=x"), (False, "Token 0123")],
)
def test_s3_itself_refuses_a_foreign_authorization(host: Host, missing: str, signed: bool, authorization: str) -> None:
    """As AWS does; the gateway removes it."""
    url = f"{host.ministack.endpoint}/{host.ministack.bucket}{host.signed(missing) if signed else missing}"
    answer = httpx.put(url, content=DATA, headers={**BOUND, "Authorization": authorization})
    assert (answer.status_code, "<Code>InvalidArgument</Code>" in answer.text) == (400, True)


def test_an_expired_url_is_refused(host: Host, missing: str) -> None:
    address = host.signed(missing, seconds=1)
    time.sleep(2.1)
    assert_problem(host.put(address), 403)


@pytest.mark.parametrize("query", ["", "?X-Amz-Signature=", "?X-Amz-Signature", "?a=X-Amz-Signature=1"])
def test_an_upload_without_a_signature_is_refused(host: Host, missing: str, query: str) -> None:
    assert_problem(host.put(missing + query), 403, "Forbidden")


def test_an_upload_without_length_is_refused(host: Host, missing: str) -> None:
    answer = host.client.put(host.signed(missing), content=iter([DATA]), headers=BOUND)
    assert_problem(answer, 411)


SAFE = {
    "content-security-policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; "
    "media-src 'self'",
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "same-origin",
}


@pytest.mark.parametrize(
    ("method", "path", "headers", "status", "disposition"),
    [
        ("GET", PATH, {}, 200, "attachment"),
        ("HEAD", PATH, {}, 200, "attachment"),
        ("GET", PATH, {"Range": "bytes=10-19"}, 206, "attachment"),
        ("GET", PATH, {"If-None-Match": f'"{MD5.hexdigest()}"'}, 304, None),
        ("GET", PATH, {"Range": f"bytes={len(DATA)}-"}, 416, None),
        (
            "OPTIONS",
            PATH,
            {"Origin": "https://a.example.org", "Access-Control-Request-Method": "GET"},
            200,
            "attachment",
        ),
        ("POST", PATH, {}, 405, None),
        ("PUT", PATH, {}, 403, None),
        ("GET", "/content/storage/0/0/missing.svg", {}, 404, None),
        ("HEAD", "/content/storage/0/0/missing.svg", {}, 404, None),
        ("GET", "/content/storage//x.svg", {}, 404, None),
        ("GET", "/content/items/x", {}, 404, None),
        ("GET", "/content/", {}, 404, None),
    ],
)
def test_every_response_keeps_browsers_from_executing_files(
    host: Host, stored: str, method: str, path: str, headers: dict[str, str], status: int, disposition: str | None
) -> None:
    answer = host.client.request(method, path, headers=headers)
    assert answer.status_code == status
    assert {name: answer.headers[name] for name in SAFE} == SAFE
    assert answer.headers.get("content-disposition") == disposition


@pytest.mark.parametrize(
    ("extension", "kind", "disposition"),
    [
        ("svg", "image/svg+xml", None),
        ("png", "image/png", None),
        ("mp4", "video/mp4", None),
        ("pdf", "application/pdf", None),
        ("html", "text/html", "attachment"),
        ("xml", "application/xml", "attachment"),
        ("zip", "application/zip", "attachment"),
    ],
)
def test_files_that_were_stored_before_are_as_safe(
    host: Host, extension: str, kind: str, disposition: str | None
) -> None:
    s3, path = host.ministack.client("s3"), f"/content/storage/a/b/{'ab' * 16}.{extension}"
    own = {"ContentDisposition": "inline; filename=x"}
    s3.put_object(Bucket=host.ministack.bucket, Key=path[1:], Body=b"<script>1</script>", ContentType=kind, **own)
    answer = host.client.get(path)
    assert {name: answer.headers[name] for name in SAFE} == SAFE
    assert answer.headers["content-disposition"] == (disposition or own["ContentDisposition"])


def test_the_api_has_none_of_these_headers(host: Host) -> None:
    assert not SAFE.keys() & {name.lower() for name in host.client.get("/api/thing").headers}


@pytest.mark.parametrize("method", ["POST", "DELETE", "PATCH"])
def test_other_methods_are_refused(host: Host, stored: str, method: str) -> None:
    answer = host.client.request(method, stored)
    assert_problem(answer, 405)
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS, PUT"


def test_head_has_length_and_type_without_the_bytes(host: Host, stored: str) -> None:
    answer = host.client.head(stored)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-length"] == str(len(DATA))


def test_a_range_is_answered_exactly(host: Host, stored: str) -> None:
    answer = host.client.get(stored, headers={"Range": "bytes=10-19"})
    assert (answer.status_code, answer.content) == (206, DATA[10:20])
    assert answer.headers["content-range"] == f"bytes 10-19/{len(DATA)}"
    assert answer.headers["content-length"] == "10"


def test_a_range_past_the_end_is_416(host: Host, stored: str) -> None:
    answer = host.client.get(stored, headers={"Range": f"bytes={len(DATA)}-"})
    assert_problem(answer, 416)
    assert answer.headers["content-range"] == f"bytes */{len(DATA)}"


def test_a_current_copy_is_not_sent_again(host: Host, stored: str) -> None:
    answer = host.client.get(stored, headers={"If-None-Match": f'"{MD5.hexdigest()}"'})
    assert (answer.status_code, answer.content) == (304, b"")
    assert answer.headers["cache-control"] == "public, max-age=2592000, immutable"


def test_a_missing_object_is_404_as_json(host: Host, missing: str) -> None:
    assert_problem(host.client.get(missing), 404, "Not found")
    assert host.client.head(missing).status_code == 404


def test_a_read_requests_the_object_only(host: Host, stored: str) -> None:
    assert host.client.get(stored + "?acl").content == DATA


@pytest.mark.parametrize(
    "path",
    ["/content/storage/../../items/x", "/content/storage/%2e%2e/%2E%2e/items/x", "/content/storage//x", "/items/x"],
)
def test_private_objects_cannot_be_read(host: Host, path: str) -> None:
    s3 = host.ministack.client("s3")
    s3.put_object(Bucket=host.ministack.bucket, Key="items/x", Body=b"secret")
    connection_url = httpx.URL(host.client.base_url, raw_path=path.encode())
    assert_problem(host.client.get(connection_url), 404)


def test_a_database_is_cached_for_seconds_as_it_may_be_withdrawn(host: Host) -> None:
    s3 = host.ministack.client("s3")
    for name in ("a" * 32, "a" * 32 + "-3", "a" * 32 + "-next"):
        s3.put_object(Bucket=host.ministack.bucket, Key=f"content/databases/{name}.sqlite3", Body=b"db")
        answer = host.client.get(f"/content/databases/{name}.sqlite3")
        assert answer.content == b"db"
        assert "max-age=5" in answer.headers["cache-control"].split(", ")


def test_s3_sees_its_own_host_and_no_credentials() -> None:
    seen: dict[str, Any] = {}

    async def s3(scope: Any, receive: Any, send: Any) -> None:
        seen.update({name.decode(): value.decode() for name, value in scope["headers"]}, path=scope["path"])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    with served(s3) as endpoint, served(Gateway(Content(endpoint, "bucket"), Api(make_app()))) as url:
        headers = {"Authorization": "Token 0123", "Cookie": "a=b", "X-Amz-Acl": "public-read"}
        answer = httpx.put(f"{url}{PATH}?X-Amz-Signature=0", content=DATA, headers=BOUND | headers)
    assert answer.status_code == 200
    assert seen["host"] == endpoint.removeprefix("http://")
    assert seen["path"] == f"/bucket{PATH}"
    assert seen["content-md5"] == BOUND["Content-MD5"]
    assert not {"authorization", "cookie", "x-amz-acl"} & set(seen)


def test_unreachable_s3_is_502() -> None:
    with served(Gateway(Content("http://127.0.0.1:9", "bucket"), Api(make_app()))) as url:
        assert_problem(httpx.get(url + PATH), 502)
