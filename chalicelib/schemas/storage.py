"""Request bodies about the caller's storage."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from chalicelib.schemas.admin import MAX_QUOTA
from chalicelib.schemas.base import Schema, Title, refuse

MAX_REASON = 1000  # characters


class StorageRequestIn(Schema):
    """`POST /api/user/me/storage/request`."""

    bytes: Annotated[int, Field(ge=1, le=MAX_QUOTA, description="How much more storage is needed, in bytes.")]
    reason: Annotated[Title, Field(max_length=MAX_REASON, description="What it is for. Administrators read it.")]


GIGABYTE = 1000**3
_MAX_DIGITS = 12


def _gigabytes(value: Any) -> int:
    """Parse a number of gigabytes as people write it, with a point or a comma, as bytes."""
    text = str(value).strip().replace(",", ".")
    whole, _, part = text.partition(".")
    if len(text) <= _MAX_DIGITS and text.isascii() and whole.isdigit() and (part.isdigit() or "." not in text):
        number = round(float(text) * GIGABYTE)
        if 1 <= number <= MAX_QUOTA:
            return number
    raise refuse(f"Enter a number such as 10 or 0.5, at most {MAX_QUOTA // GIGABYTE}.")


class StorageRequestForm(Schema):
    """The form of a page, which has gigabytes."""

    gigabytes: Annotated[int, BeforeValidator(_gigabytes)]
    reason: Annotated[Title, Field(max_length=MAX_REASON)]

    @property
    def request(self) -> StorageRequestIn:
        """The request that it makes."""
        return StorageRequestIn(bytes=self.gigabytes, reason=self.reason)
