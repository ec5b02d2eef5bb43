"""Our dependence on botocore's internals: DynamoDB's responses are used without botocore's parser.

botocore searches every response for bytes and times, of which our tables have none. For 100 nodes that takes longer
than the rest of the call. No setting disables it; it was requested in https://github.com/boto/botocore/issues/3238 and
https://github.com/boto/boto3/issues/2928. botocore's event `before-parse` lets a handler add to the parsed response;
that an empty body adds nothing else is not documented. `tests/aws/test_botocore_internals.py` fails when an update
changes it.
"""

from typing import Any

from pydantic_core import from_json


def read_as_stored(client: Any) -> None:
    """Let a DynamoDB client return responses without botocore's parser. Errors are parsed as usual."""
    client.meta.events.register("before-parse.dynamodb.*", _take_body)


def _take_body(response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: Any) -> None:
    if response_dict["status_code"] < 300:
        customized_response_dict.update(from_json(response_dict["body"], cache_strings="keys"))
        response_dict["body"] = b"{}"
