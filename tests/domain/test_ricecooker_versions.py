"""Check of ricecooker versions. The first table was recorded from Kolibri Studio."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.ricecooker_versions import check

CURRENT = "Ricecooker v{} is up-to-date."
OLDER = "You are using Ricecooker v{}, however v0.7.3 is available. You should consider upgrading your Ricecooker."
DEPRECATED = (
    "Ricecooker v{} is deprecated. Any channels created with this version will be unlinked with any future upgrades. "
    "You are strongly recommended to upgrade to v0.7.3."
)
TOO_OLD = "Ricecooker v{} is no longer compatible. You must upgrade to v0.7.3 to continue."


@pytest.mark.parametrize(
    ("version", "status", "message"),
    [
        ("0.8.0", 0, CURRENT),
        ("0.7.3", 0, CURRENT),
        ("0.7.2", 1, OLDER),
        ("0.6.30", 2, DEPRECATED),
        ("0.6.20", 3, TOO_OLD),
        ("0.0.1", 3, TOO_OLD),
    ],
)
def test_recorded_messages(version, status, message):
    assert check(version) == (status, message.format(version))


@pytest.mark.parametrize(
    ("version", "status"),
    [
        ("1.0", 0),
        ("0.10.0", 0),  # compared as numbers, not as text
        ("0.7.3.post1", 0),
        ("0.7.3rc1", 1),  # precedes the release
        ("0.6.31", 1),
        ("0.6.30.post1", 2),
        ("0.6.21", 2),
        ("0.6.21b1", 3),
        ("0.0.dev0", 3),
        ("0", 3),
    ],
)
def test_first_and_last_version_of_each_level(version, status):
    assert check(version)[0] == status


@pytest.mark.parametrize("text", ["", "abc", "0.7.3 or so", "v", "0,7", "1" * 5000, "0.7.3\n0.7.3"])
def test_invalid_versions_are_rejected(text):
    with pytest.raises(ValueError, match=r"."):
        check(text)


@given(st.tuples(*[st.integers(0, 20)] * 3), st.tuples(*[st.integers(0, 20)] * 3))
def test_a_higher_version_never_has_a_worse_status(one, other):
    low, high = (check(".".join(map(str, parts)))[0] for parts in sorted((one, other)))
    assert high <= low


@given(st.text())
def test_any_text_is_a_version_or_a_value_error(text):
    with contextlib.suppress(ValueError):
        assert check(text)[0] in range(4)
