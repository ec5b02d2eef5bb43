"""What DynamoDB answers is read as it is, and errors as ever."""

import pytest
from botocore.exceptions import ClientError
from pydantic_core import from_json

from chalicelib.models.connection import connection
from tests.conftest import PREFIX

ADAPT = "adapt chalicelib/aws/botocore_internals.py to this version of botocore"
KEY = {"key": {"S": "a"}}


@pytest.fixture
def client(aws):
    return connection().client


def test_botocore_parses_no_answer(client, monkeypatch):
    bodies = []

    def note(body, **options):
        bodies.append(body)
        return {**from_json(body, **options), "Unknown": 1}  # botocore leaves out what it does not know

    monkeypatch.setattr("chalicelib.aws.botocore_internals.from_json", note)
    answer = client.get_item(TableName=f"{PREFIX}counters", Key=KEY)
    assert bodies, ADAPT
    assert answer["Unknown"] == 1, ADAPT
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_items_come_as_they_are_stored(client, aws):
    stored = {**KEY, "tries": {"N": "1"}, "more": {"M": {"a": {"L": [{"S": "\u00fc"}, {"NULL": True}]}}}}
    aws.dynamodb.put_item(TableName=f"{PREFIX}counters", Item=stored)
    assert client.get_item(TableName=f"{PREFIX}counters", Key=KEY)["Item"] == stored, ADAPT


def test_errors_are_read_by_botocore(client):
    with pytest.raises(ClientError) as caught:
        client.get_item(TableName="none", Key=KEY)
    assert caught.value.response["Error"]["Code"] == "ResourceNotFoundException", ADAPT
