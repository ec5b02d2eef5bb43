"""The stored pictures of an exercise, downloaded for its archive within limits.

Texts may name any stored file. Only pictures and graphies are downloaded, and only up to a size, so that the work of a
publish is limited whatever its questions say.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from le_utils.constants import file_formats

from chalicelib.aws import storage
from chalicelib.domain import pictures
from chalicelib.domain.storage_keys import split_filename, storage_key
from chalicelib.export.zipping import Content

MAX_NAMED = 5  # files that a note names


@dataclass
class ExercisePictures:
    """Files on disk by name, the names of files that must not be in an archive, and of files that are not stored."""

    found: dict[str, Content] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def download(names: Iterable[str], folder: Path) -> ExercisePictures:
    """Download the pictures with these names to a folder, which must exist as long as they are used."""
    result, left = ExercisePictures(), pictures.MAX_PICTURES_BYTES
    for name in sorted(names):
        path = folder / name
        try:
            size = _download(name, path, min(left, pictures.MAX_PICTURE_BYTES))
        except KeyError:
            result.missing.append(name)
            continue
        if size is None:
            result.left_out.append(name)
        else:
            result.found[name] = path
            left -= size
    return result


def note(left_out: set[str]) -> list[str]:
    """Sentences for the task of a publish about the files that were left out."""
    if not left_out:
        return []
    more = f" and {len(left_out) - MAX_NAMED} more" if len(left_out) > MAX_NAMED else ""
    names = ", ".join(sorted(left_out)[:MAX_NAMED])
    one, all_of_one = (limit // 1024**2 for limit in (pictures.MAX_PICTURE_BYTES, pictures.MAX_PICTURES_BYTES))
    return [
        f"Files were left out, as exercises and thumbnails can only contain pictures of at most {one} MB each, and an "
        f"exercise at most {all_of_one} MB of them: {names}{more}."
    ]


def _download(name: str, path: Path, limit: int) -> int | None:
    """Download a file and return its size; None if it is not a picture or graphie of at most `limit` bytes."""
    parts = split_filename(name)
    if not parts or not pictures.is_picture_name(name, pictures.IN_EXERCISES):
        return None
    try:
        size = storage.download(storage_key(*parts), path, limit)
    except storage.TooLarge:
        return None
    if parts[1] != file_formats.GRAPHIE and not _is_picture(path):
        path.unlink()
        return None
    return size


def _is_picture(path: Path) -> bool:
    with path.open("rb") as file:
        return pictures.is_picture(file.read(pictures.HEAD))
