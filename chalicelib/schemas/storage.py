"""Request bodies about the caller's storage."""

from typing import Annotated

from pydantic import Field

from chalicelib.schemas.admin import MAX_QUOTA
from chalicelib.schemas.base import Schema, Title

MAX_REASON = 1000  # characters


class StorageRequestIn(Schema):
    """`POST /api/user/me/storage/request`."""

    bytes: Annotated[int, Field(ge=1, le=MAX_QUOTA, description="How much more storage is needed, in bytes.")]
    reason: Annotated[Title, Field(max_length=MAX_REASON, description="What it is for. Administrators read it.")]
