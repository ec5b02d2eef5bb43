"""The routes of the application, as its handlers declare them."""

import importlib
import pkgutil
import re

from chalicelib import handlers
from chalicelib.http.router import Access, Route
from chalicelib.pages import registry

NOTHING = "0" * 32  # an id that does not exist


def declared() -> list[Route]:
    """Every route of every handler, by path and method."""
    modules = [importlib.import_module(f"{handlers.__name__}.{found.name}") for found in _modules()]
    routes = [route for module in modules for route in getattr(module, "ROUTES", ())]
    return sorted(routes, key=name)


def _modules() -> list[pkgutil.ModuleInfo]:
    return list(pkgutil.iter_modules(handlers.__path__))


def name(route: Route) -> str:
    return f"{route.method} {route.path}"


def url(route: Route, value: str = NOTHING) -> str:
    """The path with its parameters filled in: all with the value, or each with its own, separated by "/"."""
    values = value.split("/")
    return re.sub(r"\{\w+\}", lambda _: values.pop(0) if values[1:] else values[0], route.path)


ALL = declared()
PAGES = sorted(registry.ROUTES, key=name)
SIGNED_IN = [route for route in ALL if route.access is Access.SIGNED_IN]
OPEN = [route for route in ALL if route.access is Access.ANYONE]
PATHS = sorted({route.path for route in ALL})


def methods(path: str) -> set[str]:
    """The methods that a path supports, including OPTIONS, and HEAD if there is GET."""
    own = {route.method for route in ALL if route.path == path}
    return own | {"OPTIONS"} | ({"HEAD"} if "GET" in own else set())


# Lists that are 412 without a filter, and a path of which every version is 404.
FILTERED = (
    "assessmentitem",
    "catalog",
    "channel",
    "channeluser",
    "channelversion",
    "clipboard",
    "contentnode",
    "file",
    "task",
)
NEVER = "/api/public/v2/channels"
OF_SESSIONS = ("/api/user/me/export", "/api/user/me/sessions")  # refused with a token


def get_status(path: str, is_signed_in: bool) -> int:
    """The status of a GET by a user, or by nobody, with ids that do not exist and without a query."""
    route = next((one for one in ALL if (one.method, one.path) == ("GET", path)), None)
    if route is None:
        return 405
    if route.access is not Access.ANYONE and not is_signed_in:
        return 401
    if route.access is Access.ADMIN or path in OF_SESSIONS:
        return 403
    if "{" in path or path == NEVER:
        return 404
    return 412 if path.removeprefix("/api/") in FILTERED else 200
