"""Reproducible zip files: equal contents give equal bytes."""

import zipfile
from pathlib import Path

EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest date in a zip
READABLE = 0o100644 << 16  # readable by all: Lambda runs functions as another user
UNIX = 3


def write(path: Path, *folders: Path) -> None:
    """Pack the files of folders, side by side, into a zip.

    Raises ValueError if two folders contain the same file.
    """
    files: dict[str, Path] = {}
    for folder in folders:
        own = {file.relative_to(folder).as_posix(): file for file in folder.rglob("*") if file.is_file()}
        twice = files.keys() & own.keys()
        if twice:
            raise ValueError(f"Two folders contain {', '.join(sorted(twice))}.")
        files |= own
    with zipfile.ZipFile(path, "w") as archive:
        for name in sorted(files):
            archive.writestr(_entry(name), files[name].read_bytes())


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = READABLE
    entry.create_system = UNIX
    return entry
