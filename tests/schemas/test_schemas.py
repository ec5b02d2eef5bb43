"""Validation of request bodies: what is accepted, what is rejected, and with which error."""

from typing import Annotated

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import Field, create_model

from chalicelib.errors import ValidationFailed
from chalicelib.schemas.base import BlankText, Id, Schema, Text, parse, refuse
from chalicelib.schemas.chef import (
    AddNodes,
    ChannelReferences,
    ChefChannel,
    CreateChannel,
    FinishChannel,
    NodeIn,
    PublishChannel,
    RemoteNodeIn,
    TreeReference,
    VersionIn,
)
from chalicelib.schemas.file import UploadUrl
from tests.support.worlds import nodes
from tests.support.worlds.values import json_values

ID = "0123456789abcdef0123456789abcdef"
MP4 = f"{ID}.mp4"
CHANNEL = {"id": ID, "name": "Channel"}
REMOTE = {"node_id": ID, "source_channel_id": ID, "source_node_id": ID}
UPLOAD = {"size": 5, "checksum": ID, "name": "a.mp4", "file_format": "mp4", "preset": "high_res_video", "duration": 9}
CRITERION = {"model": "mastery", "threshold": {"mastery_model": "m_of_n", "m": 1, "n": 2}}
REQUIRED = ["This field is required."]
BODIES = {
    AddNodes: {"root_id": ID, "content_data": []},
    ChefChannel: CHANNEL,
    ChannelReferences: {"channel_ids": [ID]},
    FinishChannel: {"channel_id": ID},
    NodeIn: nodes.exercise(
        "node",
        nodes.question("q", files=[nodes.file(MP4)]),
        files=[nodes.file(MP4)],
        extra_fields={"mastery_model": "m_of_n", "m": 1, "n": 2, "options": {"completion_criteria": CRITERION}},
    ),
    PublishChannel: {"channel_id": ID},
    RemoteNodeIn: REMOTE,
    TreeReference: {"channel_id": ID},
    UploadUrl: UPLOAD,
    VersionIn: {"version": "0.8.0"},
}


class Inner(Schema):
    number: int


class Some(Schema):
    id: Id
    title: Text
    description: BlankText = ""
    numbers: list[int] = Field(default_factory=list)
    inner: list[Inner] = Field(default_factory=list)


def errors_of(schema, data):
    with pytest.raises(ValidationFailed) as caught:
        parse(schema, data)
    return caught.value.fields


def node(**fields):
    return parse(NodeIn, nodes.topic("node", **fields))


def node_errors(**fields):
    return errors_of(NodeIn, nodes.topic("node", **fields))


def question_errors(**fields):
    return errors_of(NodeIn, nodes.exercise("node", nodes.question("q", **fields)))


def _refusal(schema, body):
    try:
        parse(schema, body)
    except ValidationFailed as refusal:
        return refusal
    return None


def _paths(body, path=()):
    """The paths (keys and indexes) of all values in a body."""
    yield path
    parts = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    for name, part in parts:
        yield from _paths(part, (*path, name))


def _with(body, path, value):
    """A copy of the body with another value at a path."""
    if not path:
        return value
    parts = dict(body.items() if isinstance(body, dict) else enumerate(body))
    parts[path[0]] = _with(parts[path[0]], path[1:], value)
    return parts if isinstance(body, dict) else list(parts.values())


PATHS = [(schema, path) for schema, body in BODIES.items() for path in _paths(body)]


class TestErrors:
    def test_all_invalid_fields_are_reported(self):
        assert errors_of(Some, {"id": "x", "numbers": [1, "2", 3.5], "inner": [{"number": 1}, {}]}) == {
            "id": ["This must be an id of 32 hex digits."],
            "title": REQUIRED,
            "numbers.1": ["A valid integer is required."],
            "numbers.2": ["A valid integer is required."],
            "inner.1.number": REQUIRED,
        }

    def test_detail_names_every_field(self):
        with pytest.raises(ValidationFailed, match=r"id: .*title: "):
            parse(Some, {})

    @pytest.mark.parametrize("body", [None, {}])
    def test_missing_body_is_an_empty_one(self, body):
        assert errors_of(Some, body) == {"id": REQUIRED, "title": REQUIRED}
        assert errors_of(CreateChannel, body) == {"channel_data": REQUIRED}

    @pytest.mark.parametrize("body", ["text", 5, True, [], [{}]])
    def test_body_that_is_not_an_object_is_rejected(self, body):
        assert errors_of(Some, body) == {"non_field_errors": ["An object is required."]}

    def test_sentences_may_contain_braces(self):
        assert str(refuse("Braces {like} these.").message()) == "Braces {like} these."

    def test_unknown_fields_are_ignored(self):
        assert not hasattr(parse(Some, {"id": ID, "title": "a", "more": 1}), "more")

    @pytest.mark.parametrize("value", [5, True, None, ["a"], {"a": 1}])
    def test_only_strings_are_text(self, value):
        assert errors_of(Some, {"id": ID, "title": value}) == {"title": ["A valid string is required."]}

    @pytest.mark.parametrize("schema", BODIES, ids=lambda schema: schema.__name__)
    def test_bodies_in_this_module_are_valid(self, schema):
        assert parse(schema, BODIES[schema])

    @settings(deadline=None, max_examples=150)
    @given(st.data())
    def test_any_body_is_accepted_or_rejected(self, data):
        """No other exception is raised, and every error can be encoded."""
        schema, path = data.draw(st.sampled_from(PATHS))
        body = _with(BODIES[schema], path, data.draw(json_values()))
        refusal = _refusal(schema, body)
        assert refusal is None or (refusal.fields and refusal.detail.encode())


class TestNull:
    @pytest.mark.parametrize(
        "field", ["description", "copyright_holder", "author", "aggregator", "provider", "source_domain", "source_id"]
    )
    def test_is_empty_text_in_required_text_fields(self, field):
        assert getattr(node(**{field: None}), field) == ""

    @pytest.mark.parametrize("field", ["language", "license", "license_description", "suggested_duration"])
    def test_stays_null_in_optional_fields(self, field):
        assert getattr(node(**{field: None}), field) is None

    @pytest.mark.parametrize("field", ["grade_levels", "categories", "learner_needs", "learning_activities"])
    def test_is_an_empty_list_of_labels(self, field):
        assert getattr(node(**{field: None}), field) == []

    @pytest.mark.parametrize("nothing", [None, "", "{}", {}])
    def test_is_empty_extra_fields(self, nothing):
        assert node(extra_fields=nothing).extra_fields == {}

    @pytest.mark.parametrize("nothing", [None, "", "[]", []])
    def test_is_an_empty_list_of_answers(self, nothing):
        sent = nodes.question("q", answers=nothing, hints=nothing)
        (question,) = parse(NodeIn, nodes.exercise("e", sent)).questions
        assert (question.answers, question.hints) == ([], [])

    def test_is_rejected_in_required_fields(self):
        assert set(node_errors(title=None, kind=None, node_id=None)) == {"title", "kind", "node_id"}

    def test_leaves_fields_of_a_remote_node_unchanged(self):
        fields = ["title", "description", "role", "tags", "grade_levels", "extra_fields", "suggested_duration"]
        sent = parse(RemoteNodeIn, {**REMOTE, **dict.fromkeys(fields)})
        assert [getattr(sent, name) for name in fields] == [None] * len(fields)

    def test_is_empty_text_in_channels(self):
        sent = parse(ChefChannel, {**CHANNEL, "description": None, "tagline": None, "source_id": None})
        assert (sent.description, sent.tagline, sent.source_id) == ("", "", "")


class TestText:
    @pytest.mark.parametrize(
        ("field", "maximum"),
        [
            ("title", 200),
            ("description", 100_000),
            ("license_description", 400),
            ("copyright_holder", 200),
            ("author", 200),
            ("aggregator", 200),
            ("provider", 200),
            ("source_id", 200),
            ("source_domain", 200),
        ],
    )
    def test_has_a_maximum_length(self, field, maximum):
        assert getattr(node(**{field: "é" * maximum}), field) == "é" * maximum
        assert node_errors(**{field: "é" * (maximum + 1)}) == {
            field: [f"Ensure this has at most {maximum} characters; it has {maximum + 1}."]
        }

    @pytest.mark.parametrize(("many", "unit"), [(list[int], "items"), (dict[str, int], "items"), (str, "characters")])
    def test_says_what_there_is_too_much_of(self, many, unit):
        schema = create_model("schema", __base__=Schema, field=(Annotated[many, Field(max_length=1)], ...))
        sent = {list[int]: [1, 2], dict[str, int]: {"a": 1, "b": 2}, str: "ab"}[many]
        with pytest.raises(ValidationFailed) as refusal:
            parse(schema, {"field": sent})
        (sentence,) = refusal.value.fields["field"]
        assert sentence.startswith(f"Ensure this has at most 1 {unit}; it has ")

    @pytest.mark.parametrize("field", ["extra_fields", "questions.0.answers", "questions.0.hints"])
    def test_with_a_lone_surrogate_is_rejected_inside_json(self, field):
        """It could be stored, but not written to an archive or a content database."""
        if field == "extra_fields":
            assert node_errors(extra_fields='{"a": ["\\ud800"]}')
        else:
            assert question_errors(**{field.split(".")[-1]: '[{"answer": "\\udfff", "hint": "\\udfff"}]'})

    def test_accepts_every_script(self):
        assert node(title="العربية 名前 ʇdoʇ 🎓").title == "العربية 名前 ʇdoʇ 🎓"

    def test_loses_nul_characters_that_databases_cannot_store(self):
        sent = node(title="a\0b", description="\0", license_description="c\0", tags=["d\0e", "\0"])
        assert (sent.title, sent.description, sent.license_description) == ("ab", "", "c")
        assert "\0" not in "".join(sent.tags)


class TestJsonText:
    @pytest.mark.parametrize("text", ["{", "nope", "{'a': 1}", '{"a": 1} x', "[" * 100_000])
    def test_that_is_invalid_is_rejected(self, text):
        (sentence,) = node_errors(extra_fields=text)["extra_fields"]
        assert sentence.startswith("This must be valid JSON")

    @pytest.mark.parametrize("value", ["[]", [], "5", 5, '"a"', True])
    def test_other_than_an_object_is_rejected_in_extra_fields(self, value):
        assert node_errors(extra_fields=value) == {"extra_fields": ["An object is required."]}

    @pytest.mark.parametrize("value", ["{}", {}, "5", 5])
    def test_other_than_a_list_is_rejected_in_answers(self, value):
        assert question_errors(answers=value) == {"questions.0.answers": ["A list is required."]}

    def test_of_answers_must_contain_objects(self):
        assert question_errors(answers='[{"answer": "a"}, 5]') == {"questions.0.answers.1": ["An object is required."]}

    @pytest.mark.parametrize("text", ['{"a": NaN}', '{"a": Infinity}', '{"a": -Infinity}', '{"a": 1e999}'])
    def test_with_numbers_outside_the_json_standard_is_rejected(self, text):
        """Responses and archives must be JSON that every parser reads."""
        assert "extra_fields" in node_errors(extra_fields=text)


class TestNode:
    @pytest.mark.parametrize("field", ["node_id", "content_id"])
    def test_ids_may_have_dashes(self, field):
        dashed = "01234567-89AB-cdef-0123-456789abcdef"
        assert getattr(node(**{field: dashed}), field) == ID

    @pytest.mark.parametrize(
        ("field", "value"),
        [("kind", "movie"), ("license", "GPL"), ("role", "admin"), ("language", "klingon-x"), ("kind", "")],
    )
    def test_error_names_the_unknown_choice(self, field, value):
        (sentence,) = node_errors(**{field: value})[field]
        assert f'"{value}"' in sentence

    @pytest.mark.parametrize("sent", [["x"], {"x": True}])
    def test_unknown_label_is_rejected(self, sent):
        assert list(node_errors(grade_levels=sent)) == ["grade_levels.0"]

    def test_duplicate_labels_are_dropped(self):
        from le_utils.constants.labels import levels

        assert node(grade_levels=[levels.PRESCHOOL] * 2).grade_levels == [levels.PRESCHOOL]

    @pytest.mark.parametrize(("sent", "seconds"), [(0, 0), (5, 5), (5.0, 5), (5.1, 5), (2**31 - 1, 2**31 - 1)])
    def test_durations_are_truncated_to_whole_seconds(self, sent, seconds):
        assert node(suggested_duration=sent).suggested_duration == seconds

    @pytest.mark.parametrize("sent", [-1, -0.5, 2**31, 1e300, float("nan"), float("inf"), "5", True, [5]])
    def test_invalid_durations_are_rejected(self, sent):
        assert list(node_errors(suggested_duration=sent)) == ["suggested_duration"]

    @pytest.mark.parametrize("tag", ["a", "x" * 30, "two words", "тег"])
    def test_valid_tags_are_accepted(self, tag):
        assert node(tags=[tag]).tags == [tag]

    def test_white_space_in_tags_is_normalized(self):
        assert node(tags=[" a ", "", "b\n c", "\t", "d"]).tags == ["a", "b c", "d"]
        assert node(tags=None).tags == []

    @pytest.mark.parametrize("tag", ["x" * 31, 5, None, ["a"]])
    def test_invalid_tags_are_rejected(self, tag):
        assert list(node_errors(tags=["fine", tag])) == ["tags.1"]

    @pytest.mark.parametrize(("sent", "meant"), [(True, True), (False, False), (None, False), (1, True), (0, False)])
    def test_randomize_accepts_several_types(self, sent, meant):
        (question,) = parse(NodeIn, nodes.exercise("e", nodes.question("q", randomize=sent))).questions
        assert question.randomize is meant

    def test_null_files_are_dropped(self):
        assert [file.filename for file in node(files=[None, nodes.file(MP4), None]).files] == [MP4]

    def test_long_file_names_are_cut(self):
        assert node(files=[nodes.file(MP4, original_filename="x" * 300)]).files[0].original_filename == "x" * 255

    @pytest.mark.parametrize("name", ["", "a.pdf", f"{ID}", f"{ID}.exe", f"{ID}.mp4/..", f"{ID.upper()}.mp4"])
    def test_files_must_be_named_by_md5_and_a_known_format(self, name):
        assert list(node_errors(files=[nodes.file(name)])) == ["files.0.filename"]

    def test_invalid_completion_criteria_are_rejected(self):
        fields = {"options": {"completion_criteria": {"model": "time"}}}
        (sentence,) = node_errors(kind="video", extra_fields=fields)["non_field_errors"]
        assert sentence.startswith("extra_fields: ")

    def test_duplicate_question_is_rejected(self):
        sent = nodes.exercise("e", nodes.question("q"), nodes.question("q"))
        assert "two questions have the same assessment_id" in errors_of(NodeIn, sent)["non_field_errors"][0]

    def test_remote_node_needs_a_source(self):
        sent = {"node_id": ID, "source_channel_id": ID, "source_node_id": None}
        assert "source_node_id" in errors_of(RemoteNodeIn, sent)["non_field_errors"][0]


class TestUpload:
    def test_is_accepted(self):
        assert parse(UploadUrl, UPLOAD).duration == 9
        assert parse(UploadUrl, {**UPLOAD, "duration": 8.2}).duration == 8

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"size": -1}, "size"),
            ({"size": "5"}, "size"),
            ({"size": 5.5}, "size"),
            ({"checksum": ID.upper()}, "checksum"),
            ({"checksum": f"{ID}\n"}, "checksum"),
            ({"name": ""}, "name"),
            ({"file_format": "exe"}, "file_format"),
            ({"file_format": "pdf"}, "non_field_errors"),
            ({"preset": "nothing"}, "preset"),
            ({"duration": None}, "non_field_errors"),
            ({"duration": 0}, "duration"),
            ({"duration": -1.5}, "duration"),
            ({"duration": float("nan")}, "duration"),
            ({"duration": float("inf")}, "duration"),
            ({"duration": "9"}, "duration"),
            ({"duration": True}, "duration"),
            ({"size": 2**63}, "non_field_errors"),
        ],
        ids=str,
    )
    def test_is_rejected(self, changes, field):
        assert list(errors_of(UploadUrl, {**UPLOAD, **changes})) == [field]

    def test_of_a_subtitle_file_needs_no_duration(self):
        sent = {**UPLOAD, "file_format": "vtt", "preset": "video_subtitle", "duration": None}
        assert parse(UploadUrl, sent).duration is None


class TestOtherBodies:
    def test_channel_needs_a_name(self):
        assert set(errors_of(CreateChannel, {"channel_data": {"id": ID, "name": ""}})) == {"channel_data.name"}

    @pytest.mark.parametrize(("field", "maximum"), [("name", 200), ("description", 400), ("tagline", 150)])
    def test_channel_texts_have_a_maximum_length(self, field, maximum):
        assert parse(ChefChannel, {**CHANNEL, field: "x" * maximum})
        assert list(errors_of(ChefChannel, {**CHANNEL, field: "x" * (maximum + 1)})) == [field]

    def test_finished_channels_are_staged_by_default(self):
        assert parse(FinishChannel, {"channel_id": ID}).stage is True
        assert parse(FinishChannel, {"channel_id": ID, "stage": False}).stage is False
        assert errors_of(FinishChannel, {"channel_id": ID, "stage": "no"}) == {
            "stage": ["A valid boolean is required."]
        }

    def test_number_of_channels_is_limited(self):
        assert list(errors_of(ChannelReferences, {"channel_ids": [ID] * 1001})) == ["channel_ids"]
