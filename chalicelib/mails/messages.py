"""The mails that the application sends. Each function returns one, to be sent by `aws.mail.send`."""

from chalicelib.config import settings
from chalicelib.domain.plain_names import plain_name
from chalicelib.mails.mail import Mail, compose

_UNEXPECTED = "If you did not expect this e-mail, you can ignore it."


def invitation(sender: str, channel: str, may_edit: bool) -> Mail:
    """An invitation to a channel, from the user with the e-mail address `sender`."""
    name = plain_name(channel)
    do = "edit" if may_edit else "view"
    return compose(
        f'Invitation to the channel "{name}"',
        f'{sender} invites you to {do} the channel "{name}" on Kolibri Studio.',
        action="Sign in to accept or to decline",
        url=settings().public_url,
        after=(_UNEXPECTED,),
    )
