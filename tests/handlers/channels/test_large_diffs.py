"""Differences of many lines: in parts in the bucket, of which a page reads few."""

import pytest

from chalicelib.domain.trees.diff import SECTIONS
from chalicelib.domain.trees.diff_levels import Level
from chalicelib.models import channels
from chalicelib.operations.trees import diff_files, diff_levels, diff_lines, staging_review
from tests.handlers.channels.test_channel_diff import computed, diff, staged_over
from tests.handlers.channels.test_channel_staging import review
from tests.support.aws.calls import counting
from tests.support.existing import existing
from tests.support.http.recordings import store
from tests.support.worlds import nodes


@pytest.fixture
def channel_id(studio):
    """A channel whose staged tree differs in all sections."""
    pdf, other = (nodes.file(store(studio, data, "pdf")) for data in (b"1", b"22"))
    live = [nodes.resource(f"doc{number}", files=[pdf]) for number in range(7)]
    live += [nodes.topic(f"gone{number}") for number in range(5)] + [nodes.exercise("quiz", nodes.question("old"))]
    new = [nodes.resource(f"doc{number}", files=[other]) for number in range(7)]
    new += [nodes.exercise("quiz", nodes.question("new"))] + [nodes.topic(f"new{number}") for number in range(6)]
    return staged_over(studio, live, new)


@pytest.fixture
def in_parts(monkeypatch):
    monkeypatch.setattr(diff_lines, "MAX_TOGETHER", 3)
    monkeypatch.setattr(diff_files, "LINES", 2)
    monkeypatch.setattr(diff_levels, "ENTRIES", 3)


PAGES = [f"?page={page}&page_size={size}" for size in (1, 2, 3, 5, 100) for page in range(1, 5)]


def test_pages_in_parts_are_those_of_one_object(studio, channel_id, monkeypatch, request):
    computed(studio, channel_id)
    together = [diff(studio, channel_id, query).json for query in PAGES]
    assert {section: len(together[-4][section]) for section in ("added", "removed", "changed")} == {
        "added": 6, "removed": 5, "changed": 7,
    }  # fmt: skip
    request.getfixturevalue("in_parts")
    again(studio, channel_id)
    assert [without_trees(diff(studio, channel_id, query).json) for query in PAGES] == list(
        map(without_trees, together)
    )


def again(studio, channel_id):
    """Compare again, as after an edit of the channel."""
    channel = existing(channels.get(channel_id))
    channel.update(actions=[type(channel).rev.add(1)])
    diff(studio, channel_id)
    studio.deliver("maintenance")


def without_trees(page):
    return {name: value for name, value in page.items() if name in (*SECTIONS, "counts", "page", "stale", "from", "to")}


def test_a_page_takes_two_reads_per_section_whatever_the_number_of_lines(studio, channel_id, in_parts):
    computed(studio, channel_id)
    for query in ("?page_size=2", "?page_size=2&page=3"):
        with counting(studio) as watch:
            diff(studio, channel_id, query)
        assert 4 < len(watch.names) <= 4 + len(SECTIONS)


def test_levels_of_many_entries_are_paged(studio, channel_id, in_parts, monkeypatch):
    monkeypatch.setattr(staging_review, "PAGE", 4)
    studio.deliver("maintenance")
    shown = []
    for page in range(1, 9):
        found = review(studio, channel_id, page=page)["shown"]
        shown.append([entry["title"] for entry in found["entries"]])
        if page >= found["pages"]:
            break
    assert [len(entries) for entries in shown] == [4, 4, 4, 4, 3]
    assert len({title for entries in shown for title in entries}) == 19


def test_results_of_earlier_versions_are_read(studio, channel_id):
    """They have no total of a level, and all lines in one object."""
    found = computed(studio, channel_id)
    level: Level = {"path": [], "entries": [], "unchanged": 1}
    assert diff_levels.entries("name", "p", level, 0, 100) == []
    head = {section: found[section] for section in SECTIONS}
    assert diff_lines.counts(head) == found["counts"]
    assert diff_lines.page("name", head, 1, 2)["added"] == found["added"][1:3]
