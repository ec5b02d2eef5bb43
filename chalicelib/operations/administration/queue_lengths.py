"""How many messages the queues have, for administrators. Callers must be administrators."""

from chalicelib.aws import queues
from chalicelib.identity.authentication import Identity
from chalicelib.schemas.listing import ListQuery
from chalicelib.schemas.responses.administration import QueueLength


def listed(_: Identity, __: ListQuery) -> list[QueueLength]:
    """Return the lengths of all queues, which SQS approximates. Two calls per queue."""
    return [{"name": name, **queues.length(url)} for name, url in queues.urls().items()]
