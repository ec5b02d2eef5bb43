"""Calls to AWS are counted by botocore's public events, in the units that AWS bills."""

from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from infra import resources
from infra.local.aws import call_counter

PREFIX = "counted-"
USERS = f"{PREFIX}users"


@pytest.fixture
def noted() -> list[dict[str, Any]]:
    return []


@pytest.fixture
def session(noted: list[dict[str, Any]]) -> Iterator[Any]:
    """A session whose calls are recorded, with the template's tables."""
    with mock_aws():
        resources.create_tables(_client(botocore.session.get_session(), "dynamodb"), PREFIX)
        session = botocore.session.get_session()
        call_counter.watch(session, noted.append)
        yield session


def _client(session: Any, service: str) -> Any:
    return session.create_client(service, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")


def _user(size: int) -> dict[str, Any]:
    return {"id": {"S": "u"}, "note": {"S": "x" * size}}


def test_reads_and_writes_are_counted_in_units_of_dynamodb(session: Any, noted: list[dict[str, Any]]) -> None:
    dynamodb = _client(session, "dynamodb")
    dynamodb.put_item(TableName=USERS, Item=_user(10))
    dynamodb.get_item(TableName=USERS, Key={"id": {"S": "u"}})
    dynamodb.get_item(TableName=USERS, Key={"id": {"S": "u"}}, ConsistentRead=True)
    assert [(each["operation"], each["read"]) for each in noted] == [("PutItem", 0), ("GetItem", 0.5), ("GetItem", 1)]
    assert noted[0]["write"] >= 1


def test_a_failed_call_of_dynamodb_costs_nothing(session: Any, noted: list[dict[str, Any]]) -> None:
    with pytest.raises(ClientError):
        _client(session, "dynamodb").get_item(TableName="missing", Key={"id": {"S": "u"}})
    assert not noted


def test_calls_of_other_services_are_counted_even_if_refused(session: Any, noted: list[dict[str, Any]]) -> None:
    s3 = _client(session, "s3")
    s3.create_bucket(Bucket="a-bucket")
    with pytest.raises(ClientError):
        s3.get_object(Bucket="a-bucket", Key="missing")
    assert [(each["service"], each["operation"], each["read"]) for each in noted] == [
        ("s3", "CreateBucket", 0),
        ("s3", "GetObject", 0),
    ]


def test_each_process_writes_its_calls_to_its_own_file(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch, noted: list[dict[str, Any]]
) -> None:
    initializers: list[Any] = []
    monkeypatch.setenv("COUNT_CALLS", str(tmp_path))
    monkeypatch.setattr("botocore.register_initializer", initializers.append)
    call_counter.begin()
    with mock_aws():
        session = botocore.session.get_session()
        initializers[0](session)
        _client(session, "s3").list_buckets()
    (file,) = tmp_path.glob("*.jsonl")
    assert '"ListBuckets"' in file.read_text()
