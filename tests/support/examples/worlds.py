"""The small world of the examples: a channel about fractions, with a topic, a document and an exercise."""

import json
from dataclasses import dataclass
from typing import Any

from tests.support.examples.recording import Scene
from tests.support.worlds import nodes

PDF = b"%PDF-1.4 halves and quarters"
PNG = b"\x89PNG halves"


@dataclass
class Fractions:
    """A channel with a live tree, as a chef uploaded it."""

    channel_id: str
    root_id: str
    topic_id: str
    document_id: str
    exercise_id: str
    pdf: str  # name of the stored file


def sent_nodes(pdf: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A document and an exercise, as chefs send them."""
    document = nodes.resource(
        "Halves and quarters",
        files=[nodes.file(pdf, original_filename="halves.pdf")],
        description="Cut a cake into equal parts.",
        copyright_holder="Example School",
        author="A. Teacher",
        language="en",
        tags=["fractions"],
        categories=["qs0Xlaxq"],
    )
    answers = [{"answer": "1/2", "correct": True, "order": 0}, {"answer": "1/4", "correct": False, "order": 1}]
    question = nodes.question(
        "Which is more: $$\\frac{1}{2}$$ or $$\\frac{1}{4}$$?",
        answers=json.dumps(answers),
        hints='[{"hint": "Think of a cake.", "order": 0}]',
    )
    exercise = nodes.exercise("Compare fractions", question, copyright_holder="Example School", language="en")
    return {**document, "categories": ["d&WXdXWF.qs0Xlaxq"]}, exercise


def fractions(scene: Scene, name: str = "Fractions") -> Fractions:
    """Upload the channel; nothing of it is recorded."""
    studio = scene.studio
    pdf = studio.upload(PDF, "pdf", "document")
    channel_id, chef_root = studio.make_channel(name, description="Parts of a whole.")
    added = studio.add(chef_root, nodes.topic("Parts of a whole", language="en"))
    (topic_id,) = added.values()
    document_id, exercise_id = studio.add(topic_id, *sent_nodes(pdf)).values()
    assert studio.finish(channel_id).status == 200
    root_id = studio.get(f"/api/channel/{channel_id}").json["root_id"]
    return Fractions(channel_id, root_id, topic_id, document_id, exercise_id, pdf)


def published(scene: Scene, name: str = "Fractions", public: bool = False) -> Fractions:
    """The channel, published."""
    made = fractions(scene, name)
    assert scene.studio.publish(made.channel_id, "First version")["status"] == "SUCCESS"
    if public:
        scene.studio.make_public(made.channel_id)
    return made
