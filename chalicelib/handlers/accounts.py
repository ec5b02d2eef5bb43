"""Studio's sign-in pages: forms that need no script. Studio's clients send JSON to the same paths."""

from urllib.parse import parse_qs

from chalicelib.errors import BadRequest, NotSignedIn, StudioError
from chalicelib.handlers.session import agent_of, cookies_of, device_of, known, leave
from chalicelib.http.html import Html, render
from chalicelib.http.router import NO_STORE, STATUS, Access, Reply, Request, Route
from chalicelib.identity import authentication, cookies, csrf
from chalicelib.operations.accounts import sessions
from chalicelib.schemas.base import parse
from chalicelib.schemas.session import PasswordChange, SignIn

_FORM = "application/x-www-form-urlencoded"


def page(request: Request) -> Reply:
    """The form to sign in, to replace a one-time password or, if the caller is signed in, to sign out.

    Raises Forbidden for a script of another site or of a sandboxed document: the page contains the CSRF token.
    """
    csrf.check_reader(request.headers)
    user, token = known(request)
    if user is None:
        return _sign_in_page(token)
    if user.password_once:
        return _password_page(token)
    return _page(render("sign_out.html", title="Signed in", email=user.email, token=token), token)


def sign_in(request: Request) -> Reply:
    """Sign in with a form, which gets pages also for errors, or with JSON, which gets JSON errors."""
    csrf.check_origin(request.headers)
    if not _is_form(request):
        return _signed_in(request, parse(SignIn, request.json))
    fields = _form(request)
    try:
        return _signed_in(request, parse(SignIn, fields))
    except StudioError as error:
        status = STATUS[type(error)]
        headers = {"WWW-Authenticate": "Token"} if isinstance(error, NotSignedIn) else {}
        return _sign_in_page(known(request)[1], error.detail, fields.get("username", ""), status, headers)


def sign_out(request: Request) -> Reply:
    """Raises Forbidden if neither the header nor the form carries the CSRF token."""
    fields = _form(request) if _is_form(request) else {}
    leave(request, fields.get("csrfmiddlewaretoken", ""))
    return Reply(None, 302, {**NO_STORE, "Location": "/en/accounts/"}, cookies=cookies.expired())


def choose_password(request: Request) -> Reply:
    """Change the password of a user with a session; others are redirected to sign in. Errors are shown in the form.

    Raises Forbidden if neither the header nor the form carries the CSRF token.
    """
    user, token = known(request)
    session_id, fields = authentication.session_id_of(request.headers), _form(request)
    if user is None or not session_id:
        return Reply(None, 302, {**NO_STORE, "Location": "/en/accounts/"})
    csrf.check(request.headers, session_id, fields.get("csrfmiddlewaretoken", ""))
    try:
        sessions.change_password(user, parse(PasswordChange, fields))
    except StudioError as error:
        return _password_page(token, error.detail, STATUS[type(error)])
    return Reply(None, 302, {**NO_STORE, "Location": "/api/"})


def _signed_in(request: Request, given: SignIn) -> Reply:
    started = sessions.sign_in(given.wanted, given.password, request.address, device_of(request), agent_of(request))
    location = "/en/accounts/" if started.user.password_once else "/api/"
    return Reply(None, 302, {**NO_STORE, "Location": location}, cookies=cookies_of(started))


def _is_form(request: Request) -> bool:
    is_declared = request.headers.get("content-type", "").partition(";")[0].strip().lower() == _FORM
    return is_declared and not request.body.lstrip().startswith(b"{")


def _form(request: Request) -> dict[str, str]:
    try:
        fields = parse_qs(request.body.decode(errors="replace"), keep_blank_values=True, max_num_fields=20)
    except ValueError as error:
        raise BadRequest("The form has too many fields. Send at most 20.") from error
    return {name: values[-1] for name, values in fields.items()}


def _sign_in_page(
    token: str, problem: str = "", username: str = "", status: int = 200, headers: dict[str, str] | None = None
) -> Reply:
    content = render("sign_in.html", title="Sign in", problem=problem, username=username)
    return _page(content, token, status, headers)


def _password_page(token: str, problem: str = "", status: int = 200) -> Reply:
    content = render("choose_password.html", title="Choose a password", problem=problem, token=token)
    return _page(content, token, status)


def _page(content: Html, token: str, status: int = 200, headers: dict[str, str] | None = None) -> Reply:
    return Reply(content, status, {**NO_STORE, **(headers or {})}, cookies=(cookies.for_csrf(token),))


ACCOUNTS = "/en/accounts"
ROUTES = (
    Route("GET", ACCOUNTS, page, Access.ANYONE, "Sign-in page", answer=str),
    Route("POST", f"{ACCOUNTS}/login", sign_in, Access.ANYONE, "Sign in with a form or JSON", body=SignIn, status=302),
    Route(
        "POST", f"{ACCOUNTS}/password", choose_password, Access.ANYONE, "Change your password with a form", status=302
    ),
    Route("POST", f"{ACCOUNTS}/logout", sign_out, Access.ANYONE, "Sign out with a form or X-CSRFToken", status=302),
)
