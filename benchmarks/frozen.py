"""What the export of a frozen tree takes without AWS: the time and the memory of writing its database and search part.

`python -m benchmarks.frozen 10000 100000` measures trees of these sizes, each in a process of its own.
"""

import resource
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

from chalicelib.content_databases.search_part import write_part
from chalicelib.domain.trees.frozen_tree import FrozenTree, Tally
from chalicelib.domain.trees.shape import shape_of
from chalicelib.domain.types import ChannelData, FileData, SnapshotNode
from chalicelib.export import frozen_file
from chalicelib.export.content_db import write_content_database

DOMAIN = uuid.uuid5(uuid.NAMESPACE_DNS, "frozen.example.org")
CHANNEL_ID = uuid.uuid5(DOMAIN, "channel").hex
CHILDREN = 40  # of a topic
EXERCISES = 5  # every fifth node is an exercise
QUESTIONS = 3
STEPS = ("shape seconds", "database seconds", "part seconds")
LISTS = ("grade_levels", "resource_types", "learning_activities", "accessibility_labels", "categories", "learner_needs")
AT = datetime(2026, 1, 1, tzinfo=UTC)


def nodes_of(count: int, words: int = 20) -> Iterator[SnapshotNode]:
    """A tree of `count` nodes: topics of CHILDREN resources, every fifth an exercise, with descriptions of `words`."""
    yield _node(CHANNEL_ID, None, 0, "topic", "Channel", "")
    topic_id = ""
    for number in range(count - 1):
        if number % (CHILDREN + 1) == 0:
            topic = _node(f"topic {number}", _id("id", CHANNEL_ID), 1, "topic", f"Topic {number}", "")
            topic_id = topic["id"]
            yield topic
        else:
            kind = "exercise" if number % EXERCISES == 0 else "document"
            text = " ".join(f"word{(number * 31 + place * place) % 5000}" for place in range(words))
            yield _resource(_node(f"resource {number}", topic_id, 2, kind, f"Resource {number}", text))


def _resource(node: SnapshotNode) -> SnapshotNode:
    name, is_exercise = node["title"], node["kind"] == "exercise"
    presets = ("exercise", "exercise_thumbnail") if is_exercise else ("document", "document_thumbnail")
    node["files"] = [_file(name, preset) for preset in presets]
    node["license"], node["copyright_holder"], node["tags"] = "CC BY", "The benchmark", ["benchmark", name[-2:]]
    if is_exercise:
        ids = [_id("question", f"{name} {number}") for number in range(QUESTIONS)]
        model = {"type": "m_of_n", "m": 3, "n": 5}
        node["assessment"] = {"assessment_item_ids": ids, "mastery_model": model, "randomize": True}
        node["assessment_item_count"] = QUESTIONS
    return node


def _id(*names: str) -> str:
    return uuid.uuid5(DOMAIN, " ".join(names)).hex


def _node(name: str, parent_id: str | None, level: int, kind: str, title: str, text: str) -> SnapshotNode:
    node_id = name if parent_id is None else _id("node_id", name)
    node: dict[str, Any] = {
        "id": _id("id", name),
        "node_id": node_id,
        "content_id": node_id if parent_id is None else _id("content_id", name),
        "parent_id": parent_id,
        "tree_id": _id("id", CHANNEL_ID),
        "channel_id": CHANNEL_ID,
        "kind": kind,
        "title": title,
        "description": text,
        "language": "en",
        "role_visibility": "learner",
        "extra_fields": {},
        "complete": True,
        "assessment_item_count": 0,
        "level": level,
        "source_domain": CHANNEL_ID,
        "source_id": name,
        **dict.fromkeys(("copyright_holder", "author", "aggregator", "provider"), ""),
        **dict.fromkeys(("license", "license_description", "suggested_duration", "original_channel_id")),
        **{field: [] for field in (*LISTS, "tags", "files", "prerequisites")},
        "original_node_id": None,
    }
    return cast(SnapshotNode, node)


def _file(name: str, preset: str) -> FileData:
    return {
        "id": _id("file", name, preset),
        "checksum": _id("checksum", name, preset),
        "file_format": {"exercise": "perseus", "document": "pdf"}.get(preset, "png"),
        "file_size": 12345,
        "preset": preset,
        "language": None,
        "original_filename": f"{name}.{preset}",
        "source_url": None,
        "duration": None,
    }


def freeze(path: Path, count: int) -> None:
    """Write a frozen tree of `count` nodes to a file."""
    channel: ChannelData = {
        "id": CHANNEL_ID,
        "name": "Frozen",
        "description": "What it is about",
        "tagline": "",
        "language": "en",
        "thumbnail": "",
        "inherit_metadata": False,
    }
    tally = Tally()
    for node in nodes_of(count):
        tally.add(node)
    with path.open("wb") as file:
        file.writelines(frozen_file.compressed(FrozenTree(channel, 1, tally.summary(), lambda: nodes_of(count))))


def export(frozen: Path, folder: Path, old: Path | None = None) -> dict[str, float]:
    """Export a frozen tree to new files in a folder; `old` is the part of the version before.

    Returns the seconds of each step, and the megabytes of its files.
    """
    tree, database, part = frozen_file.read(frozen), folder / "content.sqlite3", folder / "part.sqlite3"
    times = [time.process_time()]
    shape = shape_of(tree.nodes())
    times.append(time.process_time())
    write_content_database(tree, shape, database)
    times.append(time.process_time())
    write_part(part, tree, shape, AT, old)
    times.append(time.process_time())
    seconds = {step: end - start for step, (start, end) in zip(STEPS, pairwise(times), strict=True)}
    return seconds | {"frozen MB": _size(frozen), "database MB": _size(database), "part MB": _size(part)}


def _size(path: Path) -> float:
    return path.stat().st_size / 1e6


def _measure(frozen: Path, folder: Path) -> str:
    before, started = _peak(), time.process_time()
    figures = export(frozen, folder)
    figures |= {"idle MB": before, "peak MB": _peak(), "CPU seconds": time.process_time() - started}
    return ", ".join(f"{name} {value:.1f}" for name, value in figures.items())


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def main() -> None:
    """Measure each size, or one frozen tree that was written before."""
    if sys.argv[1] == "export":
        print(_measure(Path(sys.argv[2]), Path(sys.argv[2]).parent))
        return
    for count in map(int, sys.argv[1:]):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "tree.jsonl.gz"
            freeze(path, count)
            print(f"{count:,} nodes: ", end="", flush=True)
            subprocess.run([sys.executable, "-m", "benchmarks.frozen", "export", str(path)], check=True)


if __name__ == "__main__":
    main()
