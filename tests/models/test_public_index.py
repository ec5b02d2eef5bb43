"""The item that refers to the newest public index."""

from datetime import timedelta

from chalicelib.models import public_index
from chalicelib.models.base import now
from tests.support.existing import existing


def test_there_is_none_at_first(aws):
    assert public_index.current() is None


def test_each_index_replaces_the_previous_one(aws):
    assert public_index.replace(None, "a")
    first = existing(public_index.current())
    assert public_index.replace(first, "b")
    second = existing(public_index.current())
    assert (second.key, second.previous_key, second.revision) == ("b", "a", first.revision + 1)


def test_one_of_two_concurrent_replacements_fails(aws):
    assert public_index.replace(None, "a")
    assert not public_index.replace(None, "b")
    old = public_index.current()
    assert public_index.replace(old, "c")
    assert not public_index.replace(old, "d")
    assert existing(public_index.current()).key == "c"


def test_every_index_has_a_different_second(aws):
    old, moments = None, []
    for key in "abcd":
        public_index.replace(old, key)
        old = existing(public_index.current())
        moments.append(old.modified)
    assert len({moment.replace(microsecond=0) for moment in moments}) == 4
    assert moments == sorted(moments)
    assert moments[-1] - now() < timedelta(seconds=5)
