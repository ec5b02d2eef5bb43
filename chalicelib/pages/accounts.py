"""Registering, signing in and out, and choosing a password. `next` in the query leads back to a page of this host.

Opening the link of a mail uses nothing up, since mail scanners do so: it shows a form, and sending that does. A page
with a key in its address sends nothing of it in Referer.
"""

from dataclasses import replace
from urllib.parse import quote

from chalicelib.errors import NotFound, StudioError, ValidationFailed
from chalicelib.http.router import Reply, Request
from chalicelib.http.site import page, redirect
from chalicelib.identity import authentication, cookies
from chalicelib.identity.password_rules import MIN_PASSWORD
from chalicelib.operations.accounts import passwords, registration, sessions
from chalicelib.operations.accounts.sessions import SignedIn
from chalicelib.schemas.base import parse
from chalicelib.schemas.next_page import HOME, safe_next
from chalicelib.schemas.query import last_values
from chalicelib.schemas.registration import Activation, PasswordReset, PasswordResetRequest, Registration
from chalicelib.schemas.session import PasswordChange, SignIn

SIGN_IN, CHANGE, SENT = "/accounts/login/", "/accounts/password/change/", "/accounts/sent/"
# Not `no-referrer`: with that, browsers also hide the origin of the form (Origin: null), which is then refused.
_SECRET = {"Referrer-Policy": "strict-origin"}
_DIFFERENT = "The two passwords are different. Type the same one twice."


def sign_in(request: Request) -> Reply:
    """The form to sign in; who has done so is led on."""
    wanted = _next(request)
    if request.caller:
        return redirect(_with_next(CHANGE, wanted) if request.caller.password_once else wanted)
    return _form(request, "sign_in")


def signed_in(request: Request) -> Reply:
    """Sign in, with a new session whatever the browser had before."""
    wanted = _next(request)
    try:
        given = parse(SignIn, request.form.filled("username", "password"))
        agent, device = request.headers.get("user-agent", ""), cookies.device_of(request.headers)
        started = sessions.sign_in(given.wanted, given.password, request.address, device, agent)
    except StudioError as error:
        return _form(request, "sign_in", error)
    return redirect(_with_next(CHANGE, wanted) if started.user.password_once else wanted, cookies=_cookies(started))


def sign_out(request: Request) -> Reply:
    """Ask before signing out: a link alone, which may be anybody's, does not."""
    return page(request, "accounts/sign_out.html") if request.caller else redirect(HOME)


def signed_out(request: Request) -> Reply:
    """End the session of the cookie, if there is one."""
    session_id = authentication.session_id_of(request.headers)
    if session_id:
        sessions.sign_out(session_id)
    return redirect(HOME, "signed-out", cookies.expired())


def register(request: Request) -> Reply:
    """The form to register, or why there is none."""
    return redirect(_next(request)) if request.caller else _form(request, "register")


def registered(request: Request) -> Reply:
    """Mail a link. The page that follows is the same whether the address has an account or not."""
    sent = request.form.filled("email", "password", "first_name", "last_name")
    try:
        registration.request(parse(Registration, {**sent, "next": _next(request)}), request.address)
    except StudioError as error:
        return _form(request, "register", error)
    return redirect(SENT)


def sent(request: Request) -> Reply:
    """What to do after a mail was sent."""
    return page(request, "accounts/sent.html")


def activate(request: Request) -> Reply:
    """The form that confirms a registration."""
    return _activation(request)


def activated(request: Request) -> Reply:
    """Make the user of a registration, and sign in."""
    key = request.params["key"]
    try:
        given = parse(Activation, {"key": key, **request.form.filled("password")})
        confirmed = registration.confirm(key, given.password, request.headers.get("user-agent", ""))
    except StudioError as error:
        return _activation(request, error)
    return redirect(confirmed.next, "registered", _cookies(confirmed.signed_in))


def reset(request: Request) -> Reply:
    """The form to request a link to choose a new password."""
    return _form(request, "reset_password")


def reset_requested(request: Request) -> Reply:
    """Mail a link. The page that follows is the same whether the address has an account or not."""
    try:
        given = parse(PasswordResetRequest, request.form.filled("email"))
        passwords.request_reset(given.email, request.address, cookies.device_of(request.headers))
    except StudioError as error:
        return _form(request, "reset_password", error)
    return redirect(SENT)


def choose(request: Request) -> Reply:
    """The form to choose a password by a link."""
    return _choice(request)


def chosen(request: Request) -> Reply:
    """Set the password of a link's user."""
    key, form = request.params["key"], request.form
    try:
        _require_same(request)
        given = parse(PasswordReset, {"key": key, **form.filled("new_password")})
        passwords.choose(key, given.new_password, bool(form.get("revoke_tokens")))
    except StudioError as error:
        return _choice(request, error)
    return redirect(SIGN_IN, "password-chosen")


def change(request: Request) -> Reply:
    """The form to change the password."""
    return _form(request, "change_password")


def changed(request: Request) -> Reply:
    """Change the password of the caller."""
    form = request.form
    try:
        _require_same(request)
        sent = {**form.filled("old_password", "new_password"), "revoke_tokens": bool(form.get("revoke_tokens"))}
        sessions.change_password(request.user, parse(PasswordChange, sent))
    except StudioError as error:
        return _form(request, "change_password", error)
    return redirect(_next(request), "password-changed")


def _form(request: Request, name: str, error: StudioError | None = None) -> Reply:
    wanted = _next(request)
    return page(
        request,
        f"accounts/{name}.html",
        error=error,
        next=wanted,
        query="" if wanted == HOME else f"?next={quote(wanted)}",
        mode=registration.mode(),
        min_password=MIN_PASSWORD,
    )


def _activation(request: Request, error: StudioError | None = None) -> Reply:
    try:
        found = registration.pending(request.params["key"])
    except NotFound as gone:
        return page(request, "accounts/gone.html", error=gone)
    return _secret(page(request, "accounts/activate.html", error=error, email=found.email))


def _choice(request: Request, error: StudioError | None = None) -> Reply:
    try:
        found = passwords.owner(request.params["key"])
    except NotFound as gone:
        return page(request, "accounts/gone.html", error=gone)
    shown = page(
        request,
        "accounts/choose_password.html",
        error=error,
        email=found.email,
        is_first=found.password is None,
        min_password=MIN_PASSWORD,
    )
    return _secret(shown)


def _secret(reply: Reply) -> Reply:
    return replace(reply, headers={**reply.headers, **_SECRET})


def _require_same(request: Request) -> None:
    if request.form.get("new_password") != request.form.get("again"):
        raise ValidationFailed({"again": [_DIFFERENT]})


def _next(request: Request) -> str:
    """Where to go next: a field of the form, or `?next=`."""
    return safe_next(request.form.get("next") if request.method == "POST" else last_values(request.query).get("next"))


def _with_next(path: str, wanted: str) -> str:
    return path if wanted == HOME else f"{path}?next={quote(wanted)}"


def _cookies(started: SignedIn) -> tuple[str, ...]:
    return cookies.for_sign_in(started.session_id, started.device)
