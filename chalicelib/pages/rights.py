"""Which links a page offers. The operations decide again when one is followed."""

from chalicelib.http.router import Request
from chalicelib.operations.access import policy
from chalicelib.operations.access.policy import Role
from chalicelib.schemas.responses.channel import Channel


def may_edit(request: Request, channel: Channel) -> bool:
    """Whether the user may edit a channel, as its API form says."""
    return policy.may_edit(policy.role_of(request.user, Role.EDIT if channel["edit"] else None))
