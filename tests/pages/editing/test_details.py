"""Editing the fields of a channel."""

from typing import Any

from tests.support.aws.calls import counting
from tests.support.worlds.editing import World


def path(world: World) -> str:
    return f"/channels/{world.channel_id}/edit-details/"


def channel(world: World) -> dict[str, Any]:
    found: dict[str, Any] = world.studio.get(f"/api/channel/{world.channel_id}").json
    return found


class TestDetails:
    def test_are_saved(self, world: World) -> None:
        page = world.editor.open(path(world))
        values = {"name": "Academy", "description": "a\r\nb", "language": "fr", "content_defaults.author": "Ada"}
        saved = world.editor.submit(page, path(world), **values, **{"content_defaults.license": "CC BY"})
        assert saved.path == f"/channels/{world.channel_id}/?message=channel-saved"
        row = channel(world)
        assert (row["name"], row["description"], row["language"]) == ("Academy", "a\nb", "fr")
        assert (row["content_defaults"]["author"], row["content_defaults"]["license"]) == ("Ada", "CC BY")

    def test_can_be_emptied(self, world: World) -> None:
        page = world.editor.open(path(world))
        world.editor.submit(page, path(world), description="", language="")
        assert (channel(world)["description"], channel(world)["language"]) == ("", None)

    def test_that_stay_are_not_written(self, world: World) -> None:
        world.editor.open(f"/channels/{world.channel_id}/")  # counts its size, which is then stored
        page = world.editor.open(path(world))
        with counting(world.studio) as watch:
            world.editor.submit(page, path(world))
        assert not [name for name in watch.names if "Write" in name or name.startswith(("Put", "Update"))]

    def test_of_another_editor_remain(self, world: World) -> None:
        page = world.editor.open(path(world))
        world.studio.call("PATCH", f"/api/channel/{world.channel_id}", {"description": "of another editor"})
        world.editor.submit(page, path(world), name="Academy")
        assert (channel(world)["name"], channel(world)["description"]) == ("Academy", "of another editor")

    def test_that_another_editor_changed_are_refused_once(self, world: World) -> None:
        page = world.editor.open(path(world))
        world.studio.call("PATCH", f"/api/channel/{world.channel_id}", {"name": "of another editor"})
        refused = world.editor.submit(page, path(world), name="Mine")
        assert (refused.status, "Someone changed this after you opened it." in refused.text) == (409, True)
        assert refused.form(path(world)).fields["name"] == ["Mine"]
        world.editor.submit(refused, path(world))
        assert channel(world)["name"] == "Mine"

    def test_are_refused_beside_their_field(self, world: World) -> None:
        page = world.editor.open(path(world))
        values = {"name": " ", "description": "x" * 401, "content_defaults.author": "y" * 201}
        refused = world.editor.submit(page, path(world), **values)
        assert refused.status == 400
        assert all(words in refused.text for words in ("This may not be blank.", "400 characters", "200 characters"))
        assert channel(world)["name"] == "School"

    def test_by_role(self, world: World) -> None:
        assert [who.open(path(world)).status for who in (world.viewer, world.stranger)] == [403, 404]
        target = path(world).rstrip("/")
        assert [who.post(target, name="x").status for who in (world.viewer, world.stranger)] == [403, 404]
        assert channel(world)["name"] == "School"
