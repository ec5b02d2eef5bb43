"""E-mail, in plain text, without text that its sender chose but the name of a channel, short and without links.

Every call to SES is here; each takes at most ten seconds, so that no request hangs.
"""

from functools import cache
from string import Template
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.aws import clients
from chalicelib.config import settings
from chalicelib.domain.plain_names import plain_name
from chalicelib.errors import Busy
from chalicelib.telemetry import count, log

_INVITATION = Template(
    """Hello,

$sender invites you to $do the channel "$channel" on Kolibri Studio.

Sign in at $url to accept or to decline.
If you did not expect this e-mail, you can ignore it.
"""
)


@cache
def client() -> Any:
    """The SES client of this process, created at its first use."""
    limits = Config(connect_timeout=2, read_timeout=3, retries={"total_max_attempts": 2, "mode": "standard"})
    return clients.make("sesv2", limits)


def send_invitation(address: str, sender: str, channel: str, may_edit: bool) -> None:
    """Send an invitation to an e-mail address, from the user with the address `sender`.

    Raises Busy if it cannot be sent.
    """
    name = plain_name(channel)
    do = "edit" if may_edit else "view"
    text = _INVITATION.substitute(sender=sender, channel=name, do=do, url=settings().public_url)
    _send(address, f'Invitation to the channel "{name}"', text)


def _send(address: str, subject: str, text: str) -> None:
    """Send an e-mail, if a sender is configured.

    Raises Busy if SES does not accept it. It may have been sent nevertheless, if only the response was lost.
    """
    if not settings().mail_from:
        log.info("e-mail not sent: MAIL_FROM is not set")
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
    except (BotoCoreError, ClientError) as error:
        log.exception("e-mail could not be sent")
        count("MailFaults")
        raise Busy("The e-mail could not be sent. Nothing was changed. Try again in a minute.", 60) from error
