"""The files that publishing makes, such as archives of exercises: a channel's databases use them, for which nobody is
charged. The uses are recorded before a publish places the files in its tree."""

from collections.abc import Mapping

from chalicelib.domain.storage_uses import DATABASES, use_of
from chalicelib.models import file_references
from chalicelib.models.base import read_many
from chalicelib.models.derived_files import DerivedFile
from chalicelib.models.file_references import FileReference
from chalicelib.models.stored_objects import StoredObject, sizes_of


def use(channel_id: str, entry: DerivedFile) -> FileReference:
    """Build the entry of the use of a file by a channel's databases."""
    return file_references.reference(_name(entry), use_of(channel_id, DATABASES), int(entry.file_size))


def used(channel_id: str, made: Mapping[str, DerivedFile]) -> dict[str, DerivedFile]:
    """Record that a channel's databases use these files, which were made before, and return those that are stored.

    One read per 50 files, and a write per 25 that the channel did not use yet.
    """
    wanted = {(_name(entry), use_of(channel_id, DATABASES)): entry for entry in made.values()}
    found = read_many({FileReference: list(wanted), StoredObject: [entry.checksum for entry in made.values()]})
    known = {(entry.filename, entry.use) for entry in found[FileReference]}
    file_references.write(use(channel_id, entry) for key, entry in wanted.items() if key not in known)
    stored = {entry.checksum: entry for entry in found[StoredObject]}
    _, missing = sizes_of((name for name, _ in wanted), stored)
    return {key: entry for key, entry in made.items() if _name(entry) not in missing}


def _name(entry: DerivedFile) -> str:
    return f"{entry.checksum}.{entry.extension}"
