"""Add nodes below a parent node. Chefs send one such request per ten nodes.

Reads: the parent, then channel, membership, files and existing nodes in one batch. Writes: questions first, then nodes,
edges and counts in one transaction. Ids are derived from the request, so a repeated request, even after a failure,
creates every node once.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from le_utils.constants import content_kinds

from chalicelib.domain.ids import derived_id, parse_id
from chalicelib.domain.types import AssessmentItemData, NodeData
from chalicelib.errors import Busy, Conflict, NotFound, ValidationFailed
from chalicelib.identity.authentication import Identity
from chalicelib.models import assessment_items, nodes, trees
from chalicelib.models.base import read_many
from chalicelib.models.channels import Channel
from chalicelib.models.nodes import MAX_NODE_BYTES, Node
from chalicelib.models.stored_objects import StoredObject, sizes_of
from chalicelib.models.trees import Refusal, TreeState
from chalicelib.models.uploads import Upload
from chalicelib.operations.access import channel_rights, policy
from chalicelib.operations.nodes import build_nodes
from chalicelib.operations.nodes.remote_sources import sources_of
from chalicelib.operations.storage import shown_images, uses
from chalicelib.schemas.base import parse
from chalicelib.schemas.chef import MAX_NODES, NodeIn, RemoteNodeIn

Sent = NodeIn | RemoteNodeIn
Built = tuple[NodeData, list[AssessmentItemData]]  # a node and its questions
MAX_FILES = 5000  # different files of one node and its questions
MAX_REQUEST_BYTES = 3_800_000  # a transaction is limited to 4 MB
CLOSED = "This upload was replaced by a newer one. Call create_channel again."


@dataclass(frozen=True)
class _State:
    """The state of the database when the request arrives."""

    channel: Channel
    present: set[str]  # ids of existing nodes
    stored: dict[str, StoredObject]
    charged: dict[str, Upload]  # those of the files that the user is charged for, by name


def add_nodes(user: Identity, root_id: str, content_data: Sequence[dict[str, Any]]) -> dict[str, str]:
    """Add nodes below the node `root_id`; return the id of every node of the request by its node_id.

    Raises ValidationFailed (then nothing is added), NotFound if the parent does not exist, Forbidden if the user may
    not edit its channel, and Conflict if its tree was replaced by a newer upload.
    """
    for _ in range(3):
        parent = _parent(user, root_id)
        sent = _check(content_data)
        ids = {node.node_id: derived_id(parent.id, node.node_id) for node in sent}
        state = _read(user, parent, sent, ids)
        new = [node for node in sent if ids[node.node_id] not in state.present]
        if not new or _add(user, parent, state, new, sent) is None:
            return ids
    raise Busy("Other requests are adding the same nodes. Send this request again.")


def check_editor(user: Identity, root_id: str) -> None:
    """Check that the user may add nodes below a node. Raises NotFound and Forbidden as `add_nodes` does."""
    channel_rights.editable_channel(user, _existing(user, root_id).channel_id)


def _existing(user: Identity, root_id: str) -> Node:
    parent_id = parse_id(root_id)
    parent = nodes.get(parent_id) if parent_id else None
    if parent is None:
        channel = channel_rights.named(user, parent_id, policy.may_edit) if parent_id else None
        advice = (
            f" That is a channel. The root node of its upload is {channel.chef_root_id}."
            if channel and channel.chef_root_id
            else ""
        )
        raise NotFound(f"Content not found: there is no node {str(root_id)[:60]!r}.{advice}")
    return parent


def _parent(user: Identity, root_id: str) -> Node:
    parent = _existing(user, root_id)
    if parent.kind != content_kinds.TOPIC:
        raise ValidationFailed({"root_id": ["Only topics can have children. Choose a topic."]})
    return parent


def _check(content_data: Sequence[dict[str, Any]]) -> list[Sent]:
    """Parse the nodes of a request. Raises ValidationFailed with the errors of all nodes."""
    if len(content_data) > MAX_NODES:
        raise ValidationFailed({"content_data": [f"Too many nodes. Send at most {MAX_NODES} nodes per request."]})
    sent: list[Sent] = []
    wrong: dict[str, list[str]] = {}
    for index, data in enumerate(content_data):
        schema: type[Sent] = RemoteNodeIn if "source_channel_id" in data else NodeIn
        try:
            sent.append(parse(schema, data))
        except ValidationFailed as error:
            wrong.update({f"content_data.{index}.{name}": texts for name, texts in error.fields.items()})
        else:
            names = build_nodes.filenames([sent[-1]])
            if len(names) > MAX_FILES:
                sentence = (
                    f"Too many files: {len(names)} with those of the questions. Send at most {MAX_FILES} per node."
                )
                wrong[f"content_data.{index}.files"] = [sentence]
    node_ids = [node.node_id for node in sent]
    if len(set(node_ids)) < len(node_ids):
        wrong["content_data"] = ["A node_id occurs twice. Give each sibling a different node_id."]
    if wrong:
        raise ValidationFailed(wrong)
    return sent


def _read(user: Identity, parent: Node, sent: list[Sent], ids: dict[str, str]) -> _State:
    channel_id = parent.channel_id
    found = read_many(
        {
            **channel_rights.keys(user, [channel_id]),
            Node: list(ids.values()),
            StoredObject: [name[:32] for name in build_nodes.filenames(sent)],
            Upload: [(user.user_id, name) for name in build_nodes.filenames(sent)],
        }
    )
    if not found[Channel]:
        raise NotFound(f"Channel not found: {channel_id}")
    if not policy.may_edit(channel_rights.roles(user, found)[channel_id]):
        raise policy.refuse_edit(channel_id)
    for node in found[Node]:
        if nodes.is_purged(node):
            raise Busy(f"Node {node.id} is being deleted for good. Send this request again.", retry_after=5)
        if ids.get(node.node_id) != node.id:
            raise Conflict(f"The id {node.id} of one of these nodes is in use. Send the node with another node_id.")
    return _State(
        channel=found[Channel][0],
        present={node.id for node in found[Node]},
        stored={entry.checksum: entry for entry in found[StoredObject]},
        charged={row.filename: row for row in found[Upload]},
    )


def _add(user: Identity, parent: Node, state: _State, new: list[Sent], sent: list[Sent]) -> Refusal | None:
    """Write the new nodes. Returns None, or EXISTS if another request was faster."""
    tree_state = _tree_state(state.channel, parent)
    above = trees.ancestors(parent, tree_state is TreeState.BEING_BUILT)
    built = [(node, shown_images.listed(items)) for node, items in _build(user, parent, state, new, sent)]
    _refuse_large(built)
    made = [item for _, items in built for item in items]
    known = state.charged if policy.owns(user, state.channel.owner_id) and not _is_remote(new) else None
    uses.begin(state.channel, [node for node, _ in built], made, known)
    assessment_items.save(made)
    refused = _append(parent, above, [node for node, _ in built], tree_state)
    if refused is Refusal.CLOSED:
        raise Conflict(CLOSED)
    if refused is Refusal.GONE:
        raise NotFound(f"Content not found: node {parent.id} has been deleted.")
    return refused


def _is_remote(new: list[Sent]) -> bool:
    """Whether some of the nodes have files that the request does not name."""
    return any(isinstance(node, RemoteNodeIn) for node in new)


def _append(parent: Node, above: list[str], added: list[NodeData], state: TreeState) -> Refusal | None:
    """Write the nodes in as few transactions as possible. Requests of ricecooker fit into one."""
    size = trees.room(len(above))
    if size < 1:
        raise ValidationFailed({"root_id": [f"A tree has at most {len(above)} levels. Choose a parent further up."]})
    for at in range(0, len(added), size):
        refused = trees.append(parent, above, added[at : at + size], state, at)
        if refused:
            return refused
    return None


def _refuse_large(built: list[Built]) -> None:
    """Raise ValidationFailed, in terms that chef authors know, for data that exceeds a limit of DynamoDB."""
    for item in (item for _, items in built for item in items):
        inline = "" if assessment_items.lies_apart(item) else item["raw_data"]
        if len(json.dumps({**item, "raw_data": inline})) > MAX_NODE_BYTES:
            raise ValidationFailed({"content_data": [f"Question {item['assessment_id']} is too large. Shorten it."]})
    sizes = [len(json.dumps(node)) for node, _ in built]
    if max(sizes) > MAX_NODE_BYTES:
        title = built[sizes.index(max(sizes))][0]["title"]
        raise ValidationFailed({"content_data": [f"Node {title!r} is larger than {MAX_NODE_BYTES} bytes. Shorten it."]})
    if sum(sizes) > MAX_REQUEST_BYTES:
        raise ValidationFailed({"content_data": ["These nodes are too large for one request. Send fewer at once."]})


def _tree_state(channel: Channel, parent: Node) -> TreeState:
    roots = {
        channel.root_id: TreeState.LIVE,
        channel.staging_root_id: TreeState.STAGED,
        channel.chef_root_id: TreeState.BEING_BUILT,
    }
    if parent.tree_id not in roots:
        raise Conflict(CLOSED)
    return roots[parent.tree_id]


def _build(user: Identity, parent: Node, state: _State, new: list[Sent], sent: list[Sent]) -> list[Built]:
    sizes, missing = sizes_of(build_nodes.filenames(new), state.stored)
    wrong = {
        f"content_data.{index}.files": [f"These files are not stored. Upload them first: {', '.join(absent)}"]
        for index, node in enumerate(sent)
        if (absent := [name for name in build_nodes.filenames([node]) if name in missing])
    }
    sources, unknown = sources_of(user, [node for node in new if isinstance(node, RemoteNodeIn)])
    wrong |= {
        f"content_data.{index}.source_node_id": [unknown[node.node_id]]
        for index, node in enumerate(sent)
        if node.node_id in unknown
    }
    if wrong:
        raise ValidationFailed(wrong)
    place = (parent.id, parent.tree_id, parent.channel_id)
    return [
        build_nodes.build_remote(node, *sources[node.node_id], *place, sizes)
        if isinstance(node, RemoteNodeIn)
        else build_nodes.build(node, *place, sizes)
        for node in new
    ]
