"""Questions are stored and read back in order, whatever their size."""

import pytest

from chalicelib.aws import storage
from chalicelib.domain.ids import new_id
from chalicelib.domain.types import AssessmentItemData
from chalicelib.models import assessment_items
from chalicelib.models.assessment_items import MAX_INLINE_BYTES, AssessmentItem
from tests.models.builders import question
from tests.support.worlds.trees import make_file

EXERCISE = "e" * 32


def saved(*items):
    assessment_items.save(list(items))
    return assessment_items.of(EXERCISE)


def raw_question(raw_data, **fields):
    return question(EXERCISE, type="perseus_question", raw_data=raw_data, **fields)


def test_every_field_is_stored_and_read_back(aws):
    item = question(
        EXERCISE,
        3,
        type="multiple_selection",
        question="Wie heißt $\\frac{1}{2}$? ![](${☣ CONTENTSTORAGE}/0.png)",
        answers=[
            {"answer": "é", "correct": True, "order": 0},
            {"answer": 2.5, "correct": False, "order": 1, "x": None},
        ],
        hints=[{"hint": "名前", "order": 0}],
        raw_data='{"a": 1}',
        source_url="http://a.example/ü",
        randomize=False,
        files=[make_file("a", "exercise_image")],
    )
    assert saved(item) == [item]
    assert set(item) == AssessmentItemData.__required_keys__


def test_empty_fields_are_stored_and_read_back(aws):
    item = question(EXERCISE, question="", answers=[], hints=[], source_url=None)
    assert saved(item) == [item]


def test_questions_are_sorted_by_order(aws):
    items = [question(EXERCISE, number, assessment_id=f"{99 - number:032x}") for number in range(40)]
    assert saved(*reversed(items)) == items


def test_equal_orders_are_sorted_by_id(aws):
    items = [question(EXERCISE, 0, assessment_id=f"{number:032x}") for number in range(5)]
    assert saved(*reversed(items)) == items


def test_exercises_have_separate_questions(aws):
    item, other = question(EXERCISE), question("f" * 32)
    assert saved(item, other) == [item]
    assert assessment_items.of(new_id()) == []


def test_writing_again_replaces(aws):
    item = question(EXERCISE)
    saved(item)
    assert saved({**item, "question": "Changed"}) == [{**item, "question": "Changed"}]


def test_keys_are_those_of_the_exercise(aws):
    items = [question(EXERCISE, number) for number in range(3)]
    saved(*items, question("f" * 32))
    assert sorted(assessment_items.keys_of(EXERCISE)) == sorted((EXERCISE, item["assessment_id"]) for item in items)


class TestRawData:
    @pytest.mark.parametrize(
        ("raw_data", "is_large"),
        [
            ("x" * MAX_INLINE_BYTES, False),
            ("x" * (MAX_INLINE_BYTES + 1), True),
            ("é" * (MAX_INLINE_BYTES // 2), False),  # bytes count, not characters
            ("é" * (MAX_INLINE_BYTES // 2 + 1), True),
            ("🎓" * 500_000, True),
        ],
        ids=["at the limit", "over it", "two bytes each, at the limit", "two bytes each, over it", "2 MB"],
    )
    def test_over_the_limit_is_stored_in_s3(self, aws, raw_data, is_large):
        item = raw_question(raw_data)
        assert saved(item) == [item]
        (stored,) = aws.items("assessment_items")
        assert ("raw_data_key" in stored) == is_large
        assert len(aws.objects()) == is_large
        assert len(stored["raw_data"]["S"].encode()) <= MAX_INLINE_BYTES

    def test_in_s3_is_private(self, aws):
        saved(raw_question("x" * (MAX_INLINE_BYTES + 1)))
        (key,) = aws.objects()
        assert not key.startswith("content/")

    def test_that_is_equal_is_stored_once(self, aws):
        items = [raw_question("x" * (MAX_INLINE_BYTES + 1), order=number) for number in range(2)]
        saved(items[0])
        assert saved(items[1]) == items
        assert len(aws.objects()) == 1

    def test_that_becomes_small_moves_to_the_table(self, aws):
        item = raw_question("x" * (MAX_INLINE_BYTES + 1))
        saved(item)
        assert saved({**item, "raw_data": "{}"}) == [{**item, "raw_data": "{}"}]
        (stored,) = aws.items("assessment_items")
        assert "raw_data_key" not in stored

    @pytest.mark.parametrize("length", [10, MAX_INLINE_BYTES + 1])
    def test_that_cannot_be_published_is_known_without_reading_it_again(self, aws, length):
        saved(raw_question("x" * length))
        (item,) = assessment_items.as_stored(EXERCISE)
        assert assessment_items.outline(item)["raw_data_problem"].startswith("is not valid JSON")
        saved(raw_question('{"a": "%s"}' % ("x" * length), assessment_id=item.assessment_id))
        (item,) = assessment_items.as_stored(EXERCISE)
        assert assessment_items.outline(item)["raw_data_problem"] == ""

    @pytest.mark.parametrize(("length", "known"), [(10, None), (MAX_INLINE_BYTES + 1, "")])
    def test_of_an_earlier_version_is_parsed_if_it_is_at_hand_and_else_counts_as_sound(self, aws, length, known):
        saved(raw_question("x" * length))
        (item,) = assessment_items.as_stored(EXERCISE)
        item.update([AssessmentItem.raw_data_problem.remove()])
        (item,) = assessment_items.as_stored(EXERCISE)
        assert assessment_items.outline(item).get("raw_data_problem") == known

    def test_is_written_before_the_question_that_refers_to_it(self, aws, monkeypatch):
        """A question must never refer to a missing object."""

        def broken(*_):
            raise ConnectionError

        monkeypatch.setattr(storage, "put", broken)
        with pytest.raises(ConnectionError):
            assessment_items.save([raw_question("x" * (MAX_INLINE_BYTES + 1)), question(EXERCISE)])
        assert aws.items("assessment_items") == []
