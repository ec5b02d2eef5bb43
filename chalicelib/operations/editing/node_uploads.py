"""Files that editors upload: new nodes of them, and files of nodes."""

import hashlib

from chalicelib.domain.files import file_kinds
from chalicelib.domain.ids import derived_id
from chalicelib.errors import Conflict, NotFound, ValidationFailed
from chalicelib.identity.authentication import Identity
from chalicelib.operations.access import node_rights
from chalicelib.operations.editing import node_editor
from chalicelib.operations.files import file_uploads, node_files
from chalicelib.operations.nodes import node_writes
from chalicelib.schemas.base import parse
from chalicelib.schemas.contentnode import NodeWrite
from chalicelib.schemas.file import UploadUrl
from chalicelib.schemas.file_resource import FileChanges
from chalicelib.schemas.responses.content import File

FILE = "file"  # the field that errors about a file belong to


def store(user: Identity, name: str, data: bytes, preset: str | None, duration: int | None = None) -> File:
    """Store a file that was sent through a function, and return its record as an upload.

    Raises ValidationFailed for the field `file`, and QuotaExceeded.
    """
    extension, checksum = file_kinds.extension_of(name), hashlib.md5(data, usedforsecurity=False).hexdigest()
    described = {"size": len(data), "checksum": checksum, "name": name, "file_format": extension}
    try:
        sent = parse(UploadUrl, {**described, "preset": preset, "duration": duration})
    except ValidationFailed as error:
        raise _refused(*(text for texts in error.fields.values() for text in texts)) from error
    upload = node_files.request_upload(user, sent)["file"]
    file_uploads.store_upload(user, f"{checksum}.{extension}", data)
    return upload


def preset_of_new(name: str) -> str:
    """Return what a file is for the node that it makes. Raises ValidationFailed for one that makes none."""
    extension = file_kinds.extension_of(name)
    if extension not in file_kinds.MAIN:
        known = ", ".join(sorted(file_kinds.MAIN))
        raise _refused(
            f"{extension or 'A file without an extension'} cannot be shown by Kolibri. Choose one of: {known}."
        )
    return file_kinds.MAIN[extension]


def preset_for(kind: str, name: str) -> str:
    """Return what a file is for a node of this kind. Raises ValidationFailed if it is nothing for it."""
    preset = file_kinds.preset_of(kind, file_kinds.extension_of(name))
    if preset is None:
        known = ", ".join(file_kinds.extensions_of(kind))
        raise _refused(f"A {kind} has no such file. Choose one of: {known}.")
    return preset


def add_node(user: Identity, parent_id: str, upload_id: str) -> str:
    """Make a node of an upload, titled by the file's name, as the last child of a topic; return the node's id.

    It has an id of its own for each topic, so that a repeated or interrupted request adds no second one. Raises
    NotFound for an upload of another user, and as `node_writes.create`.
    """
    node_rights.live(user, parent_id)
    upload = _upload(user, upload_id)
    node_id, name = derived_id(parent_id, upload["id"]), upload["original_filename"]
    preset = preset_of_new(f".{upload['file_format']}")
    sent = {"id": node_id, "parent": parent_id, "kind": file_kinds.PRESETS[preset].kind}
    try:
        node_writes.create(user, parse(NodeWrite, {**sent, "title": file_kinds.title_of(name)}))
    except Conflict:
        if node_rights.live(user, node_id).node.parent_id != parent_id:
            raise
    node_files.update(user, upload["id"], parse(FileChanges, {"contentnode": node_id, "preset": preset}))
    return node_id


def add_file(user: Identity, node_id: str, upload_id: str, language: str = "") -> None:
    """Add an upload to a node, where it replaces the file that is for the same. Raises as `node_files.update`."""
    node = node_editor.to_edit(user, node_id).node
    upload = _upload(user, upload_id)
    preset = preset_for(node["kind"], f".{upload['file_format']}")
    if upload["file_format"] == file_kinds.SUBTITLES and not language:
        raise ValidationFailed({"language": ["Choose the language of these subtitles."]})
    spoken = {"language": language} if language else {}
    node_files.update(user, upload["id"], parse(FileChanges, {"contentnode": node_id, "preset": preset, **spoken}))


def remove_file(user: Identity, node_id: str, file_id: str) -> None:
    """Remove a file of a node. Raises NotFound if it is not one, and Forbidden."""
    node_rights.live(user, node_id)
    if node_files.retrieve(user, file_id)["contentnode"] != node_id:
        raise NotFound("This node has no such file.")
    node_files.delete(user, file_id)


def _upload(user: Identity, upload_id: str) -> File:
    found = node_files.retrieve(user, upload_id)
    if found["contentnode"] or found["assessment_item"]:
        raise Conflict("This file belongs to a node already. Upload it again.")
    return found


def _refused(*sentences: str) -> ValidationFailed:
    return ValidationFailed({FILE: list(sentences)})
