"""What ministack's API Gateway leaves out of an API that CloudFormation imports: its gateway responses."""

from typing import Any

from ministack.services import apigateway_v1

RESPONSES = "x-amazon-apigateway-gateway-responses"
BINARY = "x-amazon-apigateway-binary-media-types"


def install() -> None:
    """Let ministack import them with the API."""
    import_api = apigateway_v1._import_rest_api

    def imported(document: dict[str, Any], data: dict[str, Any]) -> str:
        api: str = import_api(document, data | {"binaryMediaTypes": document.get(BINARY, [])})
        for kind, response in document.get(RESPONSES, {}).items():
            apigateway_v1._put_gateway_response(api, kind, response)
        return api

    apigateway_v1._import_rest_api = imported
