"""Channels: create, read, change, delete and restore."""

import pytest

from chalicelib.models import changes, channels
from chalicelib.models.base import find
from chalicelib.models.channel_members import EDIT, VIEW
from chalicelib.models.nodes import Node
from tests.support.aws.calls import counting, strictly
from tests.support.existing import existing
from tests.support.http.client import Studio
from tests.support.source.routes import NOTHING
from tests.support.worlds import nodes

LIST = "/api/channel"
PICTURE = f"{'a' * 32}.png"
CROPPED = {"base64": "data:image/png;base64,AAAA", "orientation": 0, "scale": 1.5, "startX": -2, "startY": 0}


def one(channel_id):
    return f"{LIST}/{channel_id}"


def make(studio, token="", **fields):
    answer = studio.post(LIST, {"name": "New", **fields}, token)
    assert answer.status == 201, answer.text
    return answer.json


def published(studio, **fields):
    channel_id, root = studio.make_channel(**fields)
    studio.add(root, nodes.exercise("e", nodes.question("q")))
    studio.finish(channel_id)
    assert studio.publish(channel_id)["status"] == "SUCCESS"
    return channel_id


def read(studio, channel_id):
    return studio.get(one(channel_id)).json


class TestCreate:
    def test_its_creator_is_its_editor(self, studio):
        channel = make(studio, description="d", language="sw")
        assert (channel["edit"], channel["view"], channel["unpublished_changes"]) == (True, False, True)
        assert read(studio, channel["id"]) == channel
        assert (channel["name"], channel["description"], channel["language"]) == ("New", "d", "sw")

    def test_its_trees_exist(self, studio):
        channel = make(studio)
        roots = [existing(find(Node, channel[name])) for name in ("root_id", "trash_root_id")]
        assert [(root.channel_id, root.kind) for root in roots] == [(channel["id"], "topic")] * 2

    def test_a_client_may_choose_the_id_once(self, studio):
        assert make(studio, id="12345678-1234-1234-1234-1234567890AB")["id"] == "12345678123412341234" + "1234567890ab"
        again = studio.post(LIST, {"name": "Other", "id": "123456781234123412341234567890ab"})
        assert (again.status, set(again.json)) == (409, {"error", "detail"})
        assert read(studio, "123456781234123412341234567890ab")["name"] == "New"

    def test_chefs_can_upload_to_it(self, studio):
        channel = make(studio)
        _, root = studio.make_channel("By chef", channel["id"])
        studio.add(root, nodes.exercise("e", nodes.question("q")))
        studio.finish(channel["id"])
        studio.publish(channel["id"])
        seen = read(studio, channel["id"])
        assert (seen["name"], seen["version"], seen["count"]) == ("By chef", 1, 1)

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("name", None),
            ("name", ""),
            ("name", " \t\u3000"),
            ("name", "\x00"),
            ("name", 5),
            ("name", "x" * 201),
            ("description", "x" * 401),
            ("language", "zz-none"),
            ("thumbnail", "picture.png"),
            ("thumbnail", f"{'a' * 32}.unknown"),
            ("thumbnail_encoding", {"base64": "javascript:alert(1)"}),
            ("thumbnail_encoding", {"base64": "data:image/png;base64," + "A" * 50_000}),
            ("thumbnail_encoding", {"scale": "big"}),
            ("content_defaults", {"license": "Mine"}),
            ("content_defaults", {"mastery_model": "none"}),
            ("content_defaults", {"m_value": -1}),
            ("content_defaults", []),
            ("source_domain", "x" * 301),
            ("deleted", "yes"),
        ],
    )
    def test_a_bad_field_is_named(self, studio, field, value):
        mine = one(studio.post(LIST, {"name": "n"}).json["id"])
        answers = [studio.post(LIST, {"name": "n", field: value}), studio.call("PATCH", mine, {field: value})]
        assert [answer.status for answer in answers] == [400, 400]
        assert all(next(iter(answer.json)).split(".")[0] == field for answer in answers)

    @pytest.mark.parametrize(
        "body", [None, [], 5, "text", {}, b"{", b"\xff", {"name": "\ud800"}, {"name": "n", "id": "bad"}]
    )
    def test_a_bad_body_is_refused(self, studio, body):
        assert studio.post(LIST, body).status == 400


class TestUpdate:
    def test_only_given_fields_change(self, studio):
        channel = make(studio, description="d", language="en")
        changes = {
            "name": "Renamed",
            "thumbnail": PICTURE,
            "thumbnail_encoding": CROPPED,
            "source_domain": "example.org",
        }
        answer = studio.call("PATCH", one(channel["id"]), changes)
        assert answer.status == 200
        assert answer.json == read(studio, channel["id"])
        wanted = {**changes, "description": "d", "language": "en", "source_url": "//example.org"}
        del wanted["source_domain"]
        assert wanted.items() <= answer.json.items()
        assert answer.json["thumbnail_url"] == f"/content/storage/a/a/{PICTURE}"

    def test_an_empty_value_clears_a_field(self, studio):
        channel = make(studio, language="en", thumbnail=PICTURE, thumbnail_encoding=CROPPED)
        changes = {"language": None, "thumbnail": "", "thumbnail_encoding": None}
        seen = studio.call("PATCH", one(channel["id"]), changes).json
        assert (seen["language"], seen["thumbnail"], seen["thumbnail_encoding"]) == (None, None, {})

    def test_put_needs_a_name(self, studio):
        channel = make(studio)
        assert studio.call("PUT", one(channel["id"]), {"description": "d"}).json == {
            "name": ["This field is required."]
        }
        answer = studio.call("PUT", one(channel["id"]), {"id": NOTHING, "name": "Put"})
        assert (answer.status, answer.json["id"], answer.json["name"]) == (200, channel["id"], "Put")

    def test_content_defaults_change_individually(self, studio):
        channel = make(studio, content_defaults={"author": "Ann"})
        changes = {"content_defaults": {"license": "CC BY", "m_value": 2}}
        seen = studio.call("PATCH", one(channel["id"]), changes).json["content_defaults"]
        assert (seen["author"], seen["license"], seen["m_value"], seen["n_value"]) == ("Ann", "CC BY", 2, 5)

    @pytest.mark.parametrize(
        ("changes", "counts"),
        [
            ({"name": "Other"}, True),
            ({"description": "Other"}, True),
            ({"language": "sw"}, True),
            ({"thumbnail": PICTURE}, True),
            ({"thumbnail_encoding": CROPPED}, True),
            ({"name": "Channel"}, False),
            ({"content_defaults": {"author": "Ann"}}, False),
            ({"source_domain": "example.org"}, False),
            ({}, False),
        ],
    )
    def test_published_fields_make_an_unpublished_change(self, studio, changes, counts):
        channel_id = published(studio)
        assert read(studio, channel_id)["unpublished_changes"] is False
        before = existing(channels.get(channel_id))
        assert studio.call("PATCH", one(channel_id), changes).json["unpublished_changes"] is counts
        assert existing(channels.get(channel_id)).rev == before.rev + counts

    def test_an_unchanged_value_is_not_written(self, studio):
        channel = make(studio)
        with strictly(studio) as watch:
            assert studio.call("PATCH", one(channel["id"]), {"name": "New"}).json == channel
        assert watch.writes == []

    def test_a_concurrent_change_is_not_lost(self, studio, monkeypatch):
        from chalicelib.operations.channels import channel_resource

        channel = make(studio)
        write, others = channel_resource._write, [{"description": "theirs"}, {"language": "sw"}]

        def later(*arguments):
            if others:
                studio.call("PATCH", one(channel["id"]), others.pop())
            return write(*arguments)

        monkeypatch.setattr(channel_resource, "_write", later)
        answer = studio.call("PATCH", one(channel["id"]), {"name": "mine"})
        seen = answer.json
        assert (seen["name"], seen["description"], seen["language"]) == ("mine", "theirs", "sw")
        assert existing(channels.get(channel["id"])).rev == 4

    @pytest.fixture
    def pauses(self, monkeypatch):
        made: list[int] = []
        monkeypatch.setattr(changes, "pause", lambda number, _: made.append(number))
        return made

    def test_many_lost_races_are_retried_with_pauses(self, studio, monkeypatch, pauses):
        """Each change that a sync client sends meanwhile costs one."""
        from chalicelib.operations.channels import channel_resource

        channel = make(studio)
        write, lost = channel_resource._write, [False] * 15
        monkeypatch.setattr(channel_resource, "_write", lambda *sent: lost.pop() if lost else write(*sent))
        assert studio.call("PATCH", one(channel["id"]), {"name": "mine"}).json["name"] == "mine"
        assert pauses == list(range(15))

    def test_too_many_lost_races_are_unavailable(self, studio, monkeypatch, pauses):
        from chalicelib.operations.channels import channel_resource

        channel = make(studio)
        monkeypatch.setattr(channel_resource, "_write", lambda *_: False)
        answer = studio.call("PATCH", one(channel["id"]), {"name": "mine"})
        assert (answer.status, answer.headers["Retry-After"]) == (503, "1")


class TestDelete:
    def test_a_deleted_channel_can_be_restored(self, studio):
        channel = make(studio)
        assert [studio.call("DELETE", one(channel["id"])).status for _ in range(2)] == [204, 204]
        assert read(studio, channel["id"])["deleted"] is True
        restored = studio.post(f"{one(channel['id'])}/restore")
        assert (restored.status, restored.json["deleted"]) == (200, False)

    def test_a_public_channel_leaves_and_rejoins_the_public_lists(self, studio):
        channel_id = published(studio)
        studio.make_public(channel_id)
        stranger = studio.sign_up("stranger")[1]

        def seen():
            studio.deliver("maintenance")
            listed = studio.get("/api/public/v1/channels", None).json
            return len(listed), studio.get(one(channel_id), stranger).status

        assert seen() == (1, 200)
        studio.call("DELETE", one(channel_id))
        assert seen() == (0, 404)
        studio.post(f"{one(channel_id)}/restore")
        assert seen() == (1, 200)
        studio.call("PATCH", one(channel_id), {"deleted": True})
        assert seen() == (0, 404)


class TestRights:
    @pytest.fixture
    def people(self, studio):
        """Return (channel ID, tokens by role)."""
        channel_id = make(studio)["id"]
        tokens = {"editor": studio.token, "admin": studio.sign_up("admin", is_admin=True)[1]}
        tokens["stranger"] = studio.sign_up("stranger")[1]
        viewer_id, tokens["viewer"] = studio.sign_up("viewer")
        studio.share(channel_id, viewer_id, VIEW)
        return channel_id, tokens

    @pytest.mark.parametrize(
        ("method", "path", "body", "statuses"),
        [
            ("GET", "", None, [200, 200, 200, 404]),
            ("GET", "/languages", None, [200, 200, 200, 404]),
            ("GET", "/language_exists", None, [200, 200, 200, 404]),
            ("GET", "/version_detail", None, [404, 404, 404, 404]),
            ("PATCH", "", {"name": "x"}, [200, 200, 403, 404]),
            ("PUT", "", {"name": "x"}, [200, 200, 403, 404]),
            ("POST", "/restore", None, [200, 200, 403, 404]),
            ("DELETE", "", None, [204, 204, 403, 404]),
        ],
    )
    def test_permissions_by_role(self, studio, people, method, path, body, statuses):
        channel_id, tokens = people
        order = ("editor", "admin", "viewer", "stranger")
        answers = [studio.call(method, one(channel_id) + path, body, tokens[who]) for who in order]
        assert [answer.status for answer in answers] == statuses
        assert studio.call(method, one(channel_id) + path, body, None).status == 401

    def test_a_viewer_sees_the_viewer_flag(self, studio, people):
        channel_id, tokens = people
        seen = studio.get(one(channel_id), tokens["viewer"]).json
        assert (seen["edit"], seen["view"]) == (False, True)

    @pytest.mark.parametrize("channel_id", [NOTHING, "bad", "%00", "a" * 5000, "%F0%9F%8C%8D"])
    @pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
    def test_an_unknown_channel_is_404(self, studio, method, channel_id):
        answer = studio.call(method, one(channel_id), {} if method == "PATCH" else None)
        assert (answer.status, set(answer.json)) == (404, {"error", "detail"})

    def test_anyone_may_view_a_public_channel_but_not_change_it(self, studio):
        channel_id = published(studio)
        stranger = studio.sign_up("stranger")[1]
        assert studio.get(one(channel_id), stranger).status == 404
        studio.make_public(channel_id)
        seen = studio.get(one(channel_id), stranger)
        assert (seen.status, seen.json["edit"], seen.json["view"]) == (200, False, False)
        assert studio.call("PATCH", one(channel_id), {"name": "x"}, stranger).status == 403


class TestCounting:
    def upload(self, studio, *added, channel_id=None):
        channel_id, root = studio.make_channel(channel_id=channel_id)
        studio.add(root, *added)
        studio.finish(channel_id)
        studio.deliver("maintenance")
        return channel_id

    def test_duplicate_content_counts_once(self, studio):
        twice = [nodes.exercise(name, nodes.question(name), content_id="c" * 32) for name in "ab"]
        channel_id = self.upload(studio, *twice, nodes.exercise("c", nodes.question("c")), nodes.topic("t"))
        assert read(studio, channel_id)["count"] == 2
        self.upload(studio, nodes.exercise("c", nodes.question("c")), channel_id=channel_id)
        assert read(studio, channel_id)["count"] == 1

    def test_languages_are_those_of_its_nodes(self, studio):
        spoken = [nodes.exercise(name, nodes.question(name), language=name) for name in ("fr", "sw")]
        channel_id = self.upload(studio, *spoken)
        assert studio.get(f"{one(channel_id)}/languages").json == {"languages": ["fr", "sw"]}
        assert studio.get(f"{one(channel_id)}/language_exists").json == {"exists": False}
        channel_id = self.upload(studio, nodes.exercise("none", nodes.question("none")))
        assert studio.get(f"{one(channel_id)}/languages").json == {"languages": ["en"]}
        assert studio.get(f"{one(channel_id)}/language_exists").json == {"exists": True}

    def test_a_new_channel_has_no_languages(self, studio):
        channel = make(studio, language="en")
        assert studio.get(f"{one(channel['id'])}/languages").json == {"languages": []}
        assert studio.get(f"{one(channel['id'])}/language_exists").json == {"exists": False}


def test_a_single_read_costs_three_calls(studio):
    channel = make(studio)
    with counting(studio) as watch:
        studio.get(one(channel["id"]))
    assert len(watch.names) == 3


def test_unknown_methods_are_answered_with_the_allowed_ones(studio: Studio):
    answer = studio.call("PUT", LIST, {})
    assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD, OPTIONS, POST")
    assert studio.call("POST", one(NOTHING), {}).headers["Allow"] == "DELETE, GET, HEAD, OPTIONS, PATCH, PUT"


def test_an_invited_editor_may_edit(studio):
    channel = make(studio)
    user_id, token = studio.sign_up("second")
    studio.share(channel["id"], user_id, EDIT)
    assert studio.call("PATCH", one(channel["id"]), {"name": "theirs"}, token).json["edit"] is True
