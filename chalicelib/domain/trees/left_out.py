"""What a publish left out of a tree, for the editors and for the flag `published` of its nodes."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypedDict

from le_utils.constants import content_kinds

from chalicelib.domain.trees.node_flags import incomplete_revs, was_incomplete
from chalicelib.domain.types import NodeData, Snapshot

MAX_NAMED = 5  # nodes named per sentence
MAX_LISTED = 50  # nodes listed per group
MAX_PATH = 200  # characters of a path
MAX_IDS = 200  # ids stored on the channel


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


def left_out(
    tree: list[NodeData],
    snapshot: Snapshot,
    faults: Mapping[str, str],
    rev: int,
    why: Callable[[NodeData], str],
) -> LeftOut:
    """Compare a tree, in pre-order, with its snapshot.

    `faults` are sentences, by id, about exercises that turned out to be unpublishable, and `why` returns the sentence
    about an incomplete node. `rev` is the revision of the channel when its tree was read.
    """
    paths = _paths(tree)

    def named(node: NodeData) -> str:
        return f"{paths[node['id']]} ({faults.get(node['id']) or why(node)})"

    included = {node["id"] for node in snapshot["nodes"]}
    places = {node["node_id"]: node for node in snapshot["nodes"]}
    incomplete = [node for node in tree[1:] if not node["complete"] or node["id"] in faults]
    broken = {node["id"] for node in incomplete}
    repeated = [node for node in tree[1:] if node["id"] not in included | broken and node["node_id"] in places]
    resources = [named(node) for node in incomplete if not _is_topic(node)]
    topics = [named(node) for node in incomplete if _is_topic(node)]
    twice = [f"{paths[node['id']]} (at {paths[places[node['node_id']]['id']]})" for node in repeated]
    groups = [
        *_group(resources, "incomplete resource was left out", "incomplete resources were left out"),
        *_group(
            topics,
            "incomplete topic was left out with its content",
            "incomplete topics were left out with their content",
        ),
        *_group(
            twice,
            "node has the node_id of another one and was published in its place",
            "nodes have the node_id of others and were published in their place",
        ),
    ]
    merged = {node["id"] for node in repeated if _is_topic(node) and _is_topic(places[node["node_id"]])}
    return LeftOut(groups, _ids(tree, included | merged, rev))


def _paths(tree: list[NodeData]) -> dict[str, str]:
    """The titles that lead to each node, without the root's."""
    paths = {tree[0]["id"]: ""}
    for node in tree[1:]:
        above = paths[node["parent_id"] or ""]
        path = f"{above} > {node['title'].strip() or '(no title)'}".removeprefix(" > ")
        paths[node["id"]] = path if len(path) <= MAX_PATH else f"… {path[2 - MAX_PATH :]}"
    return paths


def _group(named: list[str], one: str, several: str) -> Iterable[Group]:
    if named:
        what = f"{len(named)} {one if len(named) == 1 else several}"
        yield {"what": what, "nodes": named[:MAX_LISTED], "more": max(0, len(named) - MAX_LISTED)}


def _sentence(group: Group) -> str:
    named = group["nodes"][:MAX_NAMED]
    more = len(group["nodes"]) + group["more"] - len(named)
    return f"{group['what']}: {'; '.join(named)}{f'; and {more} more' if more else ''}."


def _ids(tree: list[NodeData], included: set[str], rev: int) -> list[str]:
    """The first nodes of each part that was left out, then the others."""
    absent = [node for node in tree if node["id"] not in included and not _says_so_itself(node, rev)]
    tops = [node["id"] for node in absent if node["parent_id"] in included]
    return list(dict.fromkeys([*tops, *(node["id"] for node in absent)]))[:MAX_IDS]


def _says_so_itself(node: NodeData, rev: int) -> bool:
    """Whether a resource's own revisions say that it was left out. Topics also stand for their descendants."""
    revs = incomplete_revs(node["complete"], node.get("incomplete_revs"))
    return not _is_topic(node) and was_incomplete(revs, rev)


def _is_topic(node: NodeData) -> bool:
    return bool(node["kind"] == content_kinds.TOPIC)
