"""Upload files: new nodes in a topic, the files of a node, and the thumbnail of a channel.

Scripts upload to the bucket and name the upload (`upload`); without them, the form has the file itself. Requests of
scripts ask for JSON.
"""

from typing import Any

from chalicelib.domain.files import file_kinds
from chalicelib.errors import StudioError, ValidationFailed
from chalicelib.http.router import JSON, Reply, Request
from chalicelib.http.site import redirect
from chalicelib.operations.access import channel_rights
from chalicelib.operations.channels import channel_resource
from chalicelib.operations.editing import node_uploads
from chalicelib.operations.editing.node_editor import Opened
from chalicelib.operations.files import node_files
from chalicelib.pages.editing import details, nodes, paths
from chalicelib.pages.editing.showing import page
from chalicelib.rendering import choices
from chalicelib.schemas.base import parse
from chalicelib.schemas.channel import ChannelChange
from chalicelib.schemas.file_resource import FileQuery
from chalicelib.schemas.query import parse_query

CHANNEL_THUMBNAIL = "channel_thumbnail"


def add(request: Request) -> Reply:
    """Make a node of a file. Its editor opens next: it needs a licence to be published."""
    at = nodes.opened(request)
    try:
        upload_id = request.form.get("upload") or _stored(request)
        node_id = node_uploads.add_node(request.user, at.node["id"], upload_id)
    except StudioError as error:
        if _is_by_script(request):
            raise
        return nodes.add_form(request, at, error)
    edited = f"{paths.node(at.channel_id, node_id)}edit/"
    return Reply({"url": edited}, 201) if _is_by_script(request) else redirect(edited, "file-added")


def find(request: Request) -> Reply:
    """The files of a node."""
    return _files(request, nodes.opened(request))


def change(request: Request) -> Reply:
    """Add or replace a file of a node, or remove one."""
    at, form = nodes.opened(request), request.form
    try:
        if form.get("remove"):
            node_uploads.remove_file(request.user, at.node["id"], form.get("remove"))
        else:
            upload_id = form.get("upload") or _stored(request, at.node["kind"])
            node_uploads.add_file(request.user, at.node["id"], upload_id, form.get("language"))
    except StudioError as error:
        if _is_by_script(request):
            raise
        return _files(request, at, error)
    own = f"{paths.node(at.channel_id, at.node['id'])}files/"
    if _is_by_script(request):
        return Reply({"url": own}, 201)
    return redirect(own, "file-removed" if form.get("remove") else "file-saved")


def thumbnail(request: Request) -> Reply:
    """Set the thumbnail of a channel, or remove it."""
    channel_id = channel_rights.writable(request.user, request.params["id"])[0].id
    try:
        value = "" if request.form.get("remove") else _picture(request)
        sent = {"thumbnail": value, "thumbnail_encoding": None}
        channel_resource.update(request.user, channel_id, parse(ChannelChange, sent))
    except StudioError as error:
        return details.form(request, error)
    return redirect(f"{paths.channel(channel_id)}edit-details/", "thumbnail-saved")


def _picture(request: Request) -> str:
    name, data = _sent(request)
    extension = file_kinds.extension_of(name)
    if extension not in file_kinds.PICTURES:
        raise ValidationFailed({"file": [f"Choose a picture: one of {', '.join(file_kinds.PICTURES)}."]})
    stored = node_uploads.store(request.user, name, data, CHANNEL_THUMBNAIL)
    return f"{stored['checksum']}.{stored['file_format']}"


def _stored(request: Request, kind: str = "") -> str:
    """Store the file of a form; return the id of the upload. `kind` is that of the node that gets it."""
    name, data = _sent(request)
    preset = node_uploads.preset_for(kind, name) if kind else node_uploads.preset_of_new(name)
    is_timed = file_kinds.PRESETS[preset].kind in file_kinds.TIMED and not file_kinds.PRESETS[preset].supplementary
    length = request.form.get("length")
    seconds = file_kinds.seconds_of(length) if is_timed else None
    if is_timed and not seconds:
        raise ValidationFailed({"length": ["Enter how long it plays, in minutes and seconds, as in 3:25."]})
    return node_uploads.store(request.user, name, data, preset, seconds)["id"]


def _sent(request: Request) -> tuple[str, bytes]:
    if request.form.file is None or not request.form.file[1]:
        raise ValidationFailed({"file": ["Choose a file that is not empty."]})
    return request.form.file


def _files(request: Request, at: Opened, error: StudioError | None = None) -> Reply:
    kind = at.node["kind"]
    found = node_files.find(request.user, parse_query(FileQuery, {"contentnode": [at.node["id"]]}))
    values: dict[str, Any] = {"at": at, "files": found, "languages": choices.spoken(), "back": paths.of(at)}
    values |= {"presets": file_kinds.presets_of(kind), "is_timed": kind in file_kinds.TIMED}
    taken = {extension: file_kinds.preset_of(kind, extension) for extension in file_kinds.extensions_of(kind)}
    return page(request, "files", error=error, taken=taken, **values)


def _is_by_script(request: Request) -> bool:
    return request.headers.get("accept", "").startswith(JSON)
