"""Sessions: signing in with a password, signing out, CSRF tokens."""

from chalicelib.domain.tokens import csrf_token, is_session_id, new_session_id
from chalicelib.errors import NotSignedIn
from chalicelib.http.router import NO_STORE, Access, Reply, Request, Route
from chalicelib.identity import authentication, cookies, csrf
from chalicelib.identity.authentication import Identity
from chalicelib.operations.accounts import sessions
from chalicelib.schemas.base import parse
from chalicelib.schemas.responses.session import SessionState
from chalicelib.schemas.session import SignIn


def current(request: Request) -> Reply:
    """The signed-in user, and the CSRF token to send with writes: of the session, or one to sign in with.

    Pages of other sites and sandboxed documents get no token.
    """
    user, token = known(request)
    if csrf.is_foreign(request.headers):
        return Reply(state(user, None), headers=NO_STORE)
    return Reply(state(user, token), headers=NO_STORE, cookies=(cookies.for_csrf(token),))


def known(request: Request) -> tuple[Identity | None, str]:
    """(the signed-in user or None, the CSRF token to continue with)."""
    session_id = authentication.session_id_of(request.headers)
    try:
        user = authentication.caller_of("GET", request.headers, password_once=True)
    except NotSignedIn:
        user, session_id = None, ""
    if session_id:
        return user, csrf_token(session_id)
    sent = cookies.parsed(request.headers.get("cookie", "")).get(cookies.CSRF, "")
    return user, sent if is_session_id(sent) else new_session_id()


def sign_in(request: Request) -> Reply:
    csrf.check_origin(request.headers)
    given = parse(SignIn, request.json)
    device = cookies.device_of(request.headers)
    started = sessions.sign_in(given.wanted, given.password, request.address, device, agent_of(request))
    answer = state(started.user, csrf_token(started.session_id))
    return Reply(answer, 201, headers=NO_STORE, cookies=cookies.for_sign_in(started.session_id, started.device))


def agent_of(request: Request) -> str:
    """The User-Agent of a request, empty if it has none."""
    return request.headers.get("user-agent", "")


def sign_out(request: Request) -> Reply:
    """End the session of the cookie, if there is one."""
    leave(request)
    return Reply(None, 204, cookies=cookies.expired())


def leave(request: Request, form_token: str = "") -> None:
    """End the session of a request's cookie."""
    session_id = authentication.session_id_of(request.headers)
    if session_id:
        csrf.check(request.headers, session_id, form_token)
        sessions.sign_out(session_id)


def state(user: Identity | None, token: str | None) -> SessionState:
    """The response about a session of this user, or about none."""
    return {
        "id": "current",
        "user_id": user.user_id if user else None,
        "username": user.email if user else "",
        "email": user.email if user else "",
        "first_name": user.first_name if user else "",
        "last_name": user.last_name if user else "",
        "full_name": f"{user.first_name} {user.last_name}".strip() if user else "",
        "is_admin": user.is_admin if user else False,
        "csrf_token": token,
    }


SESSION = "/api/auth/session"
ROUTES = (
    Route(
        "POST",
        SESSION,
        sign_in,
        Access.ANYONE,
        "Sign in with a password",
        body=SignIn,
        answer=SessionState,
        status=201,
        refusals=(401, 403, 429),
        description="The session ends after two weeks without a request, and after 90 days. Requests that change "
        "something must send `csrf_token` as `X-CSRFToken`. Ten wrong passwords for an account block "
        "further attempts from the same address for up to 15 minutes, but not from devices that have signed in before.",
    ),
    Route(
        "GET",
        f"{SESSION}/current",
        current,
        Access.ANYONE,
        "Get the current session",
        answer=SessionState,
        description="Without a session, `user_id` is null. Sets the cookie `csrftoken`. A request of a page of another "
        "site or of a sandboxed document (`Origin: null`, `Sec-Fetch-Site: cross-site`) gets neither token nor cookie, "
        "and whatever such a request would change is refused with 403.",
    ),
    Route("DELETE", f"{SESSION}/current", sign_out, Access.ANYONE, "Sign out", status=204, refusals=(403,)),
)
