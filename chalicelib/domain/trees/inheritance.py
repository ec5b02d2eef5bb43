"""What published nodes take from the topics above them and from their channel.

| field | resource | topic |
| --- | --- | --- |
| grade_levels, resource_types, categories, learner_needs | its own and those of all topics above it | its own |
| language | its own, else the nearest ancestor's, else the channel's | its own, else the channel's |
| learning_activities, accessibility_labels, the rest | its own | its own |

Labels come from ancestors, and language from a topic, only where the channel says `inherit_metadata`.
"""

from collections.abc import Iterable
from typing import Any, Literal, NamedTuple, cast

from le_utils.constants import content_kinds

from chalicelib.domain.types import ChannelData, NodeData

_LabelField = Literal["grade_levels", "resource_types", "categories", "learner_needs"]
INHERITED_LABELS: tuple[_LabelField, ...] = ("grade_levels", "resource_types", "categories", "learner_needs")


class _Legacy(NamedTuple):
    """What a topic hands down: one tuple of labels for each of INHERITED_LABELS, and a language."""

    labels: tuple[tuple[str, ...], ...]
    language: str | None


_NOTHING = _Legacy(((),) * len(INHERITED_LABELS), None)


def inherit(channel: ChannelData, nodes: Iterable[NodeData]) -> list[NodeData]:
    """The nodes with what they inherit. Parents must come before their children; the nodes given stay as they are."""
    legacies: dict[str, _Legacy] = {}
    heirs = []
    for node in nodes:
        above = legacies.get(node["parent_id"] or "", _NOTHING)
        changes: dict[str, Any] = {"language": node["language"] or channel["language"]}
        if channel["inherit_metadata"]:
            legacy = _merge(node, above)
            if node["kind"] == content_kinds.TOPIC:
                legacies[node["id"]] = legacy
            else:
                changes = _as_changes(legacy, channel)
        heirs.append(cast(NodeData, {**node, **changes}))
    return heirs


def most_specific(labels: Iterable[str]) -> list[str]:
    """The labels, sorted, without those that others of them make more precise.

    A label of le_utils is a path of ids with dots between them: "a.b" is more precise than "a".
    """
    distinct = set(labels)
    general = {label[:end] for label in distinct for end, char in enumerate(label) if char == "."}
    return sorted(distinct - general)


def _merge(node: NodeData, above: _Legacy) -> _Legacy:
    labels = tuple(
        tuple(most_specific((*node[field], *inherited))) if node[field] else inherited
        for field, inherited in zip(INHERITED_LABELS, above.labels, strict=True)
    )
    return _Legacy(labels, node["language"] or above.language)


def _as_changes(legacy: _Legacy, channel: ChannelData) -> dict[str, Any]:
    changes: dict[str, Any] = {"language": legacy.language or channel["language"]}
    for field, labels in zip(INHERITED_LABELS, legacy.labels, strict=True):
        changes[field] = list(labels)
    return changes
