"""Snippets of texts around the words that were searched for."""

import pytest

from chalicelib.content_databases.search_words import MAX_SUMMARY, SNIPPET, snippet, summary

LONG = " ".join(f"word{number}" for number in range(100))


def test_short_texts_are_whole() -> None:
    assert snippet("Adding fractions.", "fract") == "Adding fractions."
    assert snippet("", "fract") == ""


def test_long_texts_are_cut_around_the_first_match() -> None:
    found = snippet(LONG, "word60 nothing")
    assert found.startswith("… word5")
    assert " word60 " in found
    assert found.endswith(" …")
    assert len(found) <= SNIPPET + 4


@pytest.mark.parametrize("keywords", ["", "nothing", "ord5"])
def test_without_a_match_it_is_the_beginning(keywords: str) -> None:
    assert snippet(LONG, keywords).startswith("word0 word1 ")


def test_stored_texts_are_on_one_line_and_cut_at_a_space() -> None:
    assert summary(" a\n\nb ") == "a b"
    assert len(summary(LONG)) <= MAX_SUMMARY + 2
    assert summary(LONG).split()[-2] in LONG.split()
    assert summary("x" * 500) == f"{'x' * MAX_SUMMARY} …"
