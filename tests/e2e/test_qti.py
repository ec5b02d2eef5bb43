"""Kolibri imports exercises that are QTI packages, and its API returns what its viewer needs."""

import pytest
from le_utils.constants import format_presets

from tests.e2e import uploads
from tests.e2e.api import Api
from tests.e2e.kolibri.kolibri_process import RunningKolibri
from tests.export.qti_builders import make_raw, qti_id, read_package
from tests.support.worlds import nodes

NAMES = ("free", "raw", "plain")


@pytest.fixture(scope="module")
def channel_id(uploader: Api, kolibri: RunningKolibri) -> str:
    """A channel with one exercise, which Kolibri has imported."""
    free = nodes.question("free", type="free_response", answers="[]")
    blank = {"question": "", "answers": "[]", "hints": "[]"}
    raw = nodes.question("raw", type="QTI", **{"raw_data": make_raw()["raw_data"], **blank})
    exercise = nodes.exercise("Essay", free, raw, nodes.question("plain"))
    made = uploads.upload(uploader, "Writing", "en", [exercise])
    kolibri.import_channel(made)
    return made


def test_the_package_arrives_complete(kolibri: RunningKolibri, channel_id: str) -> None:
    assert kolibri.damaged_files(channel_id) == []
    [file] = kolibri.files(channel_id)
    assert file["available"] == 1
    data = kolibri.stored(file["id"], "zip")
    assert data is not None
    assert list(read_package(data)[0]) == [qti_id(nodes.node_id(f"question {name}")) for name in NAMES]


def test_kolibri_has_the_question_ids_of_the_package(kolibri: RunningKolibri, channel_id: str) -> None:
    shown = kolibri.body(f"contentnode/{nodes.node_id('Essay')}/")
    assert shown["available"] is True
    assert shown["kind"] == "exercise"
    ids = shown["assessmentmetadata"]["assessment_item_ids"]
    assert ids == [qti_id(nodes.node_id(f"question {name}")) for name in NAMES]
    [file] = shown["files"]
    assert (file["preset"], file["extension"], file["available"]) == (format_presets.QTI_ZIP, "zip", True)
    assert file["supplementary"] is False
