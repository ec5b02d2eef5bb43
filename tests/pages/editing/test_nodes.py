"""Editing the fields of a node, and adding topics."""

from typing import Any
from urllib.parse import urlencode

import pytest
from le_utils.constants.labels import levels, subjects

from tests.support.aws.calls import counting
from tests.support.worlds.editing import World

HOSTILE = '"><script>alert(1)</script>'


def save(world: World, node_id: str, **values: Any) -> Any:
    """What an editor gets after sending the form of a node."""
    page = world.open(node_id, "edit")
    fields = {**page.form(world.path(node_id, "edit/")).fields, **values}
    return world.editor.send("POST", world.path(node_id, "edit"), _encoded(fields))


def _encoded(fields: dict[str, Any]) -> bytes:
    return urlencode(fields, doseq=True).encode()


class TestFields:
    def test_are_saved(self, world: World) -> None:
        node_id = world.make("Old", kind="document")
        values = {
            "title": "New",
            "description": "First\r\nsecond",
            "language": "fr",
            "license": "CC BY",
            "copyright_holder": "Ada",
            "author": "Grace",
            "provider": "P",
            "aggregator": "A",
            "role_visibility": "coach",
            "tags": " maths,  red ink ,,maths",
            "grade_levels": [levels.PRESCHOOL, levels.TERTIARY],
            "categories": [subjects.ALGEBRA],
        }
        answer = save(world, node_id, **values)
        assert (answer.status, answer.headers["Location"]) == (303, world.path(node_id, "?message=node-saved"))
        row = world.row(node_id)
        assert (row["title"], row["description"], row["language"]) == ("New", "First\nsecond", "fr")
        assert (row["license_name"], row["copyright_holder"], row["author"]) == ("CC BY", "Ada", "Grace")
        assert (row["provider"], row["aggregator"], row["role_visibility"]) == ("P", "A", "coach")
        assert row["tags"] == ["maths", "red ink"]
        assert set(row["grade_levels"]) == {levels.PRESCHOOL, levels.TERTIARY}
        assert set(row["categories"]) == {subjects.ALGEBRA}

    def test_show_what_is_stored(self, world: World) -> None:
        node_id = world.make("Old", kind="document", tags=["b", "a"], categories=[subjects.ALGEBRA], license="CC BY-SA")
        form = world.open(node_id, "edit").form(world.path(node_id, "edit/"))
        assert (form.fields["title"], form.fields["tags"], form.fields["license"]) == (["Old"], ["b, a"], ["CC BY-SA"])
        assert (form.fields["categories"], form.fields["language"]) == ([subjects.ALGEBRA], [""])

    def test_can_be_emptied(self, world: World) -> None:
        node_id = world.make(
            "Old", kind="document", tags=["a"], categories=[subjects.ALGEBRA], license="CC BY", language="fr"
        )
        empty: dict[str, Any] = {"tags": "", "categories": [], "license": "", "language": "", "title": ""}
        assert save(world, node_id, **empty).status == 303
        row = world.row(node_id)
        assert (row["tags"], row["categories"], row["license"], row["language"]) == ([], {}, None, None)

    def test_that_stay_are_neither_written_nor_published(self, world: World) -> None:
        node_id = world.make("Old", kind="document", description="d", tags=["a"], license="CC BY")
        page = world.open(node_id, "edit")
        fields = page.form(world.path(node_id, "edit/")).fields
        with counting(world.studio) as watch:
            answer = world.editor.send("POST", world.path(node_id, "edit"), _encoded(fields))
        assert answer.status == 303
        assert not [name for name in watch.names if "Write" in name or name.startswith(("Put", "Update"))]

    def test_reach_sync_clients_alone(self, world: World) -> None:
        """Only the fields that were changed: others may have changed meanwhile at the client."""
        node_id = world.make("Old", kind="document", description="d")
        save(world, node_id, title="New")
        body = {"changes": [], "channel_revs": {world.channel_id: 0}}
        sent = world.studio.post("/api/sync", body).json["changes"]
        assert [change["mods"] for change in sent if change["key"] == node_id and change["type"] == 2] == [
            {"title": "New"}
        ]

    def test_of_a_topic_have_no_licence(self, world: World) -> None:
        form = world.open(world.make("T"), "edit").forms[-1]
        assert "license" not in form.fields
        assert "grade_levels" in form.fields

    def test_say_what_is_missing(self, world: World) -> None:
        page = world.open(world.make("Old", kind="document"), "edit")
        assert "It has no licence. Choose one." in page.text
        assert "It has no file that learners can open. Upload one." in page.text

    def test_are_escaped(self, world: World) -> None:
        page = world.open(world.make(HOSTILE, kind="document", description=HOSTILE, tags=["<b>"]), "edit")
        assert "<script>alert" not in page.answer.text
        assert page.title == f"Edit {HOSTILE}"


class TestRefusals:
    def test_are_beside_their_field_with_what_was_typed(self, world: World) -> None:
        node_id = world.make("Old", kind="document")
        answer = save(world, node_id, title="x" * 201, tags="y" * 31, categories=["nothing"], author="Ada")
        assert answer.status == 400
        assert "Ensure this has at most 200 characters; it has 201." in answer.text
        assert "A tag may have at most 30 characters." in answer.text
        assert "&#34;nothing&#34; is not a valid choice." in answer.text
        assert 'value="Ada"' in answer.text
        assert world.row(node_id)["title"] == "Old"

    def test_of_stale_forms_show_what_was_typed_and_can_be_repeated(self, world: World) -> None:
        node_id = world.make("Old")
        page = world.open(node_id, "edit")
        world.studio.call("PATCH", f"/api/contentnode/{node_id}", {"description": "of another editor"})
        refused = world.editor.submit(page, world.path(node_id, "edit/"), title="Mine")
        assert (refused.status, "This node was changed after you opened it." in refused.text) == (409, True)
        assert refused.links["Open it as it is now"] == world.path(node_id, "edit/")
        assert world.row(node_id)["title"] == "Old"
        repeated = world.editor.submit(refused, world.path(node_id, "edit/"), description="of another editor")
        assert repeated.path.startswith(world.path(node_id))
        assert (world.row(node_id)["title"], world.row(node_id)["description"]) == ("Mine", "of another editor")

    def test_by_role(self, world: World) -> None:
        path = world.path(world.make(), "edit")
        assert [who.open(path).status for who in (world.editor, world.viewer, world.stranger)] == [200, 403, 404]
        assert [who.post(path, title="x").status for who in (world.viewer, world.stranger)] == [403, 404]

    @pytest.mark.parametrize("page", ["edit", "add", "move", "copy", "delete", "several"])
    def test_of_nodes_of_another_channel(self, world: World, page: str) -> None:
        other = world.studio.post("/api/channel", {"name": "Other"}).json
        answer = world.editor.open(f"/channels/{other['id']}/nodes/{world.make()}/{page}/")
        assert answer.status == 404

    @pytest.mark.parametrize("page", ["edit", "add", "move", "copy", "delete", "several"])
    @pytest.mark.parametrize("node_id", ["0" * 32, "nothing", "%00", "..", "<b>"])
    def test_of_nodes_that_do_not_exist(self, world: World, page: str, node_id: str) -> None:
        assert world.editor.open(f"/channels/{world.channel_id}/nodes/{node_id}/{page}/").status == 404


class TestTopics:
    def test_are_added_once(self, world: World) -> None:
        page = world.open(world.root, "add")
        action = world.path(world.root, "add/")
        fields = {**page.form(action).fields, "title": "Plants", "description": "Green"}
        first = world.editor.send("POST", action, _encoded(fields))
        made = fields["id"][0]
        assert (first.status, first.headers["Location"]) == (303, world.path(made, "?message=topic-added"))
        assert world.editor.send("POST", action, _encoded(fields)).status == 409
        assert world.titles() == ["Plants"]
        assert (world.row(made)["description"], world.row(made)["kind"]) == ("Green", "topic")

    def test_are_not_added_to_resources(self, world: World) -> None:
        node_id = world.make(kind="document")
        answer = world.editor.post(world.path(node_id, "add"), title="x")
        assert (answer.status, "Only topics can have children" in answer.text) == (400, True)

    def test_with_too_long_titles_are_refused(self, world: World) -> None:
        answer = world.editor.post(world.path(world.root, "add"), title="x" * 201)
        assert (answer.status, "at most 200 characters" in answer.text, world.titles()) == (400, True, [])
