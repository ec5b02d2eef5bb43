"""Messages of queues, by Lambda's triggers: a failed one is delivered again alone, ends as a dead letter, and is
processed after a redrive."""

import json
import subprocess
import sys
import uuid
from typing import Any

import httpx
import pytest

from infra.local.deployed import PREFIX
from infra.local.stack import Stack
from tests.deployed.operator import Operator, wait_until
from tests.e2e import uploads
from tests.e2e.api import Api

DEAD_WITHIN = 2 + 4 + 8 + 16 + 32 + 60  # seconds: the pauses after five tries, and time for them
BROKEN = "this is not JSON"
ASK = "import sys; from chalicelib.models import stored_objects; print(*stored_objects.known_names(sys.argv[1:]))"


def notification(checksum: str) -> dict[str, Any]:
    """S3's notification of a new file of one byte."""
    key = f"content/storage/{checksum[0]}/{checksum[1]}/{checksum}.pdf"
    return {"Records": [{"s3": {"object": {"key": key, "size": 1}}}]}


def known(stack: Stack, checksums: list[str]) -> set[str]:
    """The files that the application knows to be stored, by its own code."""
    command = [sys.executable, "-c", ASK, *checksums]
    said = subprocess.run(command, env=stack.environment, capture_output=True, text=True, check=True).stdout
    return {name.partition(".")[0] for name in said.split()}


def forbid(operator: Operator, function: str, action: str, key: str) -> str:
    """Deny a function access to an object, as by mistake; returns the name of its role."""
    found = operator.client("lambda").get_function_configuration(FunctionName=PREFIX + function)
    role: str = found["Role"].rpartition("/")[2]
    resource = f"arn:aws:s3:::{operator.outputs['Bucket']}/{key}"
    statement = {"Effect": "Deny", "Action": action, "Resource": resource}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    operator.client("iam").put_role_policy(RoleName=role, PolicyName="mistake", PolicyDocument=document)
    return role


@pytest.fixture(scope="module")
def ten(stack: Stack, operator: Operator) -> list[str]:
    """The checksums of nine files in notifications of S3, with an unreadable message among them."""
    checksums = [uuid.uuid4().hex for _ in range(9)]
    operator.send("uploads", *map(notification, checksums[:4]), BROKEN, *map(notification, checksums[4:]))
    return checksums


@pytest.fixture(scope="module")
def broken(operator: Operator, ten: list[str]) -> None:
    """An unreadable message in each queue."""
    for queue in ("publish", "export", "maintenance"):
        operator.send(queue, BROKEN)


@pytest.fixture(scope="module")
def unlisted(stack: Stack, operator: Operator, uploader: Api, admin: Api, broken: None) -> tuple[str, str]:
    """A channel made public while the function that lists it cannot read its database, and that function's role."""
    channel_id = uploads.upload(uploader, "Hidden", "en", [uploads.document(uploader, "Hidden document")])
    role = forbid(operator, "maintenance", "s3:GetObject", f"content/databases/{channel_id}*")
    admin.client.patch(f"/api/admin-channels/{channel_id}", json={"public": True}).raise_for_status()
    return channel_id, role


def test_of_ten_messages_only_the_bad_one_is_delivered_again(
    stack: Stack, operator: Operator, ten: list[str], unlisted: object
) -> None:
    wait_until(lambda: known(stack, ten) == set(ten), seconds=30)
    wait_until(lambda: operator.waiting("uploads") <= 1, seconds=30)
    tries = [json.loads(line) for line in operator.logged("uploads").splitlines() if '"message failed"' in line]
    assert len({each["message_id"] for each in tries}) == 1
    assert len(tries) >= 1


@pytest.mark.parametrize("queue", ["uploads", "publish", "export", "maintenance"])
def test_a_message_that_keeps_failing_becomes_a_dead_letter(operator: Operator, broken: None, queue: str) -> None:
    wait_until(lambda: BROKEN in operator.dead_letters(queue), seconds=DEAD_WITHIN)
    tries = [json.loads(line) for line in operator.logged(queue).splitlines() if '"message failed"' in line]
    assert max(each["receives"] for each in tries) == 5


def test_a_dead_letter_is_processed_after_a_redrive(
    stack: Stack, operator: Operator, unlisted: tuple[str, str]
) -> None:
    channel_id, role = unlisted
    wait_until(lambda: any(channel_id in body for body in operator.dead_letters("maintenance")), seconds=DEAD_WITHIN)
    assert channel_id not in httpx.get(f"{stack.url}/api/public/v1/channels").text
    operator.client("iam").delete_role_policy(RoleName=role, PolicyName="mistake")
    assert "messages are back in the queue maintenance" in operator.make("redrive", QUEUE="maintenance")
    uploads.wait_until_listed(stack.url, channel_id)
    assert not any(channel_id in body for body in operator.dead_letters("maintenance"))
