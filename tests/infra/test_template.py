"""The template as CloudFormation reads it (ministack's), and what the loader makes of it: the same."""

import json
import time
from typing import Any

from infra import resources
from infra.local.aws import emulator
from tests.infra.conftest import Ministack
from tests.infra.test_resources import WANTED

PREFIX = "studio-cfn-"
QUEUE = ("VisibilityTimeout", "RedrivePolicy", "MessageRetentionPeriod", "Policy")


def deploy(cloudformation: Any) -> str:
    cloudformation.create_stack(
        StackName="template",
        TemplateBody=json.dumps(resources.read_template()),
        Parameters=[{"ParameterKey": "Prefix", "ParameterValue": PREFIX}],
    )
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        status: str = cloudformation.describe_stacks(StackName="template")["Stacks"][0]["StackStatus"]
        if not status.endswith("IN_PROGRESS"):
            break
        time.sleep(0.05)
    return status


def tables(dynamodb: Any, prefix: str) -> dict[str, Any]:
    """Keys, attribute types and indexes of all tables by name."""
    found = {}
    for name in dynamodb.list_tables()["TableNames"]:
        if name.startswith(prefix):
            table = dynamodb.describe_table(TableName=name)["Table"]
            types = {a["AttributeName"]: a["AttributeType"] for a in table["AttributeDefinitions"]}
            indexes = {
                index["IndexName"]: (index["KeySchema"], index["Projection"])
                for index in table.get("GlobalSecondaryIndexes", [])
            }
            found[name.removeprefix(prefix)] = (table["KeySchema"], types, indexes)
    return found


def queues(sqs: Any, prefix: str) -> dict[str, Any]:
    """Attributes of all queues by name, without the prefix in them."""
    found = {}
    for url in sqs.list_queues(QueueNamePrefix=prefix)["QueueUrls"]:
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        name = url.rsplit("/", 1)[1].removeprefix(prefix)
        texts = [attributes[key].replace(prefix, "") for key in QUEUE if key in attributes]
        found[name] = [json.loads(text) for text in texts]
    return found


def test_cloudformation_makes_the_same_tables_queues_and_bucket(ministack: Ministack) -> None:
    assert deploy(ministack.client("cloudformation")) == "CREATE_COMPLETE"
    dynamodb, sqs, s3 = (ministack.client(name) for name in ("dynamodb", "sqs", "s3"))
    made = tables(dynamodb, PREFIX)
    assert sorted(made) == sorted(WANTED), (
        "CloudFormation made other tables than those in tests/infra/test_resources.py"
    )
    assert made == tables(dynamodb, emulator.PREFIX)
    assert queues(sqs, PREFIX) == queues(sqs, emulator.PREFIX)
    own, other = resources.bucket_name(PREFIX), ministack.bucket
    assert s3.get_bucket_cors(Bucket=own)["CORSRules"] == s3.get_bucket_cors(Bucket=other)["CORSRules"]
    (notified,) = s3.get_bucket_notification_configuration(Bucket=own)["QueueConfigurations"]
    assert notified["QueueArn"].endswith(f":{PREFIX}uploads")


def test_a_changed_index_replaces_the_old_one_and_finds_existing_items(ministack: Ministack) -> None:
    dynamodb = ministack.client("dynamodb")
    table = f"{emulator.PREFIX}tasks"
    item = {"id": {"S": "t"}, "channel_id": {"S": "c"}, "created": {"S": "now"}}
    dynamodb.put_item(TableName=table, Item=item)
    dynamodb.update_table(TableName=table, GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "channel-index"}}])
    dynamodb.update_table(
        TableName=table,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        GlobalSecondaryIndexUpdates=[
            {
                "Create": {
                    "IndexName": "channel-index",
                    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "KEYS_ONLY"},
                }
            }
        ],
    )
    resources.create_tables(dynamodb, emulator.PREFIX)
    found = dynamodb.query(
        TableName=table,
        IndexName="channel-index",
        KeyConditionExpression="channel_id = :c",
        ExpressionAttributeValues={":c": {"S": "c"}},
    )
    assert found["Items"] == [item]
