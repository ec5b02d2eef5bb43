"""How bodies are checked: what is taken, what is refused, and in which words."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import Field

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


def wrong(schema, data):
    with pytest.raises(ValidationFailed) as caught:
        parse(schema, data)
    return caught.value.fields


def node(**fields):
    return parse(NodeIn, nodes.topic("node", **fields))


def wrong_node(**fields):
    return wrong(NodeIn, nodes.topic("node", **fields))


def wrong_question(**fields):
    return wrong(NodeIn, nodes.exercise("node", nodes.question("q", **fields)))


def _refusal(schema, body):
    try:
        parse(schema, body)
    except ValidationFailed as refusal:
        return refusal
    return None


def _places(body, place=()):
    """Where the values of a body are, as paths of keys and indexes."""
    yield place
    parts = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    for name, part in parts:
        yield from _places(part, (*place, name))


def _with(body, place, value):
    """The body with another value at a place."""
    if not place:
        return value
    parts = dict(body.items() if isinstance(body, dict) else enumerate(body))
    parts[place[0]] = _with(parts[place[0]], place[1:], value)
    return parts if isinstance(body, dict) else list(parts.values())


PLACES = [(schema, place) for schema, body in BODIES.items() for place in _places(body)]


class TestErrors:
    def test_all_wrong_fields_are_told_at_once(self):
        assert wrong(Some, {"id": "x", "numbers": [1, "2", 3.5], "inner": [{"number": 1}, {}]}) == {
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
        assert wrong(Some, body) == {"id": REQUIRED, "title": REQUIRED}
        assert wrong(CreateChannel, body) == {"channel_data": REQUIRED}

    @pytest.mark.parametrize("body", ["text", 5, True, [], [{}]])
    def test_body_that_is_no_object_is_told_so(self, body):
        assert wrong(Some, body) == {"non_field_errors": ["An object is required."]}

    def test_own_words_stay_as_they_are(self):
        assert str(refuse("Braces {like} these.").message()) == "Braces {like} these."

    def test_unknown_fields_are_ignored(self):
        assert not hasattr(parse(Some, {"id": ID, "title": "a", "more": 1}), "more")

    @pytest.mark.parametrize("value", [5, True, None, ["a"], {"a": 1}])
    def test_text_is_text(self, value):
        assert wrong(Some, {"id": ID, "title": value}) == {"title": ["A valid string is required."]}

    @pytest.mark.parametrize("schema", BODIES, ids=lambda schema: schema.__name__)
    def test_bodies_of_these_tests_are_right(self, schema):
        assert parse(schema, BODIES[schema])

    @settings(deadline=None, max_examples=150)
    @given(st.data())
    def test_whatever_is_sent_is_taken_or_refused(self, data):
        """Never another exception, and every sentence can be sent back."""
        schema, place = data.draw(st.sampled_from(PLACES))
        body = _with(BODIES[schema], place, data.draw(json_values()))
        refusal = _refusal(schema, body)
        assert refusal is None or (refusal.fields and refusal.detail.encode())


class TestNull:
    @pytest.mark.parametrize(
        "field", ["description", "copyright_holder", "author", "aggregator", "provider", "source_domain", "source_id"]
    )
    def test_is_an_empty_text_where_a_node_needs_one(self, field):
        assert getattr(node(**{field: None}), field) == ""

    @pytest.mark.parametrize("field", ["language", "license", "license_description", "suggested_duration"])
    def test_is_unknown(self, field):
        assert getattr(node(**{field: None}), field) is None

    @pytest.mark.parametrize("field", ["grade_levels", "categories", "learner_needs", "learning_activities"])
    def test_is_no_labels(self, field):
        assert getattr(node(**{field: None}), field) == []

    @pytest.mark.parametrize("nothing", [None, "", "{}", {}])
    def test_is_no_extra_fields(self, nothing):
        assert node(extra_fields=nothing).extra_fields == {}

    @pytest.mark.parametrize("nothing", [None, "", "[]", []])
    def test_is_no_answers(self, nothing):
        sent = nodes.question("q", answers=nothing, hints=nothing)
        (question,) = parse(NodeIn, nodes.exercise("e", sent)).questions
        assert (question.answers, question.hints) == ([], [])

    def test_is_refused_where_something_must_be(self):
        assert set(wrong_node(title=None, kind=None, node_id=None)) == {"title", "kind", "node_id"}

    def test_changes_nothing_of_a_remote_node(self):
        fields = ["title", "description", "role", "tags", "grade_levels", "extra_fields", "suggested_duration"]
        sent = parse(RemoteNodeIn, {**REMOTE, **dict.fromkeys(fields)})
        assert [getattr(sent, name) for name in fields] == [None] * len(fields)

    def test_is_an_empty_text_of_a_channel(self):
        sent = parse(ChefChannel, {**CHANNEL, "description": None, "tagline": None, "source_id": None})
        assert (sent.description, sent.tagline, sent.source_id) == ("", "", "")


class TestText:
    @pytest.mark.parametrize(
        ("field", "most"),
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
    def test_has_a_greatest_length(self, field, most):
        assert getattr(node(**{field: "é" * most}), field) == "é" * most
        assert wrong_node(**{field: "é" * (most + 1)}) == {
            field: [f"Ensure this has at most {most}; it has {most + 1}."]
        }

    @pytest.mark.parametrize("field", ["extra_fields", "questions.0.answers", "questions.0.hints"])
    def test_with_a_lone_surrogate_is_refused_inside_json(self, field):
        """It could be stored, but never be written into an archive or a content database."""
        if field == "extra_fields":
            assert wrong_node(extra_fields='{"a": ["\\ud800"]}')
        else:
            assert wrong_question(**{field.split(".")[-1]: '[{"answer": "\\udfff", "hint": "\\udfff"}]'})

    def test_of_every_script_is_taken(self):
        assert node(title="العربية 名前 ʇdoʇ 🎓").title == "العربية 名前 ʇdoʇ 🎓"

    def test_loses_the_nul_that_databases_cannot_hold(self):
        sent = node(title="a\0b", description="\0", license_description="c\0", tags=["d\0e", "\0"])
        assert (sent.title, sent.description, sent.license_description) == ("ab", "", "c")
        assert "\0" not in "".join(sent.tags)


class TestJsonText:
    @pytest.mark.parametrize("text", ["{", "nope", "{'a': 1}", '{"a": 1} x', "[" * 100_000])
    def test_that_is_no_json_is_told_so(self, text):
        (sentence,) = wrong_node(extra_fields=text)["extra_fields"]
        assert sentence.startswith("This text must be JSON")

    @pytest.mark.parametrize("value", ["[]", [], "5", 5, '"a"', True])
    def test_of_another_shape_is_refused(self, value):
        assert wrong_node(extra_fields=value) == {"extra_fields": ["An object is required."]}

    @pytest.mark.parametrize("value", ["{}", {}, "5", 5])
    def test_of_answers_is_a_list(self, value):
        assert wrong_question(answers=value) == {"questions.0.answers": ["A list is required."]}

    def test_of_answers_holds_objects(self):
        assert wrong_question(answers='[{"answer": "a"}, 5]') == {"questions.0.answers.1": ["An object is required."]}

    @pytest.mark.parametrize("text", ['{"a": NaN}', '{"a": Infinity}', '{"a": -Infinity}', '{"a": 1e999}'])
    def test_with_numbers_that_json_does_not_know_is_refused(self, text):
        """What is answered, and what is in archives, must be JSON that others can read."""
        assert "extra_fields" in wrong_node(extra_fields=text)


class TestNode:
    @pytest.mark.parametrize("field", ["node_id", "content_id"])
    def test_ids_may_have_dashes(self, field):
        dashed = "01234567-89AB-cdef-0123-456789abcdef"
        assert getattr(node(**{field: dashed}), field) == ID

    @pytest.mark.parametrize(
        ("field", "value"),
        [("kind", "movie"), ("license", "GPL"), ("role", "admin"), ("language", "klingon-x"), ("kind", "")],
    )
    def test_unknown_choice_is_named(self, field, value):
        (sentence,) = wrong_node(**{field: value})[field]
        assert f'"{value}"' in sentence

    @pytest.mark.parametrize("sent", [["x"], {"x": True}])
    def test_unknown_label_is_refused(self, sent):
        assert list(wrong_node(grade_levels=sent)) == ["grade_levels.0"]

    def test_labels_given_twice_count_once(self):
        from le_utils.constants.labels import levels

        assert node(grade_levels=[levels.PRESCHOOL] * 2).grade_levels == [levels.PRESCHOOL]

    @pytest.mark.parametrize(("sent", "seconds"), [(0, 0), (5, 5), (5.0, 5), (5.1, 5), (2**31 - 1, 2**31 - 1)])
    def test_durations_are_whole_seconds(self, sent, seconds):
        assert node(suggested_duration=sent).suggested_duration == seconds

    @pytest.mark.parametrize("sent", [-1, -0.5, 2**31, 1e300, float("nan"), float("inf"), "5", True, [5]])
    def test_other_durations_are_refused(self, sent):
        assert list(wrong_node(suggested_duration=sent)) == ["suggested_duration"]

    @pytest.mark.parametrize("tag", ["a", "x" * 30, "two words", "тег"])
    def test_tags_are_taken(self, tag):
        assert node(tags=[tag]).tags == [tag]

    def test_tags_lose_blanks_that_nobody_sees(self):
        assert node(tags=[" a ", "", "b\n c", "\t", "d"]).tags == ["a", "b c", "d"]
        assert node(tags=None).tags == []

    @pytest.mark.parametrize("tag", ["x" * 31, 5, None, ["a"]])
    def test_other_tags_are_refused(self, tag):
        assert list(wrong_node(tags=["fine", tag])) == ["tags.1"]

    @pytest.mark.parametrize(("sent", "meant"), [(True, True), (False, False), (None, False), (1, True), (0, False)])
    def test_whether_answers_are_shuffled_may_be_written_in_many_ways(self, sent, meant):
        (question,) = parse(NodeIn, nodes.exercise("e", nodes.question("q", randomize=sent))).questions
        assert question.randomize is meant

    def test_files_that_are_null_are_not_there(self):
        assert [file.filename for file in node(files=[None, nodes.file(MP4), None]).files] == [MP4]

    def test_long_file_names_are_cut(self):
        assert node(files=[nodes.file(MP4, original_filename="x" * 300)]).files[0].original_filename == "x" * 255

    @pytest.mark.parametrize("name", ["", "a.pdf", f"{ID}", f"{ID}.exe", f"{ID}.mp4/..", f"{ID.upper()}.mp4"])
    def test_files_are_named_by_md5_and_a_known_format(self, name):
        assert list(wrong_node(files=[nodes.file(name)])) == ["files.0.filename"]

    def test_criteria_that_break_their_schema_are_named(self):
        fields = {"options": {"completion_criteria": {"model": "time"}}}
        (sentence,) = wrong_node(kind="video", extra_fields=fields)["non_field_errors"]
        assert sentence.startswith("extra_fields: ")

    def test_question_given_twice_is_refused(self):
        sent = nodes.exercise("e", nodes.question("q"), nodes.question("q"))
        assert "twice" in wrong(NodeIn, sent)["non_field_errors"][0]

    def test_remote_node_needs_a_source(self):
        sent = {"node_id": ID, "source_channel_id": ID, "source_node_id": None}
        assert "source_node_id" in wrong(RemoteNodeIn, sent)["non_field_errors"][0]


class TestUpload:
    def test_fits(self):
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
    def test_is_refused(self, changes, field):
        assert list(wrong(UploadUrl, {**UPLOAD, **changes})) == [field]

    def test_without_sound_or_picture_needs_no_duration(self):
        sent = {**UPLOAD, "file_format": "vtt", "preset": "video_subtitle", "duration": None}
        assert parse(UploadUrl, sent).duration is None


class TestOtherBodies:
    def test_channel_needs_a_name(self):
        assert set(wrong(CreateChannel, {"channel_data": {"id": ID, "name": ""}})) == {"channel_data.name"}

    @pytest.mark.parametrize(("field", "most"), [("name", 200), ("description", 400), ("tagline", 150)])
    def test_channel_texts_have_a_greatest_length(self, field, most):
        assert parse(ChefChannel, {**CHANNEL, field: "x" * most})
        assert list(wrong(ChefChannel, {**CHANNEL, field: "x" * (most + 1)})) == [field]

    def test_finished_channels_are_staged_unless_told_otherwise(self):
        assert parse(FinishChannel, {"channel_id": ID}).stage is True
        assert parse(FinishChannel, {"channel_id": ID, "stage": False}).stage is False
        assert wrong(FinishChannel, {"channel_id": ID, "stage": "no"}) == {"stage": ["A valid boolean is required."]}

    def test_channels_asked_for_at_once_are_limited(self):
        assert list(wrong(ChannelReferences, {"channel_ids": [ID] * 1001})) == ["channel_ids"]
