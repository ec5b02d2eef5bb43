#!/usr/bin/env python
"""The example channel: one of every kind of content that ricecooker can make.

    STUDIO_URL=http://127.0.0.1:8000 python examples/chef.py --token=… --deploy --publish

Needs ricecooker 0.8.0 and ffmpeg, no network beside STUDIO_URL. The channel that the remote nodes come from
is uploaded first. RUN=2 makes the channel's next version: see `revise`.
"""

import hashlib
import os
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # Python only adds the folder of the script

from le_utils.constants import completion_criteria, exercises, file_formats, format_presets, licenses, roles
from le_utils.constants.labels import (
    accessibility_categories,
    learning_activities,
    levels,
    needs,
    resource_type,
    subjects,
)
from ricecooker import config
from ricecooker.classes import files, nodes
from ricecooker.classes.licenses import get_license

from examples import archives, media, questions, source_channel
from examples.packages import HOLDER, apps, criteria, watching


class ExampleChef(source_channel.Chef):
    def pre_run(self, args: Any, options: Any) -> None:
        super().pre_run(args, options)
        if args["command"] == "uploadchannel":
            source_channel.upload_once(args["token"])
        config.DOWNLOAD_SESSION.mount(f"https://{questions.GRAPHIE.split('/')[0]}/", questions.OfflineGraphies())

    def construct_channel(self, **_: Any) -> Any:
        work = Path("media")
        channel = nodes.ChannelNode(
            source_domain="example.org",
            source_id="one-of-everything",
            title="One of everything – 漢字 ñ",
            description="Every kind of content, once. Всё по одному.",
            tagline="From chef to Kolibri",
            language="en",
            thumbnail=media.write(work / "channel.png", media.picture("channel", "purple")),
        )
        for topic in (reading(work), watching(work), apps(work), exercise_topic(work), remote(work)):
            channel.add_child(topic)
        if os.environ.get("RUN") == "2":
            revise(channel, work)
        return channel


def reading(work: Path) -> Any:
    """Documents under topics that pass on language and labels; one topic is empty, one document occurs twice."""
    topic = nodes.TopicNode(
        "reading",
        "Lire – قراءة",
        description="Documents in nested topics.",
        language="fr",
        thumbnail=media.write(work / "reading.png", media.picture("reading", "teal")),
        categories=[subjects.READING_AND_WRITING],
        grade_levels=[levels.LOWER_PRIMARY],
    )
    nested = nodes.TopicNode("nested", "Niveau deux", categories=[subjects.LITERATURE], learner_needs=[needs.PEERS])
    topic.add_child(nested)
    topic.add_child(nodes.TopicNode("empty", "Nothing in here"))
    guide = media.write(work / "guide.pdf", archives.pdf("Guide", pages=3))
    nested.add_child(full_document(guide, media.write(work / "guide.jpg", media.picture("guide", kind="JPEG"))))
    nested.add_child(
        nodes.DocumentNode(
            "book",
            "A book",
            get_license(licenses.CC_BY_SA, copyright_holder=HOLDER),
            files=[files.EPubFile(media.write(work / "book.epub", archives.epub("A book")))],
            extra_fields=criteria(completion_criteria.REFERENCE),
        )
    )
    nested.add_child(
        nodes.DocumentNode(
            "bloom",
            "A picture book",
            get_license(licenses.CC_BY_ND, copyright_holder=HOLDER),
            language="es",
            files=[files.BloomPubFile(media.write(work / "bloom.bloompub", archives.bloompub("A picture book")))],
        )
    )
    topic.add_child(full_document(guide, None))
    return topic


def full_document(path: str, thumbnail: str | None) -> Any:
    """A document with every field that a resource has."""
    return nodes.DocumentNode(
        "guide",
        "Руководство",
        get_license(licenses.CC_BY, copyright_holder=HOLDER),
        description="A guide for teachers.",
        author="Ada Author",
        aggregator="An Aggregator",
        provider="A Provider",
        language="ru",
        role=roles.COACH,
        tags=["guide", "для учителя"],
        thumbnail=thumbnail,
        files=[files.DocumentFile(path)],
        grade_levels=[levels.UPPER_PRIMARY, levels.LOWER_SECONDARY],
        resource_types=[resource_type.GUIDE, resource_type.LESSON_PLAN],
        learning_activities=[learning_activities.READ, learning_activities.REFLECT],
        accessibility_labels=[accessibility_categories.TAGGED_PDF, accessibility_categories.ALT_TEXT],
        categories=[subjects.ALGEBRA, subjects.GUIDES],
        learner_needs=[needs.PAPER_PENCIL, needs.TEACHER],
        suggested_duration=600,
        extra_fields=criteria(completion_criteria.PAGES, "100%"),
    )


def exercise_topic(work: Path) -> Any:
    """Every type of question and mastery model; more nodes than the ten that ricecooker sends at once."""
    topic = nodes.TopicNode("exercises", "Übungen", categories=[subjects.MATHEMATICS], language="en")
    license = get_license(licenses.CC_BY, copyright_holder=HOLDER)

    def add(
        source_id: str, title: str, questions: list[Any], model: str, kind: Any = nodes.ExerciseNode, **data: Any
    ) -> None:
        settings = data.pop("node", {})
        exercise_data = {"mastery_model": model, **data}
        topic.add_child(kind(source_id, title, license, questions=questions, exercise_data=exercise_data, **settings))

    thumbnail = media.write(work / "exercise.png", media.picture("exercise", "darkorange"))
    labels = {
        "thumbnail": thumbnail,
        "tags": ["numbers"],
        "categories": [subjects.ARITHMETIC],
        "suggested_duration": 120,
    }
    add(
        "everyday",
        "Every type – 練習",
        questions.everyday(work),
        exercises.M_OF_N,
        m=3,
        n=4,
        randomize=True,
        node=labels,
    )
    add("illustrated", "With pictures", questions.illustrated(work), exercises.DO_ALL, randomize=False)
    add("perseus", "Raw Perseus", questions.perseus(work), exercises.M_OF_N, m=1, n=2)
    for model in (
        exercises.NUM_CORRECT_IN_A_ROW_2,
        exercises.NUM_CORRECT_IN_A_ROW_3,
        exercises.NUM_CORRECT_IN_A_ROW_5,
        exercises.NUM_CORRECT_IN_A_ROW_10,
    ):
        add(model, f"Counting: {dict(exercises.MASTERY_MODELS)[model]}", questions.counting(1, 2, 3), model)
    add("quiz", "A practice quiz", questions.counting(7, 8), exercises.DO_ALL, kind=nodes.PracticeQuizNode)
    for number in range(10, 14):
        add(f"more-{number}", f"Counting from {number}", questions.counting(number), exercises.DO_ALL)
    return topic


def remote(work: Path) -> Any:
    """Resources of the library: one named by its node id and changed, one named by its content id."""
    topic = nodes.TopicNode("remote", "From the library")
    source = source_channel.build(work / "library")
    atlas, sums = source.children[0].children
    channel_id = source.get_node_id().hex
    topic.add_child(
        nodes.StudioContentNode(
            channel_id,
            source_node_id=atlas.get_node_id().hex,
            title="An atlas, renamed",
            description="Taken over from the library.",
            tags=["borrowed"],
            categories=[subjects.HISTORY],
            role=roles.COACH,
            thumbnail=media.write(work / "atlas.png", media.picture("atlas", "gold")),
        )
    )
    topic.add_child(nodes.StudioContentNode(channel_id, source_content_id=sums.get_content_id().hex))
    return topic


def revise(channel: Any, work: Path) -> None:
    """Version 2: the EPUB and one exercise removed, a document and an exercise edited, an app and a document added.

    The server has the new document's file since version 1.
    """
    documents, _, packages, practice, _ = channel.children
    nested = documents.children[0]
    guide, book, _ = nested.children
    nested.children.remove(book)
    guide.title = "Руководство, 2-е издание"
    guide.tags = ["guide", "revised"]
    guide.files[0] = files.DocumentFile(media.write(work / "guide2.pdf", archives.pdf("Guide, revised", pages=4)))
    guide.files[0].node = guide
    by_id = {node.source_id: node for node in practice.children}
    practice.children.remove(by_id["more-13"])
    by_id["quiz"].add_question(questions.counting(9)[0])
    license = get_license(licenses.CC_BY, copyright_holder=HOLDER)
    second = files.HTMLZipFile(media.write(work / "second.zip", archives.html5("A second app")))
    packages.add_child(nodes.HTML5AppNode("second-app", "A second app", license, files=[second]))
    checksum = hashlib.md5(archives.pdf("First stop"), usedforsecurity=False).hexdigest()
    known = files.StudioFile(checksum, file_formats.PDF, format_presets.DOCUMENT, is_primary=True)
    documents.add_child(nodes.DocumentNode("known", "A file that is there", license, files=[known]))


if __name__ == "__main__":
    ExampleChef().main()
