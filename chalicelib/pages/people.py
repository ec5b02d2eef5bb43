"""Editors, viewers and invitations of a channel."""

from chalicelib.errors import StudioError
from chalicelib.http.pagination import page_of
from chalicelib.http.router import Reply, Request
from chalicelib.http.site import page, redirect
from chalicelib.operations.channels import channel_resource
from chalicelib.operations.users import invitations, members
from chalicelib.pages import rights
from chalicelib.schemas.base import parse
from chalicelib.schemas.invitation import InvitationIn, InvitationList
from chalicelib.schemas.listing import ListQuery
from chalicelib.schemas.query import parse_query
from chalicelib.schemas.user import MemberList

PAGE_SIZE = 100  # members, and invitations, that a page shows
UNDECIDED = {"accepted": ["false"], "declined": ["false"], "revoked": ["false"]}


def show(request: Request) -> Reply:
    return _page(request)


def invite(request: Request) -> Reply:
    """Invite someone by e-mail address, to edit or to view."""
    channel_id = request.params["id"]
    try:
        given = request.form.given("email", "share_mode")
        invitations.create(request.user, parse(InvitationIn, {**given, "channel": channel_id}))
    except StudioError as error:
        return _page(request, error)
    return redirect(f"/channels/{channel_id}/people/", "invited")


def _page(request: Request, error: StudioError | None = None) -> Reply:
    channel_id = request.params["id"]
    number = parse_query(ListQuery, request.query).page or 1
    channel = channel_resource.retrieve(request.user, channel_id)
    found = members.of_channel(request.user, parse_query(MemberList, {"channel": [channel["id"]]}))
    may_edit = rights.may_edit(request, channel)
    query = parse_query(InvitationList, {"channel": [channel["id"]], **UNDECIDED})
    invited = invitations.listed(request.user, query) if may_edit else []
    longer = range(max(len(found), len(invited)))  # both lists are shown page by page together
    pages = page_of(longer, number, PAGE_SIZE, f"/channels/{channel['id']}/people/", {})
    part = slice((number - 1) * PAGE_SIZE, number * PAGE_SIZE)
    return page(
        request,
        "channels/people.html",
        error=error,
        channel=channel,
        pages=pages,
        count=len(found),
        editors=[one for one in found[part] if one["can_edit"]],
        viewers=[one for one in found[part] if not one["can_edit"]],
        invited=invited[part],
        may_edit=may_edit,
    )
