"""Request bodies about deleting one's account."""

from chalicelib.schemas.base import Schema
from chalicelib.schemas.session import Password


class DeletionIn(Schema):
    """`POST /api/user/me/deletion`: the caller's password."""

    password: Password
