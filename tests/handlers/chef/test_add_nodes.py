"""add_nodes: all data of a chef is stored and published in the content database."""

import json
import sqlite3
import uuid
from typing import Any

import pytest
from le_utils.constants import completion_criteria, content_kinds, exercises, format_presets, languages, licenses, roles
from le_utils.constants.labels import (
    accessibility_categories,
    learning_activities,
    levels,
    needs,
    resource_type,
    subjects,
)

from chalicelib.domain.freezing.inheritance import most_specific
from chalicelib.domain.types import LABELS
from chalicelib.models import assessment_items, trees
from chalicelib.models.base import find
from chalicelib.models.nodes import Node, to_data
from tests.support.existing import existing
from tests.support.http.recordings import store
from tests.support.worlds import images, nodes

KNOWN_LABELS = {
    "grade_levels": levels.LEVELSLIST,
    "resource_types": resource_type.RESOURCETYPELIST,
    "learning_activities": learning_activities.LEARNINGACTIVITIESLIST,
    "accessibility_labels": accessibility_categories.ACCESSIBILITYCATEGORIESLIST,
    "categories": subjects.SUBJECTSLIST,
    "learner_needs": needs.NEEDSLIST,
}


def data_of(node_id):
    node = find(Node, node_id)
    assert node
    return to_data(node)


def added(studio, *sent):
    """Add nodes below a new root in one request; return their stored data."""
    _, root = studio.make_channel()
    ids = studio.add(root, *sent)
    return [data_of(ids[node["node_id"]]) for node in sent]


def main_preset(kind):
    presets = [preset for preset in format_presets.PRESETLIST if preset.kind == kind and not preset.supplementary]
    return presets[0] if presets else None


def complete(studio, kind):
    """Return a node that is complete, if nodes of its kind can be complete."""
    if kind == content_kinds.TOPIC:
        return nodes.topic(kind)
    if kind == content_kinds.EXERCISE:
        return nodes.exercise(kind, nodes.question("one"))
    preset = main_preset(kind)
    files = [nodes.file(store(studio, b"x", preset.allowed_formats[0]), preset.id)] if preset else []
    return nodes.resource(kind, kind, files)


def test_every_kind_is_stored(studio):
    kinds = [kind for kind, _ in content_kinds.choices]
    stored = added(studio, *(complete(studio, kind) for kind in kinds))
    assert [node["kind"] for node in stored] == kinds
    without_files = (content_kinds.TOPIC, content_kinds.EXERCISE)
    assert [node["complete"] for node in stored] == [
        main_preset(kind) is not None or kind in without_files for kind in kinds
    ]


def test_every_preset_is_stored_with_every_format_that_it_allows(studio):
    """Of several thumbnails, the last one is stored."""
    formats = {form for preset in format_presets.PRESETLIST for form in preset.allowed_formats}
    names = {form: store(studio, form.encode(), form) for form in formats}
    sent = [
        nodes.resource(preset.id, files=[nodes.file(names[form], preset.id) for form in preset.allowed_formats])
        for preset in format_presets.PRESETLIST
    ]
    for preset, data in zip(format_presets.PRESETLIST, added(studio, *sent), strict=True):
        stored = [(f"{file['checksum']}.{file['file_format']}", file["preset"]) for file in data["files"]]
        kept = preset.allowed_formats[-1:] if preset.thumbnail else preset.allowed_formats
        assert stored == [(names[form], preset.id) for form in kept]


def everything(studio):
    """Return a video with all fields of a node, and its stored files: name, preset, language, size."""
    files = [
        (store(studio, b"video", "mp4"), "high_res_video", None, 5),
        (store(studio, b"WEBVTT\n", "vtt"), "video_subtitle", "fr", 7),
        (store(studio, b"WEBVTT\n\n", "vtt"), "video_subtitle", "zul", 8),
        (store(studio, images.png(), "png"), "video_thumbnail", None, len(images.png())),
    ]
    criterion = {"model": "time", "threshold": 60, "learner_managed": True}
    node = nodes.resource(
        "Vidéo 漢字 \U0001f30d",
        "video",
        [
            nodes.file(name, preset, language=code, source_url="http://a.org/v", original_filename="v", duration=3)
            for name, preset, code, _ in files
        ],
        description="Über alles\nund mehr",
        language="pt-BR",
        license=licenses.SPECIAL_PERMISSIONS,
        license_description="Only on Sundays",
        copyright_holder="Holder",
        author="Author",
        aggregator="Aggregator",
        provider="Provider",
        role=roles.COACH,
        suggested_duration=60,
        tags=["algèbre", "a" * 30, "two words"],
        extra_fields=json.dumps({"options": {"completion_criteria": criterion}, "a": {"b": [1.5, None, True]}}),
        **{field: sorted(KNOWN_LABELS[field])[:3] for field in LABELS},
    )
    return node, files


def test_every_field_is_stored(studio):
    node, files = everything(studio)
    channel_id, root = studio.make_channel()
    id = studio.add(root, node)[node["node_id"]]
    data = data_of(id)
    assert data.pop("files") == [
        {
            "id": file["id"],
            "checksum": name[:32],
            "file_format": name[33:],
            "file_size": size,
            "preset": preset,
            "language": language,
            "original_filename": "v",
            "source_url": "http://a.org/v",
            "duration": 3,
        }
        for (name, preset, language, size), file in zip(files, existing(find(Node, id)).files, strict=True)
    ]
    sent = {name: value for name, value in node.items() if name not in ("files", "questions", "role", "extra_fields")}
    assert data == {
        **sent,
        "id": id,
        "parent_id": root,
        "tree_id": root,
        "channel_id": channel_id,
        "role_visibility": roles.COACH,
        "extra_fields": json.loads(node["extra_fields"]),
        "prerequisites": [],
        "original_channel_id": channel_id,
        "original_node_id": node["node_id"],
        "assessment_item_count": 0,
        "complete": True,
    }


def test_every_field_is_published(studio, tmp_path):
    node, files = everything(studio)
    channel_id, root = studio.make_channel()
    studio.add(root, node)
    studio.finish(channel_id)
    assert studio.publish(channel_id)["status"] == "SUCCESS"
    path = tmp_path / "content.sqlite3"
    path.write_bytes(studio.database(channel_id))
    database = sqlite3.connect(path)
    database.row_factory = sqlite3.Row
    row = dict(database.execute("select * from content_contentnode where kind = 'video'").fetchone())
    expected = {
        "id": node["node_id"],
        "title": node["title"],
        "content_id": node["content_id"],
        "channel_id": channel_id,
        "description": node["description"],
        "author": "Author",
        "license_name": licenses.SPECIAL_PERMISSIONS,
        "license_description": "Only on Sundays",
        "license_owner": "Holder",
        "lang_id": "pt-BR",
        "coach_content": 1,
        "duration": 60,
    }
    assert {name: row[name] for name in expected} == expected
    assert json.loads(row["options"])["completion_criteria"]["threshold"] == 60
    for field in LABELS:
        assert sorted(row[field].split(",")) == most_specific(node[field])
    tags = database.execute("select tag_name from content_contenttag").fetchall()
    assert {tag["tag_name"] for tag in tags} == set(node["tags"])
    found = database.execute("select local_file_id, preset, lang_id from content_file").fetchall()
    published = {(file["local_file_id"], file["preset"], file["lang_id"]) for file in found}
    assert {(name[:32], preset, language) for name, preset, language, _ in files[1:3]} <= published


@pytest.mark.parametrize("field", LABELS)
def test_labels_of_every_set_are_stored_from_a_list_or_a_map(studio, field):
    known = sorted(KNOWN_LABELS[field])
    as_map = dict.fromkeys(known[1:], True) | {known[0]: False}
    forms = {"list": known, "map": as_map, "null": None}
    stored = added(studio, *(nodes.topic(name, **{field: form}) for name, form in forms.items()))
    assert [node[field] for node in stored] == [known, known[1:], []]


def test_every_license_is_stored(studio):
    name = store(studio, b"pdf", "pdf")
    files = [nodes.file(name)]
    sent = [
        nodes.resource(license.name, files=files, license=license.name, copyright_holder="")
        for license in licenses.LICENSELIST
    ]
    for license, data in zip(licenses.LICENSELIST, added(studio, *sent), strict=True):
        assert data["license"] == license.name
        assert data["complete"] == (not license.custom and not license.copyright_holder_required)


def test_languages_of_le_utils_are_stored(studio):
    codes = [language.code for language in languages.LANGUAGELIST]
    some = codes[:: len(codes) // 19][:20]
    assert [data["language"] for data in added(studio, *(nodes.topic(code, language=code) for code in some))] == some


def test_tags_are_normalized(studio):
    (data,) = added(studio, nodes.topic("t", tags=[" a ", "", "two\n words", "a", "  "]))
    assert data["tags"] == ["a", "two words"]


def test_every_role_is_stored(studio):
    known = [role for role, _ in roles.choices]
    assert [
        data["role_visibility"] for data in added(studio, *(nodes.resource(role, role=role) for role in known))
    ] == known


def test_every_mastery_model_is_stored(studio):
    extras = [{"mastery_model": model, "m": 3, "n": 4, "randomize": False} for model, _ in exercises.MASTERY_MODELS]
    sent = [
        nodes.exercise(extra["mastery_model"], nodes.question("one"), extra_fields=json.dumps(extra))
        for extra in extras
    ]
    stored = added(studio, *sent)
    assert [data["extra_fields"] for data in stored] == extras
    assert all(data["complete"] for data in stored)


CRITERIA = [
    ("document", {"model": completion_criteria.PAGES, "threshold": "100%"}, True),
    ("document", {"model": completion_criteria.APPROX_TIME, "threshold": 60}, True),
    ("video", {"model": completion_criteria.TIME, "threshold": 60}, True),
    ("html5", {"model": completion_criteria.DETERMINED_BY_RESOURCE}, True),
    ("document", {"model": completion_criteria.REFERENCE}, True),
    ("video", {"model": completion_criteria.PAGES, "threshold": 1}, False),
]


def test_a_completion_criterion_is_stored_and_must_suit_the_kind_of_a_complete_node(studio):
    sent = [
        {**complete(studio, kind), "node_id": nodes.node_id(str(number)), "extra_fields": json.dumps(extra)}
        for number, (kind, criterion, _) in enumerate(CRITERIA)
        for extra in [{"options": {"completion_criteria": criterion}}]
    ]
    stored = added(studio, *sent)
    assert [data["extra_fields"]["options"]["completion_criteria"] for data in stored] == [row[1] for row in CRITERIA]
    assert [data["complete"] for data in stored] == [row[2] for row in CRITERIA]


def test_questions_of_every_type_are_stored_in_order(studio):
    picture = nodes.file(store(studio, images.png(), "png"), "exercise_image")
    rest = {"raw_data": '{"a": "1"}', "randomize": True, "source_url": "http://a"}
    types = [kind for kind, _ in exercises.question_choices]
    questions = [nodes.question(kind, type=kind, files=[picture], **rest) for kind in types]
    (data,) = added(studio, nodes.exercise("e", *questions))
    assert data["assessment_item_count"] == len(types)
    for order, (question, item) in enumerate(zip(questions, assessment_items.of(data["id"]), strict=True)):
        stored: dict[str, Any] = dict(item)
        assert [file["checksum"] for file in stored.pop("files")] == [picture["filename"][:32]]
        sent = {name: question[name] for name in ("assessment_id", "type", "question", *rest)}
        parsed = {name: json.loads(question[name]) for name in ("answers", "hints")}
        assert stored == {**sent, **parsed, "order": order, "contentnode_id": data["id"]}


def test_raw_data_larger_than_an_item_of_the_table_is_stored(studio):
    raw = json.dumps({"question": {"content": "x" * 600_000}})
    question = nodes.question("q", type=exercises.PERSEUS_QUESTION, raw_data=raw, answers="[]", hints="[]")
    (data,) = added(studio, nodes.exercise("e", question))
    assert [item["raw_data"] for item in assessment_items.of(data["id"])] == [raw]


def test_children_have_the_sent_order(studio):
    _, root = studio.make_channel()
    for start in range(0, 30, 10):
        studio.add(root, *(nodes.topic(f"t{number}") for number in range(start, start + 10)))
    assert [node["title"] for node in trees.walk(root)[1:]] == [f"t{number}" for number in range(30)]


def test_dashed_and_upper_case_ids_are_accepted(studio):
    _, root = studio.make_channel()
    dashed = str(uuid.UUID(nodes.node_id("t"))).upper()
    ids = studio.add(str(uuid.UUID(root)), nodes.topic("t", node_id=dashed, content_id=dashed))
    assert set(ids) == {nodes.node_id("t")}
    assert data_of(ids[nodes.node_id("t")])["content_id"] == nodes.node_id("t")


def test_fractions_of_seconds_are_stored_as_whole_seconds(studio):
    name = store(studio, b"v", "mp4")
    files = [nodes.file(name, "high_res_video", duration=12.25)]
    (data,) = added(studio, nodes.resource("v", "video", files, suggested_duration=10.5))
    assert isinstance(data["suggested_duration"], int)
    assert abs(data["suggested_duration"] - 10.5) < 1
    assert isinstance(data["files"][0]["duration"], int)
