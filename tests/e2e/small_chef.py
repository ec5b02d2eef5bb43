#!/usr/bin/env python
"""A small channel whose published database `tests/fixtures/e2e/small_rows.json` describes row by row.

SOURCE_ID uploads it as another channel; RUN=2 adds a document.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # Python adds only the script's folder

from le_utils.constants import exercises, licenses, roles
from le_utils.constants.labels import (
    accessibility_categories,
    learning_activities,
    levels,
    needs,
    resource_type,
    subjects,
)
from ricecooker.classes import files, nodes, questions
from ricecooker.classes.licenses import get_license

from examples import archives, media
from examples.source_channel import Chef

KEEPER = get_license(licenses.CC_BY, copyright_holder="Vogelwarte")
SHARED = get_license(licenses.CC_BY_SA, copyright_holder="Vogelwarte ☂")


class SmallChef(Chef):
    def construct_channel(self, **_: Any) -> Any:
        work = Path("media")
        channel = nodes.ChannelNode(
            source_domain="small.example.org",
            source_id=os.environ.get("SOURCE_ID", "small"),
            title="Kleiner Kanal – маленький",
            description="Vögel und Zahlen. 鳥。",
            tagline="Klein, aber ganz",
            language="de",
            thumbnail=media.write(work / "channel.png", media.picture("channel")),
        )
        later = nodes.TopicNode("later", "Kommt später")
        for topic in (birds(work), numbers(work), later):
            channel.add_child(topic)
        if os.environ.get("RUN") == "2":
            pdf = files.DocumentFile(media.write(work / "late.pdf", archives.pdf("Late")))
            later.add_child(nodes.DocumentNode("late", "Nachtrag", KEEPER, files=[pdf]))
        return channel


def birds(work: Path) -> Any:
    topic = nodes.TopicNode(
        "birds",
        "Birds – ptáci",
        description="All about birds",
        language="en",
        thumbnail=media.write(work / "birds.png", media.picture("birds", "teal")),
    )
    species = nodes.TopicNode("species", "الطيور", description="Second level", categories=[subjects.BIOLOGY])
    night = nodes.TopicNode("night", "Third level")
    topic.add_child(species)
    species.add_child(night)
    night.add_child(owl(work))
    app = files.HTMLZipFile(media.write(work / "nest.zip", archives.html5("A nest")))
    night.add_child(
        nodes.HTML5AppNode("nest", "Гнездо ✓", SHARED, files=[app], tags=["eule"], language="en", role=roles.COACH)
    )
    song = files.AudioFile(media.tone(work / "song.mp3", seconds=2))
    species.add_child(
        nodes.AudioNode("song", "Canto", get_license(licenses.PUBLIC_DOMAIN), files=[song], language="es")
    )
    permission = get_license(licenses.SPECIAL_PERMISSIONS, copyright_holder="Kamera AG", description="Nur hier – naïf")
    species.add_child(
        nodes.VideoNode(
            "flight",
            "Flight ñ",
            permission,
            files=[
                files.VideoFile(media.film(work / "flight.mp4", height=180, seconds=3)),
                files.SubtitleFile(media.write(work / "fr.vtt", media.subtitles_vtt("Il vole.")), language="fr"),
            ],
            derive_thumbnail=True,
            tags=["film"],
        )
    )
    return topic


def owl(work: Path, **labels: Any) -> Any:
    """A document with labels; by default all that a node can have."""
    labels = labels or {
        "grade_levels": [levels.LOWER_PRIMARY, levels.UPPER_PRIMARY],
        "categories": [subjects.PHYSICS, subjects.LITERATURE],
        "learning_activities": [learning_activities.READ, learning_activities.REFLECT],
        "resource_types": [resource_type.TEXTBOOK],
        "learner_needs": [needs.PRIOR_KNOWLEDGE],
        "accessibility_labels": [accessibility_categories.TAGGED_PDF],
        "suggested_duration": 600,
        "thumbnail": media.write(work / "owl.png", media.picture("owl", "sienna")),
    }
    return nodes.DocumentNode(
        "owl",
        "Die Eule",
        KEEPER,
        description="A pdf about owls",
        author="Ada Author",
        aggregator="Agg",
        provider="Prov",
        language="fr",
        tags=["eule", "ночь"],
        files=[files.DocumentFile(media.write(work / "owl.pdf", archives.pdf("Owl")))],
        **labels,
    )


def numbers(work: Path) -> Any:
    topic = nodes.TopicNode("numbers", "Zahlen")
    red = media.write(work / "red.png", media.picture("red", "firebrick", (60, 40)))
    blue = Path(media.write(work / "blue.png", media.picture("blue", "navy", (60, 40)))).resolve().as_uri()
    topic.add_child(
        nodes.ExerciseNode(
            "mixed",
            "Gemischt – 練習",
            KEEPER,
            exercise_data={"mastery_model": exercises.M_OF_N, "randomize": True, "m": 2, "n": 3},
            thumbnail=media.write(work / "mixed.png", media.picture("mixed", "olive")),
            tags=["zahl"],
            grade_levels=[levels.LOWER_SECONDARY],
            categories=[subjects.ARITHMETIC],
            questions=[
                questions.SingleSelectQuestion("s1", f"Gerade? ![red]({red})", "2", ["1", "2"], hints=["Nicht 1."]),
                questions.MultipleSelectQuestion("s2", "Prim $x^2$ ∑", ["2", "3"], ["2", "3", "4"]),
                questions.InputQuestion("s3", "1+1?", ["2", "2.0"]),
                questions.PerseusQuestion("s4", json.dumps(perseus_item(blue), ensure_ascii=False), "en"),
            ],
        )
    )
    topic.add_child(
        nodes.ExerciseNode(
            "all",
            "Alle",
            KEEPER,
            exercise_data={"mastery_model": exercises.DO_ALL, "randomize": False},
            questions=[
                questions.SingleSelectQuestion("s1", "Ungerade?", "1", ["1", "2"]),
                questions.InputQuestion("s5", "3·3?", ["9"]),
            ],
        )
    )
    topic.add_child(owl(work, learning_activities=[]))
    return topic


def perseus_item(picture: str) -> dict[str, Any]:
    answer = {"value": 4, "status": "correct", "message": "", "simplify": "required", "strict": False, "maxError": None}
    widget = {
        "type": "numeric-input",
        "graded": True,
        "options": {"answers": [answer], "size": "normal", "coefficient": False, "labelText": ""},
        "version": {"major": 0, "minor": 0},
    }
    content = f"**2+2**? ![blue]({picture})\n\n[[☃ numeric-input 1]]"
    return {
        "question": {"content": content, "images": {}, "widgets": {"numeric-input 1": widget}},
        "answerArea": {"calculator": False},
        "itemDataVersion": {"major": 0, "minor": 1},
        "hints": [],
    }


if __name__ == "__main__":
    SmallChef().main()
