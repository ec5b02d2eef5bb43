"""Files: where to upload them."""

from typing import Any

from chalicelib.operations import files
from chalicelib.permissions import Access
from chalicelib.rest import Request, Route
from chalicelib.schemas.base import parse
from chalicelib.schemas.file import UploadUrl


def upload_url(request: Request) -> dict[str, Any]:
    return files.request_upload(request.user, parse(UploadUrl, request.json))


ROUTES = (Route("POST", "/api/file/upload_url", upload_url, Access.SIGNED_IN, "Where to upload a file"),)
