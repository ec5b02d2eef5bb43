"""The connection to DynamoDB that all models share."""

from functools import cache

from pynamodb.connection import Connection

from chalicelib.aws.botocore_internals import read_as_stored

PARALLEL_CALLS = 8


@cache
def connection() -> Connection:
    """The one connection of this process, made at its first use: a client costs tens of milliseconds."""
    made = Connection(max_pool_connections=4 * PARALLEL_CALLS, read_timeout_seconds=20, retry_configuration="LEGACY")
    read_as_stored(made.client)
    return made
