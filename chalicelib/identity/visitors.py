"""Visitors of pages: browsers with a session, or without one."""

from collections.abc import Mapping
from dataclasses import dataclass

from chalicelib.domain.tokens import csrf_token, is_session_id, new_session_id
from chalicelib.errors import Forbidden, NotSignedIn
from chalicelib.identity import authentication, cookies, csrf
from chalicelib.identity.authentication import Identity


@dataclass(frozen=True)
class Visitor:
    """The user of the session cookie, if there is one, and the CSRF token of the page's forms."""

    user: Identity | None
    csrf_token: str


def admit(headers: Mapping[str, str], form_token: str | None, password_once: bool) -> Visitor:
    """The visitor of a page, or the sender of a form with this CSRF token (None: it is no form). One read.

    API tokens are for programs: a request with one has no session. Without a session, the token is that of the cookie.
    Raises Forbidden for a page that would go to a script of another site, for a form that does not come from one of our
    pages, and unless `password_once` for a user who has to change a one-time password first.
    """
    visitor = visitor_of(headers)
    if form_token is None:
        csrf.check_reader(headers)
    else:
        csrf.check_token(headers, visitor.csrf_token, form_token)
    if visitor.user and visitor.user.password_once and not password_once:
        raise Forbidden(authentication.CHANGE_FIRST)
    return visitor


def visitor_of(headers: Mapping[str, str]) -> Visitor:
    """The visitor that a request's cookies name. One read if there is a session."""
    session_id = authentication.session_id_of(headers)
    if session_id:
        try:
            user = authentication.identity(authentication.session_of(session_id))
            return Visitor(user, csrf_token(session_id))
        except NotSignedIn:
            pass  # an ended session is none
    sent = cookies.parsed(headers.get("cookie", "")).get(cookies.CSRF, "")
    return Visitor(None, sent if is_session_id(sent) else new_session_id())
