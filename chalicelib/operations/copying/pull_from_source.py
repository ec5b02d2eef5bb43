"""Update copies from their source nodes (sync: SYNCED)."""

from typing import NamedTuple

from le_utils.constants import content_kinds

from chalicelib.domain.ids import derived_id
from chalicelib.domain.types import CREDITS, AssessmentItemData, FileData
from chalicelib.errors import ValidationFailed
from chalicelib.identity.authentication import Identity
from chalicelib.models import assessment_items, file_references, nodes, tree_streams
from chalicelib.models.assessment_items import AssessmentItem
from chalicelib.models.base import in_parallel
from chalicelib.models.channels import Channel
from chalicelib.models.nodes import Node
from chalicelib.models.tree_changes import Changes
from chalicelib.operations.access import node_rights, policy
from chalicelib.operations.access.channel_rights import editable_channel
from chalicelib.operations.access.node_rights import Place
from chalicelib.operations.exercises import question_diff
from chalicelib.operations.nodes.node_batches import change_each
from chalicelib.operations.nodes.node_writes import change
from chalicelib.operations.storage import uses

_TEXTS = ("title", "description")
_DETAILS = (*CREDITS, "language", "role_visibility", "suggested_duration", "tags", "labels", "extra_fields")


class Parts(NamedTuple):
    """The parts of the source nodes that copies are updated with."""

    titles_and_descriptions: bool
    resource_details: bool
    files: bool
    assessment_items: bool


def pull(
    user: Identity,
    channel_id: str,
    *,
    titles_and_descriptions: bool = False,
    resource_details: bool = False,
    files: bool = False,
    assessment_items: bool = False,
) -> None:
    """Update all copies in the live tree of a channel with the chosen parts of their source nodes.

    The source is the node that was copied or, if that is not available, the original of all copies. It must be in the
    live tree of a channel that the user may view. The number of nodes is unlimited; they are written in batches, and
    after an interruption the same call completes the update. Raises NotFound or Forbidden for the channel.
    """
    channel = editable_channel(user, channel_id)
    ids = tree_streams.ids(channel.root_id)
    _pull(user, channel.id, ids, Parts(titles_and_descriptions, resource_details, files, assessment_items))


def pull_node(
    user: Identity,
    node_id: str,
    *,
    titles_and_descriptions: bool = False,
    resource_details: bool = False,
    files: bool = False,
    assessment_items: bool = False,
) -> None:
    """Update one copy as `pull` does. Raises NotFound, Forbidden and Conflict for the node."""
    place = node_rights.live(user, node_id)
    parts = Parts(titles_and_descriptions, resource_details, files, assessment_items)
    _pull(user, place.channel.id, [place.node.id], parts)


def _pull(user: Identity, channel_id: str, node_ids: list[str], parts: Parts) -> None:
    unfinished: set[str] = set()

    def note(changes: Changes, places: list[Place]) -> None:
        sources = _sources(user, [place.node for place in places])
        for place in places:
            source = sources.get(place.node.id)
            if source is not None and not _update(changes, place, source, parts):
                unfinished.add(place.node.id)

    while node_ids and any(parts):
        change_each(channel_id, node_ids, note)
        node_ids = [node_id for node_id in node_ids if node_id in unfinished]
        unfinished.clear()


def _sources(user: Identity, copies: list[Node]) -> dict[str, Node]:
    """Return the sources of copies, by the ids of the copies."""
    origins = {node.id: _origins(node) for node in copies}
    viewable, _ = node_rights.channels_of(user, [channel_id for pairs in origins.values() for channel_id, _ in pairs])
    known = {id: channel for id, channel in viewable.items() if policy.may_pull_from(bool(channel.deleted))}
    keys = [(node_id, *pair) for node_id, pairs in origins.items() for pair in pairs if pair[0] in known]
    ids = in_parallel(lambda key: nodes.id_in_tree(known[key[1]].root_id, key[2]), keys)
    found = {node.id: node for node in nodes.get_many([id for id in ids if id])}
    sources: dict[str, Node] = {}
    for (node_id, channel_id, _), id in zip(keys, ids, strict=True):
        if id and _is_source(found.get(id), known[channel_id]):
            sources.setdefault(node_id, found[id])
    return {node.id: sources[node.id] for node in copies if node.id in sources and sources[node.id].kind == node.kind}


def _origins(node: Node) -> list[tuple[str, str]]:
    """Return (channel id, node_id) of the nodes that a copy comes from, the copied node first, then the original."""
    pairs = [(node.source_channel_id, node.source_node_id), (node.original_channel_id, node.original_node_id)]
    return [pair for pair in dict.fromkeys(pairs) if all(pair) and pair[1] != node.node_id]


def _is_source(node: Node | None, channel: Channel) -> bool:
    return node is not None and node.tree_id == channel.root_id and node.parent_id is not None


def _update(changes: Changes, place: Place, source: Node, parts: Parts) -> bool:
    """Add the changes of one copy. Returns False if more questions remain than one transaction can hold."""
    node = place.node
    is_exercise = node.kind == content_kinds.EXERCISE
    wanted = present = assessment_items.as_stored(node.id) if is_exercise else []
    if parts.assessment_items and is_exercise:
        wanted = question_diff.copied(assessment_items.as_stored(source.id), node.id)
    put, removed = question_diff.differing(present, wanted)
    files = list(node.files)
    items = question_diff.after(present, put, removed)

    def make() -> None:
        _edit(node, source, parts)
        node.assessment_item_count = len(items)
        if node.kind != content_kinds.TOPIC and (parts.assessment_items if is_exercise else parts.files):
            node.content_id = source.content_id  # the content is the same again

    outlines = [assessment_items.outline(item) for item in items]
    try:
        change(changes, place, make, outlines, is_changed=bool(put or removed))
    except ValidationFailed:  # the node would exceed the maximum size
        return True
    _prepare_files(place, files, [assessment_items.outline(item) for item in present], put, removed)
    changes.saved_questions += put
    changes.deleted_questions += removed
    return not any(question_diff.differing(items, wanted))


def _prepare_files(
    place: Place,
    files: list[FileData],
    present: list[AssessmentItemData],
    put: list[AssessmentItem],
    removed: list[AssessmentItem],
) -> None:
    """Record the uses of new files, and that those of replaced files are about to end. `files` are the node's files
    before the update, and `present` its questions."""
    node, channel_id = nodes.to_data(place.node), place.channel.id
    after = [assessment_items.outline(item) for item in put]
    if node["files"] != files or after:
        uses.begin(place.channel, [node] if node["files"] != files else [], after)
    changed = {item.assessment_id for item in (*put, *removed)}
    before = [item for item in present if item["assessment_id"] in changed]
    old = file_references.of_parts(channel_id, [{**node, "files": files}], before)
    uses.prepare_end(channel_id, old.keys() - file_references.of_parts(channel_id, [node], after).keys())


def _edit(node: Node, source: Node, parts: Parts) -> None:
    if parts.titles_and_descriptions:
        for name in _TEXTS:
            setattr(node, name, getattr(source, name) or getattr(node, name))
    if parts.resource_details:
        for name in _DETAILS:
            setattr(node, name, getattr(source, name))
    if parts.files:
        node.files = [{**file, "id": derived_id(node.id, file["id"])} for file in source.files]
        node.thumbnail_encoding = source.thumbnail_encoding
