"""Exercises with QTI and free-response questions are published as QTI packages, all others as Perseus archives."""

import json

import pytest
from le_utils.constants import format_presets

from chalicelib.aws import storage
from chalicelib.domain.storage_keys import storage_key
from tests.export.perseus_builders import read_archive
from tests.export.qti_builders import make_raw, qti_id, read_package
from tests.handlers.publishing.test_publish import deploy
from tests.support.http.recordings import store
from tests.support.worlds import images, nodes, published

FILES = """select n.title, f.preset, f.extension, f.priority, f.supplementary, f.thumbnail, f.included_presets,
    f.checksum = f.local_file_id, f.file_size = l.file_size, l.extension
    from content_file f join content_contentnode n on n.id = f.contentnode_id
    join content_localfile l on l.id = f.local_file_id order by n.lft"""
QUESTIONS = """select n.title, a.assessment_item_ids, a.number_of_assessments, a.mastery_model, a.randomize
    from content_assessmentmetadata a join content_contentnode n on n.id = a.contentnode_id order by n.lft"""
PRESET = next(preset for preset in format_presets.PRESETLIST if preset.id == format_presets.QTI_ZIP)
QTI, PERSEUS = 1 << 13, 1 << 7  # bits of presets that Kolibri renders


def raw(name, body="<p>Well?</p>", **fields):
    empty = {"question": "", "answers": "[]", "hints": "[]"}
    return nodes.question(name, **{"type": "QTI", "raw_data": make_raw(body)["raw_data"], **empty, **fields})


def free(name):
    return nodes.question(name, type="free_response", answers="[]")


def perseus(name):
    return raw(name, type="perseus_question", raw_data='{"question": {"content": "2+2?"}}')


def package(studio, channel_id, title="e"):
    """Return the questions of an exercise's package and all of its members."""
    sql = f"select checksum, extension from content_file where contentnode_id = '{nodes.node_id(title)}'"
    [found] = published.rows(studio, channel_id, sql)
    return read_package(storage.read(storage_key(*found)))


def test_database_names_the_package_and_its_questions(studio):
    channel_id = deploy(studio, nodes.exercise("e", nodes.question("plain"), free("free"), raw("raw")))
    assert studio.publish(channel_id)["status"] == "SUCCESS"
    row = ("e", "qti", "zip", PRESET.order, 0, 0, QTI, 1, 1, "zip")
    assert published.rows(studio, channel_id, FILES) == [row]
    [(title, ids, count, mastery, randomize)] = published.rows(studio, channel_id, QUESTIONS)
    assert json.loads(ids) == [qti_id(nodes.node_id(f"question {name}")) for name in ("plain", "free", "raw")]
    assert (title, count, json.loads(mastery), randomize) == ("e", 3, {"type": "m_of_n", "m": 1, "n": 2}, 1)
    assert list(package(studio, channel_id)[0]) == json.loads(ids)


def test_other_exercises_get_archives(studio):
    channel_id = deploy(
        studio,
        nodes.exercise("plain", nodes.question("p"), perseus("q")),
        nodes.exercise("free", free("f")),
        nodes.exercise("mixed", perseus("m"), raw("r")),
    )
    assert studio.publish(channel_id)["status"] == "SUCCESS"
    found = [(row[0], row[1], row[2], row[6]) for row in published.rows(studio, channel_id, FILES)]
    assert found == [
        ("plain", "exercise", "perseus", PERSEUS),
        ("free", "qti", "zip", QTI),
        ("mixed", "qti", "zip", QTI | PERSEUS),
    ]
    ids = [json.loads(row[1]) for row in published.rows(studio, channel_id, QUESTIONS)]
    assert ids[0] == [nodes.node_id(f"question {name}") for name in "pq"]


def test_stored_images_are_in_the_package(studio):
    picture = images.png()
    name = store(studio, picture, "png")
    text = f"![p](${{☣ CONTENTSTORAGE}}/{name} =20x10)"
    shown = nodes.question(text, type="free_response", answers="[]", files=[nodes.file(name, "exercise_image")])
    channel_id = deploy(studio, nodes.exercise("e", shown, raw("r", f'<p><img alt="p" src="{name}"/></p>')))
    assert studio.publish(channel_id)["status"] == "SUCCESS"
    items, members = package(studio, channel_id)
    assert [item.images() for item in items.values()] == [[f"items/images/{name}"]] * 2
    assert members[f"items/images/{name}"] == picture


def test_publishing_again_changes_nothing(studio):
    content = nodes.exercise("e", free("f"), perseus("p"))
    channel_id = deploy(studio, content)
    studio.publish(channel_id)
    before = package(studio, channel_id)[1]
    deploy(studio, content, channel_id=channel_id)
    assert "Nothing has changed" in studio.publish(channel_id)["detail"]
    deploy(studio, content, nodes.exercise("other", free("o")), channel_id=channel_id)
    assert studio.publish(channel_id)["status"] == "SUCCESS"
    assert package(studio, channel_id)[1] == before


def test_an_exercise_that_loses_its_free_response_gets_an_archive(studio):
    channel_id = deploy(studio, nodes.exercise("e", nodes.question("plain"), free("f")))
    studio.publish(channel_id)
    deploy(studio, nodes.exercise("e", nodes.question("plain")), channel_id=channel_id)
    assert studio.publish(channel_id)["status"] == "SUCCESS"
    [row] = published.rows(studio, channel_id, "select preset, checksum, extension from content_file")
    assert row[::2] == ("exercise", "perseus")
    assert "exercise.json" in read_archive(storage.read(storage_key(*row[1:])))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("<p>", "not well-formed XML"),
        ('<!DOCTYPE q [<!ENTITY a "b">]><q>&a;</q>', "DOCTYPE"),
        ("<qti/>", "qti-assessment-item"),
        (make_raw("<p>" * 300 + "</p>" * 300)["raw_data"], "levels deep"),
    ],
)
def test_invalid_raw_data_is_reported(studio, text, reason):
    channel_id = deploy(studio, nodes.exercise("e", free("f"), raw("r", raw_data=text)))
    task = studio.publish(channel_id)
    assert task["status"] == "FAILURE"
    assert task["detail"].startswith("The tree has no complete resource.")
    (exercise_id,) = (item["id"]["S"] for item in studio.cloud.items("nodes") if item["kind"]["S"] == "exercise")
    (found,) = studio.get(f"/api/contentnode/{exercise_id}").json["incomplete_reasons"]
    assert found["sentence"].startswith(f"Question {nodes.node_id('question r')}: its raw data ")
    assert reason in found["sentence"]
    assert published.lookup(studio, channel_id) is None


ODD = ['"\\ud800"', "[[[[1]]]]", "1.5", "null", '{"a": 1}', json.dumps("$$" + "{" * 3000 + "$$"), '"\\u0000\\u0001"']


@pytest.mark.parametrize("kind", ["single_selection", "multiple_selection", "input_question"])
def test_questions_accepted_beside_a_free_response_are_published(studio, kind):
    one = '{"answer": "1", "correct": true, "order": 1}'
    rows = [
        nodes.question(
            str(number),
            type=kind,
            answers=f'[{{"answer": {odd}, "correct": true, "order": 0}}, {one}]',
            hints=f'[{{"hint": {odd}, "order": 0}}]',
        )
        for number, odd in enumerate(ODD)
    ]
    channel_id, root = studio.make_channel()
    taken = []
    for row in rows:
        sent = nodes.exercise(row["question"], row, free("f"))
        if studio.post("/api/internal/add_nodes", {"root_id": root, "content_data": [sent]}).status == 200:
            taken.append(row["question"])
    assert len(taken) > 3
    studio.finish(channel_id)
    assert studio.publish(channel_id)["status"] == "SUCCESS"
    assert published.titles(studio, channel_id) == taken
