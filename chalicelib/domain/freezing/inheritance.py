"""Metadata that published nodes inherit from their ancestors and from the channel.

| field | resource | topic |
| --- | --- | --- |
| grade_levels, resource_types, categories, learner_needs | its own and those of all ancestors | its own |
| language | its own, else the nearest ancestor's, else the channel's | its own, else the channel's |
| learning_activities, accessibility_labels, all others | its own | its own |

Labels and language are inherited from ancestors only if the channel has `inherit_metadata`.
"""

from collections.abc import Iterable
from typing import Any, Literal, NamedTuple, cast

from le_utils.constants import content_kinds

from chalicelib.domain.types import ChannelData, NodeData

_LabelField = Literal["grade_levels", "resource_types", "categories", "learner_needs"]
INHERITED_LABELS: tuple[_LabelField, ...] = ("grade_levels", "resource_types", "categories", "learner_needs")


class _Inherited(NamedTuple):
    """What descendants of a topic inherit: a tuple of labels for each of INHERITED_LABELS, and a language."""

    labels: tuple[tuple[str, ...], ...]
    language: str | None


_NO_METADATA = _Inherited(((),) * len(INHERITED_LABELS), None)


class Inheritance:
    """Adds inherited metadata to the nodes of a tree, one by one. Parents come before their children.

    In memory are the labels of topics.
    """

    def __init__(self, channel: ChannelData) -> None:
        self._channel = channel
        self._by_topic: dict[str, _Inherited] = {}

    def of(self, node: NodeData) -> NodeData:
        """A copy of a node with inherited metadata."""
        channel = self._channel
        changes: dict[str, Any] = {"language": node["language"] or channel["language"]}
        if channel["inherit_metadata"]:
            merged = _merge(node, self._by_topic.get(node["parent_id"] or "", _NO_METADATA))
            if node["kind"] == content_kinds.TOPIC:
                if merged != _NO_METADATA:
                    self._by_topic[node["id"]] = merged
            else:
                changes = _as_changes(merged, channel)
        return cast(NodeData, {**node, **changes})


def most_specific(labels: Iterable[str]) -> list[str]:
    """The labels, sorted, without ancestors of other labels.

    A label of le_utils is a path of ids separated by dots: "a" is an ancestor of "a.b".
    """
    distinct = set(labels)
    general = {label[:end] for label in distinct for end, char in enumerate(label) if char == "."}
    return sorted(distinct - general)


def _merge(node: NodeData, above: _Inherited) -> _Inherited:
    labels = tuple(
        tuple(most_specific((*node[field], *inherited))) if node[field] else inherited
        for field, inherited in zip(INHERITED_LABELS, above.labels, strict=True)
    )
    merged = _Inherited(labels, node["language"] or above.language)
    return above if merged == above else merged


def _as_changes(merged: _Inherited, channel: ChannelData) -> dict[str, Any]:
    changes: dict[str, Any] = {"language": merged.language or channel["language"]}
    for field, labels in zip(INHERITED_LABELS, merged.labels, strict=True):
        changes[field] = list(labels)
    return changes
