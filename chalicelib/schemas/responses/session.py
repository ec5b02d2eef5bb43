"""Responses about sessions."""

from typing import Literal

from typing_extensions import TypedDict

from chalicelib.schemas.responses.common import Id


class SessionState(TypedDict):
    """The caller's identity. Without a session, `user_id` is null and the names are empty. `csrf_token` is null for
    pages of other sites and for sandboxed documents.
    """

    id: Literal["current"]
    user_id: Id | None
    username: str
    email: str
    first_name: str
    last_name: str
    full_name: str
    is_admin: bool
    csrf_token: str | None


class RegistrationState(TypedDict):
    """Who may register: everybody (`open`), invited addresses (`invitation`), or nobody (`closed`)."""

    registration: Literal["open", "invitation", "closed"]
    min_password: int


class MailSent(TypedDict):
    """A mail was sent to this address, whether it has an account or not. Only the mail says so."""

    email: str
    detail: str


class Activated(SessionState):
    """The session of a new user. `next` is the path to continue at."""

    next: str
