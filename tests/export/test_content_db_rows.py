"""Single values of a content database."""

from typing import Any

import pytest
from le_utils.constants import completion_criteria, content_kinds, exercises, format_presets, mastery_criteria

from chalicelib.domain.exercises.completion import incomplete_reasons
from chalicelib.domain.trees.frozen_tree import in_memory
from chalicelib.domain.trees.shape import shape_of
from chalicelib.export.content_db_rows import MAX_FILE_SIZE, duration, options, tables
from tests.support.worlds.frozen import freeze
from tests.support.worlds.trees import make_channel, make_file, make_node, resource, topic, tree


def rows(table, *branches, nodes=None, **channel):
    frozen = in_memory(freeze(make_channel(**channel), nodes or tree(*branches), 1))
    return [row for name, rows in tables(frozen, shape_of(frozen.nodes())) for row in list(rows) if name == table]


def exercise(**extra_fields):
    return make_node("exercise", None, kind=content_kinds.EXERCISE, extra_fields=extra_fields)


class TestOptions:
    def test_are_copied_from_the_extra_fields(self):
        node = make_node("app", None, kind="html5", extra_fields={"options": {"entry": "start.html"}, "other": 1})
        assert options(node) == {"entry": "start.html"}

    def test_m_of_n_in_the_old_form_has_m_and_n(self):
        criterion = options(exercise(mastery_model=exercises.M_OF_N, m="3", n=4))["completion_criteria"]
        assert criterion == {
            "model": completion_criteria.MASTERY,
            "threshold": {"mastery_model": mastery_criteria.M_OF_N, "m": 3, "n": 4},
        }

    @pytest.mark.parametrize("model", [exercises.DO_ALL, exercises.NUM_CORRECT_IN_A_ROW_5])
    def test_other_models_in_the_old_form_have_neither(self, model):
        threshold = options(exercise(mastery_model=model, m=5, n=5))["completion_criteria"]["threshold"]
        assert threshold == {"mastery_model": model, "m": None, "n": None}

    @pytest.mark.parametrize("model", [exercises.SKILL_CHECK, exercises.QUIZ, exercises.PRE_POST_TEST])
    def test_models_missing_in_the_schema_give_no_criterion(self, model):
        assert options(exercise(mastery_model=model, m=1, n=1)) == {}

    def test_criterion_overrides_the_old_form(self):
        criterion = {"model": "mastery", "threshold": {"mastery_model": "do_all", "m": None, "n": None}}
        node = exercise(mastery_model=exercises.M_OF_N, m=1, n=2, options={"completion_criteria": criterion})
        assert options(node) == {"completion_criteria": criterion}

    def test_old_form_leaves_other_options_unchanged(self):
        node = exercise(mastery_model=exercises.DO_ALL, options={"modality": "QUIZ"})
        assert options(node)["modality"] == "QUIZ"
        assert "completion_criteria" in options(node)
        assert node["extra_fields"]["options"] == {"modality": "QUIZ"}

    def test_only_exercises_have_the_old_form(self):
        node = make_node("doc", None, kind="document", extra_fields={"mastery_model": exercises.DO_ALL})
        assert options(node) == {}

    def test_complete_exercise_can_be_written(self):
        item: Any = {"type": exercises.SINGLE_SELECTION, "question": "?", "answers": [{"correct": True}]}
        for extra in ({}, {"m": 1}, {"n": 2}, {"m": 1, "n": 2}):
            node = exercise(mastery_model=exercises.M_OF_N, **extra)
            node |= {"license": "CC BY", "copyright_holder": "Holder"}
            if not incomplete_reasons(node, [item]):
                assert "completion_criteria" in options(node)


class TestDuration:
    def played(self, kind, *durations, **fields):
        files = [make_file(str(seconds), duration=seconds) for seconds in durations]
        return duration(make_node("node", None, kind=kind, files=files, **fields))

    @pytest.mark.parametrize("kind", [content_kinds.AUDIO, content_kinds.VIDEO])
    def test_equals_the_longest_file(self, kind):
        assert self.played(kind, 3, None, 7, 5) == 7

    def test_is_unknown_if_no_file_has_one(self):
        assert self.played(content_kinds.VIDEO, None) is None

    def test_files_of_other_kinds_do_not_count(self):
        assert self.played(content_kinds.HTML5, 3) is None

    def test_suggested_duration_is_not_published(self):
        assert self.played(content_kinds.DOCUMENT, suggested_duration=600) is None

    @pytest.mark.parametrize("model", [completion_criteria.TIME, completion_criteria.APPROX_TIME])
    def test_time_criterion_overrides_the_files(self, model):
        fields = {"options": {"completion_criteria": {"model": model, "threshold": 90.5}}}
        assert self.played(content_kinds.VIDEO, 3, extra_fields=fields) == 91
        assert self.played(content_kinds.DOCUMENT, extra_fields=fields) == 91

    def test_page_criterion_has_no_duration(self):
        fields = {"options": {"completion_criteria": {"model": completion_criteria.PAGES, "threshold": 5}}}
        assert self.played(content_kinds.DOCUMENT, extra_fields=fields) is None


class TestFiles:
    def test_presets_set_the_flags_of_a_file(self):
        row = rows("content_file", resource("a", files=[make_file("a", "document_thumbnail")]))[0]
        preset = next(preset for preset in format_presets.PRESETLIST if preset.id == "document_thumbnail")
        assert (row["priority"], row["thumbnail"], row["supplementary"]) == (preset.order, True, True)
        assert row["included_presets"] is None

    @pytest.mark.parametrize(
        ("preset", "bits"), [("document", 64), ("audio", 8), ("html5_zip", 256), ("exercise", 128), ("qti", 8192)]
    )
    def test_included_presets_have_a_bit_per_viewer(self, preset, bits):
        assert rows("content_file", resource("a", files=[make_file("a", preset)]))[0]["included_presets"] == bits

    def test_a_file_may_require_further_viewers(self):
        file = make_file("a", "qti") | {"included_presets": ["qti", "exercise"]}
        assert rows("content_file", resource("a", files=[file]))[0]["included_presets"] == 8192 + 128  # as recorded

    def test_size_beyond_32_bits_is_capped_in_32_bit_columns(self):
        branch = resource("a", files=[make_file("a", file_size=MAX_FILE_SIZE + 1)])
        local_file = rows("content_localfile", branch)[0]
        assert (local_file["file_size"], local_file["file_size_bigint"]) == (MAX_FILE_SIZE, MAX_FILE_SIZE + 1)
        assert rows("content_file", branch)[0]["file_size"] == MAX_FILE_SIZE

    def test_duplicate_file_is_written_once(self):
        assert len(rows("content_file", resource("a", files=[make_file("a"), make_file("a")]))) == 1

    def test_file_in_two_languages_is_two_files(self):
        files = [make_file("a", "video_subtitle", language=language) for language in ("en", "fr")]
        assert [row["lang_id"] for row in rows("content_file", resource("a", files=files))] == ["en", "fr"]


class TestLicenses:
    def test_equal_licenses_are_one_row_in_tree_order(self):
        branches = [
            resource("a", license="Special Permissions", license_description="ask"),
            resource("b"),
            resource("c", license="Special Permissions", license_description="ask"),
            resource("d", license="Special Permissions", license_description="beg"),
        ]
        found = [(row["id"], row["license_description"]) for row in rows("content_license", *branches)]
        assert found == [(1, "ask"), (2, ""), (3, "beg")]
        assert [row["license_id"] for row in rows("content_contentnode", *branches)[1:]] == [1, 2, 1, 3]

    def test_node_without_license_has_no_license_fields(self):
        row = rows("content_contentnode", topic("t", resource("a")))[1]
        assert (row["license_name"], row["license_description"], row["license_id"]) == (None, None, None)


def test_language_with_a_region_has_all_columns():
    row = next(row for row in rows("content_language", resource("a", language="pt-BR")) if row["id"] == "pt-BR")
    assert (row["lang_code"], row["lang_subcode"], row["lang_direction"]) == ("pt", "BR", "ltr")


def test_right_to_left_languages_are_marked():
    assert rows("content_language", resource("a", language="ar"))[0]["lang_direction"] == "rtl"


def test_labels_are_sorted_and_joined():
    row = rows("content_contentnode", resource("a", learning_activities=["b", "a", "b"]))[1]
    assert (row["learning_activities"], row["accessibility_labels"]) == ("a,b", None)


def test_role_of_a_coach_makes_coach_content():
    found = rows("content_contentnode", resource("a", role_visibility="coach"), resource("b"))
    assert [row["coach_content"] for row in found] == [False, True, False]


def test_prerequisite_row_points_from_the_node_to_its_prerequisite():
    nodes = tree(topic("t", resource("first")), resource("second"))
    nodes[3]["prerequisites"] = [nodes[2]["id"]]
    assert rows("content_contentnode_has_prerequisite", nodes=nodes) == [
        {"from_contentnode_id": nodes[3]["node_id"], "to_contentnode_id": nodes[2]["node_id"]}
    ]


def test_tag_of_many_nodes_is_one_row():
    branches = [resource("a", tags=["x", "y", "x"]), resource("b", tags=["y"])]
    assert [row["tag_name"] for row in rows("content_contenttag", *branches)] == ["x", "y"]
    assert len(rows("content_contentnode_tags", *branches)) == 3


def test_root_is_the_channel():
    channel_id = make_channel()["id"]
    root = rows("content_contentnode", resource("a"), name="Name")[0]
    assert (root["id"], root["parent_id"], root["title"]) == (channel_id, None, "Name")
    metadata = rows("content_channelmetadata", resource("a"))[0]
    assert metadata["root_id"] == metadata["root_pk"] == channel_id
