"""What counts as a picture, by name and by content."""

import pytest

from chalicelib.domain.pictures import IN_EXERCISES, is_picture, is_picture_name

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
