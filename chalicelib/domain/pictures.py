"""Pictures: the formats and sizes of the images that Kolibri shows in exercises, as thumbnails and as icons."""

import re

from le_utils.constants import file_formats

from chalicelib.domain.storage_keys import split_filename

MAX_PICTURE_BYTES = 20 * 1024 * 1024  # of a picture or graphie; larger ones are left out of archives and icons
MAX_PICTURES_BYTES = 100 * 1024 * 1024  # of all pictures of an exercise

FORMATS = frozenset(
    {file_formats.PNG, file_formats.JPG, file_formats.JPEG, file_formats.GIF, file_formats.SVG}
)  # those of the preset for images of exercises
IN_EXERCISES = FORMATS | {file_formats.GRAPHIE}

MAX_SCANS = 100  # of a JPEG: each takes milliseconds, even without data; progressive ones have about ten
MAX_SEGMENTS = 5_000  # of a JPEG: a picture has some dozens, and a large colour profile hundreds

HEAD = 4096  # bytes that tell what a file is
_RASTER = re.compile(rb"\x89PNG|\xff\xd8\xff|GIF8|RIFF....WEBP|BM", re.DOTALL)
_JPEG, _START_OF_SCAN, _END = b"\xff\xd8\xff", b"\xda", b"\xd9"
_SEGMENT = re.compile(rb"\xff([\x02-\xcf\xd9-\xfe])")  # its marker: the others belong to data or have no segment
_TEXT = re.compile(rb"(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?\x00?\s*\x00?<")


def is_picture_name(name: str, formats: frozenset[str] = FORMATS) -> bool:
    """Whether a file's name "<md5>.<extension>" is that of a picture."""
    parts = split_filename(name)
    return parts is not None and parts[1] in formats


def is_picture(data: bytes) -> bool:
    """Whether a file begins as an image of a browser, SVG or a graphie does, whatever its extension says."""
    head = data[:HEAD]
    return bool(_RASTER.match(head) or _TEXT.match(head))


def is_laborious(data: bytes) -> bool:
    """Whether a JPEG has so many scans or segments that decoding it may take minutes, whatever its size in pixels."""
    scans = segments = at = 0
    while (found := _SEGMENT.search(data, at)) and data.startswith(_JPEG) and found[1] != _END:
        scans, segments = scans + (found[1] == _START_OF_SCAN), segments + 1
        if scans > MAX_SCANS or segments > MAX_SEGMENTS:
            return True
        at = found.end() + max(2, int.from_bytes(data[found.end() : found.end() + 2]))
    return False
