"""What a stored file is, for the report of a user's storage: by its format, since a file may have several uses."""

from le_utils.constants import content_kinds, file_formats

IMAGE, OTHER = "image", "other"
NAMES = {  # of the kinds, which are those of le-utils but the last two
    content_kinds.VIDEO: "Videos and subtitles",
    content_kinds.AUDIO: "Audio",
    content_kinds.DOCUMENT: "Documents",
    content_kinds.EXERCISE: "Exercises",
    content_kinds.HTML5: "HTML5 apps",
    content_kinds.H5P: "H5P",
    content_kinds.ZIM: "Zim archives",
    IMAGE: "Images and thumbnails",
    OTHER: "Other files",
}
_FORMATS = {
    content_kinds.VIDEO: (file_formats.MP4, file_formats.WEBM, file_formats.VTT),
    content_kinds.AUDIO: (file_formats.MP3,),
    content_kinds.DOCUMENT: (
        file_formats.PDF,
        file_formats.EPUB,
        file_formats.BLOOMPUB,
        file_formats.BLOOMD,
        "kpub",  # in the list of formats, without a constant
    ),
    content_kinds.EXERCISE: (file_formats.PERSEUS, file_formats.GRAPHIE),
    content_kinds.HTML5: (file_formats.HTML5,),
    content_kinds.H5P: (file_formats.H5P,),
    content_kinds.ZIM: (file_formats.ZIM,),
    IMAGE: (file_formats.JPG, file_formats.JPEG, file_formats.PNG, file_formats.GIF, file_formats.SVG),
}
_KINDS: dict[str, str] = {extension: kind for kind, extensions in _FORMATS.items() for extension in extensions}


def kind_of(filename: str) -> str:
    """The kind of a stored file, "<md5>.<extension>"."""
    return _KINDS.get(filename.rpartition(".")[2], OTHER)
