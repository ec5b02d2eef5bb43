"""Request bodies of the caller's profile."""

from typing import Annotated

from pydantic import AfterValidator, Field

from chalicelib.schemas.base import Schema, Text, one_line

MAX_NAME = 200  # characters
Name = Annotated[Text, Field(max_length=MAX_NAME), AfterValidator(one_line)]


class ProfileChanges(Schema):
    """`PATCH /api/user/me`: fields that are missing or null are left unchanged."""

    first_name: Annotated[Name | None, Field(description="May be empty.")] = None
    last_name: Annotated[Name | None, Field(description="May be empty.")] = None
