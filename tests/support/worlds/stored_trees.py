"""Trees of many nodes, written directly to the tables."""

from typing import Any

from chalicelib.domain.trees import positions
from chalicelib.domain.types import AssessmentItemData, NodeData
from chalicelib.models import assessment_items, nodes, trees
from chalicelib.models.base import Table, find, write_many
from chalicelib.models.channels import Channel
from chalicelib.models.nodes import Node
from tests.support.existing import existing
from tests.support.worlds.trees import make_file, make_node

PER_TOPIC = 20


def fill(channel: Channel, count: int, exercises: int = 0) -> list[NodeData]:
    """Give a channel's live tree so many nodes: topics of documents, some of which are exercises of one question.

    Returns the nodes, without the root.
    """
    root = existing(find(Node, channel.root_id))
    top = nodes.to_data(root)
    added: list[NodeData] = []
    while len(added) < count:
        topic = make_node(f"topic {len(added)}", top, kind="topic")
        added.append(topic)
        for _ in range(min(PER_TOPIC, count - len(added))):
            added.append(_resource(f"resource {len(added)}", topic, exercises > 0))
            exercises -= 1
    items: list[Table] = []
    for number, data in enumerate(added):
        node = nodes.from_data(data, [])
        node.position = positions.appended(number, node.id)
        items += [node, trees.edge_of(node)]
    root.total_count = len(added)
    write_many(puts=[root, *items])
    assessment_items.save([_question(node) for node in added if node["kind"] == "exercise"])
    return added


def _resource(name: str, topic: NodeData, is_exercise: bool) -> NodeData:
    licensed: dict[str, Any] = {
        "license": "CC BY",
        "copyright_holder": "Holder",
        "description": f"{name}. " * 20,
        "tags": ["a", "b"],
    }
    if is_exercise:
        mastery = {"mastery_model": "m_of_n", "m": 1, "n": 2, "randomize": True}
        return make_node(name, topic, kind="exercise", extra_fields=mastery, assessment_item_count=1, **licensed)
    return make_node(name, topic, kind="document", files=[make_file(name)], **licensed)


def _question(node: NodeData) -> AssessmentItemData:
    return {
        "contentnode_id": node["id"],
        "assessment_id": node["node_id"],
        "type": "single_selection",
        "question": node["title"],
        "answers": [{"answer": "a", "correct": True, "order": 0}, {"answer": "b", "correct": False, "order": 1}],
        "hints": [],
        "raw_data": "",
        "source_url": None,
        "randomize": False,
        "order": 0,
        "files": [],
    }
