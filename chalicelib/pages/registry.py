"""The pages, as data. The module of a view is imported when the first of its pages is requested."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from itertools import groupby
from typing import Any
from urllib.parse import unquote

from chalicelib.errors import NotFound
from chalicelib.http.router import METHODS, Access, Methods, Request, Route

PACKAGE = "chalicelib.pages"


@dataclass(frozen=True)
class View:
    """The function `module:function` of this package, imported at its first call."""

    name: str

    def load(self) -> Callable[[Request], Any]:
        """The function itself."""
        module, _, function = self.name.partition(":")
        found: Callable[[Request], Any] = getattr(import_module(f"{PACKAGE}.{module}"), function)
        return found

    def __call__(self, request: Request) -> Any:
        return self.load()(request)


def page(method: str, path: str, view: str, access: Access, title: str, **more: Any) -> Route:
    """A page or, with POST, what a form does."""
    return Route(method, path, View(view), access, title, is_page=True, **more)


def form(path: str, shown: str, sent: str, title: str) -> tuple[Route, Route]:
    """A page with a form for users, and what the form does."""
    return page("GET", path, shown, Access.SIGNED_IN, title), page("POST", path, sent, Access.SIGNED_IN, title)


def plain(path: str, view: str, title: str) -> Route:
    """A file or JSON that anyone gets."""
    return Route("GET", path, View(view), Access.ANYONE, title)


HOME = (
    page("GET", "/", "home:show", Access.ANYONE, "Start"),
    plain("/healthz", "home:healthz", "Whether the application works"),
    plain("/robots.txt", "home:robots", "What search engines may read"),
    plain("/favicon.ico", "home:favicon", "Icon of the site"),
    plain("/static/{fingerprint}/{name}", "home:asset", "Style, script or icon of pages"),
)
ACCOUNTS = (
    page("GET", "/accounts/login", "accounts:sign_in", Access.ANYONE, "Sign in", password_once=True),
    page("POST", "/accounts/login", "accounts:signed_in", Access.ANYONE, "Sign in", password_once=True),
    page("GET", "/accounts/logout", "accounts:sign_out", Access.ANYONE, "Sign out", password_once=True),
    page("POST", "/accounts/logout", "accounts:signed_out", Access.ANYONE, "Sign out", password_once=True),
    page("GET", "/accounts/register", "accounts:register", Access.ANYONE, "Register"),
    page("POST", "/accounts/register", "accounts:registered", Access.ANYONE, "Register"),
    page("GET", "/accounts/sent", "accounts:sent", Access.ANYONE, "A mail was sent"),
    page("GET", "/accounts/activate/{key}", "accounts:activate", Access.ANYONE, "Confirm an address"),
    page("POST", "/accounts/activate/{key}", "accounts:activated", Access.ANYONE, "Confirm an address"),
    page("GET", "/accounts/password/reset", "accounts:reset", Access.ANYONE, "Forgotten password"),
    page("POST", "/accounts/password/reset", "accounts:reset_requested", Access.ANYONE, "Forgotten password"),
    page("GET", "/accounts/password/reset/{key}", "accounts:choose", Access.ANYONE, "Choose a password"),
    page("POST", "/accounts/password/reset/{key}", "accounts:chosen", Access.ANYONE, "Choose a password"),
    page(
        "GET", "/accounts/password/change", "accounts:change", Access.SIGNED_IN, "Change password", password_once=True
    ),
    page("POST", "/accounts/password/change", "accounts:changed", Access.SIGNED_IN, "Change", password_once=True),
)
INVITATIONS = (
    page("GET", "/invitations/{id}", "invitations:show", Access.ANYONE, "Invitation"),
    page("POST", "/invitations/{id}", "invitations:answer", Access.SIGNED_IN, "Answer an invitation"),
)
LEAVING = (
    page("GET", "/settings/account", "leaving:show", Access.SIGNED_IN, "Account"),
    page("POST", "/settings/account/export", "leaving:start_export", Access.SIGNED_IN, "Export your data"),
    *form("/settings/account/delete", "leaving:ask", "leaving:delete", "Delete your account"),
)
CHANNELS = (
    page("GET", "/channels", "channels:find", Access.SIGNED_IN, "Channels"),
    page("GET", "/channels/new", "channels:new", Access.SIGNED_IN, "New channel"),
    page("POST", "/channels/new", "channels:create", Access.SIGNED_IN, "Create a channel"),
    page("GET", "/channels/{id}", "channels:show", Access.SIGNED_IN, "Channel"),
    page("GET", "/channels/{id}/edit", "channels:show", Access.SIGNED_IN, "Channel"),
    page("GET", "/channels/{id}/view", "channels:show", Access.SIGNED_IN, "Channel"),
    page("POST", "/channels/{id}/bookmark", "bookmarks:change", Access.SIGNED_IN, "Bookmark a channel"),
    page("GET", "/channels/{id}/nodes/{node}", "nodes:show", Access.SIGNED_IN, "Node"),
    page("GET", "/channels/{id}/versions", "channels:versions", Access.SIGNED_IN, "Versions"),
    page("GET", "/channels/{id}/people", "people:show", Access.SIGNED_IN, "People"),
    page("POST", "/channels/{id}/people", "people:invite", Access.SIGNED_IN, "Invite someone"),
)
STAGING = (
    page("GET", "/channels/{id}/staging", "staging:show", Access.SIGNED_IN, "Staged tree"),
    *form("/channels/{id}/staging/deploy", "staging:confirm_deploy", "staging:deploy_tree", "Deploy a staged tree"),
    *form("/channels/{id}/staging/discard", "staging:confirm_discard", "staging:discard_tree", "Discard a staged tree"),
)
PUBLISHING = form("/channels/{id}/publish", "publishing:show", "publishing:publish", "Publish a channel")
EDITING = (
    *form("/channels/{id}/nodes/{node}/edit", "editing.nodes:edit", "editing.nodes:save", "Edit a node"),
    *form("/channels/{id}/nodes/{node}/add", "editing.nodes:add", "editing.nodes:create", "Add to a topic"),
    *form("/channels/{id}/nodes/{node}/move", "editing.places:move", "editing.places:relocate", "Move a node"),
    *form("/channels/{id}/nodes/{node}/copy", "editing.places:copy", "editing.places:make_copies", "Copy a node"),
    *form("/channels/{id}/nodes/{node}/delete", "editing.places:delete", "editing.places:trash", "Delete a node"),
    page("POST", "/channels/{id}/nodes/{node}/upload", "editing.files:add", Access.SIGNED_IN, "Upload a file"),
    *form("/channels/{id}/nodes/{node}/files", "editing.files:find", "editing.files:change", "Files of a node"),
    page("POST", "/channels/{id}/thumbnail", "editing.files:thumbnail", Access.SIGNED_IN, "Thumbnail of a channel"),
    page("GET", "/channels/{id}/nodes/{node}/several", "editing.places:several_of", Access.SIGNED_IN, "Select nodes"),
    *form("/channels/{id}/selected", "editing.places:selected", "editing.places:change_selected", "Change nodes"),
    *form("/channels/{id}/trash", "editing.trash:find", "editing.trash:change", "Trash of a channel"),
    page("POST", "/channels/{id}/trash/delete", "editing.trash:purge", Access.SIGNED_IN, "Delete nodes for good"),
    *form("/channels/{id}/edit-details", "editing.details:edit", "editing.details:save", "Edit a channel"),
)
CATALOG = (page("GET", "/catalog", "catalog:find", Access.ANYONE, "Catalog"),)
ADMIN = (
    page("GET", "/admin", "administration.work:start", Access.ADMIN, "Administration"),
    page("GET", "/admin/work", "administration.work:show", Access.ADMIN, "What is running"),
    *(
        page(
            method, f"/admin/work/{many}/{{id}}/{{action}}", f"administration.repairs:{view}_{one}", Access.ADMIN, title
        )
        for many, one, title in (("tasks", "task", "A task: action"), ("queues", "queue", "A queue: action"))
        for method, view in (("GET", "ask"), ("POST", "do"))
    ),
    *(
        page(method, f"/admin/{many}{path}", f"administration.{many}:{view}", Access.ADMIN, f"{many.title()}: {view}")
        for many in ("users", "channels")
        for method, path, view in (
            ("GET", "", "find"),
            ("GET", "/{id}", "show"),
            ("POST", "/{id}", "save"),
            ("GET", "/{id}/{action}", "ask"),
            ("POST", "/{id}/{action}", "do"),
        )
    ),
)
SEARCH = (page("GET", "/search", "search:find", Access.SIGNED_IN, "Search"),)
SETTINGS = (
    page("GET", "/settings", "settings:show_profile", Access.SIGNED_IN, "Profile"),
    page("POST", "/settings", "settings:save_profile", Access.SIGNED_IN, "Save your names"),
    page("GET", "/settings/tokens", "settings:show_tokens", Access.SIGNED_IN, "API tokens"),
    page("POST", "/settings/tokens", "settings:create_token", Access.SIGNED_IN, "Create an API token", status=201),
    page("POST", "/settings/tokens/{id}/revoke", "settings:revoke_token", Access.SIGNED_IN, "Revoke an API token"),
    page("GET", "/settings/storage", "settings:show_storage", Access.SIGNED_IN, "Storage"),
    page("POST", "/settings/storage", "settings:request_storage", Access.SIGNED_IN, "Request more storage"),
    page("POST", "/settings/storage/withdraw", "settings:withdraw_request", Access.SIGNED_IN, "Withdraw a request"),
    page("GET", "/settings/sessions", "settings:show_sessions", Access.SIGNED_IN, "Sessions"),
    page("POST", "/settings/sessions", "settings:end_other_sessions", Access.SIGNED_IN, "End your other sessions"),
    page("POST", "/settings/sessions/{id}/end", "settings:end_session", Access.SIGNED_IN, "End a session"),
)
ROUTES = (
    *HOME,
    *ACCOUNTS,
    *INVITATIONS,
    *LEAVING,
    *CHANNELS,
    *STAGING,
    *PUBLISHING,
    *EDITING,
    *CATALOG,
    *SEARCH,
    *ADMIN,
    *SETTINGS,
)


def _nothing(_: Request) -> None:
    raise NotFound("There is nothing at this path.")


NOTHING = {method: Route(method, "/{proxy+}", _nothing, Access.ANYONE, "Nothing") for method in METHODS}


def find(request: Request) -> tuple[Methods, Request]:
    """The routes of a request's path by method, and the request with the parameters of its path.

    A literal segment is preferred to a parameter. A path without a page is 404 for every method.
    """
    parts = request.path.rstrip("/").split("/")
    for pattern, methods in _table():
        found = _params(pattern, parts)
        if found is not None:
            return methods, replace(request, params={name: unquote(own) for name, own in found.items()})
    return NOTHING, request


def _params(pattern: list[str], parts: list[str]) -> dict[str, str] | None:
    """The parameters of a path with these parts, None if another route has it."""
    if len(pattern) != len(parts):
        return None
    pairs = list(zip(pattern, parts, strict=True))
    if not all(part if wanted.startswith("{") else part == wanted for wanted, part in pairs):
        return None
    return {wanted[1:-1]: part for wanted, part in pairs if wanted.startswith("{")}


@cache
def _table() -> list[tuple[list[str], Methods]]:
    """Sorted so that literal segments come first: "{" follows all letters."""
    ordered = sorted(ROUTES, key=lambda route: route.path.split("/"))
    return [
        (path.rstrip("/").split("/"), {one.method: one for one in group})
        for path, group in groupby(ordered, key=lambda route: route.path)
    ]
