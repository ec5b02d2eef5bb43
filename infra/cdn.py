"""The front on AWS: CloudFront's behaviours, from the rules that the local gateway follows (`routes.json`).

Every rule is a behaviour, in the rules' order. What CloudFront has no setting for is done by its functions,
`cdn_request.js` and `cdn_response.js`, with the rule as data. What does not follow from the rules is in
`cdn.yaml`.
"""

import json
import re
from pathlib import Path
from typing import Any

from infra import cfn, routes
from infra.routes import Route

HERE = Path(__file__).parent
METHODS = ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"]
SIGNED_ORIGIN = "uploads"  # of cdn.yaml
FUNCTION_LIMIT = 10 * 1024  # bytes of code, CloudFront's
HEADER_LIMIT = 10  # names in a policy, CloudFront's

# CloudFront's own policies, the same in every account.
NOT_KEPT = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"  # CachingDisabled
ALL_BUT_HOST = "b689b0a8-53d0-40ab-baf2-68738e2966ac"  # AllViewerExceptHostHeader: API Gateway needs its own

# What reaches every origin without being named ("HTTP request headers and CloudFront behavior" in its guide).
ALWAYS_FORWARDED = frozenset(
    ["content-length", "if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since", "range"]
)
# It keeps errors for ten seconds unless told otherwise; these are all that it can be told of.
ERRORS = (400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504)

Resources = dict[str, Any]


def resources() -> dict[str, Any]:
    """`{"Resources", "Conditions", "Outputs"}` of the front, in long forms.

    They refer to `ContentBucket`, `RestAPI`, the condition `HasDomainName` and the template's parameters.
    """
    front = cfn.read(HERE / "cdn.yaml")
    behaviours = []
    for route in routes.load():
        behaviour, needed = _behaviour(route)
        behaviours.append(behaviour)
        _add(front["Resources"], needed)
    config = front["Resources"]["Distribution"]["Properties"]["DistributionConfig"]
    default = behaviours.pop()
    if default.pop("PathPattern") != "*":
        raise ValueError("The last rule of routes.json must be for *.")
    config |= {"CacheBehaviors": behaviours, "DefaultCacheBehavior": default}
    config["CustomErrorResponses"] = [{"ErrorCode": code, "ErrorCachingMinTTL": 0} for code in ERRORS]
    return front


def _add(there: Resources, needed: Resources) -> None:
    """Rules share what is the same for them. Raises ValueError where one name would stand for two things."""
    different = [name for name in needed if there.get(name, needed[name]) != needed[name]]
    if different:
        raise ValueError(f"Rules of one kind differ in {', '.join(different)}; give them names of their own.")
    there |= needed


def _behaviour(route: Route) -> tuple[dict[str, Any], Resources]:
    """A behaviour, and the resources that it refers to."""
    kept, needed = _kept(route)
    forwarded, more = _forwarded(route)
    functions, code = _functions(route)
    behaviour = {
        "PathPattern": route.path,
        "TargetOriginId": _origin_id(route),
        "ViewerProtocolPolicy": "redirect-to-https",
        "AllowedMethods": METHODS,  # CloudFront's own refusal is no JSON: the function knows which there are
        "CachedMethods": ["GET", "HEAD"],
        "Compress": bool(route.origin and route.origin.compress),
        "CachePolicyId": kept,
        "ResponseHeadersPolicyId": {"Ref": "SafeAnswers"},
        "FunctionAssociations": functions,
    }
    if forwarded:
        behaviour["OriginRequestPolicyId"] = forwarded
    return behaviour, needed | more | code


def _origin_id(route: Route) -> str:
    """The bucket also stands for no origin: the function answers before it is asked."""
    return "api" if route.origin and route.origin.name == "api" else "content"


def _kept(route: Route) -> tuple[Any, Resources]:
    """The cache policy. Files are kept as long as clients keep them, apart for each page that reads them (S3 says who
    may); answers of the API for `edge_seconds` at most, where they say for how long they may be kept."""
    if route.edge_seconds:
        name, ttl = f"Edge{route.edge_seconds}", {"DefaultTTL": 0, "MaxTTL": route.edge_seconds}
        key = _key(query="all", gzip=True)
    elif seconds := _seconds(route):
        name, ttl = f"Files{seconds}", {"DefaultTTL": seconds, "MaxTTL": seconds}
        key = _key(headers=["origin"])
    else:
        return NOT_KEPT, {}
    config = {"Name": _named(name), "MinTTL": 0, **ttl, "ParametersInCacheKeyAndForwardedToOrigin": key}
    policy = {"Type": "AWS::CloudFront::CachePolicy", "Properties": {"CachePolicyConfig": config}}
    return {"Ref": name}, {name: policy}


def _seconds(route: Route) -> int:
    """For how long clients keep what the rule answers; 0 where it says nothing."""
    found = re.search(r"max-age=(\d+)", route.cache_control or "")
    return int(found[1]) if found else 0


def _key(query: str = "none", headers: list[str] | None = None, gzip: bool = False) -> dict[str, Any]:
    return {
        "QueryStringsConfig": {"QueryStringBehavior": query},
        "HeadersConfig": _headers(headers or []),
        "CookiesConfig": {"CookieBehavior": "none"},
        "EnableAcceptEncodingGzip": gzip,
        "EnableAcceptEncodingBrotli": False,
    }


def _headers(names: list[str]) -> dict[str, Any]:
    return {"HeaderBehavior": "whitelist", "Headers": names} if names else {"HeaderBehavior": "none"}


def _forwarded(route: Route) -> tuple[Any, Resources]:
    """The origin request policy; None where the cache's key is all that the origin gets.

    Raises ValueError for a rule that forwards more headers than CloudFront can name.
    """
    if route.origin is None or (route.edge_seconds and not route.origin.forwarded_headers):
        return None, {}
    if "*" in route.origin.forwarded_headers:
        return ALL_BUT_HOST, {}
    names = sorted(route.origin.forwarded_headers - ALWAYS_FORWARDED)
    if len(names) > HEADER_LIMIT:
        raise ValueError(f"{route.path} forwards {len(names)} headers; CloudFront can name {HEADER_LIMIT}.")
    name = "ApiForwarded" if route.origin.name == "api" else "FilesForwarded"
    config = {
        "Name": _named(name),
        "QueryStringsConfig": {"QueryStringBehavior": "all"},
        "HeadersConfig": _headers(names),
        "CookiesConfig": {"CookieBehavior": "none"},
    }
    policy = {"Type": "AWS::CloudFront::OriginRequestPolicy", "Properties": {"OriginRequestPolicyConfig": config}}
    return {"Ref": name}, {name: policy}


def _kind(route: Route) -> str:
    """Rules of one kind have one function of requests."""
    if route.origin is None:
        return "Nothing"
    if route.origin.name == "api":
        return "Api"
    return "Storage" if route.signed_methods else "Files"


def _functions(route: Route) -> tuple[list[dict[str, Any]], Resources]:
    """The associations of a behaviour, and the functions."""
    events = {"viewer-request": (f"{_kind(route)}Requests", request_code(route))}
    if route.cache_control:
        events["viewer-response"] = (f"Files{_seconds(route)}Answers", response_code(route))
    associations = [
        {"EventType": event, "FunctionARN": {"Fn::GetAtt": [name, "FunctionARN"]}}
        for event, (name, _) in events.items()
    ]
    return associations, {name: _function(name, code) for name, code in events.values()}


def _function(name: str, code: str) -> dict[str, Any]:
    return {
        "Type": "AWS::CloudFront::Function",
        "Properties": {
            "Name": _named(name),
            "AutoPublish": True,
            "FunctionConfig": {"Comment": "Made of infra/routes.json", "Runtime": "cloudfront-js-2.0"},
            "FunctionCode": code,
        },
    }


def request_code(route: Route) -> str:
    """The JavaScript that judges requests of a rule."""
    origin = route.origin
    rule = {
        "origin": origin.name if origin else None,
        "methods": sorted(route.methods | route.signed_methods),
        "signed_methods": sorted(route.signed_methods),
        "signed_origin": SIGNED_ORIGIN,
        "removed_headers": sorted(origin.removed_headers) if origin else [],
        "trim_slash": bool(origin and origin.trim_slash),
    }
    return _code("cdn_request.js", rule)


def response_code(route: Route) -> str:
    """The JavaScript that completes answers of a rule that has a `cache_control`."""
    return _code("cdn_response.js", {"cache_control": route.cache_control})


def _code(file: str, rule: dict[str, Any]) -> str:
    """Raises ValueError where it is longer than CloudFront takes, or has no place for the rule."""
    before, place, after = (HERE / file).read_text().partition("const RULE = {};")
    code = f"{before}const RULE = {json.dumps(rule)};{after}"
    if not place or len(code.encode()) > FUNCTION_LIMIT:
        raise ValueError(f"{file} has no `const RULE = {{}};`, or is longer than {FUNCTION_LIMIT} bytes.")
    return code


def _named(name: str) -> dict[str, str]:
    return {"Fn::Sub": "${Prefix}" + name}
