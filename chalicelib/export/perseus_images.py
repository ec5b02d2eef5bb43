"""Images of exercises: rewriting references to stored files, and adding those files to the archive.

Texts refer to images as `${☣ CONTENTSTORAGE}/<checksum>.<extension>`, in markdown with an optional size:
`![alt](${☣ CONTENTSTORAGE}/<checksum>.png =200x100)`. In the archive, images are stored in `images/`, and Kolibri's
viewer finds them as `${☣ LOCALPATH}/images/<name>`. The viewer reads a name up to the next `)` or `"`, so nothing else
may be inside the parentheses.

A graphie (a drawing with labels) is one stored file with two parts, SVG and JSON. Texts refer to it by its original
name, `web+graphie:${☣ CONTENTSTORAGE}/<name>`; the viewer expects `images/<name>.svg` and `images/<name>-data.json`.
"""

import hashlib
import io
import re
from collections.abc import Callable, Iterator, Mapping

from le_utils.constants import exercises, file_formats
from PIL import Image, ImageOps

from chalicelib.domain.pictures import MAX_PICTURES_BYTES
from chalicelib.domain.types import FileData
from chalicelib.export.thumbnails import UnusableImage, open_image
from chalicelib.export.zipping import Content, content_bytes, content_size

FOLDER = "images"
MAX_SIDE = 4096  # pixels; images requested in a larger size are stored unscaled
MAX_COPIES = 500  # scaled copies of an exercise's images; further images are stored unscaled
MAX_COPIED_PIXELS = 200_000_000  # of all originals that are scaled and of their copies, per exercise
MAX_READ_BYTES = 2 * MAX_PICTURES_BYTES  # of all originals that are opened for copies, per exercise
JPEG_QUALITY = 90

Size = tuple[int, int]  # width, height, pixels
Sizes = dict[str, dict[str, int]]  # path in a text -> {"width", "height"}, pixels

_REFERENCE: re.Pattern[str] = re.compile(
    re.escape(exercises.CONTENT_STORAGE_FORMAT.format(""))
    + r'(?P<name>[^\s()"]+)'
    # Size and title are removed, but only inside the parentheses of markdown.
    + r'(?:(?:\s+=(?P<width>[0-9.]{1,20})x(?P<height>[0-9.]{1,20}))?(?:\s+"[^")\n]*")?\s*(?=\)))?'
)
_STORED_NAME = re.compile(r"[0-9a-f]{32}\.[a-z0-9]+")
_GRAPHIE_URL = re.compile(r'web\+graphie:(?P<address>[^\s()"$]*)')
_UNSCALABLE_MODES = frozenset({"1", "P", "PA"})


class ArchiveImages:
    """Collects the images of an archive while its texts are rewritten. `members` maps paths in the archive to bytes."""

    def __init__(self, stored: Mapping[str, Content], scaler: "Scaler | None" = None) -> None:
        self.members: dict[str, Content] = {}
        self._stored = stored
        self._scaler = scaler or Scaler()

    def localise(self, text: str) -> tuple[str, Sizes]:
        """Rewrite a text's references to point into the archive: (the text, the requested sizes)."""
        sizes: Sizes = {}

        def address(name: str, size: Size | None) -> str:
            path = local_path(self._add(name, size))
            if size:
                sizes[path] = {"width": size[0], "height": size[1]}
            return path

        return rewritten(text, address), sizes

    def attach(self, file: FileData) -> None:
        """Add a file of an item to the archive: a graphie as its two parts, an image unchanged.

        If two graphies have the same name, the first is used. Raises ValueError for a graphie without delimiter.
        """
        content = self._stored.get(file_name(file))
        if content is None:
            return
        if file["file_format"] != file_formats.GRAPHIE:
            self.members[f"{FOLDER}/{file_name(file)}"] = content
            return
        parts = content_bytes(content).split(exercises.GRAPHIE_DELIMITER.encode())
        if len(parts) != 2:
            raise ValueError(f"The graphie {file_name(file)} has {len(parts)} parts instead of SVG and JSON.")
        path = f"{FOLDER}/{graphie_name(file)}"
        self.members.setdefault(f"{path}.svg", parts[0])
        self.members.setdefault(f"{path}-data.json", parts[1])

    def _add(self, name: str, size: Size | None) -> str:
        """Add a stored file and return its name in the archive. A missing file keeps its name and is not added."""
        content = self._stored.get(name)
        if content is None:
            return name
        if size:
            name, content = self._scaler.copy(name, content, size)
        self.members[f"{FOLDER}/{name}"] = content
        return name


class Scaler:
    """Scales the images of an exercise: to each size once, and within limits of their number, pixels and bytes."""

    def __init__(self) -> None:
        self._copies: dict[tuple[str, Size], tuple[str, Content]] = {}
        self._pixels = MAX_COPIED_PIXELS
        self._unread = MAX_READ_BYTES
        self._bytes = MAX_PICTURES_BYTES

    def copy(self, name: str, content: Content, size: Size) -> tuple[str, Content]:
        """The name and content of an image in this size: those given if there is no need or no room for a copy."""
        if (name, size) not in self._copies:
            if len(self._copies) >= MAX_COPIES or content_size(content) > self._unread:
                return name, content
            self._unread -= content_size(content)
            self._copies[name, size] = self._scaled(name, content_bytes(content), size) or (name, content)
        return self._copies[name, size]

    def _scaled(self, name: str, data: bytes, size: Size) -> tuple[str, Content] | None:
        copy = scaled(data, size, self._spend)
        if copy is None or len(copy) > self._bytes:
            return None
        self._bytes -= len(copy)
        checksum = hashlib.md5(copy, usedforsecurity=False).hexdigest()
        return f"{checksum}.{name.rpartition('.')[2]}", copy

    def _spend(self, pixels: int) -> bool:
        is_left = pixels <= self._pixels
        self._pixels -= pixels if is_left else 0
        return is_left


def rewritten(text: str, address: Callable[[str, Size | None], str]) -> str:
    """Replace every reference to a file by `address(name, requested size)`."""
    return _REFERENCE.sub(lambda match: address(match["name"], _size(match["width"], match["height"])), text)


def stored_names(text: str) -> Iterator[str]:
    """The names "<checksum>.<extension>" of the stored files that a text references."""
    for match in _REFERENCE.finditer(text):
        if _STORED_NAME.fullmatch(match["name"]):
            yield match["name"]


def localise_graphies(text: str, names: set[str]) -> str:
    """Rewrite `web+graphie:<address>/<name>` to point into the archive if `names` has that graphie."""

    def replace(match: re.Match[str]) -> str:
        address = match["address"].rstrip("/")
        _, slash, name = address.rpartition("/")
        if not slash or name not in names:
            return match[0]
        return f"web+graphie:{local_path(name)}{match['address'].removeprefix(address)}"

    return _GRAPHIE_URL.sub(replace, text)


def local_path(name: str) -> str:
    """The reference to a file in the archive's folder of images, as written in a text."""
    path: str = exercises.IMG_FORMAT.format(f"{FOLDER}/{name}")
    return path


def file_name(file: FileData) -> str:
    """The name of a stored file: "<checksum>.<extension>"."""
    return f"{file['checksum']}.{file['file_format']}"


def graphie_name(file: FileData) -> str:
    """The name by which texts refer to a graphie: its original file name without folder and extension."""
    name = file["original_filename"].replace("\\", "/").rpartition("/")[2]
    return name.removesuffix(f".{file_formats.GRAPHIE}")


def scaled(data: bytes, size: Size, spend: Callable[[int], bool] = lambda pixels: True) -> bytes | None:
    """Scale an image down to exactly this size (width, height), in the same file format.

    None if it would not get fewer pixels, as viewers can enlarge it themselves, if it cannot be scaled (SVG, animations
    and damaged images), or if `spend` refuses the number of pixels to read and write.
    """
    try:
        with open_image(data) as image:
            before, after = image.width * image.height, size[0] * size[1]
            if after >= before or getattr(image, "is_animated", False) or not spend(before + after):
                return None
            return _resize(ImageOps.exif_transpose(image), size, image.format)
    except UnusableImage:
        return None


def _resize(image: Image.Image, size: tuple[int, int], image_format: str | None) -> bytes:
    if image.mode in _UNSCALABLE_MODES:
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    buffer = io.BytesIO()
    image.resize(size, Image.Resampling.LANCZOS).save(buffer, image_format, quality=JPEG_QUALITY)
    return buffer.getvalue()


def _size(width: str | None, height: str | None) -> Size | None:
    """Parse a size to whole pixels; None if there is none or it is out of range."""
    try:
        size = round(float(width or 0)), round(float(height or 0))
    except ValueError:
        return None
    return size if all(0 < side <= MAX_SIDE for side in size) else None
