"""Changes of labels, tags and extra fields."""

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.trees.node_edits import SetChange, changed_set, merged

values = st.lists(st.sampled_from("abcde"), unique=True)


@given(values, st.dictionaries(st.sampled_from("abcde"), st.booleans()))
def test_a_partial_change_leaves_other_values(present, change):
    after = changed_set(SetChange(change, whole=False), present)
    assert set(after) == (set(present) | {v for v in change if change[v]}) - {v for v in change if not change[v]}
    assert [v for v in after if v in present] == [v for v in present if v in after]
    assert len(set(after)) == len(after)


@given(values, values)
def test_a_whole_set_replaces_the_old_one(present, wanted):
    assert changed_set(SetChange(dict.fromkeys(wanted, True), whole=True), present) == wanted


def test_extra_fields_are_merged_two_levels_deep():
    present = {"a": 1, "options": {"x": {"deep": 1}, "y": 2}}
    changes = {"b": 2, "options": {"x": {"other": 1}, "y": None}}
    assert merged(present, changes) == {"a": 1, "b": 2, "options": {"x": {"other": 1}}}
    assert merged(present, {"options": None, "gone": None}) == {"a": 1}
    assert present == {"a": 1, "options": {"x": {"deep": 1}, "y": 2}}
