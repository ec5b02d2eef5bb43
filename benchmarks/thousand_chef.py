#!/usr/bin/env python
"""1,000 documents in 50 topics, each with its own small PDF, as the channel `$SOURCE_ID`.

Writes the seconds that ricecooker spends on uploading files and on adding nodes to `timings.json`.
"""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # Python only adds the folder of the script

from le_utils.constants import licenses
from ricecooker.chefs import SushiChef
from ricecooker.classes.files import DocumentFile
from ricecooker.classes.nodes import ChannelNode, DocumentNode, TopicNode
from ricecooker.managers.tree import ChannelManager

from examples import archives, media

TOPICS, DOCUMENTS = 50, 20


class ThousandChef(SushiChef):
    def construct_channel(self, **_: Any) -> Any:
        work = Path("media")
        channel = ChannelNode(
            source_domain="benchmark.example.org",
            source_id=os.environ["SOURCE_ID"],
            title="A thousand documents",
            language="en",
        )
        for number in range(TOPICS):
            topic = TopicNode(f"topic-{number}", f"Topic {number}", description="One of fifty.")
            channel.add_child(topic)
            for position in range(DOCUMENTS):
                topic.add_child(document(work, f"{number}-{position}"))
        return channel


def document(work: Path, name: str) -> Any:
    pdf = DocumentFile(media.write(work / f"{name}.pdf", archives.pdf(f"Document {name}")))
    return DocumentNode(
        f"document-{name}",
        f"Document {name}",
        licenses.CC_BY,
        copyright_holder="The benchmark",
        description="A document of one page.",
        language="en",
        tags=["benchmark"],
        files=[pdf],
    )


def timed(name: str, timings: dict[str, float]) -> None:
    """Measure the outermost call of a method of ricecooker's ChannelManager, which reports no times itself."""
    method = getattr(ChannelManager, name)
    depth = 0

    def measured(*args: Any, **kwargs: Any) -> Any:
        nonlocal depth
        started = time.perf_counter()
        depth += 1
        try:
            return method(*args, **kwargs)
        finally:
            depth -= 1
            if not depth:
                timings[name] = time.perf_counter() - started

    setattr(ChannelManager, name, measured)


if __name__ == "__main__":
    seconds: dict[str, float] = {}
    timed("add_nodes", seconds)
    timed("upload_files", seconds)
    ThousandChef().main()
    Path("timings.json").write_text(json.dumps(seconds))
