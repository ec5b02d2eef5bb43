"""Builders of exercises, questions and images for tests of exercise archives."""

import base64
import hashlib
import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any, cast

from le_utils.constants import content_kinds, exercises, format_presets
from PIL import Image

from chalicelib.domain.types import AssessmentItemData, FileData, NodeData

FIXTURES = Path(__file__).parents[1] / "fixtures" / "perseus"

# How Kolibri's viewer finds images in an item's text.
VIEWER_REFERENCE = re.compile(r'((web\+graphie:)?)\$\{☣ LOCALPATH\}/([^)^"]+)')


def make_node(title: str = "Exercise", **extra_fields: Any) -> NodeData:
    node = {"id": "1" * 32, "kind": content_kinds.EXERCISE, "title": title, "extra_fields": extra_fields}
    return cast(NodeData, node)


def make_item(
    question: str = "Question?",
    answers: list[tuple[Any, bool]] | None = None,
    hints: list[str] | None = None,
    *,
    kind: str = exercises.SINGLE_SELECTION,
    number: int = 1,
    **fields: Any,
) -> AssessmentItemData:
    given = [("A", True), ("B", False)] if answers is None else answers
    item: dict[str, Any] = {
        "contentnode_id": "1" * 32,
        "assessment_id": f"{number:032x}",
        "type": kind,
        "question": question,
        "answers": [{"answer": text, "correct": correct, "order": i} for i, (text, correct) in enumerate(given)],
        "hints": [{"hint": hint, "order": i} for i, hint in enumerate(hints or [])],
        "raw_data": "",
        "source_url": None,
        "randomize": False,
        "order": number,
        "files": [],
        **fields,
    }
    return cast(AssessmentItemData, item)


def make_raw_item(raw: Any, files: list[FileData] | None = None, **fields: Any) -> AssessmentItemData:
    text = raw if isinstance(raw, str) else json.dumps(raw, ensure_ascii=False)
    return make_item("", [], kind=exercises.PERSEUS_QUESTION, **{"raw_data": text, "files": files or [], **fields})


def make_file(data: bytes, file_format: str, original_filename: str = "", preset: str | None = None) -> FileData:
    graphie = file_format == "graphie"
    return {
        "id": "2" * 32,
        "checksum": md5(data),
        "file_format": file_format,
        "file_size": len(data),
        "preset": preset or (format_presets.EXERCISE_GRAPHIE if graphie else format_presets.EXERCISE_IMAGE),
        "language": None,
        "original_filename": original_filename,
        "source_url": None,
        "duration": None,
    }


def make_graphie(svg: bytes = b"<svg/>", labels: bytes = b"svgData({})") -> bytes:
    return b"".join([svg, exercises.GRAPHIE_DELIMITER.encode(), labels])


def make_image(size: tuple[int, int] = (60, 40), image_format: str = "PNG", mode: str = "RGB", **options: Any) -> bytes:
    image = Image.linear_gradient("L").resize(size).convert(mode)
    buffer = io.BytesIO()
    image.save(buffer, image_format, **options)
    return buffer.getvalue()


def md5(data: bytes) -> str:
    return hashlib.md5(data).hexdigest()


def stored(name: str) -> str:
    return str(exercises.CONTENT_STORAGE_FORMAT.format(name))


def local(name: str) -> str:
    return str(exercises.IMG_FORMAT.format(f"images/{name}"))


def recorded(name: str) -> dict[str, Any]:
    """A recorded archive: `exercise`, `items` by id, names of `images`. Ids are converted to hex."""
    text = (FIXTURES / f"{name}.json").read_text()
    found: dict[str, Any] = json.loads(re.sub(r'"(K[\w-]{22})"', lambda match: f'"{plain_id(match[1])}"', text))
    return found


def plain_id(qti_id: str) -> str:
    """The 32 hex digits that a QTI identifier ("K" and 16 bytes in base64) stands for."""
    return base64.urlsafe_b64decode(f"{qti_id[1:]}==").hex()


def read_archive(archive: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        assert opened.testzip() is None
        return {name: opened.read(name) for name in opened.namelist()}


def read_json(members: dict[str, bytes]) -> dict[str, Any]:
    """The JSON documents of an archive by name without extension."""
    documents = {name: data for name, data in members.items() if "/" not in name}
    return {name.removesuffix(".json"): json.loads(data) for name, data in documents.items()}


def viewer_paths(members: dict[str, bytes]) -> set[str]:
    """The members that Kolibri's viewer loads to show the questions of an archive."""
    paths: set[str] = set()
    for name, data in members.items():
        if "/" not in name:
            for _, graphie, path in VIEWER_REFERENCE.findall(data.decode()):
                paths.update((f"{path}.svg", f"{path}-data.json") if graphie else (path,))
    return paths
