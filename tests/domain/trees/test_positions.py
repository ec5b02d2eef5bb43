"""Positions of siblings."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.trees.positions import (
    MAX_DIGITS,
    appended,
    as_decimal,
    as_number,
    before,
    between,
    bounds_of,
    value_of,
)
from tests.support.existing import existing

ids = st.uuids().map(lambda value: value.hex)


@given(st.lists(st.tuples(st.integers(0, 2**32 - 1), ids), unique_by=lambda place: place[0]))
def test_appended_positions_sort_in_order(places):
    in_order = sorted(places, key=lambda place: place[0])
    assert sorted(appended(*place) for place in places) == [appended(*place) for place in in_order]


@given(st.integers(0, 2**32 - 1), ids, ids)
def test_nodes_with_the_same_number_have_different_positions(index, one, other):
    assert (appended(index, one) == appended(index, other)) == (one == other)


@given(st.integers(0, 2**32 - 2), ids, ids)
def test_ids_do_not_change_the_order(index, one, other):
    assert appended(index, one) < appended(index + 1, other)


def place(position):
    return position.partition("#")[0]


@given(st.lists(st.integers(0, 60), max_size=60))
def test_inserted_positions_sort_where_they_were_inserted(inserts):
    """As texts, as exact numbers and as decimals; and all positions differ."""
    order = [appended(0, "0" * 32)]
    following = 1
    for number, where in enumerate(inserts, 1):
        node_id, index = f"{number:032x}", where % (len(order) + 1)
        if index == len(order):
            order.append(appended(following, node_id))
            following += 1
        elif index == 0:
            order.insert(0, before(order[0], node_id))
        else:
            position = between(order[index - 1], order[index], node_id)
            assert position is not None
            order.insert(index, position)
    assert sorted(order) == order
    assert sorted(map(value_of, order)) == [value_of(position) for position in order]
    assert len({place(position) for position in order}) == len(order)
    for position in order:
        below, above = existing(bounds_of(as_decimal(position)))
        assert [other for other in order if below < other < above] == [position]
        assert [other for other in order if other < below] == order[: order.index(position)]


@pytest.mark.parametrize("leftmost", [True, False])
def test_a_gap_accepts_positions_until_the_key_is_full(leftmost):
    digits = "0" * (MAX_DIGITS - 3) + "1" if leftmost else "f" * (MAX_DIGITS - 2)
    near = f"00000000.{digits}#{'c' * 32}"
    left, right = (appended(0, "a" * 32), near) if leftmost else (near, appended(1, "b" * 32))
    for _ in range(20):
        position = between(left, right, "c" * 32)
        if position is None:
            break
        assert left < position < right
        assert len(position) < 1024
        left, right = (left, position) if leftmost else (position, right)
    else:
        raise AssertionError("the gap is never full")


def test_numbers_are_whole_without_insertions():
    assert as_number(appended(3, "a" * 32)) == 3
    assert as_number(None) == 0
    middle = existing(between(appended(3, "a" * 32), appended(4, "b" * 32), "c" * 32))
    assert (as_number(middle), as_decimal(middle)) == (3.5, "3.5")
    first = before(appended(0, "a" * 32), "b" * 32)
    assert (as_number(first), as_decimal(first)) == (-1, "-1")


def test_equal_positions_have_nothing_between_them():
    assert between(appended(1, "a" * 32), appended(1, "b" * 32), "c" * 32) is None


@given(st.text(alphabet="0123456789.-+e ", max_size=12))
def test_decimals_are_parsed_or_rejected(text):
    found = bounds_of(text)
    assert found is None or found[0] < found[1]
