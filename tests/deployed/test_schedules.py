"""Schedules of EventBridge: they send the messages of their jobs to the maintenance queue, whose function does them."""

import json
import subprocess
import sys
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from infra.local.deployed import PREFIX
from infra.local.stack import Stack
from tests.deployed.operator import Operator, wait_until
from tests.e2e import uploads
from tests.e2e.api import Api

JOBS = {
    "collect-files": ("rate(1 day)", "collect_files"),
    "end-retention": ("rate(1 day)", "end_retention"),
    "expire-uploads": ("rate(1 minute)", "expire_uploads"),
    "recount-storage": ("rate(1 day)", "recount_storage"),
}
SIZE = 1000  # bytes
TICK = 60 + 90  # seconds within which a schedule of each minute has run, and its job

# By the application's own code: let an upload be abandoned, and let a counter be wrong as after an error.
ABANDON = """
import sys, time
from chalicelib.models import uploads
from chalicelib.models.uploads import Upload
expires = int(time.time()) - 1
Upload(*sys.argv[1:]).update([Upload.expires.set(expires), Upload.expires_hour.set(uploads.hour_of(expires))])
"""
MISCOUNT = """
import sys
from chalicelib.models.users import User
User(sys.argv[1]).update([User.disk_space_left.add(-int(sys.argv[2]))])
"""


@pytest.fixture(scope="module")
def user(stack: Stack) -> Iterator[Api]:
    """A new user."""
    user = uploads.new_user(stack, f"schedules-{uuid.uuid4().hex}@example.org")
    yield user
    user.client.close()


def used(user: Api) -> int:
    return int(user.client.get("/api/user/me").raise_for_status().json()["disk_space_used"])


def run(stack: Stack, code: str, *arguments: str) -> None:
    command = [sys.executable, "-c", code, *arguments]
    subprocess.run(command, env=stack.environment, capture_output=True, text=True, check=True)


def target(operator: Operator, rule: str) -> dict[str, Any]:
    """The only target of a rule."""
    (found,) = operator.client("events").list_targets_by_rule(Rule=PREFIX + rule)["Targets"]
    return dict(found)


def test_each_sends_its_job_to_the_maintenance_queue(operator: Operator) -> None:
    rules = operator.client("events").list_rules(NamePrefix=PREFIX)["Rules"]
    found = {rule["Name"].removeprefix(PREFIX): (rule["ScheduleExpression"], rule["State"]) for rule in rules}
    assert found == {name: (rate, "ENABLED") for name, (rate, _) in JOBS.items()}
    for name, (_, job) in JOBS.items():
        sent = target(operator, name)
        assert json.loads(sent["Input"]) == {"jobs": [{"job": job}]}
        assert sent["Arn"].rpartition(":")[2] == f"{PREFIX}maintenance"


def test_an_abandoned_upload_is_given_back_by_the_minute(stack: Stack, user: Api) -> None:
    checksum = uuid.uuid4().hex
    file = {"checksum": checksum, "size": SIZE, "name": "a", "file_format": "pdf", "preset": "document"}
    sent = user.client.post("/api/file/upload_url", json=file).raise_for_status().json()
    assert used(user) == SIZE
    run(stack, ABANDON, sent["file"]["uploaded_by"], f"{checksum}.pdf")
    wait_until(lambda: used(user) == 0, TICK)


def test_the_daily_message_lets_storage_be_recounted(stack: Stack, operator: Operator, user: Api) -> None:
    user_id = user.client.get("/api/user/me").raise_for_status().json()["id"]
    run(stack, MISCOUNT, user_id, str(SIZE))
    assert used(user) == SIZE
    operator.send("maintenance", target(operator, "recount-storage")["Input"])
    wait_until(lambda: used(user) == 0, TICK)
