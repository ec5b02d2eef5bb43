"""Which files of a node replace each other.

A node has one thumbnail, one subtitle file per language, and one file of every other preset, except for presets of
parts, such as the images of a slideshow. A later file replaces an earlier one. Chefs may send a video in two formats,
which are both stored and published.
"""

from collections.abc import Iterable

from le_utils.constants import format_presets

from chalicelib.domain.types import FileData

_PRESETS = {preset.id: preset for preset in format_presets.PRESETLIST}
_MANY = frozenset(
    {
        format_presets.AUDIO_DEPENDENCY,
        format_presets.EXERCISE_GRAPHIE,
        format_presets.EXERCISE_IMAGE,
        format_presets.HTML5_DEPENDENCY_ZIP,
        format_presets.SLIDESHOW_IMAGE,
        format_presets.VIDEO_DEPENDENCY,
    }
)

Slot = tuple[str | None, ...] | None


def is_thumbnail(file: FileData) -> bool:
    """Whether a file is a thumbnail of its node."""
    preset = _PRESETS.get(file["preset"])
    return preset is not None and bool(preset.thumbnail)


def slot_of(file: FileData) -> Slot:
    """What a file is for its node; None if it replaces no other file."""
    preset = _PRESETS.get(file["preset"])
    if is_thumbnail(file):
        return ("thumbnail",)
    if file["preset"] in _MANY or preset is None:
        return None
    return (file["preset"], file["language"]) if preset.multi_language else (file["preset"],)


def one_per_slot(files: Iterable[FileData]) -> list[FileData]:
    """The files of a node without those that later ones of the same format, or later thumbnails, replace."""
    listed = list(files)
    last = {_exact(file): number for number, file in enumerate(listed)}
    return [file for number, file in enumerate(listed) if last[_exact(file)] == number or slot_of(file) is None]


def _exact(file: FileData) -> Slot:
    slot = slot_of(file)
    return (*slot, file["file_format"]) if slot and not is_thumbnail(file) else slot


def one_per_id(files: Iterable[FileData]) -> list[FileData]:
    """The files of a question without repetitions."""
    return list({file["id"]: file for file in files}.values())


def replaced(files: Iterable[FileData], new: FileData) -> list[FileData]:
    """The files of a node that a new one replaces."""
    slot = slot_of(new)
    return [file for file in files if slot and file["id"] != new["id"] and slot_of(file) == slot]
