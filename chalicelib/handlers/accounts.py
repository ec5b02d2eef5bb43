"""Studio's sign-in pages: forms that need no script. Studio's clients send JSON to the same paths."""

from dataclasses import replace

from chalicelib.errors import NotSignedIn, StudioError
from chalicelib.handlers.session import agent_of, cookies_of, device_of, known, leave
from chalicelib.http import site
from chalicelib.http.router import NO_STORE, Access, Reply, Request, Route
from chalicelib.identity import authentication, cookies, csrf
from chalicelib.identity.visitors import Visitor
from chalicelib.operations.accounts import sessions
from chalicelib.schemas import forms
from chalicelib.schemas.base import parse
from chalicelib.schemas.session import PasswordChange, SignIn


def page(request: Request) -> Reply:
    """The form to sign in, to replace a one-time password or, if the caller is signed in, to sign out.

    Raises Forbidden for a script of another site or of a sandboxed document: the page contains the CSRF token.
    """
    csrf.check_reader(request.headers)
    user, _ = known(request)
    if user is None:
        return _page(request, "sign_in", "Sign in")
    if user.password_once:
        return _page(request, "choose_password", "Choose a password")
    return _page(request, "sign_out", "Signed in")


def sign_in(request: Request) -> Reply:
    """Sign in with a form, which gets pages also for errors, or with JSON, which gets JSON errors."""
    csrf.check_origin(request.headers)
    if not _is_form(request):
        return _signed_in(request, parse(SignIn, request.json))
    try:
        return _signed_in(request, parse(SignIn, request.form.filled("username", "password")))
    except StudioError as error:
        shown = _page(request, "sign_in", "Sign in", error)
        headers = {"WWW-Authenticate": "Token"} if isinstance(error, NotSignedIn) else {}
        return replace(shown, headers={**shown.headers, **headers})


def sign_out(request: Request) -> Reply:
    """Raises Forbidden if neither the header nor the form carries the CSRF token."""
    leave(request, request.form.get(csrf.FIELD) if _is_form(request) else "")
    return Reply(None, 302, {**NO_STORE, "Location": "/en/accounts/"}, cookies=cookies.expired())


def choose_password(request: Request) -> Reply:
    """Change the password of a user with a session; others are redirected to sign in. Errors are shown in the form.

    Raises Forbidden if neither the header nor the form carries the CSRF token.
    """
    user, _ = known(request)
    session_id = authentication.session_id_of(request.headers)
    if user is None or not session_id:
        return Reply(None, 302, {**NO_STORE, "Location": "/en/accounts/"})
    csrf.check(request.headers, session_id, request.form.get(csrf.FIELD))
    try:
        sessions.change_password(user, parse(PasswordChange, request.form.filled("old_password", "new_password")))
    except StudioError as error:
        return _page(request, "choose_password", "Choose a password", error)
    return Reply(None, 302, {**NO_STORE, "Location": "/api/"})


def _signed_in(request: Request, given: SignIn) -> Reply:
    started = sessions.sign_in(given.wanted, given.password, request.address, device_of(request), agent_of(request))
    location = "/en/accounts/" if started.user.password_once else "/api/"
    return Reply(None, 302, {**NO_STORE, "Location": location}, cookies=cookies_of(started))


def _is_form(request: Request) -> bool:
    is_declared = request.headers.get("content-type", "").partition(";")[0].strip().lower() == forms.TYPE
    return is_declared and not request.body.lstrip().startswith(b"{")


def _page(request: Request, name: str, title: str, error: StudioError | None = None) -> Reply:
    request = replace(request, visitor=Visitor(*known(request)))
    return site.page(request, f"accounts/{name}.html", error=error, title=title)


ACCOUNTS = "/en/accounts"
ROUTES = (
    Route("GET", ACCOUNTS, page, Access.ANYONE, "Sign-in page", answer=str),
    Route("POST", f"{ACCOUNTS}/login", sign_in, Access.ANYONE, "Sign in with a form or JSON", body=SignIn, status=302),
    Route(
        "POST", f"{ACCOUNTS}/password", choose_password, Access.ANYONE, "Change your password with a form", status=302
    ),
    Route("POST", f"{ACCOUNTS}/logout", sign_out, Access.ANYONE, "Sign out with a form or X-CSRFToken", status=302),
)
