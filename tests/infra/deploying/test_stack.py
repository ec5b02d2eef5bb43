"""Deploying with CloudFormation (ministack's): a stage after a deploy, and what remains after destroy."""

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra import deploy
from infra.deploying import account, admin, redrive, remove, stack
from infra.deploying.problems import DeployError
from infra.local.aws import emulator
from tests.infra.deploying import small_build

pytestmark = pytest.mark.xdist_group("deploy")
REGION = "us-east-1"  # the region of unsigned requests, such as those to DynamoDB in tests
SERVICES = "cloudformation,dynamodb,iam,lambda,logs,s3,sqs,ssm,sts"
USERS = "studio-dev-users"


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A ministack, to which this process's clients connect."""
    folder = tmp_path_factory.mktemp("deploy")
    with (
        emulator.serve(folder, None, {"SERVICES": SERVICES, "PERSIST_STATE": "0"}) as (url, _),
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("AWS_ENDPOINT_URL", url)
        for module in (stack, remove):
            patch.setattr(module, "POLL", 0.05)
        patch.setattr(redrive, "LONG_POLL", 0)
        yield url


@pytest.fixture
def output(endpoint: str) -> list[str]:
    """The output for the operator, with an empty account."""
    urllib.request.urlopen(urllib.request.Request(f"{endpoint}/_ministack/reset", method="POST")).close()
    return []


@pytest.fixture
def at(output: list[str]) -> account.Account:
    return account.at(REGION)


@pytest.fixture
def run(output: list[str], tmp_path: Path) -> Any:
    """Deploys a build; a resource that is None is left out."""

    def deployed(force: bool = False, overrides: dict[str, str] | None = None, **build: Any) -> dict[str, str]:
        output.clear()
        folder = small_build.write(tmp_path / "dev", **build)
        return deploy.deploy("dev", REGION, overrides, folder, output.append, force)

    return deployed


def status(at: account.Account) -> str:
    found = stack.describe(at, "studio-dev")
    return found["StackStatus"] if found else "none"


def tables(at: account.Account) -> set[str]:
    return set(at.client("dynamodb").list_tables()["TableNames"])


def code(at: account.Account) -> Any:
    return at.client("lambda").get_function_configuration(FunctionName="studio-dev-api")


def test_a_stage_is_created_then_unchanged_then_updated(run: Any, at: account.Account, output: list[str]) -> None:
    assert run() == {"Url": "https://studio.example.org", "Bucket": f"studio-dev-content-{at.id}"}
    assert output[0] == f"studio-dev: account {at.id}, {REGION}"
    assert "  UsersTable: create complete" in output
    secret = at.client("ssm").get_parameter(Name="/studio/dev/FrontKey", WithDecryption=True)["Parameter"]
    assert (secret["Type"], len(secret["Value"])) == ("SecureString", 64)
    assert code(at)["Environment"]["Variables"]["FRONT_KEY"] == secret["Value"]
    assert secret["Value"] not in "\n".join(output)
    run()
    assert output[1:] == ["No changes."]
    before = code(at)["CodeSha256"]
    run(code="2")
    assert "  ~ APIHandler (AWS::Lambda::Function)" in output
    assert code(at)["CodeSha256"] != before
    found = at.client("s3").list_objects_v2(Bucket=f"studio-dev-artifacts-{at.id}-{REGION}")["Contents"]
    assert sorted(key["Key"].partition("/")[0] for key in found) == ["code", "template"]


def test_what_destroy_retains_is_imported_again(run: Any, at: account.Account, output: list[str]) -> None:
    run(overrides={"DeletionProtection": "true"})
    found = stack.describe(at, "studio-dev")
    assert found
    assert found["EnableTerminationProtection"]
    dynamodb, s3, bucket = at.client("dynamodb"), at.client("s3"), f"studio-dev-content-{at.id}"
    dynamodb.put_item(TableName=USERS, Item={"id": {"S": "a"}})
    for content in (b"a", b"b"):
        s3.put_object(Bucket=bucket, Key="content/a", Body=content)
    output.clear()
    deploy.destroy("dev", REGION, say=output.append)
    assert "DATA=delete" in output[-1]
    assert (status(at), len(tables(at))) == ("none", 5)

    run()
    assert output[1] == "Importing 6 existing tables and buckets."
    assert "  UsersTable: import complete" in output
    assert not any("replaced" in line for line in output)
    assert dynamodb.get_item(TableName=USERS, Key={"id": {"S": "a"}})["Item"]
    assert s3.get_object(Bucket=bucket, Key="content/a")["Body"].read() == b"b"
    assert set(small_build.TABLES) <= stack.logical_ids(at, "studio-dev")

    s3.delete_object(Bucket=bucket, Key="content/a")
    deploy.destroy("dev", REGION, data=True, say=output.append)
    assert (status(at), tables(at), s3.list_buckets()["Buckets"]) == ("none", set(), [])
    assert at.client("ssm").get_parameters_by_path(Path="/studio/dev/")["Parameters"] == []


def test_a_table_is_imported_and_not_replaced(run: Any, at: account.Account, output: list[str]) -> None:
    """As after a failed update: the table it created is retained, and exists at the next attempt."""
    run()
    extra = small_build.table("extra")
    at.client("dynamodb").create_table(**{**extra["Properties"], "TableName": "studio-dev-extra"})
    at.client("dynamodb").put_item(TableName="studio-dev-extra", Item={"id": {"S": "a"}})
    run(ExtraTable=extra)
    assert output[1] == "Importing 1 existing tables and buckets."
    assert "ExtraTable" in stack.logical_ids(at, "studio-dev")
    for other in (small_build.table("extra2"), None):
        with pytest.raises(DeployError, match=r"ExtraTable: set FORCE=1 .* refuses to replace under the same one"):
            run(ExtraTable=other)
    assert at.client("dynamodb").get_item(TableName="studio-dev-extra", Key={"id": {"S": "a"}})["Item"]
    run(force=True)
    assert "  - ExtraTable (AWS::DynamoDB::Table)" in output


def test_a_failed_first_deploy_says_why_and_can_be_repeated(run: Any, at: account.Account, output: list[str]) -> None:
    wrong = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "q", "VisibilityTimeout": 10**6}}
    with pytest.raises(DeployError, match=r"studio-dev was not deployed \(ROLLBACK_COMPLETE\): Wrong"):
        run(Wrong=wrong)
    assert status(at) == "ROLLBACK_COMPLETE"
    run()
    assert status(at) in ("CREATE_COMPLETE", "UPDATE_COMPLETE")
    assert any("Deleting studio-dev, which failed to be created" in line for line in output)


def test_the_first_administrator_and_dead_letters(run: Any, at: account.Account) -> None:
    """Two commands that only need a stack."""
    run()
    assert not admin.exists(at, "studio-dev-")
    password, is_new = admin.give(at, "studio-dev-", "Admin@example.org")
    assert is_new
    (user,) = at.client("dynamodb").scan(TableName=USERS)["Items"]
    assert (user["email"], user["is_admin"]) == ({"S": "admin@example.org"}, {"BOOL": True})
    assert user["password_once"]
    assert password not in json.dumps(user)

    sqs = at.client("sqs")
    queue = sqs.get_queue_url(QueueName="studio-dev-publish")["QueueUrl"]
    assert redrive.redrive(at, "studio-dev-publish") == 0
    dead = sqs.get_queue_url(QueueName="studio-dev-publish-dlq")["QueueUrl"]
    sqs.send_message(QueueUrl=dead, MessageBody="work")
    assert redrive.redrive(at, "studio-dev-publish") == 1
    assert sqs.receive_message(QueueUrl=queue)["Messages"][0]["Body"] == "work"
    with pytest.raises(DeployError, match="no queue"):
        redrive.redrive(at, "studio-dev-other")
