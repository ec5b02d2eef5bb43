"""Trees of sixty levels, a hundred subtitles on a node, an exercise of 500 questions, and files of many gigabytes."""

import hashlib

import pytest
from le_utils.constants import languages

from chalicelib.models import assessment_items, channels, nodes, stored_objects, trees, users
from chalicelib.models.base import find
from chalicelib.models.nodes import Node
from chalicelib.models.users import User
from tests.models.builders import lay
from tests.support.existing import existing
from tests.support.worlds import counts
from tests.support.worlds import nodes as sent
from tests.support.worlds.contentnode import URL, change, empty_tree, make, row
from tests.support.worlds.syncing import Client
from tests.support.worlds.trees import resource, topic, tree

LEVELS = 60


class TestSixtyLevels:
    @pytest.fixture
    def root(self, studio):
        return empty_tree(studio)

    @pytest.fixture
    def bottom(self, studio, root):
        """The id of the deepest topic, whose counts are right."""
        branch = topic(str(LEVELS), resource("leaf", files=[]))
        for level in range(LEVELS - 1, 0, -1):
            branch = topic(str(level), branch)
        plain = tree(branch)
        lay(Node.get(root), plain)
        for level, node in enumerate([{"id": root}, *plain[1:-1]]):
            below = {"total_count": LEVELS + 1 - level, "resource_count": 1, "next_position": 1}
            Node.get(node["id"]).update(actions=[getattr(Node, name).set(value) for name, value in below.items()])
        assert counts.stored(root) == counts.recounted(root)
        return plain[-2]["id"]

    def test_nodes_at_the_bottom_are_added_edited_moved_copied_and_deleted(self, studio, root, bottom):
        made = make(studio, bottom, "made")["id"]
        change(studio, made, title="edited")
        copied = studio.post(f"{URL}/{bottom}/copy", {"target": bottom})
        assert copied.status == 201, copied.text
        assert studio.post(f"{URL}/{made}/move", {"target": root}).status == 200
        assert studio.post(f"{URL}/{made}/move", {"target": bottom}).status == 200
        assert counts.stored(root) == counts.recounted(root)
        top = trees.walk(root)[1]["id"]
        whole = studio.post(f"{URL}/{top}/copy", {"target": root})
        assert whole.status == 201, whole.text
        assert len(trees.walk(whole.json["id"])) == len(trees.walk(top))
        assert studio.call("DELETE", f"{URL}/{copied.json['id']}").status == 204
        assert studio.call("DELETE", f"{URL}/{top}").status == 204
        assert counts.stored(root) == counts.recounted(root)

    def test_they_are_read(self, studio, root, bottom):
        above = studio.get(f"{URL}?ancestors_of={bottom}&max_results=100").json["results"]
        assert len(above) == LEVELS + 1
        channel_id = row(studio, root)["channel_id"]
        answer = studio.post("/api/internal/get_tree_data", {"channel_id": channel_id, "tree": "main"})
        depth, children = 0, answer.json["tree"]
        while children:
            depth, children = depth + 1, children[0].get("children", [])
        assert depth == LEVELS + 1
        assert studio.get(f"/api/get_channel_details/{channel_id}").json["resource_count"] == 1

    def test_sync_changes_them(self, studio, root, bottom):
        client = Client(studio, row(studio, root)["channel_id"])
        client.send(client.updated(bottom, title="synced"))
        assert row(studio, bottom)["title"] == "synced"


@pytest.fixture
def large_quota(studio):
    space = 10**15
    User(studio.user_id).update(actions=[User.disk_space.set(space), User.disk_space_left.set(space)])
    return space


def remembered(names, size):
    for name in names:
        stored_objects.remember(name, size)
    return names


def names_of(texts, extension):
    return [f"{hashlib.md5(text.encode()).hexdigest()}.{extension}" for text in texts]


def test_a_hundred_subtitles_on_a_node(studio):
    codes = [language.id for language in languages.LANGUAGELIST][:100]
    (video,) = remembered(names_of(["video"], "mp4"), 5)
    subtitles = zip(codes, remembered(names_of(codes, "vtt"), 5), strict=True)
    files = [sent.file(name, "video_subtitle", language=code) for code, name in subtitles]
    channel_id, root = studio.make_channel()
    studio.add(root, sent.resource("video", "video", [sent.file(video, "high_res_video"), *files]))
    studio.finish(channel_id)
    live = existing(channels.get(channel_id)).root_id
    (node,) = trees.walk(live)[1:]
    assert len(node["files"]) == 101
    assert len(studio.get(f"/api/file?contentnode__in={node['id']}").json) == 101
    change(studio, node["id"], title="edited")
    copied = studio.post(f"{URL}/{node['id']}/copy", {"target": live}).json["id"]
    for id in (node["id"], copied):
        found = nodes.to_data(existing(find(Node, id)))["files"]
        assert {file["language"] for file in found if file["preset"] == "video_subtitle"} == set(codes)


def test_an_exercise_of_500_questions(studio):
    channel_id, root = studio.make_channel()
    studio.add(root, sent.exercise("quiz", *(sent.question(f"q{number}") for number in range(500))))
    studio.finish(channel_id)
    live = existing(channels.get(channel_id)).root_id
    (node,) = trees.walk(live)[1:]
    assert node["assessment_item_count"] == 500
    assert len(studio.get(f"/api/assessmentitem?contentnode__in={node['id']}").json) == 500
    copied = studio.post(f"{URL}/{node['id']}/copy", {"target": live})
    assert copied.status == 201, copied.text
    questions = assessment_items.of(copied.json["id"])
    assert [item["question"] for item in questions] == [f"q{number}" for number in range(500)]
    assert studio.call("DELETE", f"{URL}/{copied.json['id']}").status == 204


def test_sizes_of_many_gigabytes_are_right_everywhere(studio, large_quota):
    size = 5 * 2**30 + 1
    files = remembered(names_of("abc", "mp4"), size)
    channel_id, root = studio.make_channel()
    studio.add(root, *(sent.resource(name, "video", [sent.file(name, "high_res_video")]) for name in files))
    studio.finish(channel_id)
    studio.deliver("maintenance")
    live = existing(channels.get(channel_id)).root_id
    assert studio.get(f"{URL}/{live}/size").json["size"] == 3 * size
    assert studio.get(f"/api/get_channel_details/{channel_id}").json["resource_size"] == 3 * size
    assert [entry["file_size"] for entry in tree_of(studio, channel_id)] == [size] * 3
    assert [node["files"][0]["file_size"] for node in trees.walk(live)[1:]] == [size] * 3
    user = existing(users.get(studio.user_id))
    assert large_quota - int(user.disk_space_left) == 3 * size
    task = studio.publish(channel_id)
    assert task["status"] == "SUCCESS", task
    studio.make_public(channel_id)
    (public,) = studio.get("/api/public/v1/channels", None).json
    assert public["published_size"] == 3 * size


def tree_of(studio, channel_id):
    return studio.post("/api/internal/get_tree_data", {"channel_id": channel_id, "tree": "main"}).json["tree"]
