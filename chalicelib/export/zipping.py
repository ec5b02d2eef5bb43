"""Reproducible zip files, whose bytes depend only on their contents."""

import io
import zipfile
from collections.abc import Mapping

_TIMESTAMP = (1980, 1, 1, 0, 0, 0)
_PERMISSIONS = 0o644 << 16
_UNIX = 3


def zip_of(members: Mapping[str, bytes]) -> bytes:
    """Create a zip file of members by path, sorted.

    Members are not compressed: compressed bytes, and so the checksum, would depend on the version of zlib.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(members):
            info = zipfile.ZipInfo(name, _TIMESTAMP)
            info.create_system = _UNIX
            info.external_attr = _PERMISSIONS
            archive.writestr(info, members[name])
    return buffer.getvalue()
