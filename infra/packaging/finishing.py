"""Corrections of Chalice's template: an API that requires a key and can be created before its function, and no stage in
tags.
"""

import json
import re
from typing import Any

# APIHandler refers to the CDN's address, and the CDN to the API: so the API must not refer to APIHandler.
HANDLER = "${APIHandler.Arn}"
HANDLER_BY_NAME = "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:${Prefix}api"
KEY = "front_key"
METHODS = {*("get", "head", "post", "put", "patch", "delete", "options"), "x-amazon-apigateway-any-method"}
BINARY_TYPES = "x-amazon-apigateway-binary-media-types"


def finish(template: dict[str, Any]) -> dict[str, Any]:
    """A copy of a template of `chalice package` that can be deployed, the same for every stage.

    The API's swagger refers to the function by name, the API's binary types are a property as well (after the transform
    the property takes effect), every method requires an API key, and tags do not name the stage.
    """
    finished: dict[str, Any] = json.loads(json.dumps(template))
    api = finished["Resources"]["RestAPI"]["Properties"]
    api["DefinitionBody"] = _with_keys(_by_name(api["DefinitionBody"]))
    api["BinaryMediaTypes"] = [kind.replace("/", "~1") for kind in api["DefinitionBody"][BINARY_TYPES]]
    for resource in finished["Resources"].values():
        tags = resource.get("Properties", {}).get("Tags")
        if isinstance(tags, dict) and "aws-chalice" in tags:
            tags["aws-chalice"] = re.sub(r"stage=[^:]*:", "", tags["aws-chalice"])
    return finished


def without_keys(template: dict[str, Any]) -> dict[str, Any]:
    """A copy of a finished template whose API requires no key."""
    copied: dict[str, Any] = json.loads(json.dumps(template))
    for method in _methods(copied["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]):
        method.pop("security", None)
    return copied


def _with_keys(swagger: dict[str, Any]) -> dict[str, Any]:
    for method in _methods(swagger):
        method["security"] = [{KEY: []}]
    scheme = {"type": "apiKey", "name": "x-api-key", "in": "header"}
    return swagger | {"securityDefinitions": swagger.get("securityDefinitions", {}) | {KEY: scheme}}


def _methods(swagger: dict[str, Any]) -> list[dict[str, Any]]:
    return [method for path in swagger["paths"].values() for name, method in path.items() if name in METHODS]


def _by_name(swagger: dict[str, Any]) -> dict[str, Any]:
    named: dict[str, Any] = json.loads(json.dumps(swagger).replace(HANDLER, HANDLER_BY_NAME))
    return named


def compact(template: dict[str, Any]) -> str:
    """JSON without spaces and with sorted keys."""
    return json.dumps(template, separators=(",", ":"), sort_keys=True) + "\n"
