"""The lines that the publish and export workers write name the task and the channel, also when they fail."""

import io
import json

import pytest

from chalicelib import telemetry
from chalicelib.models import tasks
from chalicelib.operations.publishing import release, tree_freezing
from chalicelib.operations.publishing.publish_lock import EXPORT, PUBLISH
from tests.support.worlds import nodes


@pytest.fixture
def text(monkeypatch):
    text = io.StringIO()
    for handler in telemetry.log.handlers:
        if hasattr(handler, "stream"):  # some handlers of pytest have none
            monkeypatch.setattr(handler, "stream", text)
    before = telemetry.log.log_level
    telemetry.log.setLevel("INFO")
    yield text
    telemetry.log.setLevel(before)


@pytest.mark.parametrize(("module", "name"), [(tree_freezing, "_outline"), (release, "_write_database")])
def test_a_failure_names_its_task_and_channel(studio, text, monkeypatch, module, name):
    work, failures = getattr(module, name), [RuntimeError("disk full")]

    def fail_once(*arguments):
        if failures:
            raise failures.pop()
        return work(*arguments)

    channel_id, root = studio.make_channel("Channel")
    studio.add(root, nodes.exercise("a", nodes.question("q")))
    studio.finish(channel_id)
    monkeypatch.setattr(module, name, fail_once)
    task_id = studio.post(f"/api/channel/{channel_id}/publish", {}).json["task_id"]
    studio.deliver()
    assert studio.task(task_id)["status"] == tasks.SUCCESS

    lines = [json.loads(line) for line in text.getvalue().splitlines() if line.startswith("{")]
    named = {line["message"]: (line.get("task_id"), line.get("channel_id")) for line in lines}
    assert {named[message] for message in (PUBLISH, EXPORT, "message failed")} == {(task_id, channel_id)}

    telemetry.log.info("after")
    after = json.loads(text.getvalue().splitlines()[-1])
    assert after.keys().isdisjoint({"task_id", "channel_id", "message_id"})
