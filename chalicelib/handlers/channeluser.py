"""Editors and viewers of a channel."""

from chalicelib.http.resources import Listing, Resource, routes_of
from chalicelib.http.rights import in_body
from chalicelib.http.router import Access, Reply, Request, Route
from chalicelib.operations.access import channel_rights
from chalicelib.operations.users import members
from chalicelib.schemas.base import parse
from chalicelib.schemas.query import parse_query
from chalicelib.schemas.responses.people import Member
from chalicelib.schemas.user import MakeEditor, MemberList, MemberOf

MEMBERS = Resource(
    "channeluser",
    "a channel member",
    listing=Listing(
        MemberList,
        members.of_channel,
        one_of=frozenset({"channel"}),
        search=("email", "first_name", "last_name"),
        ordering=("email", "first_name", "last_name"),
    ),
    read=Member,
)
ONE = "/api/channeluser/{id}"


def make_editor(request: Request) -> Member:
    return members.make_editor(request.user, request.params["id"], parse(MakeEditor, request.json).wanted)


def remove(request: Request) -> Reply:
    members.remove(request.user, request.params["id"], parse_query(MemberOf, request.query).wanted)
    return Reply(None, 204)


def remove_self(request: Request) -> Reply:
    members.leave(request.user, request.params["id"], parse_query(MemberOf, request.query).wanted)
    return Reply(None, 204)


def _in_channel(request: Request) -> None:
    for name in MakeEditor.model_fields:
        in_body(name, channel_rights.writable)(request)


ROUTES = (
    *routes_of(MEMBERS),
    Route("DELETE", ONE, remove, Access.SIGNED_IN, "Remove a member from a channel", query=MemberOf, status=204),
    Route(
        "POST",
        f"{ONE}/make_editor",
        make_editor,
        Access.SIGNED_IN,
        "Make a viewer an editor",
        body=MakeEditor,
        answer=Member,
        rights=_in_channel,
    ),
    Route("DELETE", f"{ONE}/remove_self", remove_self, Access.SIGNED_IN, "Leave a channel", query=MemberOf, status=204),
)
