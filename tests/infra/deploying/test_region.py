"""A stage lives in one region: bucket names are global, and a wrong REGION must not reach the live bucket."""

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
    """S3 in the region of a stage whose bucket is not empty."""
    with mock_aws():
        at = account.at(HERE)
        s3, bucket = at.client("s3"), f"studio-dev-content-{at.id}"
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": HERE})
        s3.put_object(Bucket=bucket, Key="content/a", Body=b"a")
        yield s3


def remaining(s3: Any) -> list[str]:
    (bucket,) = s3.list_buckets()["Buckets"]  # no other one was created
    return [found["Key"] for found in s3.list_objects_v2(Bucket=bucket["Name"])["Contents"]]


@pytest.mark.parametrize("data", [False, True])
def test_a_stage_in_another_region_is_not_destroyed(live: Any, data: bool) -> None:
    said: list[str] = []
    with pytest.raises(DeployError, match=f"this stage lives in {HERE}, where its bucket .* is. Set REGION={HERE}"):
        deploy.destroy("dev", WRONG, data, said.append)
    assert (len(said), remaining(live)) == (1, ["content/a"])


def test_resources_in_another_region_are_not_imported(live: Any, tmp_path: Path) -> None:
    with pytest.raises(DeployError, match=f"this stage lives in {HERE}"):
        deploy.deploy("dev", WRONG, build_dir=small_build.write(tmp_path))
    assert remaining(live) == ["content/a"]
    assert account.at(WRONG).client("ssm").describe_parameters()["Parameters"] == []


def test_destroy_asks_for_confirmation_with_account_and_region(live: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    requested: list[str] = []
    monkeypatch.setattr(deploy, "_ask", requested.append)
    assert deploy.main("destroy", {"STAGE": "dev", "REGION": HERE, "DATA": "delete"}) == 1
    assert f"deletes dev in account 123456789012, {HERE}, with all its data" in requested[0]
    assert remaining(live) == ["content/a"]
