"""Registering, and choosing a password by a link in a mail."""

from chalicelib.domain.tokens import csrf_token
from chalicelib.handlers.session import agent_of, state
from chalicelib.http.router import NO_STORE, Access, Reply, Request, Route
from chalicelib.identity import cookies, csrf
from chalicelib.identity.password_rules import MIN_PASSWORD
from chalicelib.operations.accounts import passwords, registration
from chalicelib.schemas.base import parse
from chalicelib.schemas.registration import Activation, PasswordReset, PasswordResetRequest, Registration
from chalicelib.schemas.responses.session import Activated, MailSent, RegistrationState

SENT = "Look for the mail, also among spam. It says how to continue."


def mode(_: Request) -> Reply:
    body: RegistrationState = {"registration": registration.mode(), "min_password": MIN_PASSWORD}
    return Reply(body, headers=NO_STORE)


def register(request: Request) -> Reply:
    csrf.check_origin(request.headers)
    return _sent(registration.request(parse(Registration, request.json), request.address))


def activate(request: Request) -> Reply:
    csrf.check_origin(request.headers)
    given = parse(Activation, request.json)
    confirmed = registration.confirm(given.key, given.password, agent_of(request))
    started = confirmed.signed_in
    body: Activated = {**state(started.user, csrf_token(started.session_id)), "next": confirmed.next}
    return Reply(body, 201, NO_STORE, cookies=cookies.for_sign_in(started.session_id, started.device))


def request_reset(request: Request) -> Reply:
    csrf.check_origin(request.headers)
    given = parse(PasswordResetRequest, request.json)
    return _sent(passwords.request_reset(given.email, request.address, cookies.device_of(request.headers)))


def reset(request: Request) -> Reply:
    csrf.check_origin(request.headers)
    given = parse(PasswordReset, request.json)
    passwords.choose(given.key, given.new_password, given.revoke_tokens)
    return Reply(None, 204, NO_STORE)


def _sent(email: str) -> Reply:
    body: MailSent = {"email": email, "detail": SENT}
    return Reply(body, 202, NO_STORE)


def _open(_: Request) -> None:
    registration.require_open()


def _mailing(_: Request) -> None:
    passwords.require_mail()


_SAME = "The answer is the same, and takes as long, whether the address has an account or not: only the mail says so."
ROUTES = (
    Route("GET", "/api/auth/register", mode, Access.ANYONE, "Find out who may register", answer=RegistrationState),
    Route(
        "POST",
        "/api/auth/register",
        register,
        Access.ANYONE,
        "Register",
        body=Registration,
        answer=MailSent,
        status=202,
        refusals=(403, 429, 503),
        rights=_open,
        description="Sends a link to the address, which is valid once, for a day. Until it is confirmed, there is no "
        f"user, and the address is not taken. {_SAME} 403 if registration is closed.",
    ),
    Route(
        "POST",
        "/api/auth/activate",
        activate,
        Access.ANYONE,
        "Confirm a registration and sign in",
        body=Activation,
        answer=Activated,
        status=201,
        refusals=(403, 409, 429),
        rights=_open,
        description="`key` is the last part of the link. The password must be the one chosen when registering, so that "
        "nobody confirms what a stranger has requested for their address. 409 if the address has an account by now.",
    ),
    Route(
        "POST",
        "/api/auth/password/reset",
        request_reset,
        Access.ANYONE,
        "Request a link to choose a new password",
        body=PasswordResetRequest,
        answer=MailSent,
        status=202,
        refusals=(403, 429, 503),
        rights=_mailing,
        description=f"The link is valid once, for a day, and only until the password is changed. {_SAME} 403 if this "
        "server sends no mail.",
    ),
    Route(
        "POST",
        "/api/auth/password/reset/confirm",
        reset,
        Access.ANYONE,
        "Choose a new password by a link",
        body=PasswordReset,
        status=204,
        refusals=(403, 409),
        description="`key` is the last part of the link. Ends all sessions. API tokens stay valid, as chefs run with "
        "them, unless `revoke_tokens` is true.",
    ),
)
