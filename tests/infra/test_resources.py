"""The resources as our loader reads them, created in moto."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.session import get_session
from moto import mock_aws

from chalicelib.domain.jobs import JOBS
from infra import resources
from tests.support.source.code import ROOT

PREFIX = "studio-some-"

# table: keys, and keys of its indexes
WANTED = {
    "users": (["id"], {"email-index": ["email"], "all-index": ["all_key", "email"]}),
    "tokens": (["key"], {}),
    "sessions": (["key"], {}),
    "email_addresses": (["address"], {}),
    "account_links": (["key"], {}),
    "counters": (["key"], {}),
    "channels": (["id"], {"public-index": ["public_key"], "all-index": ["all_key", "id"]}),
    "channel_members": (["user_id", "channel_id"], {"channel-index": ["channel_id", "user_id"]}),
    "nodes": (
        ["id"],
        {
            "node_id-index": ["node_id", "tree_id"],
            "content_id-index": ["content_id", "tree_id"],
            "requires-index": ["tree_id", "requires"],
        },
    ),
    "children": (["parent_id", "position"], {}),
    "assessment_items": (["contentnode_id", "assessment_id"], {}),
    "stored_objects": (["checksum"], {}),
    "uploads": (["user_id", "filename"], {"expiry-index": ["expires_hour", "expires"]}),
    "resumable_uploads": (["user_id", "id"], {}),
    "file_references": (["filename", "use"], {"channel-index": ["channel_id", "use"]}),
    "file_places": (["id"], {}),
    "changes": (["owner", "rev"], {}),
    "derived_files": (["key"], {}),
    "tasks": (["id"], {"channel-index": ["channel_id", "created"], "running-index": ["running", "created"]}),
    "secret_tokens": (["token"], {}),
    "channel_versions": (["channel_id", "version"], {}),
    "bookmarks": (["user_id", "channel_id"], {"channel-index": ["channel_id", "user_id"]}),
    "storage_passes": (["name"], {}),
    "storage_reports": (["user_id"], {}),
    "storage_requests": (["state", "user_id"], {}),
    "public_index": (["id"], {}),
    "saved_searches": (["user_id", "id"], {}),
    "clipboard": (["user_id", "id"], {}),
    "channel_sets": (["id"], {"user-index": ["user_id", "id"]}),
    "invitations": (
        ["id"],
        {"user-index": ["user_id", "id"], "channel-index": ["channel_id", "id"], "sender-index": ["sender_id", "id"]},
    ),
}


@pytest.fixture
def session() -> Iterator[Any]:
    with mock_aws():
        yield get_session()


def keys(schema: list[dict[str, str]]) -> list[str]:
    assert [key["KeyType"] for key in schema] == ["HASH", "RANGE"][: len(schema)]
    return [key["AttributeName"] for key in schema]


def described(dynamodb: Any) -> dict[str, Any]:
    return {
        name.removeprefix(PREFIX): dynamodb.describe_table(TableName=name)["Table"]
        for name in dynamodb.list_tables()["TableNames"]
    }


def test_tables_have_the_designed_keys(session: Any) -> None:
    dynamodb = session.create_client("dynamodb")
    resources.create_tables(dynamodb, PREFIX)
    found = {
        name: (
            keys(table["KeySchema"]),
            {index["IndexName"]: keys(index["KeySchema"]) for index in table.get("GlobalSecondaryIndexes", [])},
        )
        for name, table in described(dynamodb).items()
    }
    assert set(found) == set(WANTED), "add new tables to WANTED, with their keys and indexes"
    assert found == WANTED


def test_every_table_is_in_a_group_to_restore() -> None:
    """docs/operations.md says which tables are restored together, and which need no restore."""
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    section = text.partition("## Restore a table")[2].partition("\n## ")[0]
    groups = re.findall(r"^   - [a-z ]+: (.+)$", section, re.MULTILINE)
    without = re.search(r"^(`[^:]+): they need no restore", section, re.MULTILINE)
    assert len(groups) > 2
    assert without
    named = set(re.findall(r"`([a-z_]+)`", " ".join([*groups, without[1]])))
    assert set(WANTED) == named, 'add new tables to a group in docs/operations.md, "Restore a table"'


def test_only_versions_revisions_and_times_are_numbers() -> None:
    numbers = {
        (table["TableName"], attribute["AttributeName"])
        for table in resources.tables(PREFIX)
        for attribute in table["AttributeDefinitions"]
        if attribute["AttributeType"] != "S"
    }
    assert numbers == {
        (f"{PREFIX}channel_versions", "version"), (f"{PREFIX}changes", "rev"), (f"{PREFIX}uploads", "expires"),
    }  # fmt: skip


def test_schedules_send_registered_jobs() -> None:
    """The local stack sends them, too."""
    found = {schedule.body: (schedule.queue, schedule.seconds) for schedule in resources.schedules()}
    jobs_of = {job["job"]: of for body, of in found.items() for job in json.loads(body)["jobs"]}
    daily = ("maintenance", 86400)
    assert jobs_of == {
        "collect_files": daily,
        "end_retention": daily,
        "expire_uploads": ("maintenance", 60),
        "recount_storage": daily,
    }
    assert all(JOBS[name].arguments == () for name in jobs_of)


def test_tables_are_paid_by_request() -> None:
    assert {table["BillingMode"] for table in resources.tables(PREFIX)} == {"PAY_PER_REQUEST"}


def test_finished_tasks_expire(session: Any) -> None:
    dynamodb = session.create_client("dynamodb")
    resources.create_tables(dynamodb, PREFIX)
    ttl = dynamodb.describe_time_to_live(TableName=f"{PREFIX}tasks")["TimeToLiveDescription"]
    assert ttl == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires"}


def test_creating_tables_again_keeps_their_items(session: Any) -> None:
    dynamodb = session.create_client("dynamodb")
    resources.create_tables(dynamodb, PREFIX)
    item = {"id": {"S": "one"}, "email": {"S": "one@example.org"}}
    dynamodb.put_item(TableName=f"{PREFIX}users", Item=item)
    resources.create_tables(dynamodb, PREFIX)
    assert dynamodb.get_item(TableName=f"{PREFIX}users", Key={"id": {"S": "one"}})["Item"] == item


def test_tables_with_other_keys_are_refused(session: Any) -> None:
    dynamodb = session.create_client("dynamodb")
    dynamodb.create_table(
        TableName=f"{PREFIX}users",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "name", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "name", "KeyType": "HASH"}],
    )
    with pytest.raises(resources.KeysDiffer, match=f"{PREFIX}users"):
        resources.create_tables(dynamodb, PREFIX)


def test_every_queue_has_dead_letters_and_time_for_its_function(session: Any) -> None:
    sqs = session.create_client("sqs")
    urls = resources.create_queues(sqs, PREFIX)
    assert set(urls) == {name + end for name in resources.QUEUES for end in ("", "-dlq")}
    for name, timeout in {
        "publish": 900,
        "export": 900,
        "maintenance": 300,
        "uploads": 60,
        "assembly": 900,
        "failed": 60,
    }.items():
        found = sqs.get_queue_attributes(QueueUrl=urls[name], AttributeNames=["All"])["Attributes"]
        assert int(found["VisibilityTimeout"]) >= 6 * timeout
        redrive = json.loads(found["RedrivePolicy"])
        assert int(redrive["maxReceiveCount"]) == (10 if name == "failed" else 5)
        assert redrive["deadLetterTargetArn"].endswith(f"{PREFIX}failed-dlq" if name == "failed" else f"{PREFIX}failed")


def test_the_bucket_is_private_and_expires_work_files(session: Any) -> None:
    s3 = session.create_client("s3")
    name = resources.create_bucket(s3, PREFIX)
    assert name == resources.bucket_name(PREFIX) == f"{PREFIX}content-000000000000"
    rules = s3.get_bucket_lifecycle_configuration(Bucket=name)["Rules"]
    expiring = [(r["Filter"]["Prefix"], r["Expiration"]["Days"]) for r in rules if "Days" in r.get("Expiration", {})]
    assert expiring == [
        ("work/", 7),
        ("content/answers/", 7),
        ("content/answers/own/", 1),
        ("content/incoming/", 7),
    ]
    kept = {
        r["Filter"]["Prefix"]: r["NoncurrentVersionExpiration"] for r in rules if "NoncurrentVersionExpiration" in r
    }
    for prefix in ("content/databases/", "withdrawn/", "retained-files/"):  # nothing of what was deleted stays for ever
        assert kept[prefix] == {"NoncurrentDays": 36}
    assert s3.get_bucket_versioning(Bucket=name)["Status"] == "Enabled"
    assert all(s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"].values())
    assert s3.get_bucket_cors(Bucket=name)["CORSRules"][0]["AllowedMethods"] == ["GET", "HEAD", "PUT"]


def test_the_uploads_queue_is_notified_of_a_stored_object(session: Any) -> None:
    s3 = session.create_client("s3")
    resources.create_queues(session.create_client("sqs"), PREFIX)
    name = resources.create_bucket(s3, PREFIX, "123456789012")
    resources.notify_queues(s3, PREFIX, "123456789012")
    (notified,) = s3.get_bucket_notification_configuration(Bucket=name)["QueueConfigurations"]
    assert notified["QueueArn"] == f"arn:aws:sqs:us-east-1:123456789012:{PREFIX}uploads"
    assert notified["Events"] == ["s3:ObjectCreated:*"]
    (rule,) = notified["Filter"]["Key"]["FilterRules"]
    assert (rule["Name"].lower(), rule["Value"]) == ("prefix", "content/storage/")


def test_no_intrinsic_function_is_left_over() -> None:
    found = resources.Resources(PREFIX)
    for kind in {raw["Type"] for raw in resources.read_template()["Resources"].values()}:
        text = json.dumps(list(found.of_type(kind)))
        assert text != "[]"
        assert not any(mark in text for mark in ('"Ref"', '"Fn::', "${"))
