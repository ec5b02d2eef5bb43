"""Channels: the list of a user's own, a new one, one with its tree, and its versions."""

from typing import Any

from chalicelib.config import settings
from chalicelib.errors import StudioError
from chalicelib.http.pagination import page_of
from chalicelib.http.resources import searched
from chalicelib.http.router import Reply, Request
from chalicelib.http.site import page, redirect
from chalicelib.operations.channels import channel_list, channel_resource, channel_versions
from chalicelib.operations.nodes import node_reads
from chalicelib.pages import bookmarks, nodes, rights
from chalicelib.rendering import names
from chalicelib.schemas.base import parse
from chalicelib.schemas.channel import ChannelIn, ChannelQuery, VersionQuery
from chalicelib.schemas.listing import ListQuery
from chalicelib.schemas.query import last_values, parse_query

PAGE_SIZE = 24
# Parts of the list by name: the title, and the query of the channels' list.
PARTS: dict[str, tuple[str, dict[str, list[str]]]] = {
    "": ("All", {}),
    "edit": ("Editing", {"edit": ["true"]}),
    "view": ("Shared with me", {"view": ["true"]}),
    "bookmark": ("Bookmarked", {"bookmark": ["true"]}),
}


def find(request: Request) -> Reply:
    """The channels that the user edits, views or has bookmarked, latest change first, in pages."""
    query, shown = parse_query(ListQuery, request.query), last_values(request.query).get("show", "")
    part = shown if shown in PARTS else ""
    rows = channel_list.find(request.user, parse_query(ChannelQuery, PARTS[part][1]))
    matching = searched(rows, query.search, ("name", "description"))
    found = page_of(matching, query.page or 1, PAGE_SIZE, "/channels/", request.query)
    return page(
        request,
        "channels/list.html",
        channels=channel_list.fill(request.user, found["results"]),
        found=found,
        search=query.search,
        part=part,
        parts=[(name, title) for name, (title, _) in PARTS.items()],
    )


def new(request: Request) -> Reply:
    return _new(request)


def create(request: Request) -> Reply:
    try:
        sent = parse(ChannelIn, request.form.given("name", "description", "language"))
        channel = channel_resource.create(request.user, sent)
    except StudioError as error:
        return _new(request, error)
    return redirect(f"/channels/{channel['id']}/", "channel-created")


def _new(request: Request, error: StudioError | None = None) -> Reply:
    return page(request, "channels/new.html", error=error, languages=names.all_languages())


def show(request: Request) -> Reply:
    """A channel, the first level of its tree, and how to import it."""
    channel = channel_resource.retrieve(request.user, request.params["id"])
    return page(
        request,
        "channels/show.html",
        channel=channel,
        size=node_reads.size(request.user, channel["root_id"]),
        is_bookmarked=bookmarks.has(request, channel["id"]),
        may_edit=rights.may_edit(request, channel),
        public_url=settings().public_url,
        **nodes.children(request, channel["root_id"]),
    )


def versions(request: Request) -> Reply:
    """The published versions, newest first."""
    channel = channel_resource.retrieve(request.user, request.params["id"])
    query = parse_query(VersionQuery, {**request.query, "channel": [channel["id"]], "max_results": [str(PAGE_SIZE)]})
    found: dict[str, Any] = {**channel_versions.page(request.user, query)}
    return page(request, "channels/versions.html", channel=channel, versions=found["results"], more=found["more"])
