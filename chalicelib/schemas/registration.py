"""Request bodies for registering, and for choosing a password by a link in a mail."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from chalicelib.schemas.base import Schema, Text, refuse
from chalicelib.schemas.next_page import MAX_NEXT
from chalicelib.schemas.session import Address, Password

Mode = Literal["open", "invitation", "closed"]
MAX_PERSON_NAME = 100  # characters


def _shown(name: str) -> str:
    name = name.strip()
    if not name.isprintable():
        raise refuse("A name has letters, marks and spaces only. Remove line ends and hidden characters.")
    return name


PersonName = Annotated[Text, Field(max_length=MAX_PERSON_NAME), AfterValidator(_shown)]
Key = Annotated[str, Field(min_length=1, max_length=100)]


class Registration(Schema):
    """`POST /api/auth/register`. `next` is the path to continue at once the address is confirmed."""

    email: Address
    password: Password
    first_name: PersonName = ""
    last_name: PersonName = ""
    next: Annotated[Text, Field(max_length=MAX_NEXT)] = ""


class Activation(Schema):
    """`POST /api/auth/activate`: the key of the link in the mail, and the password chosen when registering."""

    key: Key
    password: Password


class PasswordResetRequest(Schema):
    """`POST /api/auth/password/reset`."""

    email: Address


class PasswordReset(Schema):
    """`POST /api/auth/password/reset/confirm`. `revoke_tokens` revokes all API tokens, too."""

    key: Key
    new_password: Password
    revoke_tokens: bool = False
