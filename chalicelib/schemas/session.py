"""Request bodies for signing in and for changing the password."""

from typing import Annotated

from pydantic import Field, model_validator

from chalicelib.schemas.base import Schema, refuse

Password = Annotated[str, Field(min_length=1, max_length=1000)]
Address = Annotated[str, Field(min_length=1, max_length=254)]


class SignIn(Schema):
    """`POST /api/auth/session`: the user's e-mail address, as `username` or as `email`."""

    username: Address | None = None
    email: Address | None = None
    password: Password

    @model_validator(mode="after")
    def _has_one(self) -> "SignIn":
        if not self.wanted:
            raise refuse("Send your e-mail address as username.")
        return self

    @property
    def wanted(self) -> str:
        """The e-mail address, as sent."""
        return self.username or self.email or ""


class PasswordChange(Schema):
    """`POST /api/user/me/password`. `revoke_tokens` revokes all API tokens, too."""

    old_password: Password
    new_password: Password
    revoke_tokens: bool = False
