"""The parts of deploying: artifacts, settings, events; with moto."""

from collections.abc import Iterator
from typing import Any

import pytest
from moto import mock_aws

from infra.deploying import account, artefacts, events, settings, stack
from infra.deploying.problems import DeployError
from tests.infra.deploying import small_build

REGION = "eu-central-1"
PREFIX = "studio-dev-"


@pytest.fixture
def at() -> Iterator[account.Account]:
    with mock_aws():
        yield account.at(REGION)


class TestArtefacts:
    def test_bucket_is_private_encrypted_versioned_and_expires_old_versions(self, at: account.Account) -> None:
        name = artefacts.make_bucket(at, PREFIX)
        assert name == f"studio-dev-artifacts-{at.id}-eu-central-1"
        s3 = at.client("s3")
        assert set(s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"].values()) == {True}
        assert s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"]
        assert s3.get_bucket_versioning(Bucket=name)["Status"] == "Enabled"
        (rule,) = s3.get_bucket_lifecycle_configuration(Bucket=name)["Rules"]
        assert rule["NoncurrentVersionExpiration"]["NoncurrentDays"] == artefacts.OLD_DAYS
        assert artefacts.make_bucket(at, PREFIX) == name

    def test_of_the_region_without_a_location_constraint(self) -> None:
        with mock_aws():
            artefacts.make_bucket(account.at("us-east-1"), PREFIX)

    def test_are_uploaded_once(self, at: account.Account) -> None:
        bucket = artefacts.make_bucket(at, PREFIX)
        keys = {artefacts.upload(at, bucket, "code", "zip", b"a") for _ in range(2)}
        versions = at.client("s3").list_object_versions(Bucket=bucket)["Versions"]
        assert [version["Key"] for version in versions] == list(keys)

    def test_others_remain_as_old_versions_only(self, at: account.Account) -> None:
        bucket, s3 = artefacts.make_bucket(at, PREFIX), at.client("s3")
        old, new = (artefacts.upload(at, bucket, "code", "zip", content) for content in (b"a", b"b"))
        artefacts.keep_only(at, bucket, new)
        assert [found["Key"] for found in s3.list_objects_v2(Bucket=bucket)["Contents"]] == [new]
        assert old in {version["Key"] for version in s3.list_object_versions(Bucket=bucket)["Versions"]}
        assert artefacts.upload(at, bucket, "code", "zip", b"a") == old
        assert s3.get_object(Bucket=bucket, Key=old)["Body"].read() == b"a"

    def test_the_template_refers_to_the_uploaded_code(self) -> None:
        packaged = small_build.template()
        found = artefacts.with_code(packaged, "b", "k")["Resources"]
        assert found["APIHandler"]["Properties"]["CodeUri"] == {"Bucket": "b", "Key": "k"}
        assert packaged["Resources"]["APIHandler"]["Properties"]["CodeUri"] == artefacts.CODE
        assert found["UsersTable"] == packaged["Resources"]["UsersTable"]


DECLARED: dict[str, Any] = {
    "Prefix": {"Default": "studio-dev-"},
    "MailFrom": {"Default": ""},
    "LogDays": {"Default": 30},
    "FrontKey": {"NoEcho": True, "Default": ""},
}


class TestSettings:
    def test_secret_is_created_once(self, at: account.Account) -> None:
        made = settings.make_secret(at, "dev")
        assert len(made) == 64
        assert settings.make_secret(at, "dev") == made
        assert settings.read(at, "dev") == {"FrontKey": made}
        assert settings.read(at, "prod") == {}

    def test_are_overridden_by_the_operators_and_these_by_arguments(self) -> None:
        own = {"Prefix": "a", "LogDays": "7"}
        assert settings.merged(DECLARED, own, {"LogDays": "9"}, {"MailFrom": "x"}) == {
            **own,
            "LogDays": "9",
            "MailFrom": "x",
        }

    def test_that_are_unknown_are_named(self) -> None:
        with pytest.raises(DeployError, match=r"There is no setting Mail, Typo: .* one of LogDays, MailFrom\."):
            settings.merged(DECLARED, {"Prefix": "a"}, {"Typo": "1", "Mail": "2"})

    def test_are_changed_and_removed(self, at: account.Account) -> None:
        settings.change(at, "dev", DECLARED, "MailFrom = a=b@example.org")
        assert settings.read(at, "dev") == {"MailFrom": "a=b@example.org"}
        settings.change(at, "dev", DECLARED, "MailFrom=c@example.org")
        assert settings.read(at, "dev") == {"MailFrom": "c@example.org"}
        settings.change(at, "dev", DECLARED, "MailFrom=")
        assert settings.read(at, "dev") == {}

    @pytest.mark.parametrize("text", ["MailFrom", "=x", "Typo=1", "Prefix=studio-x-", "FrontKey=mine"])
    def test_are_not_changed_by_invalid_text(self, at: account.Account, text: str) -> None:
        with pytest.raises(DeployError):
            settings.change(at, "dev", DECLARED, text)
        assert settings.read(at, "dev") == {}

    def test_are_listed_with_where_they_come_from(self) -> None:
        own = {"FrontKey": "geheim", "LogDays": "9", "Typo": "secret?"}
        lines = [line.split() for line in settings.lines(DECLARED, {"Prefix": "studio-dev-", "LogDays": "7"}, own)]
        assert lines == [
            ["FrontKey", settings.MASK, "SSM"],
            ["LogDays", "9", "SSM"],
            ["MailFrom", "-", "default"],
            ["Prefix", "studio-dev-", "stage"],
            ["Typo", settings.MASK, "SSM,", "but", "there", "is", "no", "such", "setting"],
        ]

    @pytest.mark.parametrize(
        ("parameters", "region", "said"),
        [
            ({"DomainName": "a.org"}, REGION, "CertificateArn"),
            ({"HostedZoneId": "Z1"}, REGION, "DomainName"),
            ({"DomainName": "a.org", "CertificateArn": "arn:aws:acm:eu-central-1:1:c"}, REGION, "us-east-1"),
            ({"WebAclRate": "100"}, REGION, "us-east-1"),
            ({"WebAclRate": "100"}, "us-east-1", ""),
            ({"WebAclRate": "9"}, "us-east-1", "WebAclRate must be at least 10"),
            ({"WebAclRate": "many"}, "us-east-1", "WebAclRate must be at least 10"),
            ({"WebAclRate": "10"}, "us-east-1", ""),
            ({"WebAclRate": "0", "DomainName": "", "HostedZoneId": ""}, REGION, ""),
            ({"DomainName": "a.org", "CertificateArn": "arn:aws:acm:us-east-1:1:c", "HostedZoneId": "Z"}, REGION, ""),
        ],
    )
    def test_that_contradict_each_other_are_refused(self, parameters: dict[str, str], region: str, said: str) -> None:
        found = settings.contradictions(parameters, region)
        assert bool(found) == bool(said)
        assert said in found


def event(name: str, status: str, reason: str = "", kind: str = "AWS::SQS::Queue", of: str = "physical") -> Any:
    return {
        "LogicalResourceId": name,
        "ResourceStatus": status,
        "ResourceStatusReason": reason,
        "ResourceType": kind,
        "PhysicalResourceId": of,
        "StackId": "stack",
        "EventId": f"{name} {status} {of}",
    }


class TestEvents:
    def test_are_short_lines_about_finished_operations(self) -> None:
        assert events.line(event("Queue", "CREATE_COMPLETE")) == "  Queue: create complete"
        assert events.line(event("Queue", "UPDATE_FAILED", "no\n way")) == "  Queue: update failed - no way"
        assert events.line(event("Queue", "CREATE_IN_PROGRESS")) == ""
        assert events.line(event("studio-dev", "CREATE_COMPLETE", of="stack")) == ""

    def test_announce_slow_resources_once(self) -> None:
        kind = events.SLOW[0]
        assert "some minutes" in events.line(event("Distribution", "CREATE_IN_PROGRESS", kind=kind))
        assert events.line(event("Distribution", "CREATE_IN_PROGRESS", "Resource creation Initiated", kind)) == ""

    def test_of_failures_are_only_the_causes(self) -> None:
        found = [
            event("A", "CREATE_COMPLETE"),
            event("B", "CREATE_FAILED", "there is one already"),
            event("C", "CREATE_FAILED", "Resource creation cancelled"),
            event("stack", "CREATE_FAILED", "The following resource(s) failed to create: [B, C]."),
        ]
        assert [failure["LogicalResourceId"] for failure in events.failures(found)] == ["B"]


class Scripted:
    """CloudFormation with one state after the other: (status of the stack, its new events)."""

    def __init__(self, *moments: tuple[str, list[Any]]) -> None:
        self.moments, self.known = list(moments), []  # type: ignore[var-annotated]

    def describe_stacks(self, StackName: str) -> Any:  # noqa: N803 - botocore's
        status, new = self.moments.pop(0)
        self.known += new
        return {"Stacks": [{"StackId": StackName, "StackName": "studio-dev", "StackStatus": status}]}

    def get_paginator(self, _: str) -> Any:
        return self

    def paginate(self, **_: str) -> Any:
        return [{"StackEvents": self.known[::-1]}]


def test_waiting_does_not_end_with_the_previous_status(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stack, "POLL", 0)
    end = event("studio-dev", "UPDATE_COMPLETE", of="stack")
    moments = [
        ("UPDATE_COMPLETE", []),
        ("UPDATE_IN_PROGRESS", [event("Queue", "UPDATE_COMPLETE")]),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", [end]),
        ("UPDATE_COMPLETE", []),
    ]
    said: list[str] = []
    at = account.Account(REGION, _clients={"cloudformation": Scripted(*moments)})
    ended = stack.wait(at, "stack", "", said.append)
    assert ended
    assert (ended["StackStatus"], said) == ("UPDATE_COMPLETE", ["  Queue: update complete"])


@pytest.mark.parametrize(
    ("change", "is_lost"),
    [
        ({"Action": "Modify", "Replacement": "True"}, True),
        ({"Action": "Remove"}, True),
        ({"Action": "Modify", "Replacement": "Conditional"}, False),  # a new index is that
        ({"Action": "Modify", "Replacement": "True", "ResourceType": "AWS::SQS::Queue"}, False),
        ({"Action": "Add"}, False),
    ],
)
def test_losses_are_replaced_and_removed_tables(change: dict[str, str], is_lost: bool) -> None:
    part = {"LogicalResourceId": "T", "ResourceType": "AWS::DynamoDB::Table", **change}
    assert stack.losses([{"ResourceChange": part}]) == (["T"] if is_lost else [])


def test_every_stack_is_named_after_its_stage() -> None:
    for stage in ("dev", "staging", "prod"):
        assert account.stack_name(account.parameters_of(stage)) == f"studio-{stage}"


def test_a_retired_table_is_no_loss() -> None:
    parts = [
        {"LogicalResourceId": name, "ResourceType": "AWS::DynamoDB::Table", "Action": "Remove"}
        for name in (*stack.RETIRED, "UsersTable")
    ]
    assert stack.losses([{"ResourceChange": part} for part in parts]) == ["UsersTable"]
