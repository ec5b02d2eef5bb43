"""Topics count their descendants, whatever operation added them."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.http.client import Studio
from tests.support.worlds import counts, nodes

KINDS = ("topic", "incomplete", "complete", "coach")
# (kind, choice) of each node; `choice` selects its parent among the topics before it.
TREES = st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 30)), min_size=1, max_size=14)
CHUNKS = st.lists(st.integers(1, 5), min_size=14, max_size=14)


def node(number, kind):
    name = str(number)
    if kind == "topic":
        return nodes.topic(name)
    if kind == "incomplete":
        return nodes.resource(name)
    return nodes.exercise(name, nodes.question(name), role="coach" if kind == "coach" else "learner")


def placed(tree):
    """Yield (parent number or None for the root, number, node), parents before children."""
    topics: list[int | None] = [None]
    for number, (kind, choice) in enumerate(tree):
        yield topics[choice % len(topics)], number, node(number, kind)
        if kind == "topic":
            topics.append(number)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tree=TREES, chunks=CHUNKS, repeated=st.booleans())
def test_every_topic_counts_its_descendants(aws, tree, chunks, repeated):
    aws.empty()
    studio = Studio(aws)
    _, root = studio.make_channel()
    ids: dict[int | None, str] = {None: root}
    by_parent: dict[int | None, list[Any]] = {}
    for parent, number, sent in placed(tree):
        by_parent.setdefault(parent, []).append((number, sent))
    sizes = iter(chunks * len(tree))
    for parent in sorted(by_parent, key=lambda number: -1 if number is None else number):
        children = by_parent[parent]
        while children:
            size = next(sizes)
            chunk, children = children[:size], children[size:]
            for _ in range(1 + repeated):
                added = studio.add(ids[parent], *(sent for _, sent in chunk))
            ids |= {number: added[sent["node_id"]] for number, sent in chunk}
    assert counts.stored(root) == counts.recounted(root)
    assert counts.stored(root)[f"Channel {root}"][0] == len(tree)


def test_the_counts_of_a_small_tree(studio):
    _, root = studio.make_channel()
    outer = studio.add(root, nodes.topic("outer"), nodes.resource("incomplete"))[nodes.node_id("outer")]
    inner = studio.add(outer, nodes.topic("inner"))[nodes.node_id("inner")]
    coach = nodes.exercise("coach", nodes.question("q"), role="coach")
    studio.add(inner, coach, nodes.topic("no title", title=""))
    assert sorted(counts.stored(root).values()) == sorted(
        [
            (5, 2, 1, 2),  # the root: the topic without a title is incomplete too
            (3, 1, 1, 1),  # outer
            (2, 1, 1, 1),  # inner
            (0, 0, 0, 0),
            (0, 0, 0, 0),
            (0, 0, 0, 0),
        ]
    )


def test_nodes_added_to_a_live_tree_are_counted(studio):
    channel_id, root = studio.make_channel()
    topic = studio.add(root, nodes.topic("t"))[nodes.node_id("t")]
    studio.finish(channel_id)
    studio.add(topic, nodes.resource("r"), nodes.exercise("e", nodes.question("q")))
    assert counts.stored(root) == counts.recounted(root)


def test_nodes_copied_from_another_channel_are_counted(studio):
    source_id, source = studio.make_channel("Source")
    studio.add(source, nodes.exercise("e", nodes.question("q"), role="coach"))
    studio.finish(source_id)
    _, root = studio.make_channel("Target")
    topic = studio.add(root, nodes.topic("t"))[nodes.node_id("t")]
    remote = {"node_id": nodes.node_id("mine"), "source_channel_id": source_id, "source_node_id": nodes.node_id("e")}
    studio.add(topic, remote)
    assert counts.stored(root) == counts.recounted(root)
    assert counts.stored(root)[f"Target {root}"] == (2, 1, 1, 0)
