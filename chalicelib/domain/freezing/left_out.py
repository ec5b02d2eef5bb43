"""What a publish left out of a tree, for the editors and for the flag `published` of its nodes."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypedDict

from le_utils.constants import content_kinds

from chalicelib.domain.trees.node_flags import incomplete_revs, was_incomplete
from chalicelib.domain.types import NodeData

MAX_NAMED = 5  # nodes named per sentence
MAX_LISTED = 50  # nodes listed per group
MAX_PATH = 200  # characters of a path
MAX_IDS = 200  # ids stored on the channel
RESOURCE, TOPIC, REPEATED = "resource", "topic", "repeated"
_WHAT = {
    RESOURCE: ("incomplete resource was left out", "incomplete resources were left out"),
    TOPIC: (
        "incomplete topic was left out with its content",
        "incomplete topics were left out with their content",
    ),
    REPEATED: (
        "node has the node_id of another one and was published in its place",
        "nodes have the node_id of others and were published in their place",
    ),
}


class Group(TypedDict):
    """Nodes that were left out alike: what happened to them, paths with reasons, and the number of further ones."""

    what: str
    nodes: list[str]
    more: int


@dataclass(frozen=True)
class LeftOut:
    """Sentences for the task of a publish, the same as groups, and ids for the channel.

    The ids are those of nodes that were left out although they were complete at the revision of the publish. Their
    descendants follow them, as far as the list reaches.
    """

    groups: list[Group]
    ids: list[str]

    @property
    def notes(self) -> list[str]:
        """A sentence for each group, which names its first nodes."""
        return [_sentence(group) for group in self.groups]


class Absence:
    """Notes the nodes that are not published, in pre-order."""

    def __init__(self, rev: int) -> None:
        """`rev` is the revision of the channel when its tree was read."""
        self._rev = rev
        self._counts = dict.fromkeys(_WHAT, 0)
        self._named: dict[str, list[str]] = {kind: [] for kind in _WHAT}
        self._tops: list[str] = []
        self._ids: list[str] = []

    def incomplete(self, node: NodeData, named: Callable[[], str]) -> None:
        """Note a node that is incomplete, or an exercise that turned out to be unpublishable. `named` is called for
        those that are listed."""
        self._name(TOPIC if _is_topic(node) else RESOURCE, named)

    def repeated(self, named: Callable[[], str]) -> None:
        """Note a node that is published elsewhere."""
        self._name(REPEATED, named)

    def _name(self, kind: str, named: Callable[[], str]) -> None:
        self._counts[kind] += 1
        if len(self._named[kind]) < MAX_LISTED:
            self._named[kind].append(named())

    def absent(self, node: NodeData, is_top: bool) -> None:
        """Note a node that is published nowhere; `is_top` if its parent is."""
        if _says_so_itself(node, self._rev):
            return
        for ids in (self._ids, *([self._tops] if is_top else [])):
            if len(ids) < MAX_IDS:
                ids.append(node["id"])

    def result(self) -> LeftOut:
        """What was left out: the first nodes of each part, then the others."""
        groups = [group for kind in _WHAT for group in _group(self._counts[kind], self._named[kind], *_WHAT[kind])]
        return LeftOut(groups, list(dict.fromkeys([*self._tops, *self._ids]))[:MAX_IDS])


def path_of(titles: Iterable[str]) -> str:
    """The titles that lead to a node, without the root's, as a text."""
    path = " > ".join(title.strip() or "(no title)" for title in titles)
    return path if len(path) <= MAX_PATH else f"… {path[2 - MAX_PATH :]}"


def _group(count: int, named: list[str], one: str, several: str) -> Iterable[Group]:
    if count:
        yield {"what": f"{count} {one if count == 1 else several}", "nodes": named, "more": count - len(named)}


def _sentence(group: Group) -> str:
    named = group["nodes"][:MAX_NAMED]
    more = len(group["nodes"]) + group["more"] - len(named)
    return f"{group['what']}: {'; '.join(named)}{f'; and {more} more' if more else ''}."


def _says_so_itself(node: NodeData, rev: int) -> bool:
    """Whether a resource's own revisions say that it was left out. Topics also stand for their descendants."""
    revs = incomplete_revs(node["complete"], node.get("incomplete_revs"))
    return not _is_topic(node) and was_incomplete(revs, rev)


def _is_topic(node: NodeData) -> bool:
    return bool(node["kind"] == content_kinds.TOPIC)
