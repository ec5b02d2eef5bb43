"""create_channel: create a channel, or start a new upload to an existing one."""

import uuid

import pytest

from chalicelib.models import channels
from chalicelib.models.base import find
from chalicelib.models.channel_members import EDIT, VIEW, ChannelMember
from chalicelib.models.channels import Channel
from chalicelib.models.nodes import Node
from tests.support.aws.interleaved import interrupted
from tests.support.aws.moto_internals import later
from tests.support.existing import existing, values_of
from tests.support.http.recordings import store
from tests.support.source.routes import NOTHING
from tests.support.worlds import images, nodes

PATH = "/api/internal/create_channel"
ID = "0123456789abcdef" * 2


def create(studio, token="", **fields):
    return studio.post(PATH, {"channel_data": {"id": ID, "name": "Name", **fields}}, token)


def test_a_new_channel_has_its_creator_as_editor_and_three_trees(studio):
    answer = create(studio)
    assert answer.status == 200
    channel = existing(channels.get(ID))
    assert answer.json == {"success": True, "root": channel.chef_root_id, "channel_id": ID}
    assert ChannelMember.get(studio.user_id, ID).role == EDIT
    roots = [channel.root_id, channel.chef_root_id, channel.trash_root_id]
    assert len(set(roots)) == 3
    for root in roots:
        node = existing(find(Node, root))
        assert values_of(node, "channel_id", "tree_id", "parent_id", "kind") == (ID, root, None, "topic")
    assert values_of(channel, "version", "public", "deleted", "staging_root_id") == (0, False, False, None)


def test_every_field_is_stored(studio):
    thumbnail = store(studio, images.png(), "png")
    sent = {
        "name": "Náme 漢字",
        "description": "d" * 400,
        "tagline": "t" * 150,
        "language": "pt-BR",
        "thumbnail": thumbnail,
        "source_id": "source",
        "source_domain": "example.org",
        "ricecooker_version": "0.8.0",
    }
    assert create(studio, **sent, license=None, extra_fields='{"a": {"b": 1}}').status == 200
    channel = existing(channels.get(ID))
    assert {name: getattr(channel, name) for name in sent} == sent
    assert channel.extra_fields == {"a": {"b": 1}}


def test_only_id_and_name_are_required(studio):
    assert create(studio).status == 200
    channel = existing(channels.get(ID))
    assert values_of(channel, "description", "language", "thumbnail") == ("", None, None)


def test_files_of_the_root_are_saved_and_must_be_uploaded(studio):
    name = store(studio, b"zip", "zip")
    root = create(studio, files=[nodes.file(name, "html5_zip")]).json["root"]
    assert [file["checksum"] for file in existing(find(Node, root)).files] == [name[:32]]
    answer = create(studio, files=[nodes.file(f"{NOTHING}.zip", "html5_zip")])
    assert answer.status == 400
    assert f"{NOTHING}.zip" in answer.json["channel_data.files"][0]
    assert existing(channels.get(ID)).chef_root_id == root


def test_a_dashed_id_denotes_the_same_channel(studio):
    first = create(studio, id=str(uuid.UUID(ID)).upper())
    assert first.json["channel_id"] == ID
    assert create(studio).json["channel_id"] == ID
    assert len(studio.cloud.items("channels")) == 1


def test_a_repeated_request_creates_a_new_tree_and_updates_the_fields(studio):
    first = create(studio, name="Old", description="old", language="en").json["root"]
    live = existing(channels.get(ID)).root_id
    second = create(studio, name="New").json["root"]
    channel = existing(channels.get(ID))
    assert second == channel.chef_root_id != first
    assert values_of(channel, "root_id", "name", "description", "language") == (live, "New", "", None)


def test_the_tree_of_an_abandoned_upload_is_removed(studio):
    first = create(studio).json["root"]
    topic = studio.add(first, nodes.topic("t"))[nodes.node_id("t")]
    studio.add(topic, nodes.exercise("e", nodes.question("q")))
    second = create(studio).json["root"]
    studio.add(second, nodes.topic("t"))
    with later(120):
        studio.deliver()
    assert find(Node, first) is None
    left = {item["tree_id"]["S"] for item in studio.cloud.items("nodes")}
    channel = existing(channels.get(ID))
    assert left == {second, channel.root_id, channel.trash_root_id}
    assert [item["parent_id"]["S"] for item in studio.cloud.items("children")] == [second]
    assert studio.cloud.items("assessment_items") == []


def test_a_channel_of_others_cannot_be_uploaded_to(studio):
    create(studio)
    viewer_id, viewer = studio.sign_up("viewer")
    studio.share(ID, viewer_id, VIEW)
    before = studio.cloud.contents()
    for token in (studio.sign_up("stranger")[1], viewer):
        answer = create(studio, token, name="Mine")
        assert answer.status == 403
        assert set(answer.json) == {"error", "detail"}
    assert existing(channels.get(ID)).name == "Name"
    assert studio.cloud.contents()["channels"] == before["channels"]


@pytest.mark.parametrize("who", ["editor", "admin"])
def test_editors_and_administrators_can_start_a_new_upload(studio, who):
    create(studio)
    user_id, token = studio.sign_up("other", is_admin=who == "admin")
    if who == "editor":
        studio.share(ID, user_id, EDIT)
    assert create(studio, token).status == 200


def test_a_deleted_channel_is_restored_by_a_new_upload(studio):
    create(studio)
    Channel(ID).update([Channel.deleted.set(True)])
    assert create(studio).status == 200
    assert not existing(channels.get(ID)).deleted


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", "bad"),
        ("id", None),
        ("id", "z" * 32),
        ("id", 5),
        ("name", ""),
        ("name", None),
        ("name", "x" * 201),
        ("description", "x" * 401),
        ("tagline", "x" * 151),
        ("language", "zz"),
        ("thumbnail", "picture.png"),
        ("thumbnail", f"{NOTHING}.exe"),
        ("extra_fields", "[1]"),
        ("extra_fields", {"a": "x" * 500_000}),
        ("source_domain", {}),
    ],
)
def test_an_invalid_field_is_named_and_nothing_is_created(studio, field, value):
    before = studio.cloud.contents()
    answer = create(studio, **{field: value})
    assert answer.status == 400, answer.text
    assert f"channel_data.{field}" in answer.json
    assert studio.cloud.contents() == before


def test_concurrent_requests_create_one_channel(studio):
    answers = []
    with interrupted(studio, lambda: answers.append(create(studio))):
        answers.append(create(studio))
    assert sorted(answer.status for answer in answers) in ([200, 200], [200, 409])
    good = [answer.json["root"] for answer in answers if answer.status == 200]
    channel = existing(channels.get(ID))
    assert channel.chef_root_id in good
    assert len(studio.cloud.items("channels")) == 1
    with later(120):
        studio.deliver()
    left = {item["tree_id"]["S"] for item in studio.cloud.items("nodes")}
    assert left == {channel.root_id, channel.trash_root_id, channel.chef_root_id}


def test_concurrent_new_uploads_leave_one_tree(studio):
    create(studio)
    with interrupted(studio, lambda: create(studio)):
        create(studio)
    with later(120):
        studio.deliver()
    channel = existing(channels.get(ID))
    left = {item["tree_id"]["S"] for item in studio.cloud.items("nodes")}
    assert left == {channel.root_id, channel.trash_root_id, channel.chef_root_id}
