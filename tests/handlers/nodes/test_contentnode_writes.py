"""Create, update, delete and restore content nodes."""

from typing import Any

import pytest
from le_utils.constants.labels import learning_activities

from chalicelib.models import channels
from chalicelib.models.channel_members import VIEW
from tests.support.aws.calls import strictly
from tests.support.existing import existing
from tests.support.source.routes import NOTHING
from tests.support.worlds import nodes
from tests.support.worlds.contentnode import FLAGS, URL, change, children, make, row, values


@pytest.fixture
def live(studio):
    """(channel id, id of the root of its empty live tree)"""
    channel_id, _ = studio.make_channel()
    return channel_id, existing(channels.get(channel_id)).root_id


class TestCreate:
    def test_adds_a_node_as_the_last_child(self, studio, live):
        channel_id, root = live
        for title in "cab":
            made = make(studio, root, title)
        assert children(studio, root) == ["c", "a", "b"]
        assert (made["parent"], made["root_id"], made["channel_id"], made["kind"]) == (root, root, channel_id, "topic")
        assert (made["complete"], made["published"], made["changed"]) == (True, False, True)
        assert made["original_channel_id"] is None

    def test_accepts_all_fields(self, studio, live):
        sent: dict[str, Any] = {
            "description": "d",
            "language": "en",
            "license": 9,
            "license_description": "mine",
            "copyright_holder": "h",
            "author": "a",
            "provider": "p",
            "aggregator": "g",
            "role_visibility": "coach",
            "suggested_duration": 60,
            "thumbnail_encoding": {"base64": "data:image/png;base64,AA"},
            "extra_fields": {"options": {"modality": "QUIZ"}},
        }
        made = make(studio, live[1], kind="document", **sent, tags={"x": True, "y": False}, categories=["d&WXdXWF"])
        assert {name: made[name] for name in sent} == sent
        assert (made["tags"], made["categories"]) == (["x"], {"d&WXdXWF": True})
        assert made["thumbnail_src"] == "data:image/png;base64,AA"

    def test_sets_the_default_activity_of_a_kind_unless_sent(self, studio, live):
        assert make(studio, live[1], kind="video")["learning_activities"] == {learning_activities.WATCH: True}
        assert make(studio, live[1])["learning_activities"] == {}
        sent = make(studio, live[1], kind="video", learning_activities=[learning_activities.REFLECT])
        assert sent["learning_activities"] == {learning_activities.REFLECT: True}

    def test_updates_the_counts_of_every_ancestor(self, studio, live):
        outer = make(studio, live[1])["id"]
        inner = make(studio, outer)["id"]
        make(studio, inner, kind="video", role_visibility="coach")
        assert values(studio, live[1]) == [3, 1, 1, 1]
        assert values(studio, outer) == [2, 1, 1, 1]
        assert values(studio, inner) == [1, 1, 1, 1]

    def test_refuses_an_id_in_use(self, studio, live):
        assert make(studio, live[1], id="a" * 32)["id"] == "a" * 32
        answer = studio.post(URL, {"parent": live[1], "title": "n", "kind": "topic", "id": "a" * 32})
        assert answer.status == 409
        assert values(studio, live[1]) == [1, 0, 0, 0]

    def test_increments_the_revision_of_the_channel(self, studio, live):
        before = existing(channels.get(live[0])).rev
        make(studio, live[1])
        assert existing(channels.get(live[0])).rev == before + 1

    @pytest.mark.parametrize(
        ("fields", "named"),
        [
            ({"title": None}, "title"),
            ({"title": "x" * 201}, "title"),
            ({"kind": "bogus"}, "kind"),
            ({"parent": "x"}, "parent"),
            ({"license": "GPL"}, "license"),
            ({"license": 99}, "license"),
            ({"license": True}, "license"),
            ({"language": "xx-nothing"}, "language"),
            ({"tags": ["x" * 31]}, "tags"),
            ({"tags": {"x": "yes"}}, "tags"),
            ({"tags": "x"}, "tags"),
            ({"categories": ["bogus"]}, "categories"),
            ({"role_visibility": "all"}, "role_visibility"),
            ({"suggested_duration": -1}, "suggested_duration"),
            ({"extra_fields": []}, "extra_fields"),
            ({"extra_fields": {"options": {"completion_criteria": {"model": "bogus"}}}}, "extra_fields"),
            (
                {"extra_fields": {"options": {"completion_criteria": {"model": "pages"}}}, "kind": "video"},
                "extra_fields",
            ),
            ({"extra_fields": {"a": "x" * 400_000}}, "non_field_errors"),
            ({"kind": "exercise", "extra_fields": {"randomize": 1}}, "extra_fields"),
        ],
    )
    def test_refuses_invalid_fields(self, studio, live, fields, named):
        answer = studio.post(URL, {"parent": live[1], "title": "n", "kind": "topic", **fields})
        assert (answer.status, named in answer.json) == (400, True), answer.text
        assert children(studio, live[1]) == []

    def test_refuses_parents_that_are_resources_or_unknown(self, studio, live):
        video = make(studio, live[1], kind="video")["id"]
        body = {"title": "n", "kind": "topic"}
        assert studio.post(URL, {**body, "parent": video}).status == 400
        assert studio.post(URL, {**body, "parent": NOTHING}).status == 404

    def test_refuses_trees_that_cannot_be_edited(self, studio):
        _, chef_root = studio.make_channel()
        assert studio.post(URL, {"parent": chef_root, "title": "n", "kind": "topic"}).status == 409

    def test_requires_an_editor(self, studio, live):
        user_id, token = studio.sign_up("someone")
        body = {"parent": live[1], "title": "n", "kind": "topic"}
        assert studio.post(URL, body, token).status == 404
        studio.share(live[0], user_id, VIEW)
        assert studio.post(URL, body, token).status == 403

    def test_with_an_invalid_body_is_refused(self, studio):
        bodies: list[Any] = [[], "x", 1, None, {"parent": {}}, {"tags.": 1}]
        bodies += [{"extra_fields.a": 1, "extra_fields.a.b": 2}]
        with strictly(studio) as watch:
            for body in bodies:
                assert studio.post(URL, body).status == 400
        assert not watch.writes


class TestUpdate:
    def test_changes_only_the_given_fields(self, studio, live):
        node_id = make(studio, live[1], "old", description="d", tags=["x"])["id"]
        changed = change(studio, node_id, title="new")
        assert (changed["title"], changed["description"], changed["tags"]) == ("new", "d", ["x"])

    def test_accepts_sets_as_lists_and_as_maps(self, studio, live):
        node_id = make(studio, live[1], tags=["x", "y"])["id"]
        assert change(studio, node_id, tags={"y": False, "z": True})["tags"] == ["x", "z"]
        assert change(studio, node_id, tags=["w"])["tags"] == ["w"]
        assert change(studio, node_id, **{"tags.v": True})["tags"] == ["w", "v"]
        assert change(studio, node_id, tags=None)["tags"] == []
        labelled = change(studio, node_id, **{"categories.d&WXdXWF.qs0Xlaxq": True, "categories.d&WXdXWF": True})
        assert set(labelled["categories"]) == {"d&WXdXWF.qs0Xlaxq", "d&WXdXWF"}

    def test_merges_extra_fields(self, studio, live):
        node_id = make(studio, live[1], extra_fields={"a": 1, "options": {"modality": "QUIZ", "x": 1}})["id"]
        changed = change(studio, node_id, extra_fields={"b": 2, "options": {"x": None}})
        assert changed["extra_fields"] == {"a": 1, "b": 2, "options": {"modality": "QUIZ"}}
        changed = change(studio, node_id, **{"extra_fields.options.modality": None, "extra_fields.a": 3})
        assert changed["extra_fields"] == {"a": 3, "b": 2, "options": {}}

    def test_recomputes_whether_the_node_is_complete(self, studio):
        channel_id, root = studio.make_channel()
        file = nodes.file(studio.upload(b"%PDF", "pdf", "document"))
        (node_id,) = studio.add(root, nodes.resource("n", files=[file], license=None)).values()
        studio.finish(channel_id)
        assert values(studio, root) == [1, 1, 0, 1]
        assert change(studio, node_id, license=8)["complete"] is True
        assert values(studio, root) == [1, 1, 0, 0]
        assert change(studio, node_id, title="", complete=True, role_visibility="coach")["complete"] is False
        assert values(studio, root) == [1, 1, 1, 1]

    def test_of_an_exercise_takes_its_questions_into_account(self, studio):
        channel_id, root = studio.make_channel()
        (node_id,) = studio.add(root, nodes.exercise("n", nodes.question("q"), license=None)).values()
        studio.finish(channel_id)
        assert change(studio, node_id, license=8)["complete"] is True

    def test_sets_the_flags_of_changes_since_the_publish(self, studio):
        channel_id, root = studio.make_channel()
        (topic,) = studio.add(root, nodes.topic("t")).values()
        (node_id,) = studio.add(topic, nodes.exercise("n", nodes.question("q"))).values()
        studio.finish(channel_id)
        studio.publish(channel_id)
        change(studio, node_id, title="new")
        assert values(studio, node_id, FLAGS) == [True, True, False, False]
        assert values(studio, topic, FLAGS) == values(studio, root, FLAGS) == [True, False, False, True]
        made = make(studio, topic)["id"]
        change(studio, made, title="newer")
        assert values(studio, topic, FLAGS) == [True, False, True, True]
        studio.publish(channel_id)
        for id in (node_id, topic, root):
            assert values(studio, id, FLAGS) == [True, False, False, False]
        assert values(studio, made, FLAGS) == [False, True, False, False]  # topics without resources are left out

    def test_without_a_difference_writes_nothing(self, studio, live):
        node_id = make(studio, live[1], "same")["id"]
        before = existing(channels.get(live[0])).rev, row(studio, node_id)
        change(studio, node_id, title="same", tags={})
        assert (existing(channels.get(live[0])).rev, row(studio, node_id)) == before

    def test_cannot_change_parent_or_kind(self, studio, live):
        node_id = make(studio, live[1])["id"]
        other = make(studio, live[1])["id"]
        for fields in ({"parent": other}, {"kind": "video"}, {"parent": None}):
            assert list(studio.call("PATCH", f"{URL}/{node_id}", fields).json) == [*fields]
            assert studio.call("PATCH", f"{URL}/{node_id}", fields).status == 400
        assert studio.call("PATCH", f"{URL}/{node_id}", {"parent": live[1], "kind": "topic"}).status == 200

    def test_by_put_keeps_what_is_not_sent(self, studio, live):
        made = make(studio, live[1])
        kept = studio.call("PUT", f"{URL}/{made['id']}", {"description": "y"}).json
        assert (kept["title"], kept["description"]) == (made["title"], "y")

    def test_by_put_changes_what_is_sent(self, studio, live):
        node_id = make(studio, live[1])["id"]
        body = {"parent": live[1], "title": "y", "kind": "topic"}
        answer = studio.call("PUT", f"{URL}/{node_id}", body)
        assert (answer.status, answer.json["title"]) == (200, "y")

    def test_cannot_remove_required_fields_of_an_exercise(self, studio, live):
        made = make(studio, live[1], kind="exercise", extra_fields={"randomize": True})
        answer = studio.call("PATCH", f"{URL}/{made['id']}", {"extra_fields": {"randomize": None}})
        assert (answer.status, "extra_fields" in answer.json) == (400, True)

    def test_requires_an_editor(self, studio, live):
        user_id, token = studio.sign_up("someone")
        path = f"{URL}/{make(studio, live[1])['id']}"
        for method in ("PATCH", "DELETE"):
            assert studio.call(method, path, {"title": "x"}, token).status == 404
        studio.share(live[0], user_id, VIEW)
        for method in ("PATCH", "DELETE"):
            assert studio.call(method, path, {"title": "x"}, token).status == 403


class TestDelete:
    def test_moves_a_node_and_its_descendants_to_the_trash(self, studio, live):
        channel_id, root = live
        topic = make(studio, root, "t")["id"]
        inner = make(studio, topic, "i")["id"]
        leaf = make(studio, inner, "v", "video")["id"]
        assert studio.call("DELETE", f"{URL}/{topic}").status == 204
        trash = existing(channels.get(channel_id)).trash_root_id
        assert (children(studio, root), children(studio, trash)) == ([], ["t"])
        assert (values(studio, root), values(studio, trash)) == ([0, 0, 0, 0], [3, 1, 0, 1])
        found = studio.get(f"{URL}?id__in={topic},{inner},{leaf}&deleted=true").json["results"]
        assert [(node["id"], node["root_id"]) for node in found] == [(id, trash) for id in (topic, inner, leaf)]

    def test_happens_once(self, studio, live):
        topic = make(studio, live[1])["id"]
        assert [studio.call("DELETE", f"{URL}/{topic}").status for _ in range(2)] == [204, 404]
        assert values(studio, existing(channels.get(live[0])).trash_root_id) == [1, 0, 0, 0]

    def test_of_a_root_is_refused(self, studio, live):
        for root in (live[1], existing(channels.get(live[0])).trash_root_id):
            assert studio.call("DELETE", f"{URL}/{root}").status == 400

    def test_makes_nodes_unavailable_for_changes(self, studio, live):
        topic = make(studio, live[1])["id"]
        studio.call("DELETE", f"{URL}/{topic}")
        assert studio.call("PATCH", f"{URL}/{topic}", {"title": "x"}).status == 404
        assert studio.post(URL, {"parent": topic, "title": "x", "kind": "topic"}).status == 404

    def test_changes_the_parent(self, studio):
        channel_id, root = studio.make_channel()
        (topic,) = studio.add(root, nodes.topic("t")).values()
        one, _ = studio.add(topic, *(nodes.exercise(name, nodes.question("q")) for name in "ab")).values()
        studio.finish(channel_id)
        studio.publish(channel_id)
        studio.call("DELETE", f"{URL}/{one}")
        assert values(studio, topic, FLAGS) == [True, True, False, True]
        assert values(studio, root, FLAGS) == [True, False, False, True]


class TestRestore:
    def test_moves_a_node_back_to_its_former_parent(self, studio, live):
        topic = make(studio, live[1], "t")["id"]
        node_id = make(studio, topic, "n")["id"]
        make(studio, node_id, "v", "video")
        studio.call("DELETE", f"{URL}/{node_id}")
        answer = studio.post(f"{URL}/{node_id}/restore")
        assert (answer.status, answer.json["parent"], answer.json["root_id"]) == (200, topic, live[1])
        assert values(studio, live[1]) == [3, 1, 0, 1]
        assert studio.post(f"{URL}/{node_id}/restore").status == 409

    def test_moves_a_node_to_the_root_if_its_former_parent_is_deleted(self, studio, live):
        topic = make(studio, live[1], "t")["id"]
        node_id = make(studio, topic, "n")["id"]
        for id in (node_id, topic):
            studio.call("DELETE", f"{URL}/{id}")
        assert studio.post(f"{URL}/{node_id}/restore").json["parent"] == live[1]

    def test_moves_a_node_to_the_given_target(self, studio, live):
        node_id, topic = make(studio, live[1])["id"], make(studio, live[1])["id"]
        studio.call("DELETE", f"{URL}/{node_id}")
        assert studio.post(f"{URL}/{node_id}/restore", {"target": topic}).json["parent"] == topic

    def test_makes_a_node_new_if_the_channel_was_published_without_it(self, studio):
        channel_id, root = studio.make_channel()
        one, _ = studio.add(root, *(nodes.exercise(name, nodes.question("q")) for name in "ab")).values()
        studio.finish(channel_id)
        studio.call("DELETE", f"{URL}/{one}")
        studio.publish(channel_id)
        studio.post(f"{URL}/{one}/restore")
        assert values(studio, one, FLAGS)[:2] == [False, True]
        assert values(studio, root, FLAGS) == [True, False, True, True]
