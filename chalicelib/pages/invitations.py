"""The page to which the mail of an invitation leads."""

from urllib.parse import quote

from chalicelib.domain.ids import parse_id
from chalicelib.errors import NotFound, StudioError
from chalicelib.http.router import Reply, Request
from chalicelib.http.site import page, redirect
from chalicelib.operations.accounts import registration
from chalicelib.operations.users import invitation_view, invitations
from chalicelib.schemas.base import parse
from chalicelib.schemas.invitation import InvitationAnswer


def show(request: Request) -> Reply:
    """The invitation. Without a session nothing is read, so that nobody learns which ids exist."""
    return _page(request)


def answer(request: Request) -> Reply:
    """Accept or decline."""
    invitation_id = request.params["id"]
    try:
        sent = parse(InvitationAnswer, request.form.filled("answer"))
        if sent.answer == "decline":
            invitations.decline(request.user, invitation_id)
            return redirect("/channels/", "invitation-declined")
        channel_id = invitation_view.view(request.user, invitation_id).channel_id
        invitations.accept(request.user, invitation_id)
    except NotFound:
        raise
    except StudioError as error:
        return _page(request, error)
    return redirect(f"/channels/{channel_id}/", "invitation-accepted")


def _page(request: Request, error: StudioError | None = None) -> Reply:
    plain = parse_id(request.params["id"])
    if plain is None:
        raise NotFound("There is nothing at this path.")
    if request.caller is None:
        may_register = registration.mode() != "closed"
        query = f"?next={quote(f'/invitations/{plain}/')}"
        return page(request, "invitations/signed_out.html", query=query, may_register=may_register)
    return page(request, "invitations/show.html", error=error, invitation=invitation_view.view(request.caller, plain))
