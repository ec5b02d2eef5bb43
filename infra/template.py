"""The whole template: everything that is merged into the output of `chalice package`.

Its parts are data: `resources.yaml` (tables, bucket, queues), `stack.yaml` (parameters, the API, mail),
`functions.yaml`, `environment.yaml`, `rights.yaml`, `watch.yaml` (alarms, dashboard),
`cdn.yaml` and `routes.json` (CloudFront).
"""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

from infra import cdn, cfn, functions, watch

HERE = Path(__file__).parent
SECTIONS = ("Parameters", "Conditions", "Resources", "Outputs")


def compose() -> dict[str, Any]:
    """The template's parameters, conditions, resources and outputs, as plain JSON with long forms.

    Raises ValueError if two parts define the same name.
    """
    stack = cfn.read(HERE / "stack.yaml")
    stack["Resources"]["RestAPI"]["Properties"]["GatewayResponses"] = _gateway_responses(stack["GatewayResponses"])
    found = cfn.read(HERE / "resources.yaml")
    whole: dict[str, Any] = {"Description": "Kolibri Studio"} | {section: {} for section in SECTIONS}
    for part in (
        found,
        stack,
        {"Resources": functions.resources(), "Outputs": _addresses(found["Resources"])},
        {"Resources": watch.resources()},
        cdn.resources(),
    ):
        _add(whole, part)
    return whole


def _add(whole: dict[str, Any], part: dict[str, Any]) -> None:
    for section in SECTIONS:
        twice = whole[section].keys() & part.get(section, {}).keys()
        if twice:
            raise ValueError(f"{section} are defined twice: {', '.join(sorted(twice))}.")
        whole[section] |= deepcopy(part.get(section, {}))


def _addresses(resources: dict[str, Any]) -> dict[str, Any]:
    """Outputs: where clients see the application, and the URLs of the queues."""
    queues = [name for name, resource in resources.items() if resource["Type"] == "AWS::SQS::Queue"]
    url = functions.environment("api")["PUBLIC_URL"]
    return {
        "Url": {"Description": "Public URL of the application", "Value": url},
        **{f"{name}Url": {"Value": {"Ref": name}} for name in queues},
    }


def _gateway_responses(answers: list[list[Any]]) -> dict[str, Any]:
    """API Gateway's own errors in the application's format (docs/decisions/0007-error-bodies.md)."""
    return {kind: _gateway_response(status, error, detail) for kind, status, error, detail in answers}


def _gateway_response(status: int | None, error: str, detail: str) -> dict[str, Any]:
    body = json.dumps({"error": error, "detail": detail})
    answer: dict[str, Any] = {
        "ResponseParameters": {"Headers": {"Cache-Control": "'no-store'"}},
        "ResponseTemplates": {"application/json": body},
    }
    return answer | ({"StatusCode": str(status)} if status else {})
