"""QTI questions of exercises."""

import pytest

from tests.export.qti_builders import make_raw
from tests.handlers.files.test_assessmentitem import World
from tests.support.http.recordings import store
from tests.support.worlds import images

BLANK = {"question": "", "answers": [], "hints": []}
GOOD = make_raw()["raw_data"]
LAUGHS = '<!DOCTYPE q [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>' + GOOD.replace("Well?", "&b;")


@pytest.fixture
def world(studio):
    return World(studio)


def create(world, raw_data, **fields):
    return world.create(type="QTI", raw_data=raw_data, **BLANK, **fields)


def files(world, question):
    return [file["checksum"] for file in world.studio.get(f"/api/file?assessment_item__in={question}").json]


@pytest.mark.parametrize(
    ("raw_data", "reason"),
    [
        ("Well?", "This is not well-formed XML"),
        (GOOD[:-1], "This is not well-formed XML"),
        (LAUGHS, "This has a DOCTYPE. Remove it."),
        ("<qti/>", "This must be a qti-assessment-item in the namespace"),
        ('{"question": {}}', "This is not well-formed XML"),
    ],
)
def test_invalid_items_are_refused_and_change_nothing(world, raw_data, reason):
    before = world.of(world.exercise)
    for answer in (create(world, raw_data), world.patch(world.first, type="QTI", raw_data=raw_data, **BLANK)):
        assert (answer.status, list(answer.json)) == (400, ["raw_data"])
        assert reason in answer.json["raw_data"][0]
    assert world.of(world.empty) == []
    assert world.of(world.exercise) == before


def test_raw_data_may_be_empty(world):
    assert create(world, "").status == 201
    assert world.node(world.empty) == (1, False)


def test_stored_images_of_an_item_become_its_files(world):
    name, other = (store(world.studio, images.png(size=(side, side)), "png") for side in (3, 4))
    row = create(world, make_raw(f'<p><img alt="" src="{name}"/><img alt="" src="{"0" * 32}.png"/></p>')["raw_data"])
    assert row.status == 201
    key = f"{row.json['contentnode']},{row.json['assessment_id']}"
    assert files(world, key) == [name.split(".")[0]]
    assert world.patch(key, order=5).status == 200
    assert files(world, key) == [name.split(".")[0]]
    assert world.patch(key, raw_data=make_raw(f'<p><img alt="" src="{other}"/></p>')["raw_data"]).status == 200
    assert files(world, key) == [other.split(".")[0]]


def test_images_with_the_storage_placeholder_must_be_stored(world):
    missing = make_raw(f'<p><img alt="" src="${{☣ CONTENTSTORAGE}}/{"0" * 32}.png"/></p>')["raw_data"]
    answer = create(world, missing)
    assert (answer.status, list(answer.json)) == (400, ["files"])
