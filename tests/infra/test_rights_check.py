"""The check of permissions during the tests sees every call, and names missing and unused rights."""

from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from chalicelib.domain.storage_keys import storage_key
from infra import rights
from infra.rights import BUCKET, SECTIONS
from tests.conftest import PREFIX
from tests.support.aws import rights_check
from tests.support.aws.needed_rights import needed
from tests.support.aws.rights_check import Judge, unused
from tests.support.http.client import Studio

TABLE = SECTIONS["tables"][1]
OBJECT = SECTIONS["objects"][1]
EVERY = [right for owned in rights.rights().values() for right in owned]


class TestNeeds:
    def test_of_a_transaction_are_those_of_its_parts(self):
        parts = [{"Put": {"TableName": f"{PREFIX}users"}}, {"ConditionCheck": {"TableName": f"{PREFIX}tokens"}}]
        assert list(needed("dynamodb", "TransactWriteItems", {"TransactItems": parts})) == [
            ("dynamodb:PutItem", f"{TABLE}users", None),
            ("dynamodb:ConditionCheckItem", f"{TABLE}tokens", None),
        ]

    def test_of_a_batch_are_for_each_table(self):
        arguments: dict[str, Any] = {"RequestItems": {f"{PREFIX}users": [], f"{PREFIX}tokens": []}}
        assert [need[:2] for need in needed("dynamodb", "BatchWriteItem", arguments)] == [
            ("dynamodb:BatchWriteItem", f"{TABLE}users"),
            ("dynamodb:BatchWriteItem", f"{TABLE}tokens"),
        ]

    def test_of_a_query_are_for_its_index(self):
        arguments = {"TableName": f"{PREFIX}users", "IndexName": "email-index"}
        assert list(needed("dynamodb", "Query", arguments)) == [
            ("dynamodb:Query", f"{TABLE}users/index/email-index", None)
        ]

    def test_of_a_copy_are_to_read_and_to_write(self):
        arguments = {"Key": "b", "CopySource": {"Bucket": "x", "Key": "a"}}
        assert [need[:2] for need in needed("s3", "CopyObject", arguments)] == [
            ("s3:GetObject", f"{OBJECT}a"),
            ("s3:PutObject", f"{OBJECT}b"),
        ]

    def test_of_unknown_operations_are_not_guessed(self):
        with pytest.raises(KeyError):
            list(needed("sqs", "PurgeQueue", {"QueueUrl": "a/b"}))


DYNAMODB: Any = SimpleNamespace(meta=SimpleNamespace(service_model=SimpleNamespace(service_name="dynamodb")))
S3: Any = SimpleNamespace(meta=SimpleNamespace(service_model=SimpleNamespace(service_name="s3")))


class TestJudge:
    def answering(self, *_: Any) -> str:
        return "answer"

    def test_allows_permitted_calls(self):
        judge = Judge(self.answering)
        with judge.running("api"):
            assert judge.call(DYNAMODB, "GetItem", {"TableName": f"{PREFIX}users"}) == "answer"
        assert judge.used == {f"api: dynamodb:GetItem on {TABLE}users"}

    def test_refuses_other_calls(self):
        judge = Judge(self.answering)
        with judge.running("uploads"), pytest.raises(ClientError, match="uploads may not dynamodb:GetItem") as refusal:
            judge.call(DYNAMODB, "GetItem", {"TableName": f"{PREFIX}users"})
        assert refusal.value.response["Error"]["Code"] == "AccessDeniedException"
        assert judge.refused == {f"uploads: dynamodb:GetItem on {TABLE}users"}

    def test_judges_by_the_innermost_function(self):
        judge = Judge(self.answering)
        with judge.running("uploads"), judge.running("api"):
            assert judge.call(DYNAMODB, "GetItem", {"TableName": f"{PREFIX}users"}) == "answer"

    def test_does_not_restrict_tests(self):
        judge = Judge(self.answering)
        assert judge.call(DYNAMODB, "Scan", {"TableName": f"{PREFIX}users"}) == "answer"
        assert not judge.used | judge.refused

    def test_answers_403_for_missing_objects_without_list_rights(self):
        def missing(_: Any, operation: str, __: Any) -> Any:
            answer: Any = {"Error": {"Code": "NoSuchKey"}, "ResponseMetadata": {"HTTPStatusCode": 404}}
            raise ClientError(answer, operation)

        judge = Judge(missing)
        key = next(
            right.resource.removeprefix(OBJECT).replace("*", "a")
            for right in rights.rights()["export"]
            if right.action == "s3:GetObject"
            and not rights.allows("export", "s3:ListBucket", BUCKET, ("s3:prefix", right.resource.removeprefix(OBJECT)))
        )
        with judge.running("export"), pytest.raises(ClientError) as refusal:
            judge.call(S3, "GetObject", {"Bucket": "x", "Key": key})
        assert refusal.value.response["Error"]["Code"] == "AccessDenied"


class TestUnused:
    def test_rights_are_named(self):
        used = {right.name for right in EVERY}
        name = next(right.name for right in EVERY if not right.by_lambda)
        assert unused(used) == []
        assert unused(used - {name}) == [name]

    def test_rights_of_lambda_are_ignored(self):
        assert unused(right.name for right in EVERY if not right.by_lambda) == []


class TestPlugin:
    """The judge of the tests sees all doors of the application."""

    @pytest.fixture
    def judge(self, monkeypatch) -> Judge:
        judge = Judge(rights_check.judge._call)
        monkeypatch.setattr(rights_check, "judge", judge)
        return judge

    def test_judges_requests(self, studio: Studio, judge):
        assert studio.get("/api/user/me").status == 200
        assert f"api: dynamodb:GetItem on {TABLE}tokens" in judge.used

    def test_judges_messages(self, studio: Studio, judge):
        studio.notify(storage_key("a" * 32, "pdf"), 1)
        assert {name.partition(":")[0] for name in judge.used} == {"uploads"}

    def test_judges_urls_that_are_signed(self, studio: Studio, judge):
        body = {"size": 5, "checksum": "a" * 32, "name": "a.pdf", "file_format": "pdf", "preset": "document"}
        assert studio.post("/api/file/upload_url", body).status == 200
        assert f"api: s3:PutObject on {OBJECT}content/storage/*" in judge.used

    def test_answers_requests_as_aws_would_without_a_right(self, studio: Studio, judge, monkeypatch):
        monkeypatch.setattr(rights, "right_for", lambda *_: None)
        assert studio.get("/api/user/me").status == 503
        assert judge.refused
