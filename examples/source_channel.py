#!/usr/bin/env python
"""A second, small channel, from which the example channel imports two resources as remote nodes.

Its root and one of its topics have their own HTML5 app for navigation.
"""

import subprocess
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # Python only adds the folder of the script

from le_utils.constants import exercises, licenses
from le_utils.constants.labels import levels, subjects
from ricecooker import config
from ricecooker.chefs import SushiChef
from ricecooker.classes.files import DocumentFile, HTMLZipFile
from ricecooker.classes.nodes import (
    CustomNavigationChannelNode,
    CustomNavigationNode,
    DocumentNode,
    ExerciseNode,
)

from examples import archives, media, questions

DOMAIN = "library.example.org"
HOLDER = "The Example Library"


class Chef(SushiChef):
    """A chef with one thread: several threads of ricecooker fail on a file that two nodes share."""

    def pre_run(self, args: Any, options: Any) -> None:
        config.TASK_THREADS = 1


class SourceChannelChef(Chef):
    """`examples/source_channel.py --token=… --deploy --publish` uploads the library."""

    def construct_channel(self, **_: Any) -> Any:
        return build(Path("media"))


def upload_once(token: str) -> None:
    """Upload and publish the library from a separate folder, unless the server has it."""
    channel_id = build(Path("media") / "library").get_node_id().hex
    if config.DOWNLOAD_SESSION.head(f"{config.DOMAIN}/content/databases/{channel_id}.sqlite3").ok:
        return
    folder = Path("library")
    folder.mkdir(exist_ok=True)
    command = [sys.executable, __file__, f"--token={token}", "--deploy", "--publish"]
    subprocess.run(command, cwd=folder, check=True)  # noqa: S603


def build(work: Path) -> Any:
    """The library's tree; files are written to `work`."""
    front = media.write(work / "front.zip", archives.html5("Front desk"))
    shelf = media.write(work / "shelf.zip", archives.html5("Shelf", {"shelf.html": archives.page("Shelf")}))
    atlas = media.write(work / "atlas.pdf", archives.pdf("Atlas", pages=2))
    channel = CustomNavigationChannelNode(
        source_domain=DOMAIN,
        source_id="library",
        title="The library",
        description="Resources that other channels take over.",
        language="en",
        files=[HTMLZipFile(front)],
    )
    topic = CustomNavigationNode(
        "shelf",
        "A shelf with its own navigation",
        licenses.CC_BY,
        copyright_holder=HOLDER,
        entrypoint="shelf.html",
        files=[HTMLZipFile(shelf)],
    )
    channel.add_child(topic)
    topic.add_child(
        DocumentNode(
            "atlas",
            "Atlas",
            licenses.CC_BY_SA,
            copyright_holder=HOLDER,
            author="A. Cartographer",
            files=[DocumentFile(atlas)],
            tags=["maps"],
            categories=[subjects.EARTH_SCIENCE],
            grade_levels=[levels.UPPER_PRIMARY],
        )
    )
    topic.add_child(
        ExerciseNode(
            "sums",
            "Sums with a picture",
            licenses.PUBLIC_DOMAIN,
            questions=questions.everyday(work)[:3],
            exercise_data={"mastery_model": exercises.M_OF_N, "randomize": False, "m": 2, "n": 3},
        )
    )
    return channel


if __name__ == "__main__":
    SourceChannelChef().main()
