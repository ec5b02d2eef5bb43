"""Find the nodes of other channels that a chef copies."""

from le_utils.constants import content_kinds

from chalicelib.domain.exercises import criteria
from chalicelib.domain.types import AssessmentItemData, NodeData
from chalicelib.identity.authentication import Identity
from chalicelib.models import assessment_items, nodes
from chalicelib.models.base import in_parallel, read_many
from chalicelib.models.channels import Channel
from chalicelib.models.nodes import Node
from chalicelib.operations.access import channel_rights, policy
from chalicelib.schemas.chef import RemoteNodeIn

Source = tuple[NodeData, list[AssessmentItemData]]


def sources_of(user: Identity, wanted: list[RemoteNodeIn]) -> tuple[dict[str, Source], dict[str, str]]:
    """Return (sources, errors of the other nodes), both by the node_id of the requested node.

    A source is searched by its node_id in the live tree of its channel, then by its content_id. The channel must be
    public, or the user must be a member of it.
    """
    if not wanted:
        return {}, {}
    channels = _readable_channels(user, wanted)
    found = in_parallel(lambda node: _find(channels.get(node.source_channel_id), node), wanted)
    sources: dict[str, Source] = {}
    unknown: dict[str, str] = {}
    for node, source in zip(wanted, found, strict=True):
        if source is None:
            where = f"channel {node.source_channel_id}"
            unknown[node.node_id] = f"The node was not found in {where}, or you may not view that channel."
        elif source.kind == content_kinds.TOPIC:
            unknown[node.node_id] = "This node is a topic. Only resources can be copied."
        elif problem := criteria.problem(source.kind, node.extra_fields or {}):
            unknown[node.node_id] = f"extra_fields: {problem}"
        else:
            sources[node.node_id] = (nodes.to_data(source), [])
    exercises = [node_id for node_id, (data, _) in sources.items() if data["assessment_item_count"]]
    questions = in_parallel(lambda node_id: assessment_items.of(sources[node_id][0]["id"]), exercises)
    sources |= {node_id: (sources[node_id][0], items) for node_id, items in zip(exercises, questions, strict=True)}
    return sources, unknown


def _readable_channels(user: Identity, wanted: list[RemoteNodeIn]) -> dict[str, Channel]:
    ids = [node.source_channel_id for node in wanted]
    found = read_many(channel_rights.keys(user, ids))
    roles = channel_rights.roles(user, found)
    return {
        channel.id: channel
        for channel in found[Channel]
        if policy.may_import_from(roles[channel.id], channel_rights.is_open(channel), bool(channel.deleted))
    }


def _find(channel: Channel | None, wanted: RemoteNodeIn) -> Node | None:
    if channel is None:
        return None
    source = None
    if wanted.source_node_id:
        source = nodes.find_in_tree(channel.root_id, node_id=wanted.source_node_id)
    if source is None and wanted.source_content_id:
        source = nodes.find_in_tree(channel.root_id, content_id=wanted.source_content_id)
    return source
