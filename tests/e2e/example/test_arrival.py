"""Everything that the chef sent is in the published content database and in Kolibri."""

import hashlib
import io
import json
from typing import Any

from le_utils.constants import content_kinds, file_formats, format_presets, modalities, roles
from PIL import Image

from examples.clients import Kolibri
from tests.e2e.example import expected
from tests.e2e.example.conftest import Version

THUMBNAILS = {preset.id for preset in format_presets.PRESETLIST if preset.thumbnail}
THUMBNAIL_SIDE = 400  # pixels
KINDS = {
    content_kinds.TOPIC,
    content_kinds.DOCUMENT,
    content_kinds.VIDEO,
    content_kinds.AUDIO,
    content_kinds.SLIDESHOW,
    content_kinds.HTML5,
    content_kinds.H5P,
    content_kinds.ZIM,
    content_kinds.EXERCISE,
}


def compared(row: dict[str, Any]) -> dict[str, Any]:
    """A database row with labels as sets and options parsed, as `expected.row` gives them."""
    plain = {**row, "options": json.loads(row["options"])}
    return plain | {label: set((row[label] or "").split(",")) - {""} for label in expected.LABELS}


def test_every_node_is_published_with_its_fields(first: Version) -> None:
    rows = {row["id"]: compared(row) for row in first.published("select * from content_contentnode")}
    wanted = {node_id: expected.row(*found) for node_id, found in first.sent.items() if expected.is_published(found[0])}
    assert rows.keys() - wanted.keys() == {first.chef.channel_id}
    assert wanted.keys() - rows.keys() == set()
    wrong = {
        (wanted[node_id]["title"], column): (rows[node_id][column], value)
        for node_id in wanted
        for column, value in wanted[node_id].items()
        if rows[node_id][column] != value
    }
    assert wrong == {}


def test_the_example_has_one_of_every_kind(first: Version) -> None:
    assert {row["kind"] for row in first.imported} == KINDS


def test_topics_without_resources_are_left_out(first: Version) -> None:
    empty = first.named("empty")["node_id"]
    assert first.published("select id from content_contentnode where id = ?", empty) == []


def test_siblings_are_in_the_order_in_which_they_were_sent(first: Version) -> None:
    order = [row["id"] for row in first.published("select id from content_contentnode order by lft")]
    sent = [node_id for node_id, (node, _) in first.sent.items() if expected.is_published(node)]
    assert order == [first.chef.channel_id, *sent]


def test_the_tree_is_a_nested_set(first: Version) -> None:
    open_nodes: list[dict[str, Any]] = []
    for row in first.published("select id, parent_id, level, lft, rght from content_contentnode order by lft"):
        while open_nodes and open_nodes[-1]["rght"] < row["lft"]:
            open_nodes.pop()
        assert row["parent_id"] == (open_nodes[-1]["id"] if open_nodes else None)
        assert row["level"] == len(open_nodes)
        assert row["lft"] < row["rght"]
        open_nodes.append(row)


def test_tags_arrive(first: Version) -> None:
    sql = (
        "select contentnode_id, tag_name from content_contentnode_tags t"
        " join content_contenttag c on c.id = t.contenttag_id"
    )
    found = {(row["contentnode_id"], row["tag_name"]) for row in first.published(sql)}
    assert found == {(node_id, tag) for node_id, (node, _) in first.sent.items() for tag in node.get("tags", ())}


def test_the_channel_arrives(first: Version) -> None:
    (channel,) = first.published("select * from content_channelmetadata")
    sent = first.chef.tree
    assert {key: channel[key] for key in ("id", "name", "description", "tagline", "version", "root_id")} == {
        "id": sent["id"],
        "name": sent["name"],
        "description": sent["description"],
        "tagline": sent["tagline"],
        "version": 1,
        "root_id": sent["id"],
    }
    assert channel["thumbnail"].startswith("data:image/png;base64,")


def test_files_arrive_with_preset_language_and_size(first: Version) -> None:
    columns = "contentnode_id, checksum, extension, preset, lang_id, file_size"
    found = {
        tuple(row.values())
        for row in first.published(f"select {columns} from content_file where not thumbnail")
        if row["preset"] not in (format_presets.EXERCISE, format_presets.SLIDESHOW_MANIFEST)
    }
    sent = {
        (node_id, *file["filename"].split("."), file["preset"], file["language"], file["size"])
        for node_id, (node, _) in first.sent.items()
        for file in node["files"]
        if file["preset"] not in THUMBNAILS | {None}
    }
    assert found == sent


def test_every_thumbnail_becomes_one_small_picture(first: Version) -> None:
    columns = "contentnode_id, preset, extension, supplementary"
    found = [tuple(row.values()) for row in first.published(f"select {columns} from content_file where thumbnail")]
    sent = [
        (node_id, f"{node['kind']}_thumbnail", "png", 1)
        for node_id, (node, _) in first.sent.items()
        if any(file["preset"] in THUMBNAILS | {None} for file in node["files"])
    ]
    assert sorted(found) == sorted(sent)
    for row in first.published("select checksum, extension from content_file where thumbnail"):
        picture = Image.open(io.BytesIO(first.kolibri.stored(row["checksum"], row["extension"]) or b""))
        assert max(picture.size) <= THUMBNAIL_SIDE


def test_films_have_subtitles_in_both_languages(first: Version) -> None:
    film = first.named("film")["node_id"]
    subtitles = [file for file in first.files_of(film) if file["preset"] == format_presets.VIDEO_SUBTITLE]
    assert sorted(file["lang_id"] for file in subtitles) == ["es", "sw"]
    texts = [first.kolibri.stored(file["checksum"], file["extension"]) or b"" for file in subtitles]
    assert {text.splitlines()[0] for text in texts} == {b"WEBVTT"}


def test_slideshow_manifest_lists_the_slides_in_order(first: Version) -> None:
    slides = first.named("slides")
    (manifest,) = [
        file for file in first.files_of(slides["node_id"]) if file["preset"] == format_presets.SLIDESHOW_MANIFEST
    ]
    shown = json.loads(first.kolibri.stored(manifest["checksum"], manifest["extension"]) or b"")["slideshow_data"]
    assert shown == expected.extra_fields(slides)["slideshow_data"]
    assert [slide["caption"] for slide in shown] == ["First – 一", "Second", ""]


def test_remote_nodes_keep_the_content_of_their_source(first: Version) -> None:
    remote = first.named("remote")
    for node in remote["children"]:
        (row,) = first.published("select * from content_contentnode where id = ?", node["node_id"])
        source, _ = next(
            found
            for found in first.chef_run.nodes()
            if node["source_node_id"] == found[0]["node_id"] or node["source_content_id"] == found[0]["content_id"]
        )
        assert row["content_id"] == source["content_id"]
        assert row["title"] == node.get("title", source["title"])
        assert row["coach_content"] == int(node.get("role") == roles.COACH)


def test_kolibri_has_every_node_ready(first: Version) -> None:
    published = {row["id"] for row in first.published("select id from content_contentnode")}
    assert {row["id"] for row in first.imported} == published
    assert [row["title"] for row in first.imported if not row["available"]] == []


def test_kolibri_has_every_file_with_its_checksum(first: Version) -> None:
    files = first.published("select distinct local_file_id from content_file")
    assert {file["id"] for file in first.kolibri.files(first.chef.channel_id)} >= {
        file["local_file_id"] for file in files
    }
    assert first.damaged == []


def test_a_file_sent_twice_is_stored_once(first: Version) -> None:
    guides = [node for node, _ in first.sent.values() if node.get("source_id") == "guide"]
    checksums = {
        file["checksum"] for guide in guides for file in first.files_of(guide["node_id"]) if not file["thumbnail"]
    }
    assert len(guides) == 2
    assert len(checksums) == 1


def test_the_library_navigates_by_its_own_app(stack: Any, first: Version) -> None:
    kolibri = Kolibri(first.kolibri.home, stack.url)
    kolibri.import_channel(first.chef_run.channel_id)
    root_id = first.chef_run.channel_id
    (root,) = kolibri.rows("select * from content_contentnode where id = ?", root_id)
    assert json.loads(root["options"]) == {"modality": modalities.CUSTOM_NAVIGATION}
    (file,) = kolibri.rows("select * from content_file where contentnode_id = ?", root_id)
    assert file["preset"] == format_presets.HTML5_ZIP
    data = kolibri.stored(file["local_file_id"], file_formats.HTML5) or b""
    assert hashlib.md5(data).hexdigest() == file["local_file_id"]
