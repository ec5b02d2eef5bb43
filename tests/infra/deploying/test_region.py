"""A stage is in one region: the name of its bucket knows none, and a wrong REGION must not reach the live one."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from moto import mock_aws

from infra import deploy
from infra.deploying import account
from infra.deploying.problems import DeployError
from tests.infra.deploying import small_build

HERE, WRONG = "eu-central-1", "us-east-1"


@pytest.fixture
def live() -> Iterator[Any]:
    """S3 of the region of a stage, whose bucket has something in it."""
    with mock_aws():
        at = account.at(HERE)
        s3, bucket = at.client("s3"), f"studio-dev-content-{at.id}"
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": HERE})
        s3.put_object(Bucket=bucket, Key="content/a", Body=b"a")
        yield s3


def kept(s3: Any) -> list[str]:
    (bucket,) = s3.list_buckets()["Buckets"]  # and no other one was made
    return [found["Key"] for found in s3.list_objects_v2(Bucket=bucket["Name"])["Contents"]]


@pytest.mark.parametrize("data", [False, True])
def test_what_is_in_another_region_is_not_destroyed(live: Any, data: bool) -> None:
    said: list[str] = []
    with pytest.raises(DeployError, match=f"is in {HERE}, where this stage is; say REGION={HERE}"):
        deploy.destroy("dev", WRONG, data, said.append)
    assert (len(said), kept(live)) == (1, ["content/a"])


def test_what_is_in_another_region_is_not_taken_up(live: Any, tmp_path: Path) -> None:
    with pytest.raises(DeployError, match=f"is in {HERE}, where this stage is"):
        deploy.deploy("dev", WRONG, build_dir=small_build.write(tmp_path))
    assert kept(live) == ["content/a"]
    assert account.at(WRONG).client("ssm").describe_parameters()["Parameters"] == []


def test_what_is_destroyed_is_asked_with_account_and_region(live: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(deploy, "_asked", asked.append)
    assert deploy.main("destroy", {"STAGE": "dev", "REGION": HERE, "DATA": "delete"}) == 1
    assert f"deletes dev in account 123456789012, {HERE}, with all its data" in asked[0]
    assert kept(live) == ["content/a"]
