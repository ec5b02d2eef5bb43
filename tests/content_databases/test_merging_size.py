"""The memory that merging a channel into the search index and the public index takes."""

import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from benchmarks.frozen import CHANNEL_ID, export, freeze
from chalicelib.content_databases.database import ContentDatabase
from chalicelib.content_databases.index_file import IndexFile, IndexWriter, Record
from chalicelib.content_databases.search_index import SearchWriter

MAX_PER_NODE = 100  # bytes
FEW, MANY = 500, 2000


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """The folders of a small and a larger exported channel."""
    folders = {}
    for count in (FEW, MANY):
        folders[count] = tmp_path_factory.mktemp(str(count))
        freeze(folders[count] / "tree", count)
        export(folders[count] / "tree", folders[count])
    return folders


def into_the_search_index(folder: Path) -> None:
    with SearchWriter(folder / "search.sqlite3") as index:
        index.put(folder / "part.sqlite3")
        assert index.versions() == {CHANNEL_ID: 1}


def into_the_public_index(folder: Path) -> None:
    entry: Any = {"id": CHANNEL_ID, "name": "Frozen", "version": 1}
    database = ContentDatabase(folder / "content.sqlite3")
    with IndexWriter(folder / "public.sqlite3") as index:
        index.put(Record(CHANNEL_ID, entry, [], cast(Any, {})), database)
    ((last,),) = database.rows("SELECT max(content_id) FROM content_contentnode")
    database.close()
    assert IndexFile(folder / "public.sqlite3").of_contents([last]) == {1}


@pytest.mark.parametrize("merge", [into_the_search_index, into_the_public_index])
def test_does_not_grow_with_the_channel(exported: dict[int, Path], merge: Callable[[Path], None]) -> None:
    peaks = {}
    for count, folder in exported.items():
        tracemalloc.start()
        merge(folder)
        peaks[count] = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert (peaks[MANY] - peaks[FEW]) / (MANY - FEW) < MAX_PER_NODE
