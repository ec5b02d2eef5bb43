"""Why a node is incomplete. Each rule in this table has a test.

| required | except of |
| --- | --- |
| a title | the root |
| a licence, with a description if it is custom and a copyright holder if it requires one | topics |
| a file that is not supplementary | topics, exercises |
| an answerable question and a mastery criterion | all kinds but exercises |
| raw data that can be published, in every raw question | all kinds but exercises |
| a number among the answers of every input question that has answers | all kinds but exercises |
| completion criteria that are valid for the kind | topics |
"""

from typing import Any

import pytest
from le_utils.constants import content_kinds, exercises, format_presets, licenses

from chalicelib.domain.exercises import qti_xml
from chalicelib.domain.exercises.completion import MAX_QUESTIONS, MAX_SENTENCE, incomplete_reasons, stored_reasons
from tests.support.worlds.trees import make_file, make_node, tree

ROOT = tree()[0]
RESOURCES = [kind for kind, _ in content_kinds.choices if kind != content_kinds.TOPIC]
WITH_FILES = [kind for kind in RESOURCES if kind != content_kinds.EXERCISE]
CUSTOM = [license.name for license in licenses.LICENSELIST if license.custom]
WITHOUT_HOLDER = [license.name for license in licenses.LICENSELIST if not license.copyright_holder_required]
WITH_HOLDER = [license.name for license in licenses.LICENSELIST if license.copyright_holder_required]
RIGHT = {"answer": "a", "correct": True, "order": 0}
WRONG = {"answer": "b", "correct": False, "order": 1}
NUMBER = {"answer": "10", "correct": True, "order": 0}
PERSEUS = '{"question": {"content": "x", "images": {}, "widgets": {}}}'
QTI = (
    f'<qti-assessment-item xmlns="{qti_xml.NAMESPACE}" identifier="a" title="a" adaptive="false"'
    ' time-dependent="false"><qti-item-body><p>x</p></qti-item-body></qti-assessment-item>'
)
MASTERY = {"mastery_model": exercises.DO_ALL}
BLANK = ["", "  ", "\n\t"]


def node(kind, **fields):
    common = {"license": licenses.CC_BY, "copyright_holder": "Holder"}
    own = {"extra_fields": MASTERY} if kind == content_kinds.EXERCISE else {"files": [make_file("a")]}
    return make_node("node", ROOT, kind=kind, **{**common, **own, **fields})


def question(type=exercises.SINGLE_SELECTION, **fields):
    answers = [NUMBER] if type == exercises.INPUT_QUESTION else [WRONG, RIGHT]
    question = {"assessment_id": "a1", "type": type, "question": "What?", "answers": answers, "raw_data": ""}
    return {**question, **fields}


def raw(type, raw_data):
    return question(type, question="", answers=[], raw_data=raw_data)


def codes(kind, *questions, **fields):
    if kind == content_kinds.EXERCISE and not questions:
        questions = (question(),)
    return [reason["code"] for reason in incomplete_reasons(node(kind, **fields), list(questions))]


def complete(kind, *questions, **fields):
    return not codes(kind, *questions, **fields)


class TestTitle:
    @pytest.mark.parametrize("kind", [*RESOURCES, content_kinds.TOPIC])
    @pytest.mark.parametrize("title", BLANK)
    def test_is_required(self, kind, title):
        assert complete(kind)
        assert codes(kind, title=title) == ["title"]

    def test_is_not_required_of_the_root(self):
        assert incomplete_reasons({**ROOT, "title": ""}, []) == []


def test_topic_requires_nothing_else():
    assert complete(content_kinds.TOPIC, license=None, copyright_holder="", files=[])


class TestLicence:
    @pytest.mark.parametrize("kind", RESOURCES)
    @pytest.mark.parametrize("license", [None, "", "Unheard of"])
    def test_is_required(self, kind, license):
        assert codes(kind, license=license) == ["license"]

    @pytest.mark.parametrize("license", WITH_HOLDER)
    @pytest.mark.parametrize("holder", BLANK)
    def test_requires_a_copyright_holder(self, license, holder):
        assert complete("video", license=license, license_description="As said", copyright_holder="Holder")
        fields = {"license": license, "license_description": "As said"}
        assert codes("video", **fields, copyright_holder=holder) == ["copyright_holder"]

    @pytest.mark.parametrize("license", WITHOUT_HOLDER)
    def test_may_not_require_a_copyright_holder(self, license):
        assert complete("video", license=license, copyright_holder="")

    @pytest.mark.parametrize("license", CUSTOM)
    @pytest.mark.parametrize("description", [None, *BLANK])
    def test_requires_a_description_if_custom(self, license, description):
        assert complete("video", license=license, license_description="As said")
        assert codes("video", license=license, license_description=description) == ["license_description"]

    def test_le_utils_has_licences_of_every_type(self):
        assert CUSTOM
        assert WITHOUT_HOLDER
        assert len(WITH_HOLDER) > 1


class TestFile:
    @pytest.mark.parametrize("kind", WITH_FILES)
    def test_is_required(self, kind):
        assert complete(kind)
        assert codes(kind, files=[]) == ["files"]

    @pytest.mark.parametrize("preset", list(format_presets.PRESETLIST), ids=lambda preset: preset.id)
    def test_must_not_be_supplementary(self, preset):
        assert complete("video", files=[make_file("a", preset.id)]) == (not preset.supplementary)

    def test_with_supplementary_files_is_enough(self):
        assert complete("video", files=[make_file("a", "video_subtitle"), make_file("b", "high_res_video")])

    def test_is_not_required_of_exercises(self):
        assert complete("exercise", files=[])


class TestQuestion:
    def test_is_required_of_exercises(self):
        assert [reason["code"] for reason in incomplete_reasons(node("exercise"), [])] == ["questions"]

    def test_one_answerable_question_is_enough(self):
        assert complete("exercise", question(question=""), question())
        assert not complete("exercise", question(question=""), question(answers=[WRONG]))

    @pytest.mark.parametrize("text", BLANK)
    @pytest.mark.parametrize("type", [exercises.SINGLE_SELECTION, exercises.INPUT_QUESTION, exercises.FREE_RESPONSE])
    def test_requires_text(self, type, text):
        assert complete("exercise", question(type))
        assert not complete("exercise", question(type, question=text))

    @pytest.mark.parametrize("type", [exercises.SINGLE_SELECTION, exercises.MULTIPLE_SELECTION])
    @pytest.mark.parametrize("answers", [[], [WRONG], [{"answer": "a"}], [{"answer": "a", "correct": None}]], ids=str)
    def test_requires_a_correct_answer(self, type, answers):
        assert complete("exercise", question(type))
        assert not complete("exercise", question(type, answers=answers))

    @pytest.mark.parametrize("answers", [[], [WRONG], [RIGHT]], ids=str)
    def test_with_free_response_requires_no_answers(self, answers):
        assert complete("exercise", question(exercises.FREE_RESPONSE, answers=answers))


class TestRawData:
    @pytest.mark.parametrize(("type", "sound"), [(exercises.PERSEUS_QUESTION, PERSEUS), (exercises.QTI, QTI)])
    def test_is_all_that_raw_questions_require(self, type, sound):
        assert complete("exercise", raw(type, sound))
        for blank in BLANK:
            assert codes("exercise", raw(type, blank)) == ["raw_data"]

    @pytest.mark.parametrize(
        ("type", "damaged", "reason"),
        [
            (exercises.PERSEUS_QUESTION, PERSEUS[:-3], "is not valid JSON"),
            (exercises.PERSEUS_QUESTION, '{"widgets": NaN}', "NaN is not a finite number"),
            (exercises.PERSEUS_QUESTION, "[" * 200 + "]" * 200, "nested more than 100 levels deep"),
            (exercises.PERSEUS_QUESTION, "[]", "is not a JSON object"),
            (exercises.QTI, QTI.replace("qtiasi_v3p0", "qtiv2p1"), "must be a qti-assessment-item"),
            (exercises.QTI, QTI[:-3], "is not well-formed XML"),
        ],
    )
    def test_must_be_sound_in_every_question(self, type, damaged, reason):
        (found,) = incomplete_reasons(node("exercise"), [question(), raw(type, damaged)])
        assert found["code"] == "raw_data"
        assert found["sentence"].startswith("Question a1: its raw data ")
        assert reason in found["sentence"]

    def test_is_not_parsed_if_its_problem_is_known(self):
        elsewhere = raw(exercises.PERSEUS_QUESTION, "key/of/raw/data")
        assert complete("exercise", {**elsewhere, "raw_data_problem": ""})
        assert not complete("exercise", {**elsewhere, "raw_data_problem": "is not valid JSON."})

    def test_named_questions_and_sentences_are_bounded(self):
        damaged: Any = {**raw(exercises.QTI, QTI), "raw_data_problem": "is " + "very " * MAX_SENTENCE + "bad."}
        found = incomplete_reasons(node("exercise"), [damaged] * (MAX_QUESTIONS + 1))
        assert [len(reason["sentence"]) for reason in found] == [MAX_SENTENCE] * MAX_QUESTIONS


class TestNumbers:
    @staticmethod
    def input_question(*answers):
        return question(exercises.INPUT_QUESTION, answers=[{"answer": text, "correct": True} for text in answers])

    @pytest.mark.parametrize("answers", [["10 cm"], ["½"], ["1 000"], ["10 cm", "four"], ["", "10 cm"]], ids=str)
    def test_answers_without_any_make_an_exercise_incomplete(self, answers):
        assert codes("exercise", question(), self.input_question(*answers)) == ["answers"]

    @pytest.mark.parametrize("answers", [[], [""], [None], ["10"], [10], ["10 cm", "10"], ["3,5"]], ids=str)
    def test_one_is_enough_and_answers_are_not_required(self, answers):
        assert complete("exercise", self.input_question(*answers))


class TestStoredReasons:
    def test_are_those_of_the_last_write(self):
        reasons = [{"code": "answers", "sentence": "As stored."}]
        assert stored_reasons(node("exercise", complete=False, incomplete_reasons=reasons)) == reasons

    @pytest.mark.parametrize(
        ("kind", "fields", "expected"),
        [
            ("video", {"files": [], "title": ""}, ["title", "files"]),
            ("exercise", {"license": None}, ["license"]),
            ("exercise", {}, ["questions"]),
        ],
        ids=str,
    )
    def test_follow_from_nodes_that_were_stored_without_them(self, kind, fields, expected):
        assert [reason["code"] for reason in stored_reasons(node(kind, complete=False, **fields))] == expected


class TestCriteria:
    def test_mastery_is_required_of_exercises(self):
        assert codes("exercise", extra_fields={}) == ["mastery"]
        assert not complete("exercise", extra_fields={"mastery_model": exercises.M_OF_N})
        assert complete("exercise", extra_fields={"mastery_model": exercises.M_OF_N, "m": 1, "n": 2})

    def test_mastery_may_be_a_completion_criterion(self):
        assert complete("exercise", extra_fields=self.fields(model="mastery", threshold=MASTERY))

    def test_must_be_allowed_for_the_kind(self):
        timed = self.fields(model="time", threshold=10)
        assert complete("video", extra_fields=timed)
        assert not complete("exercise", extra_fields={**timed, **MASTERY})
        mastery = self.fields(model="mastery", threshold=MASTERY)
        assert codes("document", extra_fields=mastery) == ["completion_criteria"]

    @pytest.mark.parametrize(
        ("kind", "criterion"),
        [
            ("video", {"model": "time"}),
            ("video", {"model": "time", "threshold": -1}),
            ("exercise", {"model": "mastery"}),
            ("exercise", {"model": "mastery", "threshold": {"mastery_model": "m_of_n"}}),
            ("document", {"model": "pages", "threshold": "500%"}),
        ],
        ids=str,
    )
    def test_must_match_the_schema_of_le_utils(self, kind, criterion):
        """Nodes copied from another channel are not validated when they are added, so this check must catch them."""
        assert not complete(kind, extra_fields=self.fields(**criterion))

    @pytest.mark.parametrize("model", [[], {}, 5, None])
    def test_of_an_unknown_model_are_invalid(self, model):
        assert not complete("video", extra_fields=self.fields(model=model, threshold=5))

    @staticmethod
    def fields(**criterion):
        return {"options": {"completion_criteria": criterion}}
