"""Studio's paths of signing in and out, for its clients. Browsers are led to our pages (`pages/accounts.py`)."""

from dataclasses import replace

from chalicelib.handlers.session import agent_of, known, leave
from chalicelib.http import site
from chalicelib.http.negotiation import prefers_html
from chalicelib.http.router import NO_STORE, Access, Reply, Request, Route
from chalicelib.identity import cookies, csrf
from chalicelib.identity.visitors import Visitor
from chalicelib.operations.accounts import registration, sessions
from chalicelib.schemas import forms
from chalicelib.schemas.base import parse
from chalicelib.schemas.session import SignIn

SIGN_IN, HOME = "/accounts/login/", "/"


def page(request: Request) -> Reply:
    """Lead browsers to our page to sign in. Clients get it here: they look for the cookie with the CSRF token.

    Raises Forbidden for a script of another site or of a sandboxed document: the page contains the CSRF token.
    """
    csrf.check_reader(request.headers)
    if prefers_html(request.headers.get("accept", "")):
        return Reply(None, 302, {**NO_STORE, "Location": SIGN_IN})
    request = replace(request, visitor=Visitor(*known(request)))
    return site.page(request, "accounts/sign_in.html", next=HOME, query="", mode=registration.mode())


def sign_in(request: Request) -> Reply:
    """Sign in with a form or with JSON."""
    csrf.check_origin(request.headers)
    given = parse(SignIn, request.form.filled("username", "password") if _is_form(request) else request.json)
    device = cookies.device_of(request.headers)
    started = sessions.sign_in(given.wanted, given.password, request.address, device, agent_of(request))
    location = SIGN_IN if started.user.password_once else HOME
    sent = cookies.for_sign_in(started.session_id, started.device)
    return Reply(None, 302, {**NO_STORE, "Location": location}, cookies=sent)


def sign_out(request: Request) -> Reply:
    """Raises Forbidden if neither the header nor the form carries the CSRF token."""
    leave(request, request.form.get(csrf.FIELD) if _is_form(request) else "")
    return Reply(None, 302, {**NO_STORE, "Location": SIGN_IN}, cookies=cookies.expired())


def _is_form(request: Request) -> bool:
    is_declared = request.headers.get("content-type", "").partition(";")[0].strip().lower() == forms.TYPE
    return is_declared and not request.body.lstrip().startswith(b"{")


ACCOUNTS = "/en/accounts"
ROUTES = (
    Route("GET", ACCOUNTS, page, Access.ANYONE, "Sign-in page", answer=str, also=((302, None),)),
    Route("POST", f"{ACCOUNTS}/login", sign_in, Access.ANYONE, "Sign in with a form or JSON", body=SignIn, status=302),
    Route("POST", f"{ACCOUNTS}/logout", sign_out, Access.ANYONE, "Sign out with a form or X-CSRFToken", status=302),
)
