"""Files as the REST API returns them, in the shape recorded from Kolibri Studio."""

from chalicelib.domain.storage_keys import storage_key
from chalicelib.domain.types import FileData
from chalicelib.schemas.responses.content import File

Address = tuple[str, str | None]  # (id of the node, assessment_id if the file belongs to a question)


def row_of(file: FileData, address: Address | None) -> File:
    """Return a file of the REST API; `address` is None for an upload that is not attached to a node or question.

    Files of questions have no `contentnode`, because their `assessment_item` begins with it.
    """
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
