"""Invitations to channels."""

from chalicelib.http.resources import Listing, Resource, posts, routes_of
from chalicelib.http.rights import on_path
from chalicelib.http.router import Request
from chalicelib.operations.access import channel_rights
from chalicelib.operations.users import invitations
from chalicelib.schemas.base import Nothing
from chalicelib.schemas.invitation import InvitationChanges, InvitationIn, InvitationList
from chalicelib.schemas.responses.people import Decision, Invitation

INVITATIONS = Resource(
    "invitation",
    "an invitation",
    listing=Listing(
        InvitationList,
        invitations.listed,
        search=("email", "first_name", "last_name", "channel_name"),
        ordering=("email", "channel_name", "share_mode"),
    ),
    retrieve=invitations.one,
    create=invitations.create,
    update=invitations.update,
    write=InvitationIn,
    change=InvitationChanges,
    read=Invitation,
    within=("channel", channel_rights.writable),
)
ONE = "/api/invitation/{id}"


def accept(request: Request) -> Decision:
    invitations.accept(request.user, request.params["id"])
    return {"status": "success"}


def decline(request: Request) -> Decision:
    invitations.decline(request.user, request.params["id"])
    return {"status": "success"}


ROUTES = (
    *routes_of(INVITATIONS),
    *posts(
        ONE,
        (("accept", accept, "Accept an invitation"), ("decline", decline, "Decline an invitation")),
        body=Nothing,
        answer=Decision,
        rights=on_path(invitations.check_invited),
        resource=(Invitation,),
    ),
)
