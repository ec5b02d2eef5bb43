"""Content nodes. A node's position among its siblings is stored as an edge (`children`).

| access pattern | key condition | used by |
| --- | --- | --- |
| a node, or many, by id | `id` (batches) | everything that reads nodes |
| a node of a tree by node_id | index `node_id-index`: `node_id`, `tree_id` | copying nodes between channels |
| a node of a tree by content_id | index `content_id-index`: `content_id`, `tree_id` | copying nodes between channels |
| nodes of a tree with prerequisites | index `requires-index`: `tree_id`, `requires` | requisites |

Nested data (files, labels, tags, extra fields) is JSON text, one attribute each, as it is always read and written as a
whole. `path` has the ids of the ancestors from the root down. It is reliable only while a chef builds the tree, when
nodes are not moved; otherwise it is a hint which ancestors to read in one batch, and `parent_id` is authoritative.
`position` is that of the node's edge. For descendants of a node that was moved to another tree of its channel,
`tree_id` may be outdated for a moment. `*_rev` are values of the channel's `rev`, see `domain.trees.node_flags`.
Topics store counts of their descendants, which are updated in the transaction that changes the nodes.
"""

from collections.abc import Iterable
from typing import Any, cast

from pynamodb.attributes import (
    BooleanAttribute,
    JSONAttribute,
    NumberAttribute,
    UnicodeAttribute,
    UTCDateTimeAttribute,
)
from pynamodb.indexes import GlobalSecondaryIndex, IncludeProjection, KeysOnlyProjection

from chalicelib.domain.trees import node_flags
from chalicelib.domain.types import LABELS, NodeData, Reason
from chalicelib.models.base import Table, find, read_many, read_raw
from chalicelib.models.lazy import to_read

MAX_NODE_BYTES = 380_000  # of its JSON, as a DynamoDB item holds 400 kB
PURGED = "purged"  # instead of the parent and tree of a node that is deleted for good, see `models.purges`


class NodeIdIndex(GlobalSecondaryIndex["Node"]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "node_id-index"
        projection = KeysOnlyProjection()

    node_id = UnicodeAttribute(hash_key=True)
    tree_id = UnicodeAttribute(range_key=True)


class ContentIdIndex(GlobalSecondaryIndex["Node"]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "content_id-index"
        projection = KeysOnlyProjection()

    content_id = UnicodeAttribute(hash_key=True)
    tree_id = UnicodeAttribute(range_key=True)


class RequiresIndex(GlobalSecondaryIndex["Node"]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "requires-index"
        projection = IncludeProjection(["prerequisites"])

    tree_id = UnicodeAttribute(hash_key=True)
    requires = UnicodeAttribute(range_key=True)


class Node(Table):
    class Meta:
        table_name = "nodes"

    id = UnicodeAttribute(hash_key=True)
    node_id = UnicodeAttribute()
    content_id = UnicodeAttribute()
    parent_id = UnicodeAttribute(null=True)
    tree_id = UnicodeAttribute()
    channel_id = UnicodeAttribute()
    path = JSONAttribute(default=list)
    kind = UnicodeAttribute()
    title = UnicodeAttribute(default="")
    description = UnicodeAttribute(default="")
    language = UnicodeAttribute(null=True)
    license = UnicodeAttribute(null=True)
    license_description = UnicodeAttribute(null=True)
    copyright_holder = UnicodeAttribute(default="")
    author = UnicodeAttribute(default="")
    aggregator = UnicodeAttribute(default="")
    provider = UnicodeAttribute(default="")
    role_visibility = UnicodeAttribute()
    suggested_duration = NumberAttribute(null=True)
    tags = JSONAttribute(default=list)
    labels = JSONAttribute(default=dict)  # {"grade_levels": [...], ...}
    extra_fields = JSONAttribute(default=dict)
    files = JSONAttribute(default=list)
    prerequisites = JSONAttribute(default=list)
    requires = UnicodeAttribute(null=True)  # the revision at which it got its prerequisites; missing without any
    source_domain = UnicodeAttribute(default="")
    source_id = UnicodeAttribute(default="")
    original_channel_id = UnicodeAttribute(null=True)
    original_node_id = UnicodeAttribute(null=True)
    source_channel_id = UnicodeAttribute(null=True)  # the node that it was copied from
    source_node_id = UnicodeAttribute(null=True)
    copied_by = UnicodeAttribute(null=True)  # the id of the copy task
    copied_below = UnicodeAttribute(null=True)  # the top node of its copy; it is visible once that node exists
    thumbnail_encoding = JSONAttribute(default=dict)
    assessment_item_count = NumberAttribute(default=0)
    complete = BooleanAttribute(default=False)
    incomplete_reasons: "JSONAttribute" = JSONAttribute(null=True)  # [{"code", "sentence"}], see NodeData
    incomplete_revs: "JSONAttribute" = JSONAttribute(null=True)  # see `domain.trees.node_flags`
    modified = UTCDateTimeAttribute(null=True)
    created_rev = NumberAttribute(default=0)
    modified_rev = NumberAttribute(default=0)
    position = UnicodeAttribute(null=True)
    deleted_at = UTCDateTimeAttribute(null=True)  # when it was moved to the trash; missing if an earlier version did so
    deleted_from = UnicodeAttribute(null=True)  # its parent before it was moved to the trash
    deleted_by = UnicodeAttribute(null=True)  # the sync change that moved it there, "<owner>/<rev>"

    next_position = NumberAttribute(default=0)  # of the next child to be appended
    total_count = NumberAttribute(default=0)  # descendants
    resource_count = NumberAttribute(default=0)  # descendants that are not topics
    coach_count = NumberAttribute(default=0)  # descendants for coaches only
    error_count = NumberAttribute(default=0)  # incomplete descendants
    tree_facts: "JSONAttribute" = JSONAttribute(null=True)  # of a root, see `operations.tree_facts`
    facts_rev = NumberAttribute(null=True)  # the channel's `rev` when they were computed
    facts_asked = NumberAttribute(null=True)  # when an update was last requested, Unix time
    newest_created_rev = NumberAttribute(default=0)  # the highest among the descendants
    newest_modified_rev = NumberAttribute(default=0)

    node_id_index = NodeIdIndex()
    content_id_index = ContentIdIndex()
    requires_index = RequiresIndex()


_PLAIN = tuple(name for name in NodeData.__annotations__ if name not in LABELS)
_OPTIONAL = ("thumbnail_encoding", "incomplete_reasons", "incomplete_revs")


def from_data(data: NodeData, path: list[str]) -> Node:
    """Build the item of a node; `path` has the ids of its ancestors from the root down."""
    fields: dict[str, Any] = {name: data[name] for name in _PLAIN if name in data}  # type: ignore[literal-required]
    fields["incomplete_reasons"] = data.get("incomplete_reasons") or None
    labels = {name: data[name] for name in LABELS if data[name]}  # type: ignore[literal-required]
    return Node(path=path, labels=labels, **fields, requires=_requires(data["prerequisites"], 0))


def to_data(node: Node) -> NodeData:
    """The plain data of a node."""
    return _data({name: getattr(node, name) for name in _PLAIN}, node.labels)


def _data(fields: dict[str, Any], labels: dict[str, list[str]]) -> NodeData:
    fields.update({name: labels.get(name, []) for name in LABELS})
    for name in _OPTIONAL:
        if not fields[name]:
            del fields[name]
    return cast(NodeData, fields)


def judged(node: Node, reasons: list[Reason], rev: int, published_rev: int) -> dict[str, Any]:
    """The attributes of a node that is incomplete for these reasons, or complete without any, from a revision on.

    `published_rev` is that of its channel.
    """
    complete, was_complete = not reasons, bool(node.complete)
    values: dict[str, Any] = {"complete": complete, "incomplete_reasons": reasons or None}
    if complete != was_complete:
        before = node_flags.incomplete_revs(was_complete, node.incomplete_revs)
        values["incomplete_revs"] = node_flags.turned(before, rev, published_rev)
    return values


def get(node_id: str) -> Node | None:
    """A node by its id."""
    return find(Node, node_id)


def get_many(node_ids: list[str]) -> list[Node]:
    """The nodes with these ids that exist, in the given order."""
    found = {node.id: node for node in read_many({Node: node_ids})[Node]}
    return [found[node_id] for node_id in dict.fromkeys(node_ids) if node_id in found]


def get_many_to_read(node_ids: list[str]) -> list[Node]:
    """`get_many` with read-only items, for lists."""
    found = {node.id: node for node in to_read(Node, read_raw({Node: node_ids})[Node])}
    return [found[node_id] for node_id in dict.fromkeys(node_ids) if node_id in found]


def node_ids_of(node_ids: list[str]) -> list[tuple[str, str]]:
    """(id, node_id) of the nodes with these ids that exist."""
    found = read_raw({Node: node_ids}, {Node: ("id", "node_id")})[Node]
    return [(raw["id"]["S"], raw["node_id"]["S"]) for raw in found]


def data_of(node_ids: list[str]) -> dict[str, NodeData]:
    """The plain data of the nodes with these ids that exist, by id."""
    found = (_from_raw(raw) for raw in read_raw({Node: node_ids})[Node])
    return {data["id"]: data for data in found}


def _from_raw(raw: dict[str, dict[str, Any]]) -> NodeData:
    """The result of `to_data`, converted directly from DynamoDB's format."""
    return _data({name: _value(raw, name) for name in _PLAIN}, _value(raw, "labels"))


def _value(raw: dict[str, dict[str, Any]], name: str) -> Any:
    if name not in raw or "NULL" in raw[name]:
        return _MISSING[name]()
    (value,) = raw[name].values()
    return _READERS[name](value)


def _default_of(attribute: Any) -> Any:
    default = attribute.default
    return default if callable(default) else lambda: default


_ATTRIBUTES = Node.get_attributes()
_READERS = {name: attribute.deserialize for name, attribute in _ATTRIBUTES.items()}
_MISSING = {name: _default_of(attribute) for name, attribute in _ATTRIBUTES.items()}


def requiring(prerequisites: list[str], rev: int) -> dict[str, Any]:
    """The attributes of a node that gets these prerequisites at a revision."""
    return {"prerequisites": prerequisites, "requires": _requires(prerequisites, rev)}


def _requires(prerequisites: list[str], rev: int) -> str | None:
    return f"{rev:012d}" if prerequisites else None


def requirements(tree_id: str) -> list[tuple[str, str]]:
    """(node id, prerequisite id) of all nodes of a tree, from an index that may lag by a second."""
    return [(node.id, needed) for node in Node.requires_index.query(tree_id) for needed in node.prerequisites]


def in_tree(tree_id: str, node_ids: Iterable[str]) -> set[str]:
    """The ids of those nodes that are in a tree. One read per 100, and one more if some of them were copied."""
    found = to_read(Node, read_raw({Node: sorted(node_ids)}, {Node: ("id", "tree_id", "copied_below")})[Node])
    tops = tops_of(found)
    hidden = unfinished(read_many({Node: tops}, TOP)[Node] if tops else [])
    return {node.id for node in found if node.tree_id == tree_id and node.copied_below not in hidden}


TOP: dict[type[Table], tuple[str, ...]] = {Node: ("id", "tree_id", "channel_id")}  # for `unfinished`


def tops_of(found: Iterable[Node]) -> list[str]:
    """The ids of the top nodes of the copies that the nodes belong to."""
    return sorted({node.copied_below for node in found if node.copied_below})


def is_reserved(node: Node) -> bool:
    """Whether this is not a node but the reserved id of a copy's top node, see `tree_copies`."""
    return bool(node.tree_id == node.channel_id)


def is_purged(node: Node) -> bool:
    """Whether this node is deleted for good, and only keeps its id until everything below it is removed."""
    return bool(node.tree_id == PURGED)


def unfinished(tops: Iterable[Node]) -> set[str]:
    """The ids of top nodes whose copies are not visible yet."""
    return {top.id for top in tops if is_reserved(top)}


def id_in_tree(tree_id: str, node_id: str) -> str | None:
    """The id of the node of a tree with this node_id, from an index that may lag by a second."""
    keys = Node.node_id_index.query(node_id, Node.tree_id == tree_id, limit=1)
    return next((key.id for key in keys), None)


def find_in_tree(tree_id: str, node_id: str | None = None, content_id: str | None = None) -> Node | None:
    """The node of a tree with this node_id or content_id, found by an index that may lag by a second."""
    if node_id:
        found = id_in_tree(tree_id, node_id)
    else:
        keys = Node.content_id_index.query(content_id, Node.tree_id == tree_id, limit=1)
        found = next((key.id for key in keys), None)
    return get(found) if found else None
