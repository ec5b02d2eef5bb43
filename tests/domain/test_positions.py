"""Places among siblings."""

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.positions import appended

ids = st.uuids().map(lambda value: value.hex)


@given(st.lists(st.tuples(st.integers(0, 2**32 - 1), ids), unique_by=lambda place: place[0]))
def test_appended_positions_sort_in_the_order_of_appending(places):
    in_order = sorted(places, key=lambda place: place[0])
    assert sorted(appended(*place) for place in places) == [appended(*place) for place in in_order]


@given(st.integers(0, 2**32 - 1), ids, ids)
def test_two_that_took_the_same_number_at_once_have_places_of_their_own(index, one, other):
    assert (appended(index, one) == appended(index, other)) == (one == other)


@given(st.integers(0, 2**32 - 2), ids, ids)
def test_ids_do_not_change_the_order(index, one, other):
    assert appended(index, one) < appended(index + 1, other)
