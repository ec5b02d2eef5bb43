"""The permissions of functions: valid IAM policies, as narrow as IAM allows."""

import json
import re
from typing import Any

import pytest

import app as application
from infra import resources, rights
from infra.rights import BUCKET, SECTIONS
from tests.conftest import PREFIX
from tests.support.existing import existing

FUNCTIONS = ("api", *resources.QUEUES)
MAX_POLICY = 10_240  # characters of all policies in a role, without white space (IAM)
NAMES = {
    "${AWS::Partition}": "aws-us-gov",
    "${AWS::Region}": "ap-southeast-2",
    "${AWS::AccountId}": "123456789012",
    "${Prefix}": "studio-production-",
    "${MailFrom}": "Kolibri Studio <kolibri-studio@studio.example.org>",
}
TABLE = SECTIONS["tables"][1]
OBJECT = SECTIONS["objects"][1]
EVERY = [right for owned in rights.rights().values() for right in owned]


def resolved(function: str) -> str:
    """A policy as sent to IAM."""
    text = json.dumps(rights.policy(function), separators=(",", ":"))
    return named(re.sub(r'{"Fn::Sub":("[^"]*")}', r"\1", text))


def named(text: str) -> str:
    for name, value in NAMES.items():
        text = text.replace(name, value)
    return text


def as_list(found):
    """One resource is no list in a policy."""
    return [found] if isinstance(found, str) else found


class TestPolicies:
    def test_exist_for_every_function(self):
        assert set(rights.rights()) == set(FUNCTIONS)
        assert {handler.name for handler in application.app.event_sources} == set(FUNCTIONS) - {"api"}

    @pytest.mark.parametrize("function", FUNCTIONS)
    def test_fit_in_a_role(self, function):
        text = resolved(function)
        assert "${" not in text
        assert len(text) < MAX_POLICY

    @pytest.mark.parametrize("function", FUNCTIONS)
    def test_consist_of_known_actions(self, function):
        document = rights.policy(function)
        assert document["Version"] == "2012-10-17"
        for statement in document["Statement"]:
            assert statement["Effect"] == "Allow"
            assert set(statement) - {"Condition"} == {"Effect", "Action", "Resource"}
            assert statement["Action"]
            assert statement["Resource"]

    @pytest.mark.parametrize("function", FUNCTIONS)
    def test_contain_all_rights_of_the_file(self, function):
        none: list[Any] = [()]
        said = {
            (action, resource, pair)
            for statement in json.loads(resolved(function))["Statement"]
            for action in statement["Action"]
            for resource in as_list(statement["Resource"])
            for pair in pairs(statement.get("Condition", {})) or none
        }
        assert said == {
            (right.action, named(right.resource), tuple(map(named, right.condition or ())))
            for right in rights.rights()[function]
        }

    def test_name_their_actions(self):
        assert not [right.name for right in EVERY if "*" in right.action]

    def test_allow_all_resources_only_if_the_service_has_none(self):
        """X-Ray has no resources to name."""
        assert {right.action for right in EVERY if right.resource == "*"} == {
            "xray:PutTraceSegments",
            "xray:PutTelemetryRecords",
        }

    def test_name_tables_and_queues(self):
        starts = (SECTIONS["tables"][1], SECTIONS["queues"][1])
        named = {right.resource for right in EVERY if right.resource.startswith(starts)}
        tables = resources.tables(PREFIX)
        names = [table["TableName"].removeprefix(PREFIX) for table in tables]
        names += [
            f"{table['TableName'].removeprefix(PREFIX)}/index/{index['IndexName']}"
            for table in tables
            for index in table.get("GlobalSecondaryIndexes", [])
        ]
        assert named <= {f"{TABLE}{name}" for name in names} | {
            f"{starts[1]}{name}{end}" for name in ("*", *resources.QUEUES) for end in ("", "-dlq") if name != "*" or end
        }

    def test_name_folders_of_the_bucket(self):
        of_objects = [right.resource.removeprefix(OBJECT) for right in EVERY if right.resource.startswith(OBJECT)]
        prefixes = [existing(right.condition)[1] for right in EVERY if right.resource == BUCKET]
        assert not [name for name in of_objects + prefixes if name == "*" or not name.endswith("/*")]

    @pytest.mark.parametrize("function", FUNCTIONS)
    def test_allow_a_function_only_its_own_logs_and_messages(self, function):
        own = [right.resource for right in rights.rights()[function] if right.by_lambda and right.resource != "*"]
        assert set(own) == {f"{SECTIONS['logs'][1]}{function}:*"} | (
            {f"{SECTIONS['queues'][1]}{function}"} if function != "api" else set()
        )


def pairs(condition: dict[str, dict[str, list[str]]]) -> list[tuple[str, str]]:
    return [(key, value) for test in condition.values() for key, values in test.items() for value in values]


class TestAllows:
    def test_rights_of_the_file(self):
        assert rights.allows("uploads", "dynamodb:UpdateItem", f"{TABLE}stored_objects")
        assert rights.allows("api", "s3:PutObject", f"{OBJECT}content/storage/a/b/ab.pdf")

    @pytest.mark.parametrize(
        ("function", "action", "resource"),
        [
            ("uploads", "dynamodb:BatchWriteItem", f"{TABLE}users"),
            ("uploads", "dynamodb:Scan", f"{TABLE}stored_objects"),
            ("api", "s3:PutObject", f"{OBJECT}content/databases/ab.sqlite3"),
            ("api", "s3:DeleteObject", f"{OBJECT}content/storage/a/b/ab.pdf"),
            ("api", "s3:ListBucket", BUCKET),
        ],
    )
    def test_nothing_else(self, function, action, resource):
        assert not rights.allows(function, action, resource)

    def test_nobody_deletes_versions_of_objects(self):
        """What the collection of unused files deletes stays as an older version, whatever its code does."""
        actions = {right.action for owned in rights.rights().values() for right in owned}
        assert not {action for action in actions if "Delete" in action and "Version" in action}
        deleting = {
            name for name in rights.rights() if rights.allows(name, "s3:DeleteObject", f"{OBJECT}content/storage/a")
        }
        assert deleting == {"maintenance"}

    def test_mail_from_our_own_address_only(self):
        sender = (f"{SECTIONS['senders'][1]}a@example.org",)
        assert rights.allows("api", "ses:SendEmail", *sender, ("ses:FromAddress", "${MailFrom}"))
        assert not rights.allows("api", "ses:SendEmail", *sender, ("ses:FromAddress", "a@example.org"))
