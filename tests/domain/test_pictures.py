"""What counts as a picture, by name and by content."""

import io

import pytest
from PIL import Image

from chalicelib.domain import pictures
from chalicelib.domain.pictures import IN_EXERCISES, is_laborious, is_picture, is_picture_name

CHECKSUM = "0" * 32


@pytest.mark.parametrize("extension", ["png", "jpg", "jpeg", "gif", "svg"])
def test_images_are_named_as_such(extension):
    assert is_picture_name(f"{CHECKSUM}.{extension}")


@pytest.mark.parametrize("name", [f"{CHECKSUM}.mp4", f"{CHECKSUM}.graphie", f"{CHECKSUM}.PNG", "a.png", "", CHECKSUM])
def test_other_names_are_not_those_of_images(name):
    assert not is_picture_name(name)


def test_graphies_are_shown_in_exercises_only():
    assert is_picture_name(f"{CHECKSUM}.graphie", IN_EXERCISES)


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n",
        b"\xff\xd8\xff\xe0",
        b"GIF89a",
        b"RIFF\n\n\n\nWEBPVP8 ",
        b"BM",
        b"<svg/>",
        b"\xef\xbb\xbf\n <svg/>",
    ]
    + ["<svg/>".encode(encoding) for encoding in ("utf-16", "utf-16-le", "utf-16-be")],
)
def test_contents_of_images_are_recognised(data):
    assert is_picture(data)


@pytest.mark.parametrize(
    "data", [b"", b"\x00\x00\x00\x18ftypmp42", b"%PDF-1.4", b"PK\x03\x04", b"no picture", b"RIFFxxxxWAVE"]
)
def test_other_contents_are_refused(data):
    assert not is_picture(data)


def jpeg(**options):
    buffer = io.BytesIO()
    Image.linear_gradient("L").convert("RGB").save(buffer, "JPEG", **options)
    return buffer.getvalue()


SCAN = b"\xff\xda\x00\x08\x01\x01\x00\x01\x3f\x00"  # without data: the decoder goes over all pixels nevertheless
COMMENT = b"\xff\xfe\x00\x02"


def with_more(data, scans=0, comments=0):
    """A JPEG with segments after its first bytes, and scans before its end."""
    return data[:2] + COMMENT * comments + data[2:-2] + SCAN * scans + data[-2:]


class TestJpegs:
    @pytest.mark.parametrize("options", [{}, {"progressive": True}, {"exif": SCAN * 1000}, {"comment": SCAN * 1000}])
    def test_of_cameras_and_editors_are_accepted(self, options):
        assert not is_laborious(jpeg(**options))

    def test_with_a_video_behind_the_picture_are_accepted(self):
        assert not is_laborious(jpeg() + SCAN * 1000)

    @pytest.mark.parametrize("more", [{"scans": pictures.MAX_SCANS}, {"comments": pictures.MAX_SEGMENTS}])
    def test_that_take_the_decoder_long_are_not(self, more):
        assert is_laborious(with_more(jpeg(), **more))
        assert not is_laborious(with_more(jpeg(), **{name: count // 2 for name, count in more.items()}))

    def test_are_read_to_the_limit_only(self):
        """Whatever follows, the answer is the same."""
        assert is_laborious(with_more(jpeg(), comments=pictures.MAX_SEGMENTS)[: 5 * pictures.MAX_SEGMENTS])

    @pytest.mark.parametrize("data", [b"\xff\xd8\xff", b"\xff\xd8\xff\xe0", b"\xff\xd8" + b"\xff" * 100, jpeg()[:300]])
    def test_that_end_early_are_left_to_the_decoder(self, data):
        assert not is_laborious(data)


def test_other_formats_are_not_laborious():
    assert not is_laborious(b"GIF89a" + SCAN * 1000)
