"""Several small channels with random trees, published and public, and some that are not public."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from le_utils.constants import modalities
from le_utils.constants.labels import learning_activities, levels, needs, resource_type, subjects

from chalicelib.domain.types import LABELS
from tests.support.http.client import Studio
from tests.support.http.recordings import store
from tests.support.worlds import nodes

LIST = "/api/public/v2/contentnode"
TREE = "/api/public/v2/contentnode_tree"
IMPORT = "/api/public/v2/importmetadata"
V1_LIST = "/api/public/v1/contentnode"

Tree = tuple[dict[str, Any], list["Tree"]]  # a node as chefs send it, and its children

USED_LABELS = {
    "grade_levels": [levels.LOWER_PRIMARY, levels.UPPER_PRIMARY],
    "resource_types": [resource_type.TEXTBOOK],
    "learning_activities": [learning_activities.READ, learning_activities.WATCH],
    "accessibility_labels": ["Kxx#meDW"],
    "categories": [subjects.MATHEMATICS, subjects.ALGEBRA, subjects.READING_AND_WRITING],
    "learner_needs": [needs.PRIOR_KNOWLEDGE],
}
LANGUAGES = (None, "en", "fr", "sw", "pt-BR")
WORDS = ("Red", "GREEN", "blue", "Ünïcode", "漢字", "50%", "a_b")
TAGS = ("one", "two words", "тег")
AUTHORS = ("Ann", "Bob, the second")


@dataclass
class World:
    """The result of `build`. `hidden` has the ids of all channels and nodes that are not public."""

    studio: Studio
    public: list[str] = field(default_factory=list)
    private: list[str] = field(default_factory=list)
    hidden: set[str] = field(default_factory=set)

    def get(self, path: str) -> Any:
        """The JSON of a response to an anonymous request."""
        answer = self.studio.get(path, token=None)
        assert answer.status == 200, f"{path}: {answer.text}"
        return answer.json


def build(studio: Studio, seed: int = 3) -> World:
    """Two random channels, and a wide and deep one, are public; one is private, one staged, one uploaded."""
    rng = random.Random(seed)
    world = World(studio)
    shapes = {
        "A": _branches(rng, studio, "A", 3),
        "B": _branches(rng, studio, "B", 3),
        "wide and deep": [*_deep(rng, studio, 5), _wide(rng, studio, 27)],
        "private": _branches(rng, studio, "P", 2),
        "staged": _branches(rng, studio, "S", 1),
        "uploaded": _branches(rng, studio, "U", 1),
    }
    for name, shape in shapes.items():
        channel_id, sent = upload(studio, name, shape)
        if name in ("private", "staged", "uploaded"):
            world.hidden |= {channel_id, *sent}
        if name not in ("uploaded",):
            studio.finish(channel_id, stage=name == "staged")
        if name not in ("uploaded", "staged"):
            assert studio.publish(channel_id)["status"] == "SUCCESS"
            (world.private if name == "private" else world.public).append(channel_id)
    for channel_id in world.public:
        studio.make_public(channel_id)
    world.public.sort()
    return world


def upload(studio: Studio, name: str, shape: list[Tree]) -> tuple[str, list[str]]:
    """(channel id, node ids that were sent) of a new upload."""
    channel_id, root = studio.make_channel(name, nodes.node_id(f"channel {name}"))
    return channel_id, _upload(studio, root, shape)


def _upload(studio: Studio, parent: str, level: list[Tree]) -> list[str]:
    given = studio.add(parent, *(node for node, _ in level)) if level else {}
    sent = list(given)
    for node, below in level:
        sent += _upload(studio, given[node["node_id"]], below)
    return sent


def _branches(rng: random.Random, studio: Studio, name: str, depth: int) -> list[Tree]:
    """Random children. The first is a resource, so that there is something to publish."""
    level: list[Tree] = [(_leaf(rng, studio, f"{name}.first"), [])]
    for number in range(rng.randint(1, 4)):
        title = f"{name}.{number}"
        below = _branches(rng, studio, title, depth - 1)[rng.randint(0, 1) :] if depth and rng.random() < 0.6 else None
        level.append((_leaf(rng, studio, title), []) if below is None else (_topic(rng, title), below))
    return level


def _deep(rng: random.Random, studio: Studio, depth: int) -> list[Tree]:
    """Nested topics with one child each, and a resource in the last one."""
    if not depth:
        return [(_leaf(rng, studio, "deep leaf"), [])]
    return [(_topic(rng, f"deep {depth}"), _deep(rng, studio, depth - 1))]


def _wide(rng: random.Random, studio: Studio, count: int) -> Tree:
    """A topic with more children than a page of a tree."""
    return _topic(rng, "wide"), [(_leaf(rng, studio, f"wide {number}"), []) for number in range(count)]


def _fields(rng: random.Random) -> dict[str, Any]:
    labels = {name: rng.sample(USED_LABELS[name], rng.randint(0, len(USED_LABELS[name]))) for name in LABELS}
    words = " ".join(rng.sample(WORDS, 2))
    return {"language": rng.choice(LANGUAGES), "description": words, **labels}


def _topic(rng: random.Random, name: str) -> dict[str, Any]:
    return nodes.topic(f"{name} {rng.choice(WORDS)}", **_fields(rng), node_id=nodes.node_id(name))


def _leaf(rng: random.Random, studio: Studio, name: str) -> dict[str, Any]:
    fields = {
        **_fields(rng),
        "node_id": nodes.node_id(name),
        # Some channels share content.
        "content_id": nodes.node_id(f"content {rng.randint(0, 20)}"),
        "author": rng.choice(AUTHORS),
        "tags": rng.sample(TAGS, rng.randint(0, 2)),
        "role": rng.choice(["learner", "learner", "coach"]),
    }
    title = f"{name} {rng.choice(WORDS)}"
    if rng.random() < 0.3:
        extra = {"mastery_model": "do_all", "randomize": False}
        if rng.random() < 0.5:
            extra["options"] = {"modality": modalities.QUIZ}
        return nodes.exercise(title, nodes.question("q"), **fields, extra_fields=json.dumps(extra))
    kind, extension, preset = rng.choice([("document", "pdf", "document"), ("video", "mp4", "high_res_video")])
    return nodes.resource(title, kind, [nodes.file(store(studio, extension.encode(), extension), preset)], **fields)


def walk(world: World, path: str, query: list[tuple[str, str]], between: Any = None) -> Iterator[Any]:
    """The results of each page, with `between()` called before each except the first.

    In v2, `more` is the whole query of the next page, in v1 its cursor.
    """
    start, names = list(query), dict(query)
    while True:
        page = world.get(f"{path}?{urlencode(query)}")
        yield page["results"]
        if page["more"] is None:
            return
        if "/v2/" in path:
            assert page["more"].items() >= names.items()
        query = list(page["more"].items()) if "/v2/" in path else [*start, *page["more"].items()]
        if between:
            between()


def tree_in_order(world: World, node: dict[str, Any], depth: int, path: str = TREE) -> Iterator[dict[str, Any]]:
    """A node and its descendants, as a client gets them that follows every `more` and requests missing children."""
    yield {name: part for name, part in node.items() if name != "children"}
    children = node.get("children")
    if children is None and not node["is_leaf"]:
        children = world.get(f"{path}/{node['id']}?depth={depth}")["children"]
    while children:
        for child in children["results"]:
            yield from tree_in_order(world, child, depth, path)
        more = children["more"]
        children = more and world.get(f"{path}/{more['id']}?{urlencode(more['params'])}")["children"]
