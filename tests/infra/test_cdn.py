"""The CDN's part of the template: CloudFront with the rules of the local gateway."""

import json
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest

from chalicelib.aws import clients, storage
from infra import cdn, routes, template
from infra.cdn import ALWAYS_FORWARDED
from infra.routes import Route

LONG = 31536000
MONTH = 2592000  # less than the 35 days for which deleted files come back
PARTS = cdn.resources()
RESOURCES = PARTS["Resources"]
CONFIG = RESOURCES["Distribution"]["Properties"]["DistributionConfig"]
BEHAVIOURS = [*CONFIG["CacheBehaviors"], {"PathPattern": "*", **CONFIG["DefaultCacheBehavior"]}]
RULES = list(zip(routes.load(), BEHAVIOURS, strict=True))
ORIGINS = {origin["Id"]: origin for origin in CONFIG["Origins"]}


def of(kind: str) -> list[dict[str, Any]]:
    return [part["Properties"] for part in RESOURCES.values() if part["Type"] == f"AWS::{kind}"]


def is_cached(rule: Route) -> bool:
    """Whether the edge caches a rule's files: a rule for private responses forbids it."""
    return bool(rule.cache_control) and "no-store" not in str(rule.cache_control)


def cache(behaviour: dict[str, Any]) -> dict[str, Any]:
    policy = RESOURCES[behaviour["CachePolicyId"]["Ref"]]["Properties"]["CachePolicyConfig"]
    assert policy["MinTTL"] == 0
    found: dict[str, Any] = policy
    return found


def key(behaviour: dict[str, Any]) -> tuple[str, list[str], str, bool, bool]:
    """Query strings, headers, cookies, gzip, Brotli."""
    parts = cache(behaviour)["ParametersInCacheKeyAndForwardedToOrigin"]
    return (
        parts["QueryStringsConfig"]["QueryStringBehavior"],
        parts["HeadersConfig"].get("Headers", []),
        parts["CookiesConfig"]["CookieBehavior"],
        parts["EnableAcceptEncodingGzip"],
        parts["EnableAcceptEncodingBrotli"],
    )


class TestBehaviours:
    def test_follow_the_rules_in_order(self) -> None:
        assert [rule.path for rule, _ in RULES] == [behaviour["PathPattern"] for _, behaviour in RULES]
        assert "PathPattern" not in CONFIG["DefaultCacheBehavior"]

    def test_have_the_origins_of_the_rules(self) -> None:
        names = {None: "content", "s3": "content", "api": "api"}
        for rule, behaviour in RULES:
            assert behaviour["TargetOriginId"] == names[rule.origin.name if rule.origin else None]

    def test_accept_all_methods_for_the_function_to_check(self) -> None:
        for _, behaviour in RULES:
            assert set(behaviour["AllowedMethods"]) == {"GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"}
            assert behaviour["CachedMethods"] == ["GET", "HEAD"]
            assert behaviour["FunctionAssociations"][0]["EventType"] == "viewer-request"

    def test_cache_files_as_long_as_clients(self) -> None:
        cached = {rule.path: cache(behaviour) for rule, behaviour in RULES if is_cached(rule)}
        assert {path: (policy["DefaultTTL"], policy["MaxTTL"]) for path, policy in cached.items()} == {
            "/content/storage/*": (MONTH, MONTH),
            "/content/databases/*.sqlite3": (5, 5),
            "/content/answers/*": (LONG, LONG),
        }

    def test_cache_public_responses_no_longer_than_the_local_edge(self) -> None:
        for rule, behaviour in RULES:
            if rule.edge_seconds:
                policy = cache(behaviour)
                assert (policy["DefaultTTL"], policy["MaxTTL"]) == (0, rule.edge_seconds)
                assert key(behaviour) == ("all", [], "none", True, False)
                assert "OriginRequestPolicyId" not in behaviour

    def test_cache_files_by_origin_only(self) -> None:
        for rule, behaviour in RULES:
            if is_cached(rule):
                assert key(behaviour) == ("none", ["origin"], "none", False, False)

    def test_cache_nothing_else(self) -> None:
        rest = [pair for pair in RULES if not (is_cached(pair[0]) or pair[0].edge_seconds)]
        assert [rule.path for rule, _ in rest] == ["/content/incoming/*", "/content/answers/own/*", "/content/*", "*"]
        assert {behaviour["CachePolicyId"] for _, behaviour in rest} == {cdn.CACHING_DISABLED}

    def test_compress_by_the_rules(self) -> None:
        for rule, behaviour in RULES:
            assert behaviour["Compress"] is bool(rule.origin and rule.origin.compress)

    def test_forward_headers_by_the_rules(self) -> None:
        for rule, behaviour in RULES:
            if rule.origin and rule.origin.name == "s3":
                named = behaviour["OriginRequestPolicyId"]["Ref"]
                config = RESOURCES[named]["Properties"]["OriginRequestPolicyConfig"]
                headers = config["HeadersConfig"]["Headers"]
                assert {*headers} | (ALWAYS_FORWARDED & rule.origin.forwarded_headers) == rule.origin.forwarded_headers
                assert len(headers) <= cdn.MAX_HEADERS
                assert config["CookiesConfig"] == {"CookieBehavior": "none"}
        assert CONFIG["DefaultCacheBehavior"]["OriginRequestPolicyId"] == cdn.ALL_VIEWER_EXCEPT_HOST

    def test_cache_no_errors(self) -> None:
        errors = CONFIG["CustomErrorResponses"]
        assert {403, 404, 500, 502, 503, 504} <= {error["ErrorCode"] for error in errors}
        assert all(error.keys() == {"ErrorCode", "ErrorCachingMinTTL"} for error in errors)
        assert {error["ErrorCachingMinTTL"] for error in errors} == {0}

    def test_require_tls(self) -> None:
        assert {behaviour["ViewerProtocolPolicy"] for _, behaviour in RULES} == {"redirect-to-https"}
        for _, behaviour in RULES:
            assert headers_policy(behaviour)["SecurityHeadersConfig"]["StrictTransportSecurity"]["Override"]
        assert CONFIG["ViewerCertificate"]["Fn::If"][1]["MinimumProtocolVersion"] == "TLSv1.2_2021"


def headers_policy(behaviour: dict[str, Any]) -> dict[str, Any]:
    name = behaviour["ResponseHeadersPolicyId"]["Ref"]
    found: dict[str, Any] = RESOURCES[name]["Properties"]["ResponseHeadersPolicyConfig"]
    return found


class TestHeadersOfFiles:
    def test_are_set_by_a_policy_on_every_response_errors_too(self) -> None:
        for rule, behaviour in RULES:
            policy = headers_policy(behaviour)
            secured = policy["SecurityHeadersConfig"]
            assert secured["ContentTypeOptions"] == {"Override": True}
            if rule.safety:
                sandbox = secured["ContentSecurityPolicy"]
                assert sandbox == {
                    "ContentSecurityPolicy": rule.safety.headers["content-security-policy"],
                    "Override": True,
                }
            else:
                assert rule.path in ("/api/public/*", "/static/*", "/healthz", "*")
                assert "ContentSecurityPolicy" not in secured  # pages have their own

    def test_are_all_in_the_policy(self) -> None:
        rule, behaviour = RULES[0]
        assert rule.safety
        names = {item["Header"] for item in headers_policy(behaviour)["CustomHeadersConfig"]["Items"]}
        assert names | {"content-security-policy", "x-content-type-options"} == rule.safety.headers.keys()

    def test_let_pages_of_other_sites_show_files_only_where_web_origin_names_one(self) -> None:
        (item,) = headers_policy(BEHAVIOURS[0])["CustomHeadersConfig"]["Items"]
        assert item["Header"] == "cross-origin-resource-policy"
        assert item["Value"] == {"Fn::If": ["HasWebOrigin", "cross-origin", "same-origin"]}
        unset = PARTS["Conditions"]["HasWebOrigin"]["Fn::Not"][0]["Fn::Or"]
        assert unset == [{"Fn::Equals": [{"Ref": "WebOrigin"}, value]} for value in ("", "*")]


class TestOrigins:
    def test_the_bucket_is_read_with_cloudfront_s_signature_and_written_with_the_client_s(self) -> None:
        assert ORIGINS["content"]["DomainName"] == ORIGINS["uploads"]["DomainName"]
        assert "OriginAccessControlId" in ORIGINS["content"]
        assert "OriginAccessControlId" not in ORIGINS["uploads"]
        assert of("CloudFront::OriginAccessControl")[0]["OriginAccessControlConfig"]["SigningBehavior"] == "always"

    @pytest.mark.parametrize("region", ["us-east-1", "eu-west-1"])
    def test_uploads_reach_the_host_that_they_are_signed_for(
        self, region: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("AWS_DEFAULT_REGION", region)
        monkeypatch.setattr(clients, "session", clients.session.__wrapped__)  # that of the process keeps its region
        client = storage.client.__wrapped__()
        signed = client.generate_presigned_url("put_object", Params={"Bucket": "studio-prod-content-1", "Key": "x"})
        names = {"ContentBucket": "studio-prod-content-1", "AWS::Region": region, "AWS::URLSuffix": "amazonaws.com"}
        host = ORIGINS["uploads"]["DomainName"]["Fn::Sub"]
        for name, value in names.items():
            host = host.replace(f"${{{name}}}", value)
        assert urlsplit(signed).netloc == host

    def test_the_api_receives_the_secret_over_tls_only(self) -> None:
        api = ORIGINS["api"]
        sent = [
            {"HeaderName": "X-Front-Key", "HeaderValue": {"Ref": "FrontKey"}},
            {
                "HeaderName": "X-Api-Key",
                "HeaderValue": {"Fn::If": ["SendsSecondKey", {"Ref": "ApiKeyB"}, {"Ref": "ApiKeyA"}]},
            },
        ]
        assert api["OriginCustomHeaders"]["Fn::If"] == ["HasFrontKey", sent, {"Ref": "AWS::NoValue"}]
        assert api["OriginPath"] == "/api"
        assert api["CustomOriginConfig"]["OriginProtocolPolicy"] == "https-only"
        assert api["CustomOriginConfig"]["OriginSSLProtocols"] == ["TLSv1.2"]
        assert api["CustomOriginConfig"]["OriginReadTimeout"] == 30


STATEMENTS = {each["Sid"]: each for each in of("S3::BucketPolicy")[0]["PolicyDocument"]["Statement"]}


class TestBucketPolicy:
    def test_lets_this_distribution_read_content_and_list_keys_for_404(self) -> None:
        allowed = [each for each in STATEMENTS.values() if each["Effect"] == "Allow"]
        assert [(each["Action"], each["Resource"]) for each in allowed] == [
            ("s3:GetObject", {"Fn::Sub": "${ContentBucket.Arn}/content/*"}),
            ("s3:ListBucket", {"Fn::GetAtt": ["ContentBucket", "Arn"]}),
        ]
        for each in allowed:
            assert each["Principal"] == {"Service": "cloudfront.amazonaws.com"}
            source = each["Condition"]["StringEquals"]["aws:SourceArn"]["Fn::Sub"]
            assert source.endswith(":distribution/${Distribution}")

    def test_refuses_unencrypted_requests(self) -> None:
        refused = STATEMENTS["NothingInTheClear"]
        assert (refused["Effect"], refused["Action"], len(refused["Resource"])) == ("Deny", "s3:*", 2)


class TestFunctions:
    def test_are_short_enough_and_published(self) -> None:
        for function in of("CloudFront::Function"):
            assert len(function["FunctionCode"].encode()) < 10 * 1024
            assert function["AutoPublish"] is True
            assert function["FunctionConfig"]["Runtime"] == "cloudfront-js-2.0"

    def test_select_an_existing_origin(self) -> None:
        code = cdn.request_code(routes.match("/content/storage/x"))
        assert json.JSONDecoder().raw_decode(code.split("const RULE = ")[1])[0]["signed_origin"] in ORIGINS


class TestWholeTemplate:
    def test_has_everything_that_the_cdn_refers_to(self) -> None:
        whole = template.compose()
        known = whole["Resources"].keys() | whole["Parameters"].keys()
        for name, argument in references(PARTS):
            if name in ("Fn::If", "Condition") and isinstance(argument, str):
                assert argument in whole["Conditions"]
            elif not argument.startswith("AWS::"):
                assert argument in known

    def test_has_no_optional_parts_by_default(self) -> None:
        conditions = {name: part["Condition"] for name, part in RESOURCES.items() if "Condition" in part}
        assert conditions == {"WebAcl": "HasWebAcl", "DomainRecords": "HasHostedZone"}


def references(part: Any) -> list[tuple[str, str]]:
    """The references of a part of a template, as (function, name)."""
    if isinstance(part, list):
        return [found for each in part for found in references(each)]
    if not isinstance(part, dict):
        return []
    found = [each for value in part.values() for each in references(value)]
    if "Ref" in part:
        found.append(("Ref", part["Ref"]))
    if "Fn::GetAtt" in part:
        found.append(("Fn::GetAtt", part["Fn::GetAtt"][0]))
    if "Fn::If" in part:
        found.append(("Fn::If", part["Fn::If"][0]))
    if isinstance(part.get("Fn::Sub"), str):
        found += [("Fn::Sub", each.split("}")[0].split(".")[0]) for each in part["Fn::Sub"].split("${")[1:]]
    if isinstance(part.get("Condition"), str):
        found.append(("Condition", part["Condition"]))
    return found


class TestRefusals:
    def test_of_more_headers_than_cloudfront_can_list(self, monkeypatch: pytest.MonkeyPatch) -> None:
        rule = routes.match("/content/storage/x")
        assert rule.origin
        many = replace(rule.origin, forwarded_headers=frozenset(f"x-{number}" for number in range(11)))
        rules = (replace(rule, origin=many), routes.match("/"))
        monkeypatch.setattr(routes, "load", lambda: rules)
        with pytest.raises(ValueError, match="CloudFront can list 10"):
            cdn.resources()

    def test_of_rules_that_share_a_name_for_different_resources(self, monkeypatch: pytest.MonkeyPatch) -> None:
        rule = routes.match("/api/x")
        fewer = replace(rule, path="/x", methods=frozenset({"GET"}))
        monkeypatch.setattr(routes, "load", lambda: (fewer, rule))
        with pytest.raises(ValueError, match="ApiRequests"):
            cdn.resources()

    def test_of_rules_without_a_catch_all(self, monkeypatch: pytest.MonkeyPatch) -> None:
        rules = routes.load()
        monkeypatch.setattr(routes, "load", lambda: rules[:-1])
        with pytest.raises(ValueError, match="last rule"):
            cdn.resources()
