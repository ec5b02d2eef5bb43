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
