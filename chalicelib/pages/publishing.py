"""Publish a channel, follow the progress, and see how it ended."""

from chalicelib.config import settings
from chalicelib.errors import StudioError
from chalicelib.http.router import Reply, Request
from chalicelib.http.site import page, redirect
from chalicelib.operations.publishing import publish_request, publish_state
from chalicelib.rendering import names
from chalicelib.schemas.base import parse
from chalicelib.schemas.channel import PublishIn


def show(request: Request) -> Reply:
    return _show(request)


def publish(request: Request) -> Reply:
    """Start a publish, or join the one that runs."""
    try:
        sent = parse(PublishIn, request.form.filled("version_notes", "language"))
        started = publish_request.request(request.user, request.params["id"], sent.version_notes, sent.language)
    except StudioError as error:
        return _show(request, error)
    return redirect(f"/channels/{started.channel_id}/publish/", "publish-follows" if started.detail else "")


def _show(request: Request, error: StudioError | None = None) -> Reply:
    found = publish_state.state(request.user, request.params["id"])
    return page(
        request,
        "publishing/publish.html",
        error=error,
        has_form=error is not None or "again" in request.query,
        public_url=settings().public_url,
        languages=names.all_languages() if found["may_publish"] else [],
        **found,
    )
