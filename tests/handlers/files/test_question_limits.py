"""Limits of a question's texts: REST and sync refuse what exceeds them, and `add_nodes` stores it."""

import json

import pytest

from chalicelib.domain.exercises.questions import MAX_RAW_DATA, raw_data_problem
from chalicelib.schemas.assessmentitem import MAX_TEXT
from tests.export.perseus_builders import make_item
from tests.support.worlds import nodes
from tests.support.worlds.syncing import URL as SYNC

URL = "/api/assessmentitem"
LONG = "x" * (MAX_TEXT + 1)
TOO_LONG = {
    "question": ({"question": LONG}, "question"),
    "answer": ({"answers": [{"answer": LONG, "correct": True}]}, "answers.0.answer"),
    "answers as text": ({"answers": json.dumps([{"answer": "1"}, {"answer": LONG}])}, "answers.1.answer"),
    "hint": ({"hints": [{"hint": LONG}]}, "hints.0.hint"),
}


def raw(length):
    """Raw data of this length."""
    text = json.dumps({"question": {"content": "", "images": {}, "widgets": {}}, "hints": []})
    return text.replace('""', '"' + "x" * (length - len(text)) + '"', 1)


@pytest.fixture
def live(studio):
    """The channel and the question of a live exercise."""
    channel_id, root = studio.make_channel()
    ids = studio.add(root, nodes.exercise("e", nodes.question("q")))
    studio.finish(channel_id)
    return channel_id, [ids[nodes.node_id("e")], nodes.node_id("question q")]


@pytest.mark.parametrize("name", TOO_LONG)
def test_rest_names_the_field_and_its_limit(studio, live, name):
    fields, place = TOO_LONG[name]
    answer = studio.call("PATCH", f"{URL}/{','.join(live[1])}", fields)
    assert answer.status == 400
    assert answer.json == {place: [f"Ensure this has at most {MAX_TEXT} characters; it has {MAX_TEXT + 1}."]}


@pytest.mark.parametrize("name", TOO_LONG)
def test_sync_names_the_field_and_its_limit(studio, live, name):
    fields, place = TOO_LONG[name]
    change = {"type": 2, "table": "assessmentitem", "key": live[1], "mods": fields, "rev": 1, "channel_id": live[0]}
    answer = studio.post(SYNC, {"changes": [change]})
    studio.deliver("maintenance")
    received = studio.post(SYNC, {"channel_revs": {live[0]: 0}}).json
    errors = json.dumps([*answer.json["errors"], *received["errors"]])
    assert place in errors
    assert f"at most {MAX_TEXT} characters" in errors


def test_raw_data_is_accepted_up_to_its_limit(studio, live):
    sent = {"contentnode": live[1][0], "type": "perseus_question"}
    assert studio.post(URL, {**sent, "raw_data": raw(MAX_RAW_DATA)}).status == 201
    refused = studio.post(URL, {**sent, "raw_data": raw(MAX_RAW_DATA + 1)})
    assert refused.status == 400
    assert refused.json["raw_data"] == [
        f"Ensure this has at most {MAX_RAW_DATA} characters; it has {MAX_RAW_DATA + 1}."
    ]


def test_texts_are_accepted_up_to_their_limit(studio, live):
    text = "x" * MAX_TEXT
    fields = {"question": text, "answers": [{"answer": text, "correct": True}], "hints": [{"hint": text}]}
    answer = studio.call("PATCH", f"{URL}/{','.join(live[1])}", fields)
    assert answer.status == 200, answer.text
    assert answer.json["question"] == text


def test_answers_of_another_type_are_one_error(studio, live):
    answer = studio.call("PATCH", f"{URL}/{','.join(live[1])}", {"answers": [{"answer": {}}, {"answer": True}]})
    assert (answer.status, answer.json) == (
        400,
        {f"answers.{number}.answer": ["This must be a text or a number."] for number in (0, 1)},
    )


def test_longer_raw_data_is_damaged():
    """So an exercise that a chef sent with it is incomplete."""
    kind = "perseus_question"
    assert raw_data_problem(make_item(kind=kind, raw_data=raw(MAX_RAW_DATA))) is None
    assert raw_data_problem(make_item(kind=kind, raw_data=raw(MAX_RAW_DATA + 1))) == (
        "has more than 2000000 characters. Shorten it."
    )


def test_chefs_may_send_what_can_be_stored(studio):
    """A refusal would cost ricecooker all nodes of the request."""
    _, root = studio.make_channel()
    long = nodes.question("q", raw_data=raw(MAX_RAW_DATA + 1), type="perseus_question", question="", answers=[])
    texts = nodes.question("r", question=LONG, hints=json.dumps([{"hint": LONG}]))
    assert len(studio.add(root, nodes.exercise("e", long, texts))) == 1
