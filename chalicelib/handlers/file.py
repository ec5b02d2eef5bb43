"""Files: where to upload them, those of nodes and questions, and putting them there."""

from typing import Any

from chalicelib.operations import file_resource
from chalicelib.permissions import Access
from chalicelib.resources import Listing, Resource, routes_of
from chalicelib.rest import Request, Route
from chalicelib.schemas.answers.content import File, Upload
from chalicelib.schemas.base import parse
from chalicelib.schemas.file import UploadUrl
from chalicelib.schemas.file_resource import FileChanges, FileQuery

FILE = Resource(
    "file",
    "file",
    listing=Listing(
        FileQuery,
        file_resource.find,
        one_of=frozenset({"contentnode", "contentnode__in", "assessment_item__in", "id__in"}),
        search=("original_filename",),
        ordering=("original_filename", "file_size", "preset", "language", "file_format"),
    ),
    retrieve=file_resource.retrieve,
    update=file_resource.update,
    delete=file_resource.delete,
    write=FileChanges,
    change=FileChanges,
    read=File,
)


def upload_url(request: Request) -> dict[str, Any]:
    return file_resource.request_upload(request.user, parse(UploadUrl, request.json))


ROUTES = (
    *routes_of(FILE),
    Route(
        "POST",
        "/api/file/upload_url",
        upload_url,
        Access.SIGNED_IN,
        "Where to upload a file",
        body=UploadUrl,
        answer=Upload,
    ),
)
