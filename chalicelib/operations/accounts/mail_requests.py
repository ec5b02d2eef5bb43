"""Limits on mails about accounts, which anybody may request for any address."""

from collections.abc import Iterator
from contextlib import contextmanager

from chalicelib.domain.addresses import network_of
from chalicelib.domain.limits import ACCOUNT_MAILS, ACCOUNT_REQUESTS, MAILS
from chalicelib.identity.daily_limits import counted


@contextmanager
def counted_mail(email: str, address: str, device: str = "") -> Iterator[None]:
    """Count a mail to `email` that a client at the IP address `address` requests. Three writes.

    Invitations to the address count apart: whoever sends them could keep its owner from resetting the password.
    A known `device` of the account counts by itself, for the same reason. Raises LimitReached.
    """
    network = network_of(address)
    if device:
        with counted(ACCOUNT_REQUESTS, "", network), counted(ACCOUNT_MAILS, "", f"{email} device {device}"):
            yield
        return
    both = f"{email} {network}"
    with (
        counted(ACCOUNT_REQUESTS, "", network),
        counted(ACCOUNT_MAILS, "", both),
        counted(MAILS, "", f"account {email}"),
    ):
        yield
