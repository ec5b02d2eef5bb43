"""Content types of stored files."""

import mimetypes
import re

import pytest
from le_utils.constants import file_formats

from chalicelib.domain.mimetypes import OCTET_STREAM, mimetype_of


@pytest.mark.parametrize(
    ("extension", "expected"),
    [
        ("mp4", "video/mp4"),
        ("pdf", "application/pdf"),
        ("png", "image/png"),
        ("jpg", "image/jpeg"),
        ("svg", "image/svg+xml"),
        ("json", "application/json"),
        ("vtt", "text/vtt"),
        ("zip", "application/zip"),
        ("mp3", "audio/mpeg"),
        ("sqlite3", OCTET_STREAM),
        ("nothing known", OCTET_STREAM),
        ("", OCTET_STREAM),
    ],
)
def test_known_formats(extension, expected):
    assert mimetype_of(extension) == expected


def test_every_format_of_le_utils_has_a_content_type():
    for form in file_formats.FORMATLIST:
        assert re.fullmatch(r"[a-z]+/[a-z0-9.+-]+", mimetype_of(form.id)), form


def test_system_tables_are_ignored(monkeypatch):
    before = mimetype_of("pdf")
    mimetypes.add_type("text/surprise", ".pdf")
    try:
        assert mimetype_of("pdf") == before == "application/pdf"
    finally:
        mimetypes.init()
