"""The expected rows of a node in Kolibri: the rules of publishing, applied to ricecooker's own data."""

import json
from typing import Any

from le_utils.constants import completion_criteria, content_kinds, exercises, roles

Sent = dict[str, Any]
LABELS = (
    "grade_levels",
    "resource_types",
    "learning_activities",
    "accessibility_labels",
    "categories",
    "learner_needs",
)
INHERITED_LABELS = {"grade_levels", "resource_types", "categories", "learner_needs"}
NAMES = {"license_name": "license", "license_description": "license_description", "license_owner": "copyright_holder"}


def is_published(node: Sent) -> bool:
    """A topic without a resource below it is left out."""
    return node.get("kind") != content_kinds.TOPIC or any(is_published(child) for child in node.get("children", ()))


def row(node: Sent, path: list[Sent]) -> dict[str, Any]:
    """The columns of `content_contentnode` that follow from a node and its ancestors, labels as sets."""
    topic = node["kind"] == content_kinds.TOPIC
    return {
        "id": node["node_id"],
        "content_id": node["content_id"],
        "parent_id": path[-1].get("node_id") or path[-1]["id"],
        "channel_id": path[0]["id"],
        "level": len(path),
        "kind": node["kind"],
        "title": node["title"],
        "description": node["description"],
        "author": node["author"],
        "license_name": node["license"],
        "license_description": None if node["license"] is None else node["license_description"] or "",
        "license_owner": node["copyright_holder"],
        "coach_content": int(node["role"] == roles.COACH),
        "lang_id": _language(node, path),
        "duration": _duration(node),
        "options": options(node),
        **{label: _own(node, label) if topic else labels(node, path, label) for label in LABELS},
    }


def extra_fields(node: Sent) -> dict[str, Any]:
    """A node's `extra_fields`, which are sent as a JSON string."""
    parsed: dict[str, Any] = json.loads(node["extra_fields"] or "{}")
    return parsed


def options(node: Sent) -> dict[str, Any]:
    """`options` as sent; an exercise's mastery model becomes its completion criterion."""
    sent = extra_fields(node)
    found = dict(sent.get("options", {}))
    if node["kind"] == content_kinds.EXERCISE:
        counted = sent["mastery_model"] == exercises.M_OF_N
        threshold = {
            "mastery_model": sent["mastery_model"],
            "m": sent["m"] if counted else None,
            "n": sent["n"] if counted else None,
        }
        found["completion_criteria"] = {"model": completion_criteria.MASTERY, "threshold": threshold}
    return found


def assessment(node: Sent) -> dict[str, Any]:
    """The columns of `content_assessmentmetadata` of an exercise."""
    sent = extra_fields(node)
    return {
        "assessment_item_ids": [question["assessment_id"] for question in node["questions"]],
        "number_of_assessments": len(node["questions"]),
        "mastery_model": {"type": sent["mastery_model"], "m": sent["m"], "n": sent["n"]},
        "randomize": int(sent["randomize"]),
        "is_manipulable": 1,
    }


def labels(node: Sent, path: list[Sent], label: str) -> set[str]:
    """A resource's labels: its own and, for four kinds, its ancestors', without those implied by longer ones."""
    found = _own(node, label)
    if label in INHERITED_LABELS:
        found = found.union(*(_own(ancestor, label) for ancestor in path))
    return {one for one in found if not any(other != one and other.startswith(one) for other in found)}


def _own(node: Sent, label: str) -> set[str]:
    return set(node.get(label) or ())


def _language(node: Sent, path: list[Sent]) -> str:
    """A topic without a language has the channel's, a resource its nearest ancestor's."""
    above = [path[0]] if node["kind"] == content_kinds.TOPIC else path
    return str(next(one["language"] for one in (node, *reversed(above)) if one["language"]))


def _duration(node: Sent) -> int | None:
    """Seconds: of a time criterion, or of the longest file."""
    criterion = extra_fields(node).get("options", {}).get("completion_criteria", {})
    if criterion.get("model") in (completion_criteria.TIME, completion_criteria.APPROX_TIME):
        return int(criterion["threshold"])
    return max((file["duration"] for file in node["files"] if file["duration"]), default=None)


def remote(sent: Sent, source: Sent) -> Sent:
    """A node copied from another channel: the source's data under the sent id, with the sent changes."""
    changes = {key: value for key, value in sent.items() if not key.startswith("source_") and key != "files"}
    thumbnails = [file | {"preset": f"{source['kind']}_thumbnail"} for file in sent.get("files", [])]
    retained = [file for file in source["files"] if not thumbnails or not file["preset"].endswith("_thumbnail")]
    return source | changes | {"files": retained + thumbnails}
