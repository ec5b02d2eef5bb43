"""Studio's own pages of signing in: plain forms, for which no script is needed. Studio's clients send them JSON."""

from html import escape
from string import Template
from urllib.parse import parse_qs

from chalicelib.errors import BadRequest, NotSignedIn, StudioError
from chalicelib.handlers.session import known, leave
from chalicelib.http.router import NOT_KEPT, STATUS, Access, JsonText, Reply, Request, Route
from chalicelib.identity import authentication, cookies, csrf
from chalicelib.operations.users import sessions
from chalicelib.schemas.base import parse
from chalicelib.schemas.session import PasswordChange, SignIn

HEADERS = {
    **NOT_KEPT,
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
}
_FORM = "application/x-www-form-urlencoded"

_PAGE = Template("""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Kolibri Studio: $title</title>
<style>body { font-family: sans-serif; max-width: 24em; margin: 4em auto; padding: 0 1em }
label, input, button { display: block; margin: .5em 0; font-size: 1em } input { width: 100% }
.problem { color: #a00 }</style>
</head>
<body>
<h1>$title</h1>
$content
</body>
</html>
""")
_SIGN_IN = Template("""<p class="problem" role="alert">$problem</p>
<form method="post" action="/en/accounts/login/">
<label>E-mail address <input name="username" type="email" autocomplete="username" value="$username" required></label>
<label>Password <input name="password" type="password" autocomplete="current-password" required></label>
<button>Sign in</button>
</form>""")
_CHOOSE = Template("""<p>You signed in with a one-time password. Choose your own to go on.</p>
<p class="problem" role="alert">$problem</p>
<form method="post" action="/en/accounts/password/">
<input name="csrfmiddlewaretoken" type="hidden" value="$token">
<label>One-time password <input name="old_password" type="password" autocomplete="current-password" required></label>
<label>New password <input name="new_password" type="password" autocomplete="new-password" required></label>
<button>Change</button>
</form>""")
_SIGN_OUT = Template("""<p>You are signed in as $username.</p>
<form method="post" action="/en/accounts/logout/">
<input name="csrfmiddlewaretoken" type="hidden" value="$token">
<button>Sign out</button>
</form>""")


def page(request: Request) -> Reply:
    """The form to sign in, to replace a one-time password, or for who is signed in already the one to sign out."""
    user, token = known(request)
    if user is None:
        return _sign_in_page(token)
    if user.password_once:
        return _password_page(token)
    content = _SIGN_OUT.substitute(username=escape(user.email), token=escape(token))
    return _page("Signed in", content, token)


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
        raise BadRequest("The form has too many fields.") from error
    return {name: values[-1] for name, values in fields.items()}


def _sign_in_page(
    token: str, problem: str = "", username: str = "", status: int = 200, headers: dict[str, str] | None = None
) -> Reply:
    content = _SIGN_IN.substitute(problem=escape(problem), username=escape(username))
    return _page("Sign in", content, token, status, headers)


def _password_page(token: str, problem: str = "", status: int = 200) -> Reply:
    content = _CHOOSE.substitute(problem=escape(problem), token=escape(token))
    return _page("Choose a password", content, token, status)


def _page(title: str, content: str, token: str, status: int = 200, headers: dict[str, str] | None = None) -> Reply:
    text = JsonText(_PAGE.substitute(title=title, content=content))
    return Reply(text, status, {**HEADERS, **(headers or {})}, cookies=(cookies.for_csrf(token),))


ACCOUNTS = "/en/accounts"
ROUTES = (
    Route("GET", ACCOUNTS, page, Access.ANYONE, "The page to sign in", answer=str),
    Route("POST", f"{ACCOUNTS}/login", sign_in, Access.ANYONE, "Sign in, by a form or JSON", body=SignIn, status=302),
    Route(
        "POST", f"{ACCOUNTS}/password", choose_password, Access.ANYONE, "Change one's password, by a form", status=302
    ),
    Route("POST", f"{ACCOUNTS}/logout", sign_out, Access.ANYONE, "Sign out, by a form or X-CSRFToken", status=302),
)
