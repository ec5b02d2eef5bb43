"""Files of nodes and questions, and their uploads."""

from chalicelib.http.resources import Listing, Resource, routes_of
from chalicelib.http.router import Access, Request, Route
from chalicelib.operations.files import node_files
from chalicelib.schemas.base import parse
from chalicelib.schemas.file import UploadUrl
from chalicelib.schemas.file_resource import FileChanges, FileQuery
from chalicelib.schemas.responses.content import File, Upload

FILE = Resource(
    "file",
    "a file",
    listing=Listing(
        FileQuery,
        node_files.find,
        one_of=frozenset({"contentnode", "contentnode__in", "assessment_item__in", "id__in"}),
        search=("original_filename",),
        ordering=("original_filename", "file_size", "preset", "language", "file_format"),
    ),
    retrieve=node_files.retrieve,
    update=node_files.update,
    delete=node_files.delete,
    write=FileChanges,
    change=FileChanges,
    read=File,
    editable=node_files.check_editor,
)


def upload_url(request: Request) -> Upload:
    return node_files.request_upload(request.user, parse(UploadUrl, request.json))


ROUTES = (
    *routes_of(FILE),
    Route(
        "POST",
        "/api/file/upload_url",
        upload_url,
        Access.SIGNED_IN,
        "Get a URL to upload a file",
        body=UploadUrl,
        answer=Upload,
    ),
)
