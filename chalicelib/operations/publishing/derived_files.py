"""Files that publishing generates: exercise archives, thumbnails, slideshow manifests.

Each file is keyed by a fingerprint of all its inputs and generated once: a retry resumes where the last attempt
stopped, and the next version generates only what has changed.
"""

import hashlib
import io
import tempfile
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from le_utils.constants import content_kinds, file_formats, format_presets

from chalicelib.aws import storage
from chalicelib.domain.ids import derived_id
from chalicelib.domain.mimetypes import mimetype_of
from chalicelib.domain.pictures import FORMATS, MAX_PICTURE_BYTES
from chalicelib.domain.storage_keys import storage_key
from chalicelib.domain.types import AssessmentItemData, FileData, SnapshotNode
from chalicelib.export import perseus, qti, slideshow, thumbnails
from chalicelib.export.perseus_images import file_name
from chalicelib.export.zipping import Content, write_zip
from chalicelib.models import derived_files, stored_objects
from chalicelib.models.base import in_parallel, write_many
from chalicelib.models.derived_files import DerivedFile
from chalicelib.operations.background.progress import Progress
from chalicelib.operations.freezing import exercise_pictures
from chalicelib.operations.freezing.exercise_faults import Unbuildable, built, questions_of
from chalicelib.operations.freezing.stored_pictures import read_picture
from chalicelib.operations.nodes.build_nodes import thumbnail_preset
from chalicelib.operations.storage import made_files

DECODERS = threading.Semaphore(2)  # a decoded image may take 100 MB, and an archive 200 MB while it is built
MAX_LEFT_OUT = 1000  # names stored with a derived file, whose item may have 400 kB
CHUNK = 200  # nodes whose questions are in memory at once
_THUMBNAILS = {preset.id for preset in format_presets.PRESETLIST if preset.thumbnail}


@dataclass(frozen=True)
class _Product:
    """A generated file: its content, and the names of files that an archive must not hold.

    It is not final if an image was missing: then the next publish rebuilds it.
    """

    content: Content
    is_final: bool = True
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Made:
    """A generated file that is stored."""

    entry: DerivedFile
    is_final: bool


@dataclass(frozen=True)
class _Job:
    """A file to generate: its key, its generator (which is given an empty folder), and the function that adds it to the
    node. `skip` does so if the source is unusable, and returns the name of the file that it leaves out, if any.
    `fail` notes why an exercise cannot be published."""

    key: str
    extension: str
    make: Callable[[Path], "_Product"]
    place: Callable[[DerivedFile], None]
    skip: Callable[[], str | None] = lambda: None
    fail: Callable[[Unbuildable], None] = lambda _: None


@dataclass
class Derived:
    """What is known about the derived files so far: the names of files that were left out, as they are not usable
    pictures, and sentences that say, by id, why exercises cannot be published.

    `is_final` says that nothing was missing which may be stored later.
    """

    channel_id: str
    left_out: set[str] = field(default_factory=set)
    faults: dict[str, str] = field(default_factory=dict)
    is_final: bool = True

    def take_faults(self) -> dict[str, str]:
        """The faults since the last call."""
        taken, self.faults = self.faults, {}
        return taken


def add(nodes: list[SnapshotNode], derived: Derived, progress: Progress) -> None:
    """Add the derived files to nodes, generating the missing ones, and the assessment metadata of exercises.

    Fingerprints are looked up together, a hundred at a time.
    """
    for at in range(0, len(nodes), CHUNK):
        chunk = nodes[at : at + CHUNK]
        derived.left_out |= {name for node in chunk for name in _drop_oversized_thumbnails(node)}
        jobs = [job for node in chunk for job in _thumbnail_jobs(node)]
        jobs += _exercise_jobs([node for node in chunk if node["kind"] == content_kinds.EXERCISE], derived.faults)
        jobs += [_slideshow_job(node) for node in chunk if node["kind"] == content_kinds.SLIDESHOW]
        _run(jobs, derived)
        progress.done(len(chunk))


def _run(jobs: list[_Job], derived: Derived) -> None:
    """Run jobs, and note what is left out."""
    by_key = {job.key: job for job in jobs}
    made = made_files.used(derived.channel_id, derived_files.made_before(list(by_key)))
    missing = [job for key, job in by_key.items() if key not in made]
    results = dict(
        zip([job.key for job in missing], in_parallel(partial(_make, derived.channel_id), missing), strict=True)
    )
    made |= {key: result.entry for key, result in results.items() if isinstance(result, _Made)}
    derived.is_final &= all(
        isinstance(result, Unbuildable) or (result and result.is_final) for result in results.values()
    )
    for job in jobs:
        if job.key in made:
            job.place(made[job.key])
            derived.left_out.update(made[job.key].left_out or ())
        elif isinstance(fault := results[job.key], Unbuildable):
            job.fail(fault)
        elif name := job.skip():
            derived.left_out.add(name)


def _make(channel_id: str, job: _Job) -> _Made | Unbuildable | None:
    """Generate and store a file. Returns None for an unusable image, and why an exercise has no archive."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            product = job.make(Path(folder))
        except thumbnails.UnusableImage:
            return None
        except Unbuildable as fault:
            return fault
        return _Made(_store(channel_id, job, product), product.is_final)


def _store(channel_id: str, job: _Job, product: _Product) -> DerivedFile:
    content = product.content
    with content.open("rb") if isinstance(content, Path) else io.BytesIO(content) as file:
        checksum = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
        size = file.seek(0, io.SEEK_END)
        file.seek(0)
        if not storage.put_once(storage_key(checksum, job.extension), file, mimetype_of(job.extension)):
            stored_objects.remember(f"{checksum}.{job.extension}", size)  # an unused file is used again
    left_out = list(product.left_out[:MAX_LEFT_OUT]) or None
    entry = DerivedFile(job.key, checksum=checksum, extension=job.extension, file_size=size, left_out=left_out)
    write_many(puts=[made_files.use(channel_id, entry), *([entry] if product.is_final else [])])
    return entry


def _drop_oversized_thumbnails(node: SnapshotNode) -> list[str]:
    """Remove thumbnails from a node that are no pictures or too large; returns their names."""
    dropped = [
        file
        for file in node["files"]
        if file["preset"] in _THUMBNAILS
        and (file["file_format"] not in FORMATS or file["file_size"] > MAX_PICTURE_BYTES)
    ]
    node["files"] = [file for file in node["files"] if file not in dropped]
    return [file_name(file) for file in dropped]


def _thumbnail_jobs(node: SnapshotNode) -> list[_Job]:
    """Return the thumbnail jobs of a node: its cropped thumbnail replaces its files; without one, files are resized."""
    data_uri = str(node.pop("thumbnail_encoding", {}).get("base64") or "")
    if data_uri:
        return [_cropped_thumbnail_job(node, data_uri)]
    return [
        _thumbnail_job(node, file)
        for file in node["files"]
        if file["preset"] in _THUMBNAILS and file["file_format"] != file_formats.SVG
    ]


def _cropped_thumbnail_job(node: SnapshotNode, data_uri: str) -> _Job:
    preset = thumbnail_preset(node["kind"])

    def make(_: Path) -> _Product:
        with DECODERS:
            return _Product(thumbnails.from_data_uri(data_uri))

    def place(entry: DerivedFile) -> None:
        others = [file for file in node["files"] if file["preset"] not in _THUMBNAILS]
        node["files"] = [*others, {**_derived_file(node, entry, preset), "original_filename": "thumbnail.png"}]

    return _Job(f"picture:{hashlib.sha256(data_uri.encode()).hexdigest()}", file_formats.PNG, make, place)


def _thumbnail_job(node: SnapshotNode, file: FileData) -> _Job:
    source = storage_key(file["checksum"], file["file_format"])

    def make(_: Path) -> _Product:
        with DECODERS:
            return _Product(thumbnails.make_thumbnail(read_picture(source), file["file_format"]))

    def skip() -> str:
        node["files"] = [other for other in node["files"] if other is not file]
        return file_name(file)

    def place(entry: DerivedFile) -> None:
        file["checksum"] = entry.checksum
        file["file_format"] = entry.extension
        file["file_size"] = int(entry.file_size)

    return _Job(f"thumbnail:{source}", file_formats.PNG, make, place, skip)


def _exercise_jobs(exercises: list[SnapshotNode], faults: dict[str, str]) -> list[_Job]:
    """Return the jobs of exercises. Sentences about those that cannot be published are added to `faults`, by id."""
    jobs = []
    for node, items in zip(exercises, in_parallel(lambda node: questions_of(node["id"]), exercises), strict=True):
        fail = partial(_note_fault, faults, node["id"])
        try:
            if isinstance(items, Unbuildable):
                raise items
            if qti.qti_items(items):
                make = _package_job if qti.is_needed(items) else _archive_job
                jobs.append(replace(built(make, node, items), fail=fail))
        except Unbuildable as fault:
            fail(fault)
    return jobs


def _note_fault(faults: dict[str, str], node_id: str, fault: Unbuildable) -> None:
    faults[node_id] = str(fault)


def _archive_job(node: SnapshotNode, items: list[AssessmentItemData]) -> _Job:
    node["assessment"] = perseus.assessment_data(node, items)

    def make(folder: Path) -> _Product:
        names = built(perseus.image_filenames, items)
        return _archive(names, folder, lambda images: built(perseus.archive_members, node, items, images))

    def place(entry: DerivedFile) -> None:
        node["files"].append(_derived_file(node, entry, format_presets.EXERCISE))

    return _Job(f"exercise:{perseus.archive_fingerprint(node, items)}", file_formats.PERSEUS, make, place)


def _package_job(node: SnapshotNode, items: list[AssessmentItemData]) -> _Job:
    node["assessment"] = qti.assessment_data(node, items)

    def make(folder: Path) -> _Product:
        names = built(qti.image_filenames, items)
        return _archive(names, folder, lambda images: built(qti.archive_members, node, items, images))

    def place(entry: DerivedFile) -> None:
        file = _derived_file(node, entry, format_presets.QTI_ZIP)
        file["included_presets"] = qti.included_presets(items)
        node["files"].append(file)

    # le_utils names the extension "zip" after its first use.
    return _Job(f"qti:{qti.archive_fingerprint(node, items)}", file_formats.HTML5, make, place)


def _archive(
    names: set[str], folder: Path, members: Callable[[Mapping[str, Content]], Mapping[str, Content]]
) -> _Product:
    """Build an archive in a folder from the pictures with these names."""
    with DECODERS:
        pictures = exercise_pictures.download(names, folder)
        path = folder / "archive.zip"
        with path.open("wb") as file:
            write_zip(file, members(pictures.found))
    return _Product(path, not pictures.missing, tuple(pictures.left_out))


def _slideshow_job(node: SnapshotNode) -> _Job:
    manifest = slideshow.slideshow_manifest(node)

    def place(entry: DerivedFile) -> None:
        node["files"].append(_derived_file(node, entry, format_presets.SLIDESHOW_MANIFEST))

    key = f"slideshow:{hashlib.sha256(manifest).hexdigest()}"
    return _Job(key, file_formats.JSON, lambda _: _Product(manifest), place)


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
