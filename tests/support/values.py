"""Values that anybody may send."""

from typing import Any

from hypothesis import strategies as st


def texts() -> st.SearchStrategy[str]:
    """Texts as JSON can write them, lone surrogates among them."""
    return st.text(st.characters(categories=["L", "N", "P", "Cs", "Zs", "Cc"]), max_size=5)


def json_values(finite: bool = False) -> st.SearchStrategy[Any]:
    """Whatever `json.loads` may give: NaN and infinities too, unless `finite`."""
    extremes = st.sampled_from([10**40, 1e300, "\ud800", "²", [], {}, [[]], "[]", '{"a": []}'])
    simple = (
        extremes
        | st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=not finite, allow_infinity=not finite)
        | texts()
    )
    return st.recursive(
        simple, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts(), inner, max_size=3), max_leaves=5
    )
