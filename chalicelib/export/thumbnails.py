"""Thumbnails as they are published: small PNG images, and the channel's icon as a data URI.

Kolibri Studio re-encodes thumbnails as PNG with the encoder's defaults; what is at most 400 pixels wide and high keeps
its size.
"""

import base64
import binascii
import io
import mimetypes
from collections.abc import Iterator
from contextlib import contextmanager

from le_utils.constants import file_formats
from PIL import Image, ImageOps

MAX_SIDE = 400  # pixels
MAX_ICON_LENGTH = 100_000  # characters of the data URI
MAX_PIXELS = 25_000_000  # decoded; a photograph has less, a decompression bomb more

# Pillow knows many more, some of which start other programs.
_DECODERS = ("PNG", "JPEG", "GIF", "WEBP")
_UNSCALABLE_MODES = frozenset({"1", "P", "PA"})  # palettes and bits have no colours in between
_SHRINK = 0.75


class UnusableImage(ValueError):
    """The bytes are not an image that can be read, or not one of a sensible size."""


def make_thumbnail(data: bytes, file_format: str) -> bytes:
    """The published form of a thumbnail: PNG, 400 pixels at most on each side, never enlarged.

    SVG comes back as it is. Of an animation the first frame is taken. Raises UnusableImage.
    """
    if file_format == file_formats.SVG:
        return data
    with open_image(data) as image:
        return _encode(_fit(image, MAX_SIDE))


def from_data_uri(uri: str) -> bytes:
    """The same of a picture in a data URI (base64). Raises UnusableImage also for SVG, which is not drawn here."""
    head, _, text = uri.partition(",")
    if not head.endswith(";base64"):
        raise UnusableImage("Only data URIs in base64 are read.")
    try:
        data = base64.b64decode(text)
    except binascii.Error as error:
        raise UnusableImage(f"The data URI cannot be read: {error}") from error
    return make_thumbnail(data, file_formats.PNG)


def channel_icon(data: bytes, file_format: str) -> str:
    """A channel's thumbnail as a data URI of at most 100,000 characters, shrunk until it fits. Raises UnusableImage."""
    if file_format == file_formats.SVG:
        return _svg_icon(data)
    with open_image(data) as image:
        icon = _fit(image, MAX_SIDE)
        uri = _data_uri(_encode(icon), file_formats.PNG)
        while len(uri) > MAX_ICON_LENGTH:
            icon = _fit(icon, max(1, int(max(icon.size) * _SHRINK)))
            uri = _data_uri(_encode(icon), file_formats.PNG)
        return uri


@contextmanager
def open_image(data: bytes) -> Iterator[Image.Image]:
    """An image whose size is known to be harmless, to be read within the block.

    Raises UnusableImage for damaged, unknown and oversized images, also where they show only while pixels are read.
    """
    try:
        with Image.open(io.BytesIO(data), formats=_DECODERS) as image:
            if image.width * image.height > MAX_PIXELS:
                raise UnusableImage(f"The image has {image.width} x {image.height} pixels, {MAX_PIXELS} are allowed.")
            yield image
    except UnusableImage:
        raise
    except Exception as error:  # decoders raise whatever damaged bytes lead them to
        raise UnusableImage(f"The image cannot be read: {error}") from error


def _fit(image: Image.Image, side: int) -> Image.Image:
    """A copy within a square of `side` pixels, upright, in colours that PNG has."""
    if max(image.size) > side:
        if image.mode in _UNSCALABLE_MODES:
            image = image.convert("RGBA" if image.has_transparency_data else "RGB")
        # Reads a large JPEG at a fraction of its size, which a conversion before would prevent.
        image.thumbnail((side, side), Image.Resampling.LANCZOS)
    upright = ImageOps.exif_transpose(image)
    if upright.mode == "CMYK":
        upright = upright.convert("RGB")
        upright.info.pop("icc_profile", None)  # describes inks
    return upright


def _encode(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def _svg_icon(data: bytes) -> str:
    uri = _data_uri(data, file_formats.SVG)
    if len(uri) > MAX_ICON_LENGTH:
        raise UnusableImage(f"The SVG makes an icon of {len(uri)} characters, {MAX_ICON_LENGTH} are allowed.")
    return uri


def _data_uri(data: bytes, file_format: str) -> str:
    # Browsers know SVG as image/svg+xml, le_utils says image/svg.
    mimetype = mimetypes.types_map[f".{file_format}"]
    return f"data:{mimetype};base64,{base64.b64encode(data).decode()}"
