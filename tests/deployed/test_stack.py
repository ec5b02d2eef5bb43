"""The deployed stack: its outputs, requests through gateway and API, and permissions; an update keeps the data."""

import base64
import hashlib
import re
from urllib.parse import urlsplit

import httpx
import pytest

from infra.deploying import settings
from infra.local.deployed import PREFIX
from infra.local.stack import Stack
from infra.resources import QUEUES
from tests.deployed.operator import Operator
from tests.e2e.api import Api

PUBLIC = "/api/public/info"
PATIENCE = 60  # seconds; a function may have to start


def direct(operator: Operator, path: str, **headers: str) -> httpx.Response:
    """The API's response to a request that bypasses the gateway."""
    host = f"{operator.outputs['RestAPIId']}.execute-api.localhost"
    return httpx.get(f"{operator.endpoint}/api{path}", headers={"Host": host, **headers}, timeout=PATIENCE)


def test_outputs_are_those_that_an_operator_needs(stack: Stack, operator: Operator) -> None:
    names = {"Url", "Bucket", "DistributionId", "RestAPIId", "EndpointURL"}
    names |= {f"{queue.capitalize()}{kind}Url" for queue in QUEUES for kind in ("Queue", "DeadLetters")}
    assert names <= operator.outputs.keys()
    assert operator.outputs["Url"] == stack.url
    assert operator.outputs["Bucket"] == f"{PREFIX}content-000000000000"


def test_every_function_has_its_own_role(operator: Operator) -> None:
    functions = operator.client("lambda").list_functions()["Functions"]
    assert {function["FunctionName"] for function in functions} == {PREFIX + name for name in ("api", *QUEUES)}
    assert len({function["Role"] for function in functions}) == len(functions)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing/here", 404),
        ("GET", "/api/nothing", 404),
        ("GET", "/content/nothing", 404),
        ("GET", "/content/storage/0/0/nothing.pdf", 404),
        ("DELETE", "/api/internal/check_version", 405),
        ("POST", "/content/storage/0/0/nothing.pdf", 405),
        ("PUT", "/content/storage/0/0/nothing.pdf", 403),
    ],
)
def test_missing_paths_are_reported_in_json(stack: Stack, method: str, path: str, status: int) -> None:
    answer = httpx.request(method, stack.url + path, timeout=PATIENCE)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/json"
    assert set(answer.json()) == {"error", "detail"}


def test_only_the_gateway_is_answered(stack: Stack, operator: Operator) -> None:
    assert httpx.get(stack.url + PUBLIC, timeout=PATIENCE).status_code == 200
    assert httpx.get(stack.url + PUBLIC, headers={"X-Front-Key": "guess"}, timeout=PATIENCE).status_code == 200
    for headers in ({}, {"X-Front-Key": "guess"}, {"X-Api-Key": "guess"}):
        answer = direct(operator, PUBLIC, **headers)
        assert (answer.status_code, set(answer.json())) == (403, {"error", "detail"})
        assert answer.json()["detail"].startswith("This address accepts no direct requests.")


def test_pages_are_served_and_unknown_paths_are_errors(stack: Stack) -> None:
    page = httpx.get(f"{stack.url}/", timeout=PATIENCE)
    assert (page.status_code, "<h1>" in page.text) == (200, True)
    for path in set(re.findall(r"/static/[0-9a-f]+/[a-z.]+", page.text)):
        assert httpx.get(stack.url + path, timeout=PATIENCE).headers["Cache-Control"].endswith("immutable")
    assert httpx.get(f"{stack.url}/healthz", timeout=PATIENCE).json()["status"] == "ok"
    led = httpx.get(f"{stack.url}/channels/{'0' * 32}/edit/", headers={"Accept": "text/html"}, timeout=PATIENCE)
    assert (led.status_code, led.headers["Location"].partition("?")[0]) == (303, "/accounts/login/")
    for path in ("/nothing/at/all/", "/api/nothing/", "/api/channel/1/2/3/4"):
        missing = httpx.post(stack.url + path, content=b"{}", timeout=PATIENCE)
        assert (missing.status_code, missing.json()["detail"]) == (404, "There is nothing at this path.")


def test_a_request_without_an_api_key_runs_no_function(stack: Stack, operator: Operator) -> None:
    """Even with the origin secret. Of the two keys, the one that the gateway does not send is valid as well."""
    ssm = operator.client("ssm")
    secret, *keys = (
        ssm.get_parameter(Name=settings.path("dev", name), WithDecryption=True)["Parameter"]["Value"]
        for name in (settings.SECRET, *settings.KEYS)
    )
    assert direct(operator, PUBLIC, **{"X-Front-Key": secret}).status_code == 403
    for key in keys:
        assert direct(operator, PUBLIC, **{"X-Front-Key": secret, "X-Api-Key": key}).status_code == 200
        refused = direct(operator, PUBLIC, **{"X-Api-Key": key})  # by the function, which checks the secret too
        assert (refused.status_code, "Use http" in refused.json()["detail"]) == (403, True)


def test_the_bucket_is_readable_through_the_gateway_only(stack: Stack, operator: Operator, uploader: Api) -> None:
    address, headers = signed(uploader, b"%PDF-1.4 read by the gateway")
    assert httpx.put(address, content=b"%PDF-1.4 read by the gateway", headers=headers).status_code == 200
    path = urlsplit(address).path
    assert httpx.get(stack.url + path).status_code == 200
    assert httpx.get(f"{operator.endpoint}/{operator.outputs['Bucket']}{path}").status_code == 403


@pytest.mark.parametrize("changed", ["length", "type", "MD5", "signature"])
def test_an_upload_that_differs_from_the_signed_one_is_refused(stack: Stack, uploader: Api, changed: str) -> None:
    content = b"%PDF-1.4 other " + changed.encode()
    address, headers = signed(uploader, content)
    match changed:
        case "length":
            content += b"!"
        case "type":
            headers["Content-Type"] = "text/html"
        case "MD5":
            headers["Content-MD5"] = base64.b64encode(bytes(16)).decode()
        case "signature":
            address = address[:-1] + ("1" if address[-1] == "0" else "0")
    assert httpx.put(address, content=content, headers=headers).status_code == 403
    assert httpx.get(stack.url + urlsplit(address).path).status_code == 404


def signed(uploader: Api, content: bytes) -> tuple[str, dict[str, str]]:
    """The upload URL of a file, and the headers to send with it."""
    md5 = hashlib.md5(content, usedforsecurity=False)
    file = {
        "size": len(content),
        "checksum": md5.hexdigest(),
        "name": "a",
        "file_format": "pdf",
        "preset": "document",
    }
    answer = uploader.client.post("/api/file/upload_url", json=file).raise_for_status().json()
    md5_header = base64.b64encode(md5.digest()).decode()
    return answer["uploadURL"], {"Content-Type": answer["mimetype"], "Content-MD5": md5_header}


def test_a_body_beyond_lambdas_limit_is_refused(stack: Stack, uploader: Api) -> None:
    answer = uploader.client.post("/api/internal/check_version", content=b"x" * (6 * 1024 * 1024 + 1))
    assert (answer.status_code, answer.json()["error"]) == (413, "Request too large")


def test_an_update_keeps_the_data(stack: Stack, operator: Operator, uploader: Api) -> None:
    operator.make("settings", SET="UserQuota=12345678")
    said = operator.make("deploy")
    assert "APIHandler: update complete" in said
    assert httpx.get(stack.url + PUBLIC, timeout=PATIENCE).status_code == 200
    assert uploader.post("authenticate_user_internal")["success"] is True
    variables = operator.client("lambda").get_function_configuration(FunctionName=PREFIX + "api")["Environment"]
    assert variables["Variables"]["USER_QUOTA"] == "12345678"
    assert operator.outputs.items() <= Operator(stack).outputs.items()
