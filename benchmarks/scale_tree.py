"""A channel of any size for `make bench-scale`: what is uploaded, and whether its database has just that.

It is uploaded by the requests that ricecooker makes, ten nodes each. Several clients at once fill different topics,
which is the only difference to a chef; with one client there is none.
"""

import json
import sqlite3
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx

from benchmarks import channels
from examples import archives

DOMAIN = uuid.uuid5(uuid.NAMESPACE_DNS, "scale.example.org")
RESOURCES = 40  # of a topic
TOPICS = 40  # of a section
EXERCISES = 5  # every fifth resource is an exercise
QUESTIONS = 3
MASTERY = json.dumps({"mastery_model": "m_of_n", "m": 2, "n": 3, "randomize": True})
ANSWERS = json.dumps([{"answer": "4", "correct": True, "order": 0}, {"answer": "5", "correct": False, "order": 1}])


def names(count: int) -> Iterator[tuple[str, str]]:
    """(name, the name of its parent, "" for the root) of `count` nodes without the root, parents first.

    No section or topic is empty, so that all are published.
    """
    section = topic = ""
    resources = topics = 0
    for number in range(count):
        is_full, left = resources >= RESOURCES, count - number
        if (not section or (is_full and topics == TOPICS)) and left >= 3:
            section, topic, topics, resources = f"section {number}", "", 0, 0
            yield section, ""
        elif (not topic or is_full) and left >= 2:
            topic, topics, resources = f"topic {number}", topics + 1, 0
            yield topic, section
        else:
            resources += 1
            yield f"{'document' if resources % EXERCISES else 'exercise'} {number}", topic


def node_of(name: str, pdf: str) -> dict[str, Any]:
    """A node as ricecooker sends it."""
    kind = name.partition(" ")[0]
    ids = {"node_id": _id(name), "content_id": _id(f"content {name}"), "source_id": name, "source_domain": DOMAIN.hex}
    node = {**ids, "title": name.title(), "description": f"What {name} is about.", "language": "en", "files": []}
    if kind in ("section", "topic"):
        return {**node, "kind": "topic", "questions": [], "extra_fields": "{}"}
    licence = {"license": "CC BY", "copyright_holder": "The benchmark", "tags": ["benchmark"]}
    if kind == "exercise":
        questions = [_question(name, number) for number in range(QUESTIONS)]
        return {**node, **licence, "kind": "exercise", "questions": questions, "extra_fields": MASTERY}
    file = {"filename": pdf, "preset": "document", "size": 1, "original_filename": "a.pdf", "language": None}
    return {**node, **licence, "kind": "document", "questions": [], "extra_fields": "{}", "files": [file]}


def _id(name: str) -> str:
    return uuid.uuid5(DOMAIN, name).hex


def _question(name: str, number: int) -> dict[str, Any]:
    return {
        "assessment_id": _id(f"question {name} {number}"),
        "type": "single_selection",
        "question": f"{name}: what is 2 + 2?",
        "answers": ANSWERS,
        "hints": "[]",
        "raw_data": "",
        "randomize": False,
        "source_url": None,
        "files": [],
    }


def upload(client: httpx.Client, channel_id: str, count: int, clients: int) -> None:
    """Upload a channel of `count` nodes beside the root, by so many clients at once."""
    data = {"id": channel_id, "name": f"{count:,} nodes", "language": "en"}
    ids = {"": channels.post(client, "create_channel", channel_data=data)["root"]}
    pdf = channels.upload(client, archives.pdf("One for all"))
    children: dict[str, list[str]] = {}
    for name, parent in names(count):
        children.setdefault(parent, []).append(name)

    def fill(parent: str) -> dict[str, str]:
        added = channels.add(client, ids[parent], [node_of(name, pdf) for name in children[parent]])
        return {name: added[_id(name)] for name in children[parent] if name in children}

    with ThreadPoolExecutor(clients) as pool:
        level = [""]
        while level:
            below: dict[str, str] = {}
            for found in pool.map(fill, level):
                below |= found
            ids, level = below, list(below)
    channels.post(client, "finish_channel", channel_id=channel_id, stage=False)


def check(database: Path, count: int) -> None:
    """Compare a published database with what was sent. Raises ValueError if they differ."""
    with closing(sqlite3.connect(database)) as connection:
        ids = {id for (id,) in connection.execute("SELECT id FROM content_contentnode WHERE parent_id IS NOT NULL")}
        counts = (
            "SELECT count(*) FROM content_file",
            "SELECT sum(number_of_assessments) FROM content_assessmentmetadata",
        )
        files, questions = (connection.execute(statement).fetchone()[0] or 0 for statement in counts)
    sent = [name for name, _ in names(count)]
    exercises = sum(name.startswith("exercise") for name in sent)
    documents = sum(name.startswith("document") for name in sent)
    if ids != set(map(_id, sent)) or (files, questions) != (documents + exercises, QUESTIONS * exercises):
        raise ValueError(
            f"Sent were {count} nodes with {documents + exercises} files and {QUESTIONS * exercises} questions, "
            f"published are {len(ids)} with {files} and {questions}."
        )
