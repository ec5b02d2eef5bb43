"""Files as the REST API gives them (recorded: Studio's file resource)."""

from chalicelib.domain.storage_keys import storage_key
from chalicelib.domain.types import FileData
from chalicelib.schemas.responses.content import File

Address = tuple[str, str | None]  # (id of the node, assessment_id of its question if that has the file)


def row_of(file: FileData, address: Address | None) -> File:
    """A file as it was recorded. Those of questions have no `contentnode`; their `assessment_item` begins with it."""
    key = storage_key(file["checksum"], file["file_format"])
    node_id, assessment_id = address or (None, None)
    return {
        "id": file["id"],
        "checksum": file["checksum"],
        "file_size": int(file["file_size"]),
        "language": file["language"],
        "file_format": file["file_format"],
        "file_on_disk": key.removeprefix("content/"),
        "original_filename": file["original_filename"],
        "uploaded_by": file.get("uploaded_by"),
        "duration": file["duration"],
        "url": f"/{key}",
        "preset": file["preset"],
        "contentnode": None if assessment_id else node_id,
        "assessment_item": f"{node_id},{assessment_id}" if assessment_id else None,
    }
