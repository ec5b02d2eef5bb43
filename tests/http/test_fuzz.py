"""Generated requests: no 5xx, and every response as declared. FUZZ=<examples> sends more of them (`make fuzz`)."""

import os
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any
from zlib import crc32

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from requests.structures import CaseInsensitiveDict
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from tests.support.aws import declared
from tests.support.aws.cloud import Cloud
from tests.support.http.client import Studio
from tests.support.http.wsgi import serve
from tests.support.worlds import nodes

REQUESTED = int(os.environ.get("FUZZ", "0"))
OPERATIONS = sum(map(len, declared.DOCUMENT["paths"].values()))
EXAMPLES = -(-REQUESTED // OPERATIONS) or 2  # per operation
WHO = ("anonymous", "editor", "editor", "administrator")
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
ID = re.compile(r"[0-9a-f]{32}")

CONFIG = schemathesis.Config.from_dict({"phases": {"coverage": {"enabled": bool(REQUESTED)}}})
SCHEMA = schemathesis.openapi.from_dict(declared.DOCUMENT, config=CONFIG)
SCHEMA.app = serve
SCHEMA.location = "/api/openapi.json"
known: list[str] = []  # existing ids
statuses = Counter[str]()  # number of responses by status


@pytest.fixture(scope="module")
def tokens(shared_cloud: Cloud) -> Iterator[dict[str, str | None]]:
    """The tokens of the callers. There is a published channel with content, and one with an open upload."""
    shared_cloud.empty()
    studio = Studio(shared_cloud)
    channel_id, root = studio.make_channel()
    studio.add(root, nodes.topic("t"), nodes.exercise("e", nodes.question("q")))
    studio.finish(channel_id)
    studio.publish(channel_id)
    studio.make_public(channel_id)
    other, _ = studio.make_channel()
    live = studio.get(f"/api/channel/{channel_id}").json["root_id"]
    found = studio.get(f"/api/contentnode?parent={live}").json["results"]
    user_id, _ = studio.sign_up("other")  # who may be deactivated
    known[:] = [channel_id, other, live, user_id, *(node["id"] for node in found)]
    yield {"anonymous": None, "editor": studio.token, "administrator": studio.sign_up("admin", is_admin=True)[1]}
    known.clear()
    print(f"\nresponses to {statuses.total()} examples by status:", dict(sorted(statuses.items())))


def real(value: Any) -> Any:
    """The value with half of its ids replaced by existing ids."""
    if isinstance(value, dict):
        return {name: real(one) for name, one in value.items()}
    if isinstance(value, list):
        return [real(one) for one in value]
    if isinstance(value, str) and known and crc32(value.encode(errors="replace")) % 2:
        return ID.sub(lambda found: known[crc32(found[0].encode()) % len(known)], value)
    return value


@SCHEMA.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=not REQUESTED,
    database=None,
    phases=[Phase.explicit, Phase.generate, *([Phase.shrink] if REQUESTED else [])],
    suppress_health_check=list(HealthCheck),
)
def test_responses_are_as_declared(tokens: dict[str, str | None], case: schemathesis.Case) -> None:
    chance = crc32(repr((case.path_parameters, case.query, case.body)).encode(errors="replace"))
    who, place = WHO[chance % len(WHO)], chance // 7 % 10
    case.path_parameters = {
        name: known[place % len(known)] if place < 7 and name != "version" else value
        for name, value in (case.path_parameters or {}).items()
    }
    case.query, case.body = real(case.query), real(case.body)
    case.headers = CaseInsensitiveDict({"Authorization": f"Token {tokens[who]}"} if tokens[who] else {})
    response = case.call()
    statuses[str(response.status_code)] += 1
    case.validate_response(response, checks=CHECKS)
