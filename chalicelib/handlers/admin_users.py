"""Users for administrators."""

from chalicelib.http.resources import Listing, Resource, routes_of
from chalicelib.http.router import Access
from chalicelib.operations.users import administration
from chalicelib.schemas.admin import AdminUserChanges, AdminUserList
from chalicelib.schemas.responses.people import AdminUser

ADMIN_USERS = Resource(
    "admin-users",
    "a user as an administrator",
    listing=Listing(
        AdminUserList,
        administration.listed,
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
ROUTES = routes_of(ADMIN_USERS)
