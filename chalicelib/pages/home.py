"""The first page, and what browsers and monitors ask for by name."""

from chalicelib.errors import NotFound
from chalicelib.http.router import NO_STORE, Reply, Request
from chalicelib.http.site import MESSAGE, page, redirect
from chalicelib.operations.health import checks
from chalicelib.rendering import assets
from chalicelib.rendering.html import Text
from chalicelib.schemas.query import last_values

FOR_EVER = "public, max-age=31536000, immutable"
A_DAY = "public, max-age=86400"
ROBOTS = "User-agent: *\nDisallow: /api/\nDisallow: /content/\nDisallow: /accounts/\n"


def show(request: Request) -> Reply:
    """What this is; users get their channels instead."""
    said = last_values(request.query).get(MESSAGE, "")
    return redirect("/channels/", said) if request.caller else page(request, "home/home.html")


def healthz(_: Request) -> Reply:
    """Whether the application and the services that it needs work. Edges and this process cache it."""
    found = checks.cached()
    cached = {"Cache-Control": f"public, max-age={checks.SECONDS}"}
    return Reply(found, 200, cached) if found["status"] == "ok" else Reply(found, 503)


def robots(_: Request) -> Reply:
    return Reply(Text(ROBOTS), headers={"Content-Type": "text/plain; charset=utf-8", "Cache-Control": A_DAY})


def favicon(_: Request) -> Reply:
    """The icon for clients that do not read the links of a page."""
    return _file("icon.svg", A_DAY)


def asset(request: Request) -> Reply:
    """A style or script. While a new version is deployed, a page of the other one gets the file that there is."""
    name = request.params["name"]
    if name not in assets.ASSETS:
        raise NotFound("There is nothing at this path.")
    is_current = request.params["fingerprint"] == assets.fingerprint(name)
    return _file(name, FOR_EVER if is_current else NO_STORE["Cache-Control"])


def _file(name: str, cache_control: str) -> Reply:
    headers = {"Content-Type": assets.ASSETS[name].content_type, "Cache-Control": cache_control}
    return Reply(Text(assets.text(name)), headers=headers)
