"""E-mail, in plain text. Every call to SES is here."""

from functools import cache
from string import Template
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import get_session

from chalicelib.config import settings
from chalicelib.telemetry import count, log

_INVITATION = Template(
    """Hello,

$sender invites you to $do the channel "$channel" on Kolibri Studio.

Sign in at $url with the address $address to accept or to decline.
If you do not know what this is about, you need not do anything.
"""
)


@cache
def client() -> Any:
    """The SES client of this process, made at its first use."""
    return get_session().create_client("sesv2")


def send_invitation(address: str, sender: str, channel: str, may_edit: bool) -> None:
    """Tell somebody of an invitation, as `_send` does."""
    words = {"sender": _one_line(sender), "channel": _one_line(channel), "do": "edit" if may_edit else "view"}
    text = _INVITATION.substitute(words, url=settings().public_url, address=address)
    _send(address, f"{words['sender']} invites you to {words['channel']}", text)


def _send(address: str, subject: str, text: str) -> None:
    """Send an e-mail. Where it cannot be sent, that is logged only: what it tells of is there without it."""
    if not settings().mail_from:
        log.info("no e-mail is sent: MAIL_FROM is not set")
        return
    body = {
        "Subject": {"Data": subject[:200], "Charset": "UTF-8"},
        "Body": {"Text": {"Data": text, "Charset": "UTF-8"}},
    }
    try:
        client().send_email(
            FromEmailAddress=settings().mail_from,
            Destination={"ToAddresses": [address]},
            Content={"Simple": body},
        )
    except (BotoCoreError, ClientError):
        log.exception("an e-mail could not be sent")
        count("MailFaults")


def _one_line(text: str) -> str:
    """What people wrote, without anything that could begin another line."""
    return " ".join(text.split())
