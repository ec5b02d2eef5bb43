"""Responses about the caller's API tokens and sessions."""

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from chalicelib.schemas.responses.common import Day, Id, Moment


class ApiToken(TypedDict):
    """An API token, without the token itself."""

    id: Id
    name: str  # empty for tokens of earlier versions
    prefix: Annotated[
        str, Field(description="The first characters of the token; empty for tokens of earlier versions.")
    ]
    created: Moment
    last_used: Day | None  # UTC
    expires: Moment | None
    current: Annotated[bool, Field(description="Whether this request was sent with it.")]


class NewApiToken(ApiToken):
    """A new API token. `token` is in this response only."""

    token: Annotated[str, Field(pattern="^[0-9a-f]{40}$")]


class OwnSession(TypedDict):
    """A session of the caller. `id` names it and signs nobody in."""

    id: Id
    device: Annotated[str, Field(description="Browser and system in words; empty for sessions of earlier versions.")]
    created: Moment
    last_used: Day | None  # UTC; null for sessions of earlier versions
    current: Annotated[bool, Field(description="Whether this request was sent with it.")]
