"""Uploading files: new nodes, files of nodes, and the thumbnail of a channel."""

import hashlib
from typing import Any
from urllib.parse import urlencode

import pytest

from chalicelib.domain.ids import derived_id
from chalicelib.identity.csrf import FIELD
from chalicelib.models.users import User
from tests.conftest import BUCKET
from tests.support.http.pages import MULTIPART, Page
from tests.support.worlds.editing import World

PDF = b"%PDF-1.4 of a test"
PNG = b"\x89PNG of a test"
JSON = "application/json"


def upload(world: World, name: str, data: bytes = PDF, parent: str = "", **values: str) -> Page:
    """Upload a file without scripts, as a new node."""
    parent = parent or world.root
    return world.editor.upload(world.open(parent, "add"), world.path(parent, "upload/"), name, data, **values)


def add_file(world: World, node_id: str, name: str, data: bytes, **values: str) -> Page:
    action = world.path(node_id, "files/")
    page = world.editor.open(action)
    number = [form.action for form in page.forms].index(action)
    form = next(form for form in page.forms if "length" in form.fields or "file" in form.fields)
    page.forms[number] = form
    return world.editor.upload(page, action, name, data, **values)


def listed(world: World, node_id: str) -> Any:
    return world.studio.get(f"/api/file?contentnode={node_id}").json


def files(world: World, node_id: str) -> list[tuple[str, str]]:
    return sorted((row["preset"], row["original_filename"]) for row in listed(world, node_id))


def requested(world: World, data: bytes, extension: str, preset: str, **more: Any) -> str:
    """An upload as the script makes it: straight to the bucket. Returns its id."""
    body = {"size": len(data), "checksum": hashlib.md5(data).hexdigest(), "name": f"my.{extension}", "preset": preset}
    sent = {**body, "file_format": extension, **more}
    answer = world.editor.browser.call("POST", "/api/file/upload_url", sent)
    assert answer.status == 200, answer.text
    world.studio.put(sent["checksum"], extension, data)
    return str(answer.json["file"]["id"])


def by_script(world: World, path: str, **fields: str) -> Any:
    form = {FIELD: world.editor.browser.cookies["csrftoken"], **fields}
    return world.editor.send("POST", path, urlencode(form).encode(), accept=JSON)


class TestNewNodes:
    def test_are_made_without_scripts(self, world: World) -> None:
        page = upload(world, "first_lesson.PDF")
        assert (page.title, "The file is added." in page.text) == ("Edit first lesson", True)
        assert "It has no licence. Choose one." in page.text
        (row,) = world.studio.get(f"/api/contentnode?parent={world.root}").json["results"]
        assert (row["kind"], row["title"], row["channel_id"]) == ("document", "first lesson", world.channel_id)
        assert files(world, row["id"]) == [("document", "first_lesson.PDF")]
        (file,) = world.studio.get(f"/api/file?contentnode={row['id']}").json
        assert world.studio.cloud.s3.get_object(Bucket=BUCKET, Key=file["url"][1:])["Body"].read() == PDF

    def test_have_the_defaults_of_the_channel(self, world: World) -> None:
        defaults = {"content_defaults": {"license": "CC BY", "copyright_holder": "Ada"}}
        world.studio.call("PATCH", f"/api/channel/{world.channel_id}", defaults)
        page = upload(world, "a.pdf")
        assert "incomplete" not in page.text

    @pytest.mark.parametrize(
        ("name", "kind"), [("a.epub", "document"), ("a.zip", "html5"), ("a.h5p", "h5p"), ("a.kpub", "document")]
    )
    def test_have_the_kind_of_the_file(self, world: World, name: str, kind: str) -> None:
        upload(world, name)
        (row,) = world.studio.get(f"/api/contentnode?parent={world.root}").json["results"]
        assert row["kind"] == kind

    def test_of_videos_need_their_length(self, world: World) -> None:
        refused = upload(world, "a.mp4")
        assert (refused.status, "in minutes and seconds, as in 3:25." in refused.text) == (400, True)
        assert upload(world, "a.mp4", length="3:25").status == 200
        (row,) = world.studio.get(f"/api/contentnode?parent={world.root}").json["results"]
        (file,) = world.studio.get(f"/api/file?contentnode={row['id']}").json
        assert (row["kind"], file["preset"], file["duration"]) == ("video", "high_res_video", 205)

    def test_are_made_of_uploads_of_scripts_once(self, world: World) -> None:
        upload_id = requested(world, PDF, "pdf", "document")
        path = world.path(world.root, "upload")
        world.open(world.root, "add")
        answer = by_script(world, path, upload=upload_id)
        assert answer.status == 201
        (row,) = world.studio.get(f"/api/contentnode?parent={world.root}").json["results"]
        assert answer.json == {"url": world.path(row["id"], "edit/")}
        again = by_script(world, path, upload=upload_id)
        assert (again.status, world.titles()) == (409, ["my"])

    def test_continue_where_an_interrupted_request_ended(self, world: World) -> None:
        upload_id = requested(world, PDF, "pdf", "document")
        node_id = world.make("my", kind="document", id=derived_id(world.root, upload_id))
        answer = by_script(world, world.path(world.root, "upload"), upload=upload_id)
        assert (answer.status, files(world, node_id)) == (201, [("document", "my.pdf")])

    @pytest.mark.parametrize(
        ("name", "data"),
        [("a.exe", PDF), ("a.html", PDF), ("a", PDF), ("a.", PDF), ("a.pdf.svg", PDF), ("a.png", PNG), ("a.pdf", b"")],
    )
    def test_of_other_files_are_refused(self, world: World, name: str, data: bytes) -> None:
        page = upload(world, name, data)
        assert (page.status, world.titles()) == (400, [])
        assert "Choose" in page.text

    @pytest.mark.parametrize("name", ["<script>alert(1)</script>.pdf", "..\\\\..\\\\a b.pdf", "%00.pdf", "ü 日本.pdf"])
    def test_with_hostile_names(self, world: World, name: str) -> None:
        page = upload(world, name)
        assert page.status == 200
        assert "<script>alert" not in page.answer.text
        assert len(world.titles()) == 1

    def test_say_where_to_see_storage_if_it_is_full(self, world: World) -> None:
        user = User.get(world.studio.user_id)
        before = user.disk_space_left
        user.update([User.disk_space_left.set(1)])
        try:
            page = upload(world, "a.pdf", b"%PDF that nobody has stored")
        finally:
            user.update([User.disk_space_left.set(before)])
        assert (page.status, "Not enough storage" in page.text) == (412, True)
        assert page.links["your storage"] == "/settings/storage/"

    def test_of_uploads_of_others_are_refused(self, world: World) -> None:
        upload_id = requested(world, b"%PDF mine", "pdf", "document")
        own = world.stranger.browser.call("POST", "/api/channel", {"name": "Own"}).json
        answer = world.stranger.post(f"/channels/{own['id']}/nodes/{own['root_id']}/upload", upload=upload_id)
        assert answer.status == 404

    @pytest.mark.parametrize("upload_id", ["nothing", "0" * 32, "%00"])
    def test_of_uploads_that_do_not_exist(self, world: World, upload_id: str) -> None:
        answer = by_script(world, world.path(world.root, "upload"), upload=upload_id)
        assert (answer.status, "detail" in answer.json) == (404, True)

    def test_need_the_csrf_token_in_the_form(self, world: World) -> None:
        body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\nx\r\n--x--\r\n'
        answer = world.editor.send("POST", world.path(world.root, "upload"), body, content_type=f"{MULTIPART[:-16]}x")
        assert (answer.status, world.titles()) == (403, [])

    @pytest.mark.parametrize("body", [b"", b"--x", b"\r\n", b"--0123456789abcdef\r\n" * 30, b"csrfmiddlewaretoken=x"])
    def test_of_broken_bodies_are_refused(self, world: World, body: bytes) -> None:
        answer = world.editor.send("POST", world.path(world.root, "upload"), body, content_type=MULTIPART)
        assert answer.status in (400, 403)

    def test_by_role(self, world: World) -> None:
        path = world.path(world.root, "upload")
        assert [who.post(path).status for who in (world.viewer, world.stranger)] == [403, 404]


class TestFilesOfNodes:
    def test_are_replaced_and_removed(self, world: World) -> None:
        node_id = world.make("Oak", kind="document")
        assert "It has no files yet." in world.open(node_id, "files").text
        add_file(world, node_id, "old.pdf", PDF)
        add_file(world, node_id, "new.pdf", b"%PDF new")
        page = add_file(world, node_id, "small.png", PNG)
        assert files(world, node_id) == [("document", "new.pdf"), ("document_thumbnail", "small.png")]
        assert "The file is saved." in page.text
        (found,) = [
            row for row in world.studio.get(f"/api/file?contentnode={node_id}").json if row["preset"] == "document"
        ]
        answer = world.editor.post(world.path(node_id, "files"), remove=found["id"])
        assert answer.headers["Location"] == world.path(node_id, "files/?message=file-removed")
        assert files(world, node_id) == [("document_thumbnail", "small.png")]

    def test_of_topics_are_thumbnails(self, world: World) -> None:
        node_id = world.make("Plants")
        assert add_file(world, node_id, "a.jpg", PNG).status == 200
        assert files(world, node_id) == [("topic_thumbnail", "a.jpg")]
        refused = add_file(world, node_id, "a.pdf", PDF)
        assert (refused.status, "Choose one of: jpeg, jpg, png." in refused.text) == (400, True)

    def test_of_videos_may_be_subtitles_in_a_language(self, world: World) -> None:
        node_id = world.make("Film", kind="video")
        refused = add_file(world, node_id, "a.vtt", b"WEBVTT")
        assert (refused.status, "Choose the language of these subtitles." in refused.text) == (400, True)
        for language in ("en", "fr"):
            assert (
                add_file(world, node_id, f"{language}.vtt", b"WEBVTT" + language.encode(), language=language).status
                == 200
            )
        assert files(world, node_id) == [("video_subtitle", "en.vtt"), ("video_subtitle", "fr.vtt")]

    def test_of_scripts(self, world: World) -> None:
        node_id = world.make("Oak", kind="document")
        world.open(node_id, "files")
        answer = by_script(
            world, world.path(node_id, "files"), upload=requested(world, PNG, "png", "document_thumbnail")
        )
        assert (answer.status, answer.json) == (201, {"url": world.path(node_id, "files/")})
        assert files(world, node_id) == [("document_thumbnail", "my.png")]

    def test_of_other_nodes_are_not_removed(self, world: World) -> None:
        one, other = world.make("a", kind="document"), world.make("b", kind="document")
        add_file(world, one, "a.pdf", PDF)
        (found,) = listed(world, one)
        for id in (found["id"], "0" * 32, "nothing"):
            assert world.editor.post(world.path(other, "files"), remove=id).status == 404
        assert files(world, one) == [("document", "a.pdf")]

    def test_by_role(self, world: World) -> None:
        path = world.path(world.make(), "files")
        assert [who.open(path).status for who in (world.viewer, world.stranger)] == [403, 404]
        assert [who.post(path, remove="0" * 32).status for who in (world.viewer, world.stranger)] == [403, 404]


class TestThumbnailOfChannel:
    def test_is_set_and_removed(self, world: World) -> None:
        page = world.editor.open(f"/channels/{world.channel_id}/edit-details/")
        action = f"/channels/{world.channel_id}/thumbnail/"
        saved = world.editor.upload(page, action, "a.png", PNG)
        name = f"{hashlib.md5(PNG).hexdigest()}.png"
        assert "The thumbnail is saved." in saved.text
        channel = f"/api/channel/{world.channel_id}"
        assert world.studio.get(channel).json["thumbnail"] == name
        world.editor.submit(saved, action, remove="1")
        assert world.studio.get(channel).json["thumbnail"] is None

    @pytest.mark.parametrize(("name", "data"), [("a.svg", PNG), ("a.pdf", PDF), ("a.png", b""), ("png", PNG)])
    def test_is_a_picture(self, world: World, name: str, data: bytes) -> None:
        page = world.editor.open(f"/channels/{world.channel_id}/edit-details/")
        refused = world.editor.upload(page, f"/channels/{world.channel_id}/thumbnail/", name, data)
        assert (refused.status, "Choose a" in refused.text) == (400, True)

    def test_by_role(self, world: World) -> None:
        path = f"/channels/{world.channel_id}/thumbnail"
        assert [who.post(path, remove="1").status for who in (world.viewer, world.stranger)] == [403, 404]
