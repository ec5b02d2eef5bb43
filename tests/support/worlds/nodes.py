"""Nodes as chefs send them, with defaults for all fields that a test does not set."""

import uuid
from typing import Any

NAMESPACE = uuid.UUID(int=1)


def node_id(name: str) -> str:
    return uuid.uuid5(NAMESPACE, name).hex


def topic(name: str, **fields: Any) -> dict[str, Any]:
    return {
        "title": name,
        "node_id": node_id(name),
        "content_id": node_id(f"content {name}"),
        "source_domain": NAMESPACE.hex,
        "source_id": name,
        "kind": "topic",
        "language": None,
        "description": "",
        "files": [],
        "tags": [],
        "questions": [],
        "extra_fields": "{}",
        "role": "learner",
        **fields,
    }


def resource(
    name: str, kind: str = "document", files: list[dict[str, Any]] | None = None, **fields: Any
) -> dict[str, Any]:
    licensed = {"license": "CC BY", "license_description": None, "copyright_holder": "Holder"}
    return topic(name, kind=kind, files=files or [], **{**licensed, **fields})


def file(filename: str, preset: str | None = "document", **fields: Any) -> dict[str, Any]:
    return {"filename": filename, "preset": preset, "size": 1, "original_filename": "a.pdf", "language": None, **fields}


def exercise(name: str, *questions: dict[str, Any], **fields: Any) -> dict[str, Any]:
    mastery = '{"mastery_model": "m_of_n", "m": 1, "n": 2, "randomize": true}'
    return resource(name, "exercise", questions=list(questions), **{"extra_fields": mastery, **fields})


def question(name: str, **fields: Any) -> dict[str, Any]:
    return {
        "assessment_id": node_id(f"question {name}"),
        "type": "single_selection",
        "question": name,
        "answers": '[{"answer": "a", "correct": true, "order": 0}, {"answer": "b", "correct": false, "order": 1}]',
        "hints": '[{"hint": "think", "order": 0}]',
        "raw_data": "",
        "randomize": False,
        "source_url": None,
        "files": [],
        **fields,
    }
