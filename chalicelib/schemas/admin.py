"""Bodies of the administrators' endpoints."""

from chalicelib.schemas.base import Schema


class AdminChannelChanges(Schema):
    """`PATCH /api/admin-channels/{id}`: what is not given stays as it is."""

    public: bool | None = None
