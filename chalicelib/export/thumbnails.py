"""Published thumbnails: small PNG images, and the channel's icon as a data URI.

As in Kolibri Studio, thumbnails are re-encoded as PNG with the encoder's defaults. Images of at most 400 x 400 pixels
keep their size.
"""

import base64
import io
import mimetypes
from collections.abc import Iterator
from contextlib import contextmanager

from le_utils.constants import file_formats
from PIL import Image, ImageOps

from chalicelib.domain.pictures import MAX_SCANS, MAX_SEGMENTS, is_laborious, is_picture

MAX_SIDE = 400  # pixels
MAX_ICON_LENGTH = 100_000  # characters of the data URI
MAX_PROFILE = 20_000  # bytes of a colour profile; larger ones are left out, as they do not shrink with the image
MAX_PIXELS = 25_000_000  # more than a photograph has; protects against decompression bombs

# Pillow supports many more, some of which start external programs.
_DECODERS = ("PNG", "JPEG", "GIF", "WEBP")
_UNSCALABLE_MODES = frozenset({"1", "P", "PA"})  # palettes and bitmaps have no intermediate colours
_SHRINK = 0.75


class UnusableImage(ValueError):
    """The bytes are not a readable image, or the image is too large."""


def make_thumbnail(data: bytes, file_format: str) -> bytes:
    """Convert an image to a published thumbnail: a PNG of at most 400 pixels on each side, never enlarged.

    SVG is returned unchanged. The first frame of an animation is used. Raises UnusableImage.
    """
    if file_format == file_formats.SVG:
        return data
    with open_image(data) as image:
        return _encode(_fit(image, MAX_SIDE))


def from_data_uri(uri: str) -> bytes:
    """Convert an image in a data URI (base64) to a published thumbnail. Raises UnusableImage, also for SVG."""
    return make_thumbnail(_decoded(uri), file_formats.PNG)


def icon_from_data_uri(uri: str) -> str:
    """Return the data URI of a channel's cropped thumbnail. Raises UnusableImage unless it is a picture in base64."""
    if not uri.startswith("data:image/") or len(uri) > MAX_ICON_LENGTH or not is_picture(_decoded(uri)):
        raise UnusableImage("The data URI is not a picture.")
    return uri


def _decoded(uri: str) -> bytes:
    head, _, text = uri.partition(",")
    if not head.endswith(";base64"):
        raise UnusableImage("The data URI must be in base64.")
    try:
        return base64.b64decode(text)
    except ValueError as error:
        raise UnusableImage(f"The data URI cannot be read: {error}") from error


def channel_icon(data: bytes, file_format: str) -> str:
    """Convert a channel's thumbnail to a data URI, shrunk until it fits MAX_ICON_LENGTH. Raises UnusableImage."""
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
    """Open an image, after checking its size, for use within the block.

    Raises UnusableImage for damaged, unknown and oversized images, including errors while the block reads pixels.
    """
    if is_laborious(data):
        raise UnusableImage(f"The JPEG has more than {MAX_SCANS} scans or {MAX_SEGMENTS} segments. Save it as PNG.")
    try:
        with Image.open(io.BytesIO(data), formats=_DECODERS) as image:
            if image.width * image.height > MAX_PIXELS:
                raise UnusableImage(f"The image has {image.width} x {image.height} pixels; the limit is {MAX_PIXELS}.")
            yield image
    except UnusableImage:
        raise
    except Exception as error:  # decoders raise many types of errors for damaged images
        raise UnusableImage(f"The image cannot be read: {error}") from error


def _fit(image: Image.Image, side: int) -> Image.Image:
    """Scale an image down to a square of `side` pixels, turn it upright and convert it to colours that PNG supports."""
    if max(image.size) > side:
        if image.mode in _UNSCALABLE_MODES:
            image = image.convert("RGBA" if image.has_transparency_data else "RGB")
        # Decodes a large JPEG at a reduced size, which an earlier conversion would prevent.
        image.thumbnail((side, side), Image.Resampling.LANCZOS)
    upright = ImageOps.exif_transpose(image)
    is_cmyk = upright.mode == "CMYK"
    if is_cmyk:
        upright = upright.convert("RGB")
    if is_cmyk or len(upright.info.get("icc_profile") or b"") > MAX_PROFILE:  # a CMYK profile, or a large one
        upright.info.pop("icc_profile", None)
    return upright


def _encode(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def _svg_icon(data: bytes) -> str:
    uri = _data_uri(data, file_formats.SVG)
    if len(uri) > MAX_ICON_LENGTH:
        raise UnusableImage(f"The SVG makes an icon of {len(uri)} characters; the limit is {MAX_ICON_LENGTH}.")
    return uri


def _data_uri(data: bytes, file_format: str) -> str:
    # Browsers expect image/svg+xml, but le_utils has image/svg.
    mimetype = mimetypes.types_map[f".{file_format}"]
    return f"data:{mimetype};base64,{base64.b64encode(data).decode()}"
