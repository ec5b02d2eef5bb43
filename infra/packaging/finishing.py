"""What Chalice's template lacks: an API that can be made before its function, and no word of a stage."""

import json
import re
from typing import Any

# APIHandler knows the front's address, the front knows the API's: so the API must not wait for APIHandler.
HANDLER = "${APIHandler.Arn}"
HANDLER_BY_NAME = "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:${Prefix}api"
BINARY_TYPES = "x-amazon-apigateway-binary-media-types"


def finish(template: dict[str, Any]) -> dict[str, Any]:
    """A template of `chalice package` made fit to be deployed, the same for every stage. The given one stays as it is.

    The API's swagger names the function by its name, the API has its binary types as a property too (the transform
    makes the property decide), and tags say nothing of the stage.
    """
    finished: dict[str, Any] = json.loads(json.dumps(template))
    api = finished["Resources"]["RestAPI"]["Properties"]
    api["DefinitionBody"] = _by_name(api["DefinitionBody"])
    api["BinaryMediaTypes"] = [kind.replace("/", "~1") for kind in api["DefinitionBody"][BINARY_TYPES]]
    for resource in finished["Resources"].values():
        tags = resource.get("Properties", {}).get("Tags")
        if isinstance(tags, dict) and "aws-chalice" in tags:
            tags["aws-chalice"] = re.sub(r"stage=[^:]*:", "", tags["aws-chalice"])
    return finished


def _by_name(swagger: dict[str, Any]) -> dict[str, Any]:
    named: dict[str, Any] = json.loads(json.dumps(swagger).replace(HANDLER, HANDLER_BY_NAME))
    return named


def compact(template: dict[str, Any]) -> str:
    """JSON without spaces, its keys in order."""
    return json.dumps(template, separators=(",", ":"), sort_keys=True) + "\n"
