"""Counting what a user is charged for."""

from hypothesis import given
from hypothesis import strategies as st
from le_utils.constants import content_kinds, file_formats

from chalicelib.domain.storage.counts import Counts
from chalicelib.domain.storage.kinds import IMAGE, NAMES, OTHER, kind_of


def test_a_file_of_two_channels_is_counted_once():
    counts = Counts()
    counts.add_files([("a.mp4", 100), ("b.pdf", 10), ("c.png", 1), ("d.vtt", 5)])
    counts.add_channel("one", ["a.mp4", "b.pdf", "a.mp4", "unknown.pdf"])
    counts.add_channel("two", ["a.mp4"])
    counts.add_channel("none", [])
    assert counts.kinds == {"video": 105, "document": 10, IMAGE: 1}
    assert counts.channels == {"one": 110, "two": 100, "none": 0}
    assert counts.freed == {"one": 10, "two": 0, "none": 0}
    assert (counts.used, counts.shared, counts.unused) == (116, 100, 6)


FILES = st.dictionaries(
    st.sampled_from([f"{name}.{end}" for name in "abcd" for end in ("mp4", "pdf")]), st.integers(0, 9)
)


@given(FILES, st.lists(st.lists(st.sampled_from(["a.mp4", "b.mp4", "c.pdf", "x.pdf"])), max_size=4))
def test_the_parts_add_up(files, channels):
    counts = Counts()
    counts.add_files(files.items())
    for number, names in enumerate(channels):
        counts.add_channel(str(number), names)
    assert counts.used == sum(files.values()) == sum(counts.kinds.values())
    assert counts.used == sum(counts.freed.values()) + counts.shared + counts.unused
    assert all(counts.freed[id] <= counts.channels[id] for id in counts.channels)


def test_every_format_of_le_utils_has_a_kind():
    """All but slideshow manifests and data of graphs."""
    unknown = {one.id for one in file_formats.FORMATLIST if kind_of(f"a.{one.id}") == OTHER}
    assert unknown == {file_formats.JSON}


def test_kinds_are_those_of_le_utils():
    assert set(NAMES) - {IMAGE, OTHER} <= {kind for kind, _ in content_kinds.choices}
