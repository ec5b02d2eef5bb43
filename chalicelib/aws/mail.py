"""Sending e-mail. Every call to SES is here; each takes at most ten seconds, so that no request hangs."""

from contextlib import suppress
from functools import cache
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.aws import clients
from chalicelib.config import settings
from chalicelib.errors import Busy
from chalicelib.mails.mail import Mail
from chalicelib.telemetry import count, log

MAX_SUBJECT = 200  # characters


@cache
def client() -> Any:
    """The SES client of this process, created at its first use."""
    limits = Config(connect_timeout=2, read_timeout=3, retries={"total_max_attempts": 2, "mode": "standard"})
    return clients.make("sesv2", limits)


def can_send() -> bool:
    """Whether a sender is configured."""
    return bool(settings().mail_from)


def send(address: str, mail: Mail) -> None:
    """Send an e-mail, if a sender is configured.

    Raises Busy if SES does not accept it. It may have been sent nevertheless, if only the response was lost.
    """
    if not can_send():
        log.info("e-mail not sent: MAIL_FROM is not set")
        return
    try:
        client().send_email(
            FromEmailAddress=settings().mail_from,
            Destination={"ToAddresses": [_deliverable(address)]},
            Content={
                "Simple": {
                    "Subject": _utf8(mail.subject[:MAX_SUBJECT]),
                    "Body": {"Text": _utf8(mail.text), "Html": _utf8(mail.html)},
                }
            },
        )
    except (BotoCoreError, ClientError) as error:
        log.exception("e-mail could not be sent")
        count("MailFaults")
        raise Busy("The e-mail could not be sent. Nothing was changed. Try again in a minute.", 60) from error


def notify(address: str, mail: Mail) -> None:
    """Send an e-mail about what has been done already: if that fails, a line of the log says so."""
    with suppress(Busy):  # which `send` has logged and counted
        send(address, mail)


def _utf8(text: str) -> dict[str, str]:
    return {"Data": text, "Charset": "UTF-8"}


def _deliverable(address: str) -> str:
    """The address as SES takes it: with a domain of other letters in Punycode, as browsers write it.

    Python's own codec follows the earlier standard, by which some letters (ß, ς) become others: another domain.
    """
    local, _, domain = address.rpartition("@")
    if domain.isascii():
        return address
    import idna  # only for such domains

    try:
        return f"{local}@{idna.encode(domain, uts46=True).decode()}"
    except idna.IDNAError:
        return address
