"""Generated changes of sync, most of them wrong in some way."""

from hypothesis import strategies as st

from chalicelib.schemas.sync import FIELDS, TABLES

ODD = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**18), 10**18) | st.floats(-1e9, 1e9) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
NAMES = sorted({name for names in FIELDS.values() for name in names})
WORDS = ["title", "parent", "kind", "name", "tags", "extra_fields", "email", "deleted", "question", "target", "a.b"]
OBJECTS = st.dictionaries(st.sampled_from(WORDS), ODD, max_size=4)


def change_strategy(ids: list[str]) -> st.SearchStrategy[object]:
    """A change that refers to these ids in half of the places."""
    known = st.sampled_from(ids)
    ends = known | ODD
    keys = known | st.lists(known, min_size=2, max_size=2) | ODD
    often = {"obj": OBJECTS, "mods": OBJECTS, "target": ends, "from_key": ends}
    optional = {name: often.get(name, ODD) for name in NAMES}
    optional |= {"channel_id": st.just(ids[0]) | ODD, "rev": st.integers(0, 9) | ODD, "user_id": ends}
    fixed = {"type": st.sampled_from(list(FIELDS)), "table": st.sampled_from(sorted(TABLES)), "key": keys}
    return st.fixed_dictionaries(fixed, optional=optional) | ODD
