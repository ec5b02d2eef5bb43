"""Users for administrators."""

from chalicelib.http.resources import Listing, Resource, routes_of
from chalicelib.http.router import Access, Reply, Request, Route
from chalicelib.operations.administration import credentials
from chalicelib.operations.users import administration
from chalicelib.schemas.admin import AdminUserChanges, AdminUserList
from chalicelib.schemas.responses.people import AdminUser

ADMIN_USERS = Resource(
    "admin-users",
    "a user as an administrator",
    listing=Listing(
        AdminUserList,
        administration.listed,
        fill=administration.fill,
        search=("email", "name"),
        ordering=("email", "first_name", "last_name", "disk_space", "date_joined", "edit_count", "view_count"),
    ),
    retrieve=administration.one,
    update=administration.update,
    write=AdminUserChanges,
    change=AdminUserChanges,
    access=Access.ADMIN,
    read=AdminUser,
    plural="users as an administrator",
)


def end_sessions(request: Request) -> Reply:
    credentials.end_sessions(request.user, request.params["id"])
    return Reply(None, 204)


def revoke_tokens(request: Request) -> Reply:
    credentials.revoke_tokens(request.user, request.params["id"])
    return Reply(None, 204)


ROUTES = (
    *routes_of(ADMIN_USERS),
    *(
        Route("DELETE", f"/api/admin-users/{{id}}/{what}", view, Access.ADMIN, summary, status=204, refusals=(404, 409))
        for what, view, summary in (
            ("sessions", end_sessions, "End all sessions of a user"),
            ("tokens", revoke_tokens, "Revoke all API tokens of a user"),
        )
    ),
)
