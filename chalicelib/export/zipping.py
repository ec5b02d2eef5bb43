"""Reproducible zip files, whose bytes depend only on their contents."""

import io
import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

Content = bytes | Path  # of a member: in memory, or in a file on disk

_TIMESTAMP = (1980, 1, 1, 0, 0, 0)
_PERMISSIONS = 0o644 << 16
_UNIX = 3


def content_bytes(content: Content) -> bytes:
    """The bytes of a member."""
    return content.read_bytes() if isinstance(content, Path) else content


def content_size(content: Content) -> int:
    """The number of bytes of a member."""
    return content.stat().st_size if isinstance(content, Path) else len(content)


def write_zip(target: BinaryIO, members: Mapping[str, Content]) -> None:
    """Write a zip file of members by path, sorted. Files are copied in chunks, so that memory does not hold them.

    Members are not compressed: compressed bytes, and so the checksum, would depend on the version of zlib.
    """
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(members):
            info = zipfile.ZipInfo(name, _TIMESTAMP)
            info.create_system = _UNIX
            info.external_attr = _PERMISSIONS
            content = members[name]
            info.file_size = content_size(content)
            source = content.open("rb") if isinstance(content, Path) else io.BytesIO(content)
            with source, archive.open(info, "w") as member:
                shutil.copyfileobj(source, member)
