"""Parsing and generating ids."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.ids import ID_PATTERN, derived_id, new_id, parse_id
from tests.support.existing import existing

ID = "0123456789abcdef0123456789abcdef"


@given(st.uuids())
def test_ids_are_normalized(value):
    ways = [value.hex, str(value), value.hex.upper(), str(value).upper()]
    assert {parse_id(way) for way in ways} == {value.hex}


@pytest.mark.parametrize(
    "value",
    [
        "",
        "abc",
        ID[:-1],
        ID + "0",
        "g" + ID[1:],
        ID + "\n",
        " " + ID,
        "{" + str(uuid.UUID(ID)) + "}",
        "urn:uuid:" + ID,
        "٠" + ID[1:],  # a digit, but not an ASCII one
        None,
        1,
        ID.encode(),
        [ID],
    ],
)
def test_other_values_are_not_ids(value):
    assert parse_id(value) is None


@given(st.text())
def test_any_text_is_parsed_without_an_exception(text):
    assert parse_id(text) is None or ID_PATTERN.fullmatch(existing(parse_id(text)))


def test_new_ids_are_valid_and_differ():
    made = {new_id() for _ in range(100)}
    assert len(made) == 100
    assert all(parse_id(id) == id for id in made)


@given(st.uuids(), st.text())
def test_derived_id_is_valid_and_stable(parent, name):
    id = derived_id(parent.hex, name)
    assert parse_id(id) == id == derived_id(parent.hex, name)


def test_derived_ids_differ_by_parent_and_by_name():
    parents, names = [uuid.UUID(int=n).hex for n in range(20)], [str(n) for n in range(20)]
    assert len({derived_id(parent, name) for parent in parents for name in names}) == 400
