"""What sessions answer."""

from typing import Literal

from typing_extensions import TypedDict

from chalicelib.schemas.responses.common import Id


class SessionAnswer(TypedDict):
    """Who one is; nobody has null for an id, and empty names."""

    id: Literal["current"]
    user_id: Id | None
    username: str
    email: str
    first_name: str
    last_name: str
    full_name: str
    is_admin: bool
    csrf_token: str
