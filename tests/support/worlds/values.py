"""Arbitrary values that clients may send."""

from typing import Any

from hypothesis import strategies as st

from chalicelib.domain.jsontext import MAX_NUMBER


def texts() -> st.SearchStrategy[str]:
    """Texts as JSON may hold them."""
    return st.text(st.characters(categories=["L", "N", "P", "Zs", "Cc"]), max_size=5)


def json_values() -> st.SearchStrategy[Any]:
    """Any result of `jsontext.loads`."""
    extremes = st.sampled_from(
        [MAX_NUMBER, -MAX_NUMBER, 1e-300, "²", "\0", [], {}, [[]], "[]", '{"a": []}', '"\\ud800"', "NaN"]
    )
    numbers = st.integers(-MAX_NUMBER, MAX_NUMBER) | st.floats(-MAX_NUMBER, MAX_NUMBER)
    simple = extremes | st.none() | st.booleans() | numbers | texts()
    return st.recursive(
        simple, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts(), inner, max_size=3), max_leaves=5
    )
