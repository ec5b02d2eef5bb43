"""Masked e-mail addresses."""

import pytest

from chalicelib.domain.masking import masked


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("someone@example.org", "s***@e***.org"),
        ("a@b.co.uk", "a***@b***.uk"),
        ("a@localhost", "a***@***"),
        ("ünï@exämple.org", "ü***@e***.org"),
    ],
)
def test_shows_first_characters_and_the_last_part(address, shown):
    assert masked(address) == shown
