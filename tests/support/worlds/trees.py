"""Trees of stored nodes, as a publish reads them, with defaults for all fields that a test does not set."""

import uuid
from pathlib import Path
from typing import Any, NamedTuple, cast

from hypothesis import strategies as st

from chalicelib.domain.trees.frozen_tree import in_memory
from chalicelib.domain.trees.shape import shape_of
from chalicelib.domain.types import ChannelData, FileData, NodeData, Snapshot
from chalicelib.export.content_db import ContentDatabaseSummary, write_content_database

CHANNEL_ID = uuid.uuid5(uuid.NAMESPACE_DNS, "channel").hex


class Branch(NamedTuple):
    """A node without a parent yet, and its children."""

    name: str
    children: tuple["Branch", ...]
    fields: dict[str, Any]


def topic(name: str, *children: Branch, **fields: Any) -> Branch:
    return Branch(name, children, {"kind": "topic", **fields})


def resource(name: str, *children: Branch, **fields: Any) -> Branch:
    licensed = {"kind": "document", "license": "CC BY", "copyright_holder": "Holder"}
    return Branch(name, children, {**licensed, "files": [make_file(name)], **fields})


def tree(*children: Branch, run: str = "1", **fields: Any) -> list[NodeData]:
    """The nodes in pre-order. With another `run`, only the ids differ, as after another run of the chef."""
    waiting: list[tuple[NodeData | None, Branch]] = [(None, topic("root", *children, **fields))]
    nodes: list[NodeData] = []
    while waiting:
        parent, branch = waiting.pop()
        node = make_node(branch.name, parent, run, **branch.fields)
        nodes.append(node)
        waiting += [(node, child) for child in reversed(branch.children)]
    return nodes


def make_node(name: str, parent: NodeData | None, run: str = "1", **fields: Any) -> NodeData:
    id = _id(parent["id"] if parent else CHANNEL_ID, f"{run} {name}")
    source = parent["node_id"] if parent and parent["parent_id"] else CHANNEL_ID
    defaults: dict[str, Any] = {
        "id": id,
        "node_id": _id(source, name) if parent else id,
        "content_id": _id(CHANNEL_ID, name),
        "parent_id": parent["id"] if parent else None,
        "tree_id": parent["tree_id"] if parent else id,
        "channel_id": CHANNEL_ID,
        "title": name,
        "role_visibility": "learner",
        "extra_fields": {},
        "source_domain": CHANNEL_ID,
        "source_id": name,
        "assessment_item_count": 0,
        "complete": True,
    }
    empty = ("description", "copyright_holder", "author", "aggregator", "provider")
    unknown = ["language", "license", "license_description", "suggested_duration"]
    unknown += ["original_channel_id", "original_node_id"]
    lists = ["tags", "grade_levels", "resource_types", "learning_activities", "accessibility_labels"]
    lists += ["categories", "learner_needs", "files", "prerequisites"]
    node: dict[str, Any] = {
        **dict.fromkeys(empty, ""),
        **dict.fromkeys(unknown),
        **{name: [] for name in lists},
        **defaults,
        **fields,
    }
    return cast(NodeData, node)


def make_file(name: str, preset: str = "document", **fields: Any) -> FileData:
    file: dict[str, Any] = {
        "id": uuid.uuid4().hex,
        "checksum": _id(CHANNEL_ID, f"file {name}"),
        "file_format": "pdf",
        "file_size": 10,
        "preset": preset,
        "language": None,
        "original_filename": name,
        "source_url": None,
        "duration": None,
        **fields,
    }
    return cast(FileData, file)


def make_channel(**fields: Any) -> ChannelData:
    channel: dict[str, Any] = {
        "id": CHANNEL_ID,
        "name": "Channel",
        "description": "What it is about",
        "tagline": "",
        "language": "en",
        "thumbnail": "",
        "inherit_metadata": True,
    }
    return cast(ChannelData, {**channel, **fields})


def write_database(snapshot: Snapshot, path: Path) -> ContentDatabaseSummary:
    """Write the content database of a snapshot to `path`."""
    tree = in_memory(snapshot)
    return write_content_database(tree, shape_of(tree.nodes()), path)


def titles(snapshot: Snapshot) -> list[str]:
    return [node["title"] for node in snapshot["nodes"]]


def _branch(shape: Any, name: str) -> Branch:
    if isinstance(shape, bool):
        return resource(name, complete=shape, tags=["tag", name], extra_fields={"options": {"b": 1, "a": 2}})
    return topic(name, *(_branch(child, f"{name}.{number}") for number, child in enumerate(shape)))


def _branches(shape: list[Any]) -> list[Branch]:
    return [_branch(child, str(number)) for number, child in enumerate(shape)]


def random_branches() -> st.SearchStrategy[list[Branch]]:
    """Children of a root: topics, which may be empty, and resources, which may be incomplete."""
    anything = st.recursive(st.booleans(), lambda inner: st.lists(inner, max_size=5), max_leaves=25)
    return st.lists(anything, max_size=5).map(_branches)


def _id(parent: str, name: str) -> str:
    return uuid.uuid5(uuid.UUID(parent), name).hex
