"""Studio's own pages of signing in: plain forms, for which no script is needed. Studio's clients send them JSON."""

from urllib.parse import parse_qs

from chalicelib.errors import BadRequest, NotSignedIn, StudioError
from chalicelib.handlers.session import known, leave
from chalicelib.html import Html, render
from chalicelib.http.router import NOT_KEPT, STATUS, Reply, Request, Route
from chalicelib.identity import authentication, cookies, csrf
from chalicelib.operations.users import sessions
from chalicelib.schemas.base import parse
from chalicelib.schemas.session import PasswordChange, SignIn

_FORM = "application/x-www-form-urlencoded"


def page(request: Request) -> Reply:
    """The form to sign in, to replace a one-time password, or for who is signed in already the one to sign out."""
    user, token = known(request)
    if user is None:
        return _sign_in_page(token)
    if user.password_once:
        return _password_page(token)
    return _page(render("sign_out.html", title="Signed in", email=user.email, token=token), token)


def sign_in(request: Request) -> Reply:
    """What a form sends is answered with a page, also where it is wrong; what is JSON as the rest of the API is."""
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
    """Raises Forbidden where the session's token is neither in the header nor in the form."""
    fields = _form(request) if _is_form(request) else {}
    leave(request, fields.get("csrfmiddlewaretoken", ""))
    return Reply(None, 302, {**NOT_KEPT, "Location": "/en/accounts/"}, cookies=cookies.forgotten())


def choose_password(request: Request) -> Reply:
    """Change the password of who is signed in by a cookie; others sign in first. What is wrong is answered with the
    form. Raises Forbidden where the session's token is neither in the header nor in the form.
    """
    user, token = known(request)
    session_id, fields = authentication.session_id_of(request.headers), _form(request)
    if user is None or not session_id:
        return Reply(None, 302, {**NOT_KEPT, "Location": "/en/accounts/"})
    csrf.check(request.headers, session_id, fields.get("csrfmiddlewaretoken", ""))
    try:
        sessions.change_password(user, parse(PasswordChange, fields), request.address)
    except StudioError as error:
        return _password_page(token, error.detail, STATUS[type(error)])
    return Reply(None, 302, {**NOT_KEPT, "Location": "/api/"})


def _signed_in(request: Request, given: SignIn) -> Reply:
    session_id, user = sessions.sign_in(given.wanted, given.password, request.address)
    location = "/en/accounts/" if user.password_once else "/api/"
    return Reply(None, 302, {**NOT_KEPT, "Location": location}, cookies=cookies.of_session(session_id))


def _is_form(request: Request) -> bool:
    is_said = request.headers.get("content-type", "").partition(";")[0].strip().lower() == _FORM
    return is_said and not request.body.lstrip().startswith(b"{")


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
    return Reply(content, status, {**NOT_KEPT, **(headers or {})}, cookies=(cookies.for_csrf(token),))


ACCOUNTS = "/en/accounts"
ROUTES = (
    Route("GET", ACCOUNTS, page, Access.ANYONE, "Sign-in page", answer=str),
    Route("POST", f"{ACCOUNTS}/login", sign_in, Access.ANYONE, "Sign in with a form or JSON", body=SignIn, status=302),
    Route(
        "POST", f"{ACCOUNTS}/password", choose_password, Access.ANYONE, "Change your password with a form", status=302
    ),
    Route("POST", f"{ACCOUNTS}/logout", sign_out, Access.ANYONE, "Sign out with a form or X-CSRFToken", status=302),
)
