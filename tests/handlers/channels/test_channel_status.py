"""get_channel_status_bulk and check_user_is_editor."""

import uuid

import pytest

from chalicelib.models.channel_members import EDIT
from chalicelib.models.channels import Channel
from tests.support.source.routes import NOTHING
from tests.support.worlds import nodes

STATUS, EDITOR = "/api/internal/get_channel_status_bulk", "/api/internal/check_user_is_editor"


def statuses(studio, *channel_ids):
    answer = studio.post(STATUS, {"channel_ids": list(channel_ids)})
    assert answer.status == 200, answer.text
    assert answer.json["success"] is True
    return answer.json["statuses"]


def upload(studio, name, channel_id=None):
    channel_id, root = studio.make_channel(channel_id=channel_id)
    studio.add(root, nodes.exercise(name, nodes.question(name)))
    return channel_id


def test_the_statuses_of_a_channel(studio):
    channel_id = upload(studio, "one")

    def now():
        return statuses(studio, channel_id)[channel_id]

    assert now() == "unpublished"
    studio.finish(channel_id)
    assert now() == "unpublished"
    studio.publish(channel_id)
    assert now() == "active"
    upload(studio, "two", channel_id)
    studio.finish(channel_id, stage=True)
    assert now() == "staged"
    upload(studio, "three", channel_id)
    studio.finish(channel_id)
    assert now() == "unpublished"
    studio.publish(channel_id)
    assert now() == "active"
    Channel(channel_id).update([Channel.deleted.set(True)])
    assert now() == "deleted"


def test_a_publish_without_a_change_makes_it_active(studio):
    channel_id = upload(studio, "one")
    studio.finish(channel_id)
    studio.publish(channel_id)
    upload(studio, "one", channel_id)
    studio.finish(channel_id)
    assert statuses(studio, channel_id) == {channel_id: "unpublished"}
    studio.publish(channel_id)
    assert statuses(studio, channel_id) == {channel_id: "active"}


def test_many_channels_at_once(studio):
    channel = Channel.get(studio.make_channel()[0])
    channel_ids = [f"{number:032x}" for number in range(60)]  # more than a batch of the database holds
    for channel.id in channel_ids:
        channel.save()
        studio.share(channel.id, studio.user_id, EDIT)
    assert statuses(studio, *channel_ids) == dict.fromkeys(channel_ids, "unpublished")


def test_no_and_duplicate_ids(studio):
    channel_id, _ = studio.make_channel()
    assert statuses(studio) == {}
    assert statuses(studio, channel_id, str(uuid.UUID(channel_id))) == {channel_id: "unpublished"}


@pytest.mark.parametrize("other", [NOTHING, "bad", "", "x" * 10_000])
def test_one_unknown_channel_among_them_is_404(studio, other):
    channel_id, _ = studio.make_channel()
    assert studio.post(STATUS, {"channel_ids": [channel_id, other]}).status == 404


def test_one_channel_of_others_among_them_is_403(studio):
    mine, _ = studio.make_channel()
    token = studio.token
    studio.token = studio.sign_up("other")[1]
    theirs, _ = studio.make_channel()
    studio.token = token
    assert studio.post(STATUS, {"channel_ids": [mine, theirs]}).status == 403


@pytest.mark.parametrize("sent", [None, "text", {}, [5], [None], ["0" * 32] * 1001])
def test_an_invalid_list_of_ids_is_refused(studio, sent):
    answer = studio.post(STATUS, {"channel_ids": sent})
    assert answer.status == 400
    assert any(name.startswith("channel_ids") for name in answer.json)


def test_an_editor_is_confirmed(studio):
    channel_id, _ = studio.make_channel()
    for form in (channel_id, channel_id.upper(), str(uuid.UUID(channel_id))):
        answer = studio.post(EDITOR, {"channel_id": form})
        assert (answer.status, answer.json) == (200, {"success": True})


@pytest.mark.parametrize("channel_id", [NOTHING, "bad", "", "a\x00", "x" * 10_000])
def test_an_unknown_channel_has_no_editor(studio, channel_id):
    answer = studio.post(EDITOR, {"channel_id": channel_id})
    assert answer.status == 404
    assert "Channel not found" in answer.json["detail"]


@pytest.mark.parametrize("channel_id", [None, 5, [], {}, True])
def test_an_id_must_be_a_string(studio, channel_id):
    answer = studio.post(EDITOR, {"channel_id": channel_id})
    assert (answer.status, set(answer.json)) == (400, {"channel_id", "error", "detail"})
