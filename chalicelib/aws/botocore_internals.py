"""The reach into botocore's internals: what DynamoDB answers is read as it is.

botocore walks through every answer to find bytes and times, of which our tables have none. For a hundred nodes that
takes longer than everything else about the call. There is no setting to leave it out: it was asked for in
https://github.com/boto/botocore/issues/3238 and https://github.com/boto/boto3/issues/2928. botocore's own event
`before-parse` lets a handler add to an answer; that the rest is empty once the body is, is not documented.
`tests/aws/test_botocore_internals.py` fails where an update changes it.
"""

from typing import Any

from pydantic_core import from_json


def read_as_stored(client: Any) -> None:
    """Let a client of DynamoDB return what the service answers, without a walk through it. Errors are read as ever."""
    client.meta.events.register("before-parse.dynamodb.*", _take_body)


def _take_body(response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: Any) -> None:
    if response_dict["status_code"] < 300:
        customized_response_dict.update(from_json(response_dict["body"], cache_strings="keys"))
        response_dict["body"] = b"{}"
