"""Everything that add_nodes accepts can be published, or the task reports the problem: no publish hangs or gives up."""

import json

import pytest

from chalicelib.models import channels
from tests.support.existing import existing
from tests.support.http.recordings import store
from tests.support.worlds import images, nodes, published

DEEP = 850  # levels: beyond Python's recursion limit, within what JSON requests can hold
NESTED = "[" * DEEP + "]" * DEEP
SURROGATE = '"\\ud800"'


def with_extra(text):
    return nodes.exercise("e", nodes.question("q"), extra_fields=f'{{"mastery_model": "do_all", "a": {text}}}')


def with_answer(text):
    return nodes.exercise("e", nodes.question("q", answers=f'[{{"answer": {text}, "correct": true, "order": 0}}]'))


def with_hint(text):
    return nodes.exercise("e", nodes.question("q", hints=f'[{{"hint": {text}, "order": 0}}]'))


def with_mastery(**fields):
    extra = {"mastery_model": "m_of_n", "randomize": True, **fields}
    return nodes.exercise("e", nodes.question("q"), extra_fields=json.dumps(extra))


def raw(text):
    question = nodes.question("q", type="perseus_question", raw_data=text, answers="[]", hints="[]")
    return nodes.exercise("e", question)


CASES = {
    "deep extra fields": with_extra(NESTED),
    "a lone surrogate in extra fields": with_extra(SURROGATE),
    "a number of 4,000 digits in extra fields": with_extra("9" * 4000),
    "NaN in extra fields": with_extra("NaN"),
    "a lone surrogate in an answer": with_answer(SURROGATE),
    "a deep answer": with_answer(NESTED),
    "an answer that is a number": with_answer("1.5"),
    "an answer that is null": with_answer("null"),
    "an answer that is an object": with_answer('{"a": 1}'),
    "a hint that is a list": with_hint("[1]"),
    "an answer of 3,000 nested brackets": with_answer(json.dumps("$" + "{" * 3000 + "}" * 3000 + "$")),
    "an order that is NaN": nodes.exercise(
        "e", nodes.question("q", answers='[{"answer": "a", "correct": true, "order": NaN}]')
    ),
    "an input that is no number": nodes.exercise(
        "e", nodes.question("q", type="input_question", answers='[{"answer": "²", "correct": true}]')
    ),
    "a digit that is none": with_mastery(m="²", n="³"),
    "m larger than n": with_mastery(m=10, n=2),
    "a huge m": with_mastery(m=10**30, n=10**30),
    "m of n without m": with_mastery(),
    "a null byte": nodes.exercise("a\x00b", nodes.question("q\x00"), description="\x00", author="\x00"),
    "a question with markup that does not end": nodes.exercise("e", nodes.question("![](${☣ CONTENTSTORAGE}/")),
}
REFUSED = {
    *("deep extra fields", "a lone surrogate in extra fields", "a number of 4,000 digits in extra fields"),
    *("NaN in extra fields", "a lone surrogate in an answer", "a deep answer", "an order that is NaN"),
    *("a digit that is none", "a huge m"),
}
RAW = {"no JSON": raw("{"), "a list": raw("[1]"), "deep lists": raw(NESTED)}


def publish_with(studio, *sent):
    """Return the error of publishing these nodes beside a valid one, or None."""
    channel_id, root = studio.make_channel()
    studio.add(root, nodes.exercise("good", nodes.question("good")), *sent)
    studio.finish(channel_id)
    task = studio.publish(channel_id)
    if task["status"] not in ("SUCCESS", "FAILURE") or "internal error" in task["detail"]:
        return task["detail"] or task["status"]
    if existing(channels.get(channel_id)).publish_task_id or studio.cloud.waiting("publish-dlq"):
        return "the publish has not ended"
    is_there = task["status"] == "FAILURE" or "good" in published.titles(studio, channel_id)
    return None if is_there else "the good node is not there"


def test_accepted_nodes_can_be_published(studio):
    _, root = studio.make_channel()
    taken = []
    for number, (label, node) in enumerate(CASES.items()):
        sent = {**node, "node_id": nodes.node_id(str(number))}
        answer = studio.post("/api/internal/add_nodes", {"root_id": root, "content_data": [sent]})
        assert answer.status == (400 if label in REFUSED else 200), (label, answer.text)
        if answer.status == 200:
            taken.append((label, sent))
    if publish_with(studio, *(sent for _, sent in taken)):
        assert {label: problem for label, sent in taken if (problem := publish_with(studio, sent))} == {}


@pytest.mark.parametrize("label", RAW)
def test_unpublishable_raw_data_is_reported(studio, label):
    assert publish_with(studio, RAW[label]) is None


def test_an_invalid_image_does_not_stop_a_publish(studio):
    for name in (store(studio, b"no picture", "png"), store(studio, images.png()[:100], "png")):
        channel_id, root = studio.make_channel()
        thumbnail = nodes.file(name, "exercise_thumbnail")
        picture = nodes.file(name, "exercise_image")
        text = f"![](${{☣ CONTENTSTORAGE}}/{name})"
        studio.add(root, nodes.exercise("e", nodes.question(text, files=[picture]), files=[thumbnail]))
        studio.finish(channel_id)
        assert studio.publish(channel_id)["status"] == "SUCCESS"


def test_a_missing_channel_thumbnail_is_left_out(studio):
    channel_id, root = studio.make_channel(thumbnail="0" * 32 + ".png")
    studio.add(root, nodes.exercise("e", nodes.question("q")))
    studio.finish(channel_id)
    assert studio.publish(channel_id)["status"] == "SUCCESS"
    assert existing(published.lookup(studio, channel_id))["icon_encoding"] in ("", None)


def test_a_deep_tree_is_published(studio):
    channel_id, parent = studio.make_channel()
    names = [f"t{depth}" for depth in range(12)]
    for name in names:
        parent = studio.add(parent, nodes.topic(name))[nodes.node_id(name)]
    studio.add(parent, nodes.exercise("e", nodes.question("q")))
    studio.finish(channel_id)
    assert studio.publish(channel_id)["status"] == "SUCCESS"
    assert published.titles(studio, channel_id) == [*names, "e"]
