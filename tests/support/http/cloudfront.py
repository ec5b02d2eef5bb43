"""Simulates CloudFront by the template: the behaviour of a path, its function, what its policies forward.

Functions are executed in node. CloudFront's cache and its own headers are left out.
"""

import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self

from infra import cdn
from infra.routes import match

_RUNNER = r"""
const vm = require('vm');
require('readline').createInterface({ input: process.stdin }).on('line', function (line) {
  const [code, event] = JSON.parse(line);
  let origin = null;
  const context = vm.createContext({ cf: { selectRequestOriginById: function (id) { origin = id; } } });
  vm.runInContext(code.replace("import cf from 'cloudfront';", ''), context);
  const result = vm.runInContext('JSON.stringify(handler(' + JSON.stringify(event) + '))', context);
  console.log(JSON.stringify({ origin: origin, result: JSON.parse(result) }));
});
"""


@dataclass(frozen=True)
class Decision:
    """Either a refusal (status, `Allow`, the body's `error`), or a request to an origin. Header names are in lower
    case, without Host."""

    status: int = 0
    allow: str = ""
    error: str = ""
    origin: str = ""
    path: str = ""
    query: str = ""
    headers: frozenset[str] = frozenset()


class Functions:
    """A node process that runs functions one after the other."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    @classmethod
    @contextmanager
    def started(cls) -> Iterator[Self]:
        with subprocess.Popen(["node", "-e", _RUNNER], stdin=-1, stdout=-1, text=True) as process:
            try:
                yield cls(process)
            finally:
                process.kill()

    def run(self, code: str, event: dict[str, Any]) -> tuple[dict[str, Any], str | None]:
        """The function's result, and the origin that it selected."""
        assert self._process.stdin
        assert self._process.stdout
        print(json.dumps([code, event]), file=self._process.stdin, flush=True)
        answer = json.loads(self._process.stdout.readline())
        return answer["result"], answer["origin"]


class Distribution:
    """The template's distribution."""

    def __init__(self, functions: Functions) -> None:
        self._functions = functions
        self._resources = cdn.resources()["Resources"]
        self.config = self._resources["Distribution"]["Properties"]["DistributionConfig"]

    def behaviour(self, path: str) -> dict[str, Any]:
        for behaviour in self.config["CacheBehaviors"]:
            pattern = re.escape(behaviour["PathPattern"]).replace(r"\*", ".*").replace(r"\?", ".")
            if re.fullmatch(pattern, path, re.DOTALL):
                found: dict[str, Any] = behaviour
                return found
        default: dict[str, Any] = self.config["DefaultCacheBehavior"]
        return default

    def code(self, behaviour: dict[str, Any], event: str) -> str:
        """The JavaScript that a behaviour runs for an event, empty if none."""
        arns = {each["EventType"]: each["FunctionARN"]["Fn::GetAtt"][0] for each in behaviour["FunctionAssociations"]}
        code: str = self._resources[arns[event]]["Properties"]["FunctionCode"] if event in arns else ""
        return code

    def decide(self, method: str, path: str, query: str, headers: Mapping[str, str]) -> Decision:
        """The response to a request, or the request to an origin."""
        behaviour = self.behaviour(path)
        request = _request(method, path, query, headers)
        result, selected = self._functions.run(self.code(behaviour, "viewer-request"), {"request": request})
        if "statusCode" in result:
            safety = match(path).safety
            return _refusal(result, safety.headers if safety else {})
        return Decision(
            origin=selected or behaviour["TargetOriginId"],
            path=result["uri"],
            query=query if result["querystring"] == request["querystring"] else "&".join(result["querystring"]),
            headers=self._forwarded(behaviour, result),
        )

    def _forwarded(self, behaviour: dict[str, Any], request: dict[str, Any]) -> frozenset[str]:
        names = set(request["headers"]) | ({"cookie"} if request["cookies"] else set())
        policy = behaviour.get("OriginRequestPolicyId")
        if policy == cdn.ALL_VIEWER_EXCEPT_HOST:
            return frozenset(names - {"host"})
        allowed = set(cdn.ALWAYS_FORWARDED)
        if policy:
            config = self._resources[policy["Ref"]]["Properties"]["OriginRequestPolicyConfig"]
            allowed |= set(config["HeadersConfig"].get("Headers", []))
        if self.key(behaviour).get("EnableAcceptEncodingGzip"):
            allowed.add("accept-encoding")
        return frozenset(names & allowed)

    def key(self, behaviour: dict[str, Any]) -> dict[str, Any]:
        """The cache key's parameters; empty if nothing is cached."""
        config = self.cache(behaviour)
        key: dict[str, Any] = config["ParametersInCacheKeyAndForwardedToOrigin"] if config else {}
        return key

    def cache(self, behaviour: dict[str, Any]) -> dict[str, Any]:
        """The cache policy, empty if it is CloudFront's policy that disables caching."""
        policy = behaviour["CachePolicyId"]
        if policy == cdn.CACHING_DISABLED:
            return {}
        config: dict[str, Any] = self._resources[policy["Ref"]]["Properties"]["CachePolicyConfig"]
        return config


def _request(method: str, path: str, query: str, headers: Mapping[str, str]) -> dict[str, Any]:
    """The request as functions see it: the first of repeated parameters counts, cookies are separate."""
    pairs = [part.partition("=") for part in query.split("&") if part]
    return {
        "method": method,
        "uri": path,
        "querystring": {name: {"value": value} for name, _, value in reversed(pairs)},
        "headers": {name: {"value": value} for name, value in headers.items() if name != "cookie"},
        "cookies": {"a": {"value": "b"}} if "cookie" in headers else {},
    }


def _refusal(result: dict[str, Any], safe: Mapping[str, str]) -> Decision:
    """Checks that it has the headers of users' files, which `safe` are, and no unknown ones."""
    headers = {name: field["value"] for name, field in result["headers"].items()}
    for name, value in safe.items():
        assert headers.pop(name) == value
    assert headers.pop("content-type") == "application/json"
    assert headers.pop("cache-control") == "no-store"
    error = json.loads(result["body"])["error"] if "body" in result else ""
    allow = headers.pop("allow", "")
    assert not headers
    return Decision(result["statusCode"], allow, error)
