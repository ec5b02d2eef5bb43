"""Published thumbnails and channel icons."""

import base64
import contextlib
import io
import random
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from le_utils.constants import file_formats
from PIL import Image

from chalicelib.export.thumbnails import MAX_ICON_LENGTH, MAX_PROFILE, UnusableImage, channel_icon, make_thumbnail

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'
ORIENTATION = 0x0112


def encode(image: Image.Image, image_format: str = "PNG", **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, image_format, **options)
    return buffer.getvalue()


def decode(data: bytes) -> Image.Image:
    with Image.open(io.BytesIO(data), formats=["PNG"]) as image:
        image.load()
        return image


def picture(size: tuple[int, int], mode: str = "RGB") -> Image.Image:
    return Image.linear_gradient("L").resize(size).convert(mode)


def noise(size: tuple[int, int]) -> Image.Image:
    return Image.frombytes("RGB", size, random.Random(1).randbytes(size[0] * size[1] * 3))


def png_of_size(width: int, height: int) -> bytes:
    """A PNG whose header claims this size."""
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(b"")),
        (b"IEND", b""),
    ]
    body = [
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(body)


def icon_image(uri: str) -> Image.Image:
    head, _, data = uri.partition(",")
    assert head == "data:image/png;base64"
    return decode(base64.b64decode(data))


def test_small_image_is_reencoded_with_the_same_pixels():
    original = encode(picture((320, 180)), compress_level=0)
    thumbnail = make_thumbnail(original, file_formats.PNG)
    assert len(thumbnail) < len(original)
    assert decode(thumbnail).size == (320, 180)
    assert decode(thumbnail).tobytes() == decode(original).tobytes()


@pytest.mark.parametrize("size", [(320, 180), (400, 225), (1000, 500)])
def test_thumbnail_of_a_thumbnail_is_the_same(size):
    thumbnail = make_thumbnail(encode(picture(size)), file_formats.PNG)
    assert make_thumbnail(thumbnail, file_formats.PNG) == thumbnail
    assert thumbnail == encode(decode(thumbnail))  # the encoder's defaults


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((400, 225), (400, 225)),
        ((800, 450), (400, 225)),
        ((500, 1000), (200, 400)),
        ((1, 1), (1, 1)),
        ((4000, 2), (400, 1)),
    ],
)
def test_thumbnail_fits_into_400_pixels_and_is_never_enlarged(size, expected):
    assert decode(make_thumbnail(encode(picture(size)), file_formats.PNG)).size == expected


@pytest.mark.parametrize("size", [(40, 30), (800, 600)])
@pytest.mark.parametrize(
    ("image_format", "file_format", "mode"),
    [
        *(("PNG", file_formats.PNG, mode) for mode in ("RGB", "RGBA", "LA", "L", "P", "1", "I;16")),
        *(("JPEG", file_formats.JPG, mode) for mode in ("RGB", "L", "CMYK")),
        ("GIF", file_formats.GIF, "P"),
    ],
)
def test_every_kind_of_image_becomes_png(image_format, file_format, mode, size):
    thumbnail = decode(make_thumbnail(encode(picture(size, mode), image_format), file_format))
    assert max(thumbnail.size) == min(max(size), 400)


def test_wrong_file_format_is_ignored():
    assert decode(make_thumbnail(encode(picture((40, 30)), "JPEG"), file_formats.PNG)).size == (40, 30)


@pytest.mark.parametrize("size", [(40, 40), (800, 800)])
def test_transparency_is_preserved(size):
    palette = encode(Image.new("P", size, 0), transparency=0)
    alpha = encode(Image.new("RGBA", size, (255, 0, 0, 0)))
    for data in (palette, alpha):
        thumbnail = decode(make_thumbnail(data, file_formats.PNG)).convert("RGBA")
        assert thumbnail.getchannel("A").getpixel((20, 20)) == 0


@pytest.mark.parametrize("size", [(60, 40), (1200, 800)])
def test_rotated_photograph_is_turned_upright_and_its_metadata_removed(size):
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    exif[0x0131] = "Camera 3000"
    thumbnail = make_thumbnail(encode(picture(size), "JPEG", exif=exif), file_formats.JPG)
    width, height = decode(thumbnail).size
    assert width < height
    assert not decode(thumbnail).getexif()
    assert b"Camera" not in thumbnail


def test_animation_is_reduced_to_its_first_frame():
    red, blue = (Image.new("RGB", (20, 20), colour) for colour in ("red", "blue"))
    animation = encode(red, "GIF", save_all=True, append_images=[blue])
    thumbnail = decode(make_thumbnail(animation, file_formats.GIF))
    assert getattr(thumbnail, "n_frames", 1) == 1
    assert thumbnail.convert("RGB").getpixel((0, 0)) == (255, 0, 0)


def test_svg_is_unchanged():
    assert make_thumbnail(SVG, file_formats.SVG) == SVG


UNREADABLE = {
    "empty": b"",
    "text": b"not an image",
    "svg": SVG,
    "cut png": encode(noise((50, 50)))[:2000],
    "cut jpeg": encode(noise((50, 50)), "JPEG")[:500],
    "bmp": encode(picture((9, 9)), "BMP"),
    "eps": encode(picture((9, 9)), "EPS"),
    "no width": png_of_size(0, 10),
}


@pytest.mark.parametrize("data", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_unreadable_image_is_rejected(data):
    for make in (make_thumbnail, channel_icon):
        with pytest.raises(UnusableImage):
            make(data, file_formats.PNG)
    assert issubclass(UnusableImage, ValueError)


@pytest.mark.parametrize("side", [8_000, 10_000, 50_000, 2_000_000_000])
def test_decompression_bomb_is_rejected_before_decoding(side):
    with pytest.raises(UnusableImage, match="pixels"):
        make_thumbnail(png_of_size(side, side), file_formats.PNG)


def test_jpeg_of_many_scans_is_rejected_before_decoding():
    """Ten bytes make a scan of all pixels: two megabytes would take a quarter of an hour."""
    data = encode(picture((64, 64)), "JPEG", progressive=True)
    scan = b"\xff\xda\x00\x08\x01\x01\x00\x01\x3f\x00"
    for make in (make_thumbnail, channel_icon):
        with pytest.raises(UnusableImage, match="scans"):
            make(data[:-2] + scan * 1000 + data[-2:], file_formats.JPG)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 1000), st.binary(min_size=1, max_size=8))
def test_damaged_image_is_read_or_rejected(position, damage):
    data = encode(picture((20, 20)))
    damaged = data[: position % len(data)] + damage + data[position % len(data) + len(damage) :]
    with contextlib.suppress(UnusableImage):
        assert max(decode(make_thumbnail(damaged, file_formats.PNG)).size) <= 400


def test_icon_of_a_small_thumbnail_is_the_published_thumbnail():
    original = encode(picture((320, 180)))
    thumbnail = make_thumbnail(original, file_formats.PNG)
    assert channel_icon(original, file_formats.PNG) == f"data:image/png;base64,{base64.b64encode(thumbnail).decode()}"


@pytest.mark.parametrize("size", [(400, 400), (1000, 300), (300, 1000)])
def test_icon_is_shrunk_until_it_fits(size):
    uri = channel_icon(encode(noise(size)), file_formats.PNG)
    assert len(uri) <= MAX_ICON_LENGTH
    width, height = icon_image(uri).size
    assert max(width, height) < 400
    assert width / height == pytest.approx(size[0] / size[1], rel=0.05)


@pytest.mark.parametrize("size", [(1, 1), (300, 200)])
def test_icon_of_an_image_with_a_large_colour_profile_fits(size):
    """The profile does not shrink with the image."""
    profile = random.Random(1).randbytes(2 * MAX_ICON_LENGTH)
    uri = channel_icon(encode(picture(size), icc_profile=profile), file_formats.PNG)
    assert len(uri) <= MAX_ICON_LENGTH
    assert icon_image(uri).size == size


def test_thumbnails_keep_small_colour_profiles_only():
    profiles = {size: random.Random(1).randbytes(size) for size in (MAX_PROFILE, MAX_PROFILE + 1)}
    made = {size: make_thumbnail(encode(picture((9, 9)), icc_profile=data), "png") for size, data in profiles.items()}
    assert decode(made[MAX_PROFILE]).info["icc_profile"] == profiles[MAX_PROFILE]
    assert "icc_profile" not in decode(made[MAX_PROFILE + 1]).info


def test_icon_of_an_svg_has_the_mimetype_that_browsers_expect():
    uri = channel_icon(SVG, file_formats.SVG)
    assert uri == f"data:image/svg+xml;base64,{base64.b64encode(SVG).decode()}"


def test_svg_that_is_too_large_for_an_icon_is_rejected():
    with pytest.raises(UnusableImage):
        channel_icon(SVG + b" " * MAX_ICON_LENGTH, file_formats.SVG)
