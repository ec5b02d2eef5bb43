"""Whether a node is complete. Each rule in this table has a test.

| required | except of |
| --- | --- |
| a title | the root |
| a licence, with a description if it is custom and a copyright holder if it requires one | topics |
| a file that is not supplementary | topics, exercises |
| an answerable question and a mastery criterion | all kinds but exercises |
| completion criteria that are valid for the kind | topics |
"""

import pytest
from le_utils.constants import content_kinds, exercises, format_presets, licenses

from chalicelib.domain.exercises.completion import is_complete
from tests.support.worlds.trees import make_file, make_node, tree

ROOT = tree()[0]
RESOURCES = [kind for kind, _ in content_kinds.choices if kind != content_kinds.TOPIC]
WITH_FILES = [kind for kind in RESOURCES if kind != content_kinds.EXERCISE]
CUSTOM = [license.name for license in licenses.LICENSELIST if license.custom]
WITHOUT_HOLDER = [license.name for license in licenses.LICENSELIST if not license.copyright_holder_required]
WITH_HOLDER = [license.name for license in licenses.LICENSELIST if license.copyright_holder_required]
RIGHT = {"answer": "a", "correct": True, "order": 0}
WRONG = {"answer": "b", "correct": False, "order": 1}
MASTERY = {"mastery_model": exercises.DO_ALL}
BLANK = ["", "  ", "\n\t"]


def node(kind, **fields):
    common = {"license": licenses.CC_BY, "copyright_holder": "Holder"}
    own = {"extra_fields": MASTERY} if kind == content_kinds.EXERCISE else {"files": [make_file("a")]}
    return make_node("node", ROOT, kind=kind, **{**common, **own, **fields})


def question(type=exercises.SINGLE_SELECTION, **fields):
    question = {"type": type, "question": "What?", "answers": [WRONG, RIGHT], "raw_data": ""}
    return {**question, **fields}


def complete(kind, *questions, **fields):
    if kind == content_kinds.EXERCISE and not questions:
        questions = (question(),)
    return is_complete(node(kind, **fields), list(questions))


class TestTitle:
    @pytest.mark.parametrize("kind", [*RESOURCES, content_kinds.TOPIC])
    @pytest.mark.parametrize("title", BLANK)
    def test_is_required(self, kind, title):
        assert complete(kind)
        assert not complete(kind, title=title)

    def test_is_not_required_of_the_root(self):
        assert is_complete({**ROOT, "title": ""}, [])


def test_topic_requires_nothing_else():
    assert complete(content_kinds.TOPIC, license=None, copyright_holder="", files=[])


class TestLicence:
    @pytest.mark.parametrize("kind", RESOURCES)
    @pytest.mark.parametrize("license", [None, "", "Unheard of"])
    def test_is_required(self, kind, license):
        assert not complete(kind, license=license)

    @pytest.mark.parametrize("license", WITH_HOLDER)
    @pytest.mark.parametrize("holder", BLANK)
    def test_requires_a_copyright_holder(self, license, holder):
        assert complete("video", license=license, license_description="As said", copyright_holder="Holder")
        assert not complete("video", license=license, license_description="As said", copyright_holder=holder)

    @pytest.mark.parametrize("license", WITHOUT_HOLDER)
    def test_may_not_require_a_copyright_holder(self, license):
        assert complete("video", license=license, copyright_holder="")

    @pytest.mark.parametrize("license", CUSTOM)
    @pytest.mark.parametrize("description", [None, *BLANK])
    def test_requires_a_description_if_custom(self, license, description):
        assert complete("video", license=license, license_description="As said")
        assert not complete("video", license=license, license_description=description)

    def test_le_utils_has_licences_of_every_type(self):
        assert CUSTOM
        assert WITHOUT_HOLDER
        assert len(WITH_HOLDER) > 1


class TestFile:
    @pytest.mark.parametrize("kind", WITH_FILES)
    def test_is_required(self, kind):
        assert complete(kind)
        assert not complete(kind, files=[])

    @pytest.mark.parametrize("preset", list(format_presets.PRESETLIST), ids=lambda preset: preset.id)
    def test_must_not_be_supplementary(self, preset):
        assert complete("video", files=[make_file("a", preset.id)]) == (not preset.supplementary)

    def test_with_supplementary_files_is_enough(self):
        assert complete("video", files=[make_file("a", "video_subtitle"), make_file("b", "high_res_video")])

    def test_is_not_required_of_exercises(self):
        assert complete("exercise", files=[])


class TestQuestion:
    def test_is_required_of_exercises(self):
        assert not is_complete(node("exercise"), [])

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

    @pytest.mark.parametrize("type", [exercises.INPUT_QUESTION, exercises.FREE_RESPONSE])
    @pytest.mark.parametrize("answers", [[], [WRONG], [RIGHT]], ids=str)
    def test_with_text_input_requires_no_answers(self, type, answers):
        assert complete("exercise", question(type, answers=answers))

    @pytest.mark.parametrize("type", [exercises.PERSEUS_QUESTION, exercises.QTI])
    def test_of_a_raw_type_requires_only_raw_data(self, type):
        assert complete("exercise", question(type, question="", answers=[], raw_data="{}"))
        for blank in BLANK:
            assert not complete("exercise", question(type, raw_data=blank))


class TestCriteria:
    def test_mastery_is_required_of_exercises(self):
        assert not complete("exercise", extra_fields={})
        assert not complete("exercise", extra_fields={"mastery_model": exercises.M_OF_N})
        assert complete("exercise", extra_fields={"mastery_model": exercises.M_OF_N, "m": 1, "n": 2})

    def test_mastery_may_be_a_completion_criterion(self):
        assert complete("exercise", extra_fields=self.fields(model="mastery", threshold=MASTERY))

    def test_must_be_allowed_for_the_kind(self):
        timed = self.fields(model="time", threshold=10)
        assert complete("video", extra_fields=timed)
        assert not complete("exercise", extra_fields={**timed, **MASTERY})
        assert not complete("document", extra_fields=self.fields(model="mastery", threshold=MASTERY))

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
