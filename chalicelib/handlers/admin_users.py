"""Users, for administrators."""

from chalicelib.operations import administration
from chalicelib.permissions import Access
from chalicelib.resources import Listing, Resource, routes_of
from chalicelib.schemas.admin import AdminUserChanges, AdminUserList

ADMIN_USERS = Resource(
    "admin-users",
    "user for administrators",
    listing=Listing(
        AdminUserList,
        administration.list_users,
        search=("email", "name"),
        ordering=("email", "first_name", "last_name", "disk_space", "date_joined", "edit_count", "view_count"),
    ),
    retrieve=administration.one_user,
    update=administration.change_user,
    write=AdminUserChanges,
    change=AdminUserChanges,
    access=Access.ADMIN,
)
ROUTES = routes_of(ADMIN_USERS)
