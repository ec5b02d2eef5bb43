"""Rare code paths for which the functions need permissions: lost files, failing calls, concurrent and pending work."""

import json
from dataclasses import replace

import pytest
from le_utils.constants import exercises

from chalicelib.aws import mail, queues
from chalicelib.config import settings
from chalicelib.domain.storage_keys import DRAFT, search_part_key, storage_key
from chalicelib.handlers import workers
from chalicelib.models import channels, public_index, stored_objects, tasks
from chalicelib.operations.publishing import publish_lock
from tests.conftest import BUCKET
from tests.handlers.search.search_world import titles as found
from tests.support.existing import existing
from tests.support.http.client import CONTEXT, WORKERS
from tests.support.worlds import images, nodes
from tests.support.worlds.published import lookup, titles
from tests.support.worlds.publishing import publish

SENDER = "studio@example.org"
IMAGE = "![](${☣ CONTENTSTORAGE}/%s)"
NODE, QUESTION = "a" * 32, "b" * 32


def ask(studio, channel_id, what="publish"):
    """Request a task and return its ID."""
    answer = studio.post(f"/api/channel/{channel_id}/{what}", {})
    assert answer.status == 200, answer.text
    return answer.json["task_id"]


def rename(studio, channel_id, title):
    """Change the title of the first node of the live tree."""
    node = studio.get(f"/api/contentnode?parent={existing(channels.get(channel_id)).root_id}").json["results"][0]
    assert studio.call("PATCH", f"/api/contentnode/{node['id']}", {"title": title}).status == 200


def lose(studio, prefix):
    for key in studio.cloud.objects():
        if key.startswith(prefix):
            studio.cloud.s3.delete_object(Bucket=BUCKET, Key=key)


def test_large_questions_are_published(studio):
    raw = json.dumps({"text": "x" * 200_000})
    question = nodes.question("q", type=exercises.PERSEUS_QUESTION, raw_data=raw, answers="[]", hints="[]")
    channel_id = publish(studio, nodes.exercise("large", question))
    assert titles(studio, channel_id) == ["large"]


def test_an_unchanged_publish_starts_the_next_pending_request(studio):
    channel_id = publish(studio, "a")
    first = ask(studio, channel_id)
    ask(studio, channel_id, "publish_draft")
    studio.deliver()
    assert studio.task(first)["status"] == tasks.SUCCESS
    assert titles(studio, channel_id, DRAFT) == ["a"]


@pytest.mark.parametrize("stage", [publish_lock.PUBLISH, publish_lock.EXPORT])
def test_a_message_is_redelivered_while_another_worker_holds_the_task(studio, stage):
    channel_id = publish(studio, "a")
    rename(studio, channel_id, "b")
    task_id = ask(studio, channel_id)
    if stage == publish_lock.EXPORT:
        studio.deliver("publish")
    publish_lock.claim(task_id, stage)
    before = studio.cloud.waiting(stage)
    studio.cloud.lose_messages(stage)
    receive(stage, task_id, 1)
    assert studio.cloud.waiting(stage) == before == 1


def receive(queue, task_id, receives):
    record = {"messageId": "m", "receiptHandle": "none", "body": json.dumps({"task_id": task_id})}
    return WORKERS[queue]({"Records": [record | {"attributes": {"ApproximateReceiveCount": str(receives)}}]}, CONTEXT)


def test_a_publish_that_cannot_be_handed_over_fails(studio, monkeypatch):
    """The publish worker ends the task, although the export worker should have continued."""
    channel_id = publish(studio, "a", public=True)
    rename(studio, channel_id, "b")
    ask(studio, channel_id, "publish_draft")
    studio.deliver()
    rename(studio, channel_id, "c")
    task_id = ask(studio, channel_id)
    monkeypatch.setattr(queues, "send_export", lambda _: 1 / 0)
    assert receive("publish", task_id, workers.MAX_RECEIVES)["batchItemFailures"]
    assert studio.task(task_id)["status"] == tasks.FAILURE
    assert titles(studio, channel_id) == ["a"]
    assert existing(channels.get(channel_id)).draft_token is None


def test_a_publish_rebuilds_a_lost_public_index(studio):
    other, channel_id = publish(studio, "a", public=True), publish(studio, "b", public=True)
    lose(studio, "index/")
    rename(studio, channel_id, "c")
    assert studio.publish(channel_id)["status"] == tasks.SUCCESS
    assert existing(public_index.current()).key in studio.cloud.objects()
    assert {existing(lookup(studio, id))["version"] for id in (other, channel_id)} == {1, 2}


def test_a_missing_search_part_does_not_block_other_channels(studio):
    channel_id, _ = publish(studio, "a"), publish(studio, "b")
    lose(studio, "search/")
    lose(studio, search_part_key(channel_id, 1))
    studio.send("maintenance", {"jobs": [{"job": "index_channels", "channel_ids": [channel_id]}]})
    assert studio.deliver("maintenance") == 1
    assert found(studio) == ["b"]


def test_a_lost_search_index_is_rebuilt(studio):
    publish(studio, "a")
    assert found(studio) == ["a"]
    studio.cloud.s3.delete_object(Bucket=BUCKET, Key=existing(public_index.current(public_index.SEARCH)).key)
    assert public_index.replace(public_index.current(public_index.SEARCH), "search/gone.sqlite3", public_index.SEARCH)
    assert found(studio) == ["a"]


def test_a_failed_notification_is_redelivered(studio, monkeypatch):
    remember, tries = stored_objects.note_stored, []

    def remember_at_last(*found):
        tries.append(found)
        return remember(*found) if len(tries) > 1 else 1 / 0

    monkeypatch.setattr(stored_objects, "note_stored", remember_at_last)
    record = {"s3": {"object": {"key": storage_key("a" * 32, "pdf"), "size": 1}}}
    studio.send("uploads", {"Records": [record]})
    assert studio.deliver("uploads") == 2
    assert stored_objects.known_names(["a" * 32]) == {f"{'a' * 32}.pdf"}


class TestChanges:
    """Changes left by requests, which a worker applies."""

    def send(self, client, *sent):
        response = client.send(*sent)
        assert not response["disallowed"] + response["errors"], response

    def test_to_large_questions_are_applied(self, studio, client, root):
        self.send(client, client.created(NODE, root, kind="exercise", extra_fields={"randomize": True}))
        large = {"type": exercises.PERSEUS_QUESTION, "raw_data": json.dumps({"text": "x" * 200_000})}
        self.send(client, client.change(1, "assessmentitem", [NODE, QUESTION], obj=large))
        self.send(client, client.change(2, "assessmentitem", [NODE, QUESTION], mods={"order": 1}))
        assert studio.get(f"/api/assessmentitem/{NODE},{QUESTION}").json["order"] == 1

    def test_with_stored_images_are_applied(self, studio, client, root):
        self.send(client, client.created(NODE, root, kind="exercise", extra_fields={"randomize": True}))
        image = studio.upload(images.png(), "png", "exercise_image", notified=False)
        shown = [IMAGE % name for name in (image, f"{'0' * 32}.png")]
        obj = {"type": exercises.FREE_RESPONSE, "question": shown[0]}
        self.send(client, client.change(1, "assessmentitem", [NODE, QUESTION], obj=obj))
        response = client.send(client.change(2, "assessmentitem", [NODE, QUESTION], mods={"question": shown[1]}))
        assert len(response["errors"]) == 1

    def test_requesting_a_publish_restart_an_unclaimed_one(self, studio, client, root):
        client.send(client.created(NODE, root))
        self.send(client, client.change("PUBLISHED", "channel", client.channel_id))
        channels.Channel(client.channel_id).update([channels.Channel.publish_stage.set(publish_lock.EXPORT)])
        self.send(client, client.change("PUBLISHED", "channel", client.channel_id))
        assert studio.cloud.waiting("export") == 1

    def test_that_invite_send_an_email(self, studio, client, monkeypatch):
        monkeypatch.setattr(mail, "settings", lambda: replace(settings(), mail_from=SENDER))
        studio.cloud.verify_sender(SENDER)
        self.send(client, client.change(1, "invitation", "1" * 32, obj={"email": "b@example.org"}))
        assert len(studio.cloud.mails()) == 1
