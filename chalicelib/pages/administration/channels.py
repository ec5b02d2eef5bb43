"""Channels for administrators: a list, a page for each, and what can be done with one."""

import re
from typing import Any

from chalicelib.errors import BadRequest, StudioError, ValidationFailed
from chalicelib.http.pagination import page_of
from chalicelib.http.router import Reply, Request
from chalicelib.http.site import page, redirect
from chalicelib.operations.channels import moderation
from chalicelib.pages.administration import confirming
from chalicelib.pages.administration.confirming import Action, Subject, setting
from chalicelib.schemas.admin import AdminChannelChanges, AdminChannelList
from chalicelib.schemas.base import parse
from chalicelib.schemas.query import filled, parse_query

PAGE_SIZE = 25
FIELDS = ("keywords", "public", "deleted", "published", "cheffed", "page")
_NUMBER = re.compile(r"[+-]?[0-9]{1,10}")


def find(request: Request) -> Reply:
    """A page of the channels that match."""
    sent, shown = filled(request.query, FIELDS)
    try:
        query = parse_query(AdminChannelList, sent)
    except BadRequest as error:
        return page(request, "admin/channels.html", error=error, query=shown)
    rows = moderation.listed(request.user, query)
    found = page_of(rows, query.page or 1, PAGE_SIZE, "/admin/channels/", sent)
    known = {channel["id"]: channel for channel in moderation.fill(request.user, found["results"])}
    channels = [known[row["id"]] for row in found["results"] if row["id"] in known]
    return page(request, "admin/channels.html", found=found, channels=channels, query=shown)


def show(request: Request) -> Reply:
    """A channel, with the form for its place in public lists."""
    return _shown(request)


def save(request: Request) -> Reply:
    """Change what public lists show."""
    try:
        moderation.update(request.user, request.params["id"], parse(AdminChannelChanges, _changes(request)))
    except StudioError as error:
        return _shown(request, error)
    return redirect(f"/admin/channels/{request.params['id']}/", "channel-saved")


def ask(request: Request) -> Reply:
    """Ask before an action."""
    return confirming.ask(request, ACTIONS, _subject(request))


def do(request: Request) -> Reply:
    """What was confirmed."""
    return confirming.do(request, ACTIONS, _subject(request))


def _shown(request: Request, error: StudioError | None = None) -> Reply:
    channel = moderation.one(request.user, request.params["id"])
    return page(request, "admin/channel.html", error=error, channel=channel)


def _changes(request: Request) -> dict[str, Any]:
    """The body of the API's PATCH."""
    priority = request.form.get("priority").strip()
    if not _NUMBER.fullmatch(priority):
        raise ValidationFailed({"priority": ["Enter a whole number."]})
    countries = [part.strip() for part in request.form.get("countries").split(",") if part.strip()]
    return {**request.form.filled("source_url", "demo_server_url"), "priority": int(priority), "countries": countries}


def _subject(request: Request) -> Subject:
    channel = moderation.one(request.user, request.params["id"])
    return Subject(channel["name"] or channel["id"], f"/admin/channels/{channel['id']}/")


ACTIONS = {
    "make-public": Action(
        "Make public",
        "Everybody finds the channel in the catalog and in Kolibri's list of channels. A channel that is not published "
        "appears with its first publish.",
        setting(moderation.update, AdminChannelChanges, public=True),
        "channel-public",
        is_harmless=True,
    ),
    "make-private": Action(
        "Make private",
        "The channel disappears from the catalog and from Kolibri's list. Who has its token can still import it.",
        setting(moderation.update, AdminChannelChanges, public=False),
        "channel-private",
    ),
    "delete": Action(
        "Delete",
        "Nobody can see, edit or import the channel until it is restored. Kolibri servers keep what they imported.",
        setting(moderation.update, AdminChannelChanges, deleted=True),
        "channel-deleted",
    ),
    "restore": Action(
        "Restore",
        "The channel is again as it was, and its published version can be imported within minutes.",
        setting(moderation.update, AdminChannelChanges, deleted=False),
        "channel-restored",
        is_harmless=True,
    ),
}
