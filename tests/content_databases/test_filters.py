"""Query parameters of node filters: accepted and rejected values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from le_utils.constants.labels import subjects

from chalicelib.content_databases.filters import NodeFilter, parse
from chalicelib.domain.types import LABELS
from chalicelib.errors import ValidationFailed

NAMES = list(NodeFilter.model_fields)
LISTS = ["ids", "channels", "kind_in", "languages", "authors", "tags", "exclude_content_ids", *LABELS]
ID = "0123456789abcdef0123456789abcdef"
DASHED = "01234567-89AB-CDEF-0123-456789ABCDEF"


def read(**query):
    return parse({name: [value] for name, value in query.items()})


def rejected(**query):
    with pytest.raises(ValidationFailed) as caught:
        read(**query)
    return caught.value.fields


def test_an_empty_query_sets_no_condition():
    assert parse({}) == NodeFilter()


def test_unknown_names_are_ignored():
    assert read(page="x", ordering="-title", cursor="", kind__in="x") == NodeFilter()


def test_the_last_value_counts():
    assert parse({"kind": ["bogus", "video"], "parent": []}) == NodeFilter(kind="video")


@pytest.mark.parametrize("name", sorted({*NAMES} - {*LISTS}))
def test_an_empty_value_sets_no_condition(name):
    assert read(**{name: ""}) == NodeFilter()


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("value", ["", ",", ",,,"])
def test_an_empty_list_is_rejected(name, value):
    assert list(rejected(**{name: value})) == [name]


@pytest.mark.parametrize(
    "name", ["channel_id", "parent", "descendant_of", "content_id", "prerequisite_for", "has_prerequisite"]
)
class TestIds:
    def test_may_have_dashes_and_capitals(self, name):
        assert getattr(read(**{name: DASHED}), name) == ID

    @pytest.mark.parametrize("value", ["bad", ID[:-1], f"{ID},{ID}", "٠" * 32])
    def test_other_values_are_rejected(self, name, value):
        assert rejected(**{name: value}) == {name: ["Enter a valid UUID."]}


@pytest.mark.parametrize("name", ["ids", "channels", "exclude_content_ids"])
def test_lists_of_ids(name):
    assert getattr(read(**{name: f"{DASHED}, {'f' * 32},,{ID}"}), name) == (ID, "f" * 32)
    assert rejected(**{name: f"{ID},bad"}) == {name: ["Enter a valid UUID."]}


@pytest.mark.parametrize("name", ["parent__isnull", "categories__isnull", "contains_quiz", "include_coach_content"])
def test_flags(name):
    assert [getattr(read(**{name: value}), name) for value in ("true", "True", "1")] == [True] * 3
    assert [getattr(read(**{name: value}), name) for value in ("false", "FALSE", "0")] == [False] * 3
    assert rejected(**{name: "maybe"}) == {name: ["This must be true or false."]}


@pytest.mark.parametrize("name", ["tree_id", "lft__gt", "rght__lt"])
def test_numbers(name):
    values = {"0": 0, "-3": -3, "+4": 4, "007": 7, str(2**63 - 1): 2**63 - 1}
    assert {value: getattr(read(**{name: value}), name) for value in values} == values
    for value in ("x", "1.5", "NaN", "inf", "1e3", "²", "٣", str(2**63), "9" * 5000, " 1", "1\n"):
        assert list(rejected(**{name: value})) == [name]


def test_kinds():
    assert read(kind="content").kind == "content"
    assert read(kind_in="video,audio,video").kind_in == ("video", "audio")
    sentence = "Select a valid choice. bogus is not one of the available choices."
    assert rejected(kind="bogus") == {"kind": [sentence]}
    assert rejected(kind_in="video,bogus") == {"kind_in": [sentence]}


def test_languages_ignore_case():
    assert read(languages="EN,pt-br,xx-unknown").languages == ("en", "pt-BR", "xx-unknown")


@pytest.mark.parametrize("value", ["e", "en_US", "en,französisch", "x" * 15, "english-language", "en-"])
def test_invalid_languages_are_rejected(value):
    assert list(rejected(languages=value)) == ["languages"]


def test_keywords_are_words_without_punctuation():
    assert read(keywords='What? "Straße", A.B; c: d!').keywords == ("what", "strasse", "a", "b", "c", "d")


def test_keywords_must_contain_a_word_and_not_be_too_long():
    assert rejected(keywords=" ?!.") == {"keywords": ["Enter at least one word."]}
    assert read(keywords="x" * 1000).keywords
    assert rejected(keywords="x" * 1001) == {"keywords": ["At most 1000 characters are allowed."]}


@pytest.mark.parametrize("word", [subjects.MATHEMATICS, "mathematics", "MATHEMATICS", "Mathematics"])
def test_labels_are_found_by_id_or_name(word):
    assert read(categories=word).categories == (frozenset({subjects.MATHEMATICS}),)


def test_unknown_labels_match_no_id():
    assert read(categories="history,bogus,d&WX").categories[1:] == (frozenset(),)


def test_names_of_authors_and_tags_are_unchanged():
    chosen = read(authors="Ann B,C; D", tags=" a ,B")
    assert (chosen.authors, chosen.tags) == (("Ann B", "C; D"), (" a ", "B"))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", ["a\0b", "a\ud800"])
def test_values_that_databases_cannot_store_are_rejected(name, value):
    assert list(rejected(**{name: value})) == [name]


def test_every_invalid_parameter_is_reported():
    assert set(rejected(kind="x", parent="x", ids="x", tree_id="x", kind_in="video")) == {
        "kind",
        "parent",
        "ids",
        "tree_id",
    }


@given(st.dictionaries(st.sampled_from(NAMES), st.lists(st.text(), max_size=2)))
def test_any_text_is_parsed_or_rejected(query):
    try:
        wrong = {}
        parse(query)
    except ValidationFailed as error:
        wrong = error.fields
    assert set(wrong) <= set(query)
    assert all(sentence.encode() for sentences in wrong.values() for sentence in sentences)
