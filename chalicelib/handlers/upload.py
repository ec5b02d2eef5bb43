"""Uploads of large files in parts."""

from chalicelib.http.router import Access, Reply, Request, Route
from chalicelib.operations.files import resumable
from chalicelib.schemas.base import Nothing, parse
from chalicelib.schemas.file import BeginUpload, WantedParts
from chalicelib.schemas.responses.content import PartUrls, ResumableUpload


def begin(request: Request) -> ResumableUpload:
    return resumable.begin(request.user, parse(BeginUpload, request.json))


def retrieve(request: Request) -> ResumableUpload:
    return resumable.state(request.user, request.params["id"])


def urls(request: Request) -> PartUrls:
    return resumable.urls(request.user, request.params["id"], parse(WantedParts, request.json))


def complete(request: Request) -> Reply:
    upload = resumable.complete(request.user, request.params["id"])
    return Reply(upload, 202 if upload["state"] == "checking" else 200)


def cancel(request: Request) -> Reply:
    resumable.abort(request.user, request.params["id"])
    return Reply(None, 204)


def check_owner(request: Request) -> None:
    """Raise NotFound unless the caller has the upload."""
    resumable.check_owner(request.user, request.params["id"])


PATH = "/api/upload/{id}"
ROUTES = (
    Route(
        "POST",
        "/api/upload",
        begin,
        Access.SIGNED_IN,
        "Begin or resume to upload a file in parts",
        body=BeginUpload,
        answer=ResumableUpload,
        refusals=(409, 412),
    ),
    Route("GET", PATH, retrieve, Access.SIGNED_IN, "Get the parts that have arrived", answer=ResumableUpload),
    Route("DELETE", PATH, cancel, Access.SIGNED_IN, "Cancel an upload in parts", status=204, refusals=(409,)),
    Route(
        "POST",
        f"{PATH}/urls",
        urls,
        Access.SIGNED_IN,
        "Get URLs to send parts to",
        rights=check_owner,
        body=WantedParts,
        answer=PartUrls,
        refusals=(409, 412),
    ),
    Route(
        "POST",
        f"{PATH}/complete",
        complete,
        Access.SIGNED_IN,
        "Complete an upload in parts",
        rights=check_owner,
        body=Nothing,
        answer=ResumableUpload,
        status=202,
        also=((200, ResumableUpload),),
        refusals=(409, 412),
    ),
)
