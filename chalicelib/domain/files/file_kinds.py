"""What a file is for, by its extension: the kind of node that it makes, and what it may be for a node."""

import re

from le_utils.constants import content_kinds, format_presets

PRESETS = {preset.id: preset for preset in format_presets.PRESETLIST}
# The preset of a file that makes a node by itself. Exercises and slideshows need more than a file.
MAIN: dict[str, str] = {
    "mp4": format_presets.VIDEO_HIGH_RES,
    "webm": format_presets.VIDEO_HIGH_RES,
    "mp3": format_presets.AUDIO,
    "pdf": format_presets.DOCUMENT,
    "epub": format_presets.EPUB,
    "kpub": format_presets.KPUB_ZIP,
    "bloompub": format_presets.BLOOMPUB,
    "bloomd": format_presets.BLOOMPUB,
    "zip": format_presets.HTML5_ZIP,
    "h5p": format_presets.H5P_ZIP,
    "zim": format_presets.ZIM,
}
PICTURES = ("png", "jpg", "jpeg")  # of thumbnails
SUBTITLES = "vtt"
TIMED = (content_kinds.VIDEO, content_kinds.AUDIO)  # kinds whose files have a duration
MAX_TITLE = 200
_LENGTH = re.compile(r"(?:(\d{1,3}):)?(?:(\d{1,5}):)?(\d{1,7})")


def extension_of(name: str) -> str:
    """The extension of a file name in lower case; "" if it has none."""
    return name.rpartition(".")[2].strip().lower() if "." in name else ""


def kind_of(extension: str) -> str | None:
    """The kind of node that a file with this extension makes; None if it makes none by itself."""
    preset = PRESETS.get(MAIN.get(extension, ""))
    return preset.kind if preset else None


def presets_of(kind: str) -> list[str]:
    """What a file may be for a node of this kind: its main files, subtitles and thumbnail."""
    main = [preset for preset in dict.fromkeys(MAIN.values()) if PRESETS[preset].kind == kind]
    more = [one.id for one in format_presets.PRESETLIST if one.kind == kind and (one.subtitle or one.thumbnail)]
    return [*main, *(preset for preset in more if preset != format_presets.QTI_THUMBNAIL)]


def preset_of(kind: str, extension: str) -> str | None:
    """What a file with this extension is for a node of this kind; None if it is nothing for it."""
    return next((id for id in presets_of(kind) if extension in PRESETS[id].allowed_formats), None)


def extensions_of(kind: str) -> list[str]:
    """The extensions of the files that a node of this kind may have."""
    return sorted({extension for id in presets_of(kind) for extension in PRESETS[id].allowed_formats})


def title_of(name: str) -> str:
    """The title of a node that a file makes: its name without folders and extension."""
    base = name.replace("\\", "/").rpartition("/")[2]
    words = "".join(character if character.isprintable() else " " for character in base.rpartition(".")[0] or base)
    return " ".join(words.replace("_", " ").split())[:MAX_TITLE]


def seconds_of(text: str) -> int | None:
    """A length as people write it, such as 3:25, 1:02:03 or 205 (seconds); None if it is none."""
    found = _LENGTH.fullmatch(text.strip())
    if found is None:
        return None
    parts = [int(part) for part in text.strip().split(":")]
    total = 0
    for part in parts:
        total = total * 60 + part
    return total
