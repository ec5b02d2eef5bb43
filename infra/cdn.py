"""The CDN on AWS: CloudFront's behaviours, from the rules that the local gateway follows (`routes.json`).

Every rule becomes a behaviour, in the same order. Where CloudFront has no setting, a CloudFront function does the work
(`cdn_request.js`, `cdn_response.js`), with the rule as data. Everything that does not depend on the rules is in
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
MAX_FUNCTION_CODE = 10 * 1024  # bytes of code, CloudFront's
MAX_HEADERS = 10  # names in a policy, CloudFront's

# CloudFront's own policies, the same in every account.
CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"  # CachingDisabled
ALL_VIEWER_EXCEPT_HOST = "b689b0a8-53d0-40ab-baf2-68738e2966ac"  # AllViewerExceptHostHeader: API Gateway needs its own

# Headers that reach every origin without being listed ("HTTP request headers and CloudFront behavior" in its guide).
ALWAYS_FORWARDED = frozenset(
    ["content-length", "if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since", "range"]
)
# CloudFront caches errors for ten seconds by default; these are all for which that can be changed.
ERRORS = (400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504)

Resources = dict[str, Any]


def resources() -> dict[str, Any]:
    """`{"Resources", "Conditions", "Outputs"}` of the CDN, in long forms.

    They refer to `ContentBucket`, `RestAPI`, the condition `HasDomainName` and the template's parameters.
    """
    found = cfn.read(HERE / "cdn.yaml")
    behaviours = []
    for route in routes.load():
        behaviour, needed = _behaviour(route)
        behaviours.append(behaviour)
        _add(found["Resources"], needed | _headers_policy(route, found["Resources"]["SafeAnswers"]))
    config = found["Resources"]["Distribution"]["Properties"]["DistributionConfig"]
    default = behaviours.pop()
    if default.pop("PathPattern") != "*":
        raise ValueError("The last rule of routes.json must be for *.")
    config |= {"CacheBehaviors": behaviours, "DefaultCacheBehavior": default}
    config["CustomErrorResponses"] = [{"ErrorCode": code, "ErrorCachingMinTTL": 0} for code in ERRORS]
    return found


def _add(there: Resources, needed: Resources) -> None:
    """Add resources; equal rules share them. Raises ValueError if one name would mean two different resources."""
    different = [name for name in needed if there.get(name, needed[name]) != needed[name]]
    if different:
        raise ValueError(f"Rules of one kind differ in {', '.join(different)}; give them different names.")
    there |= needed


def _behaviour(route: Route) -> tuple[dict[str, Any], Resources]:
    """A behaviour and the resources that it refers to."""
    cache_policy, needed = _cache_policy(route)
    forwarded, more = _origin_request_policy(route)
    functions, code = _functions(route)
    behaviour = {
        "PathPattern": route.path,
        "TargetOriginId": _origin_id(route),
        "ViewerProtocolPolicy": "redirect-to-https",
        "AllowedMethods": METHODS,  # all: CloudFront's own 405 is not JSON, so the function refuses
        "CachedMethods": ["GET", "HEAD"],
        "Compress": bool(route.origin and route.origin.compress),
        "CachePolicyId": cache_policy,
        "ResponseHeadersPolicyId": {"Ref": "SafeContent" if route.safety else "SafeAnswers"},
        "FunctionAssociations": functions,
    }
    if forwarded:
        behaviour["OriginRequestPolicyId"] = forwarded
    return behaviour, needed | more | code


def _origin_id(route: Route) -> str:
    """The bucket also stands in for no origin: then the function answers before the origin is reached."""
    return "api" if route.origin and route.origin.name == "api" else "content"


def _cache_policy(route: Route) -> tuple[Any, Resources]:
    """The cache policy. Files are cached as long as clients cache them, separately for each Origin, as S3 decides who
    may read them; responses of the API as long as they allow, at most `edge_seconds`."""
    if route.edge_seconds:
        name, ttl = f"Edge{route.edge_seconds}", {"DefaultTTL": 0, "MaxTTL": route.edge_seconds}
        key = _key(query="all", gzip=True)
    elif seconds := _seconds(route):
        name, ttl = f"Files{seconds}", {"DefaultTTL": seconds, "MaxTTL": seconds}
        key = _key(headers=["origin"])
    else:
        return CACHING_DISABLED, {}
    config = {"Name": _named(name), "MinTTL": 0, **ttl, "ParametersInCacheKeyAndForwardedToOrigin": key}
    policy = {"Type": "AWS::CloudFront::CachePolicy", "Properties": {"CachePolicyConfig": config}}
    return {"Ref": name}, {name: policy}


def _headers_policy(route: Route, common: dict[str, Any]) -> Resources:
    """The response headers policy of users' files, which has what all responses have (`common`), too."""
    if not route.safety:
        return {}
    headers = dict(route.safety.headers)
    sandbox = {"ContentSecurityPolicy": headers.pop("content-security-policy"), "Override": True}
    secured = common["Properties"]["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
    del headers["x-content-type-options"]  # one of those that all responses have
    own = [{"Header": name, "Value": _unless_shared(name, value), "Override": True} for name, value in headers.items()]
    config = {
        "Name": _named("content-safe"),
        "SecurityHeadersConfig": secured | {"ContentSecurityPolicy": sandbox},
        "CustomHeadersConfig": {"Items": own},
    }
    properties = {"ResponseHeadersPolicyConfig": config}
    return {"SafeContent": {"Type": "AWS::CloudFront::ResponseHeadersPolicy", "Properties": properties}}


def _unless_shared(name: str, value: str) -> Any:
    """The value of a header: with `WebOrigin`, pages of another site may show the files, too."""
    if name != "cross-origin-resource-policy":
        return value
    return {"Fn::If": ["HasWebOrigin", "cross-origin", value]}


def _seconds(route: Route) -> int:
    """For how many seconds clients cache the rule's responses; 0 if the rule does not say."""
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


def _origin_request_policy(route: Route) -> tuple[Any, Resources]:
    """The origin request policy; None if the origin receives nothing but the cache key.

    Raises ValueError for a rule that forwards more headers than CloudFront can list.
    """
    if route.origin is None or (route.edge_seconds and not route.origin.forwarded_headers):
        return None, {}
    if "*" in route.origin.forwarded_headers:
        return ALL_VIEWER_EXCEPT_HOST, {}
    names = sorted(route.origin.forwarded_headers - ALWAYS_FORWARDED)
    if len(names) > MAX_HEADERS:
        raise ValueError(f"{route.path} forwards {len(names)} headers; CloudFront can list {MAX_HEADERS}.")
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
    """The kind of a rule; rules of one kind share a request function."""
    if route.origin is None:
        return "Nothing"
    if route.origin.name == "api":
        return "Api"
    if not route.signed_methods:
        return "Files"
    return "Storage" if "GET" in route.methods else "Incoming"


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
    """The JavaScript for requests that match a rule."""
    origin = route.origin
    rule = {
        "origin": origin.name if origin else None,
        "methods": sorted(route.methods | route.signed_methods),
        "signed_methods": sorted(route.signed_methods),
        "signed_origin": SIGNED_ORIGIN,
        "removed_headers": sorted(origin.removed_headers) if origin else [],
        "trim_slash": bool(origin and origin.trim_slash),
        "headers": route.safety.headers if route.safety else {},
    }
    return _code("cdn_request.js", rule)


def response_code(route: Route) -> str:
    """The JavaScript for responses of a rule that has a `cache_control`."""
    rule = {"cache_control": route.cache_control, "shown_types": route.safety.shown_types if route.safety else [""]}
    return _code("cdn_response.js", rule)


def _code(file: str, rule: dict[str, Any]) -> str:
    """Raises ValueError if it is longer than CloudFront allows, or has no place for the rule."""
    before, place, after = (HERE / file).read_text().partition("const RULE = {};")
    code = f"{before}const RULE = {json.dumps(rule)};{after}"
    if not place or len(code.encode()) > MAX_FUNCTION_CODE:
        raise ValueError(f"{file} has no `const RULE = {{}};`, or is longer than {MAX_FUNCTION_CODE} bytes.")
    return code


def _named(name: str) -> dict[str, str]:
    return {"Fn::Sub": "${Prefix}" + name}
