"""Files that publishing generates: exercise archives, thumbnails, slideshow manifests.

Each file is keyed by a fingerprint of all its inputs and generated once: a retry resumes where the last attempt
stopped, and the next version generates only what has changed.
"""

import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from le_utils.constants import content_kinds, file_formats, format_presets

from chalicelib.aws import storage
from chalicelib.domain.ids import derived_id
from chalicelib.domain.mimetypes import mimetype_of
from chalicelib.domain.storage_keys import split_filename, storage_key
from chalicelib.domain.types import AssessmentItemData, FileData, Snapshot, SnapshotNode
from chalicelib.export import perseus, qti, slideshow, thumbnails
from chalicelib.models import assessment_items, derived_files
from chalicelib.models.base import in_parallel, write_many
from chalicelib.models.derived_files import DerivedFile
from chalicelib.models.stored_objects import StoredObject
from chalicelib.operations.nodes.build_nodes import thumbnail_preset

MAX_IMAGE_BYTES = 20 * 1024 * 1024  # bytes; larger thumbnails are published unchanged
DECODERS = threading.Semaphore(2)  # a decoded image may take 100 MB
CHUNK = 200  # nodes whose questions are in memory at once
_THUMBNAILS = {preset.id for preset in format_presets.PRESETLIST if preset.thumbnail}


@dataclass(frozen=True)
class _Product:
    """The bytes of a generated file. It is not final if an image was missing: then the next publish rebuilds it."""

    data: bytes
    is_final: bool = True


@dataclass(frozen=True)
class _Job:
    """A file to generate: its key, its generator, and the function that adds it to the snapshot."""

    key: str
    extension: str
    make: Callable[[], "_Product"]
    place: Callable[[DerivedFile], None]


def add(snapshot: Snapshot) -> None:
    """Add the derived files to a snapshot's nodes, generating the missing ones, and the assessment metadata of
    exercises."""
    nodes = snapshot["nodes"]
    for at in range(0, len(nodes), CHUNK):
        chunk = nodes[at : at + CHUNK]
        _run([job for node in chunk for job in _thumbnail_jobs(node)])
        _run(_exercise_jobs([node for node in chunk if node["kind"] == content_kinds.EXERCISE]))
        _run([_slideshow_job(node) for node in chunk if node["kind"] == content_kinds.SLIDESHOW])


def channel_icon(thumbnail: str | None, encoding: dict[str, Any]) -> str:
    """Return a channel's icon as a data URI: the cropped thumbnail, else the thumbnail file; "" without either."""
    cropped = encoding.get("base64")
    if cropped:
        return str(cropped)
    parts = split_filename(thumbnail or "")
    if not parts:
        return ""
    try:
        return thumbnails.channel_icon(storage.read(storage_key(*parts)), parts[1])
    except (KeyError, thumbnails.UnusableImage):
        return ""


def _run(jobs: list[_Job]) -> None:
    by_key = {job.key: job for job in jobs}
    made = derived_files.made_before(list(by_key))
    missing = [job for key, job in by_key.items() if key not in made]
    made |= {entry.key: entry for entry in in_parallel(_make, missing) if entry}
    for job in jobs:
        if job.key in made:
            job.place(made[job.key])


def _make(job: _Job) -> DerivedFile | None:
    """Generate and store a file. Returns None if its source is a damaged image, which is published unchanged."""
    try:
        product = job.make()
    except thumbnails.UnusableImage:
        return None
    data = product.data
    checksum = hashlib.md5(data, usedforsecurity=False).hexdigest()
    storage.put(storage_key(checksum, job.extension), data, mimetype_of(job.extension), storage.IMMUTABLE)
    entry = DerivedFile(job.key, checksum=checksum, extension=job.extension, file_size=len(data))
    proof = StoredObject(checksum, extension=job.extension, file_size=len(data))
    write_many(puts=[proof, entry] if product.is_final else [proof])
    return entry


def _thumbnail_jobs(node: SnapshotNode) -> list[_Job]:
    """Return the thumbnail jobs of a node: its cropped thumbnail replaces its files; without one, files are resized."""
    data_uri = str(node.pop("thumbnail_encoding", {}).get("base64") or "")
    if data_uri:
        return [_cropped_thumbnail_job(node, data_uri)]
    return [
        _thumbnail_job(file)
        for file in node["files"]
        if file["preset"] in _THUMBNAILS
        and file["file_format"] != file_formats.SVG
        and file["file_size"] <= MAX_IMAGE_BYTES
    ]


def _cropped_thumbnail_job(node: SnapshotNode, data_uri: str) -> _Job:
    preset = thumbnail_preset(node["kind"])

    def make() -> _Product:
        with DECODERS:
            return _Product(thumbnails.from_data_uri(data_uri))

    def place(entry: DerivedFile) -> None:
        others = [file for file in node["files"] if file["preset"] not in _THUMBNAILS]
        node["files"] = [*others, {**_derived_file(node, entry, preset), "original_filename": "thumbnail.png"}]

    return _Job(f"picture:{hashlib.sha256(data_uri.encode()).hexdigest()}", file_formats.PNG, make, place)


def _thumbnail_job(file: FileData) -> _Job:
    source = storage_key(file["checksum"], file["file_format"])

    def make() -> _Product:
        with DECODERS:
            return _Product(thumbnails.make_thumbnail(storage.read(source), file["file_format"]))

    def place(entry: DerivedFile) -> None:
        file["checksum"] = entry.checksum
        file["file_format"] = entry.extension
        file["file_size"] = int(entry.file_size)

    return _Job(f"thumbnail:{source}", file_formats.PNG, make, place)


def _exercise_jobs(exercises: list[SnapshotNode]) -> list[_Job]:
    questions = in_parallel(lambda node: assessment_items.of(node["id"]), exercises)
    return [
        _package_job(node, items) if qti.is_needed(items) else _archive_job(node, items)
        for node, items in zip(exercises, questions, strict=True)
        if qti.qti_items(items)
    ]


def _archive_job(node: SnapshotNode, items: list[AssessmentItemData]) -> _Job:
    node["assessment"] = perseus.assessment_data(node, items)

    def make() -> _Product:
        images, is_final = _images(perseus.image_filenames(items))
        return _Product(perseus.build_archive(node, items, images), is_final)

    def place(entry: DerivedFile) -> None:
        node["files"].append(_derived_file(node, entry, format_presets.EXERCISE))

    return _Job(f"exercise:{perseus.archive_fingerprint(node, items)}", file_formats.PERSEUS, make, place)


def _package_job(node: SnapshotNode, items: list[AssessmentItemData]) -> _Job:
    node["assessment"] = qti.assessment_data(node, items)

    def make() -> _Product:
        images, is_final = _images(qti.image_filenames(items))
        return _Product(qti.build_archive(node, items, images), is_final)

    def place(entry: DerivedFile) -> None:
        file = _derived_file(node, entry, format_presets.QTI_ZIP)
        file["included_presets"] = qti.included_presets(items)
        node["files"].append(file)

    # le_utils names the extension "zip" after its first use.
    return _Job(f"qti:{qti.archive_fingerprint(node, items)}", file_formats.HTML5, make, place)


def _images(names: set[str]) -> tuple[dict[str, bytes], bool]:
    """Return the images with these names, and whether all of them are stored."""
    found = {name: data for name in sorted(names) if (data := _stored(name)) is not None}
    return found, len(found) == len(names)


def _stored(name: str) -> bytes | None:
    parts = split_filename(name)
    try:
        return storage.read(storage_key(*parts)) if parts else None
    except KeyError:
        return None


def _slideshow_job(node: SnapshotNode) -> _Job:
    manifest = slideshow.slideshow_manifest(node)

    def place(entry: DerivedFile) -> None:
        node["files"].append(_derived_file(node, entry, format_presets.SLIDESHOW_MANIFEST))

    key = f"slideshow:{hashlib.sha256(manifest).hexdigest()}"
    return _Job(key, file_formats.JSON, lambda: _Product(manifest), place)


def _derived_file(node: SnapshotNode, entry: DerivedFile, preset: str) -> FileData:
    return {
        "id": derived_id(node["id"], preset),
        "checksum": entry.checksum,
        "file_format": entry.extension,
        "file_size": int(entry.file_size),
        "preset": preset,
        "language": None,
        "original_filename": "",
        "source_url": None,
        "duration": None,
    }
