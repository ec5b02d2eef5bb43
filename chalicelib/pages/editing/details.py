"""Edit the fields of a channel: name, description, language, and the defaults of new nodes."""

from typing import Any

from chalicelib.errors import StudioError
from chalicelib.http.router import Reply, Request
from chalicelib.http.site import redirect
from chalicelib.operations.access import channel_rights
from chalicelib.operations.channels import channel_resource
from chalicelib.pages.editing import paths
from chalicelib.pages.editing.showing import page
from chalicelib.rendering import choices
from chalicelib.schemas.base import parse
from chalicelib.schemas.channel import ChannelChange
from chalicelib.schemas.responses.channel import Channel

_OWN = ("name", "description", "language")
_DEFAULTS = ("author", "provider", "aggregator", "copyright_holder", "license", "license_description")
_WAS = "was-"  # begins the fields of the form that have the value before
_DEFAULT = "content_defaults."  # begins the fields of defaults, as in errors


def edit(request: Request) -> Reply:
    channel_rights.writable(request.user, request.params["id"])
    return form(request)


def save(request: Request) -> Reply:
    """Store the fields that were changed in the form, unless someone has changed the same since."""
    typed = request.form
    try:
        given = {name: value.replace("\r\n", "\n") for name, value in typed.filled(*_OWN).items()}
        before = {name: typed.get(f"{_WAS}{name}").replace("\r\n", "\n") for name in given}
        changed = {name: value for name, value in given.items() if value != before[name]}
        defaults = {name: typed.get(f"{_DEFAULT}{name}") for name in _DEFAULTS if _is_changed(request, name)}
        sent: dict[str, Any] = {**changed}
        if defaults:
            sent["content_defaults"] = {name: value or None for name, value in defaults.items()}
        channel_resource.update(
            request.user,
            request.params["id"],
            parse(ChannelChange, sent),
            seen={name: before[name] for name in changed},
        )
    except StudioError as error:
        return form(request, error)
    return redirect(paths.channel(request.params["id"]), "channel-saved")


def _is_changed(request: Request, name: str) -> bool:
    field = f"{_DEFAULT}{name}"
    return field in request.form.fields and request.form.get(field) != request.form.get(f"{_WAS}{field}")


def form(request: Request, error: StudioError | None = None) -> Reply:
    """The page with the form as it is stored, or as it was sent if there is an error."""
    channel = channel_resource.retrieve(request.user, request.params["id"])
    return page(
        request,
        "details",
        error=error,
        channel=channel,
        back=paths.channel(channel["id"]),
        defaults=_texts(channel),
        languages=choices.spoken(),
        licences=choices.licences(),
    )


def _texts(channel: Channel) -> dict[str, str]:
    stored: dict[str, Any] = {**channel["content_defaults"]}
    return {name: stored.get(name) or "" for name in _DEFAULTS}
