"""The mails that the application sends. Each function returns one, to be sent by `aws.mail.send`."""

from chalicelib.config import settings
from chalicelib.domain.plain_names import plain_name
from chalicelib.domain.storage.sizes import human
from chalicelib.mails.mail import Mail, compose

_NOT_YOU = "If it was not you, you can ignore this e-mail."
_UNEXPECTED = "If you did not expect this e-mail, you can ignore it."


def invitation(invitation_id: str, sender: str, sender_name: str, channel: str, may_edit: bool) -> Mail:
    """An invitation to a channel, from the user with the e-mail address `sender`, who may have no name."""
    name = plain_name(channel)
    who = f"{plain_name(sender_name)} ({sender})" if sender_name else sender
    do = "edit" if may_edit else "view"
    return compose(
        f'Invitation to the channel "{name}"',
        f'{who} invites you to {do} the channel "{name}" on Kolibri Studio.',
        "Accept or decline on the page below. If you have no account yet, register there with this address.",
        action="See the invitation",
        url=f"{settings().public_url}/invitations/{invitation_id}/",
        after=(_UNEXPECTED,),
    )


def registration(key: str) -> Mail:
    """The link that confirms a registration."""
    return compose(
        "Confirm your e-mail address",
        "Somebody, probably you, has registered with this address on Kolibri Studio. Open the page below and type the "
        "password that you chose.",
        action="Confirm and sign in",
        url=f"{settings().public_url}/accounts/activate/{key}/",
        after=(
            "The link is valid once, for a day.",
            "If it was not you, you can ignore this e-mail: without the password, nobody can use your address.",
        ),
    )


def has_account() -> Mail:
    """To an address that somebody registered although it has an account."""
    return compose(
        "You already have an account",
        "Somebody, probably you, has tried to register with this address on Kolibri Studio. It has an account already, "
        "and nothing was changed.",
        action="Sign in",
        url=f"{settings().public_url}/accounts/login/",
        after=("If you have forgotten the password, that page leads to a new one.", _NOT_YOU),
    )


def not_invited() -> Mail:
    """To an address that somebody registered where only invited addresses may."""
    return compose(
        "Registration is by invitation",
        "Somebody, probably you, has tried to register with this address on Kolibri Studio. Only invited people can. "
        "Ask an editor of a channel to invite this address, then register again.",
        action="About this Kolibri Studio",
        url=f"{settings().public_url}/",
        after=(_NOT_YOU,),
    )


def reset_password(key: str) -> Mail:
    """The link to replace a forgotten password."""
    return compose(
        "Choose a new password",
        "Somebody, probably you, has asked for a new password for this address on Kolibri Studio.",
        action="Choose a new password",
        url=f"{settings().public_url}{reset_path(key)}",
        after=("The link is valid once, for a day.", _NOT_YOU),
    )


def no_account(may_register: bool) -> Mail:
    """To an address for which somebody asked for a new password, although it has no account."""
    return compose(
        "There is no account with this address",
        "Somebody, probably you, has asked for a new password for this address on Kolibri Studio. It has no account. "
        "Perhaps you use another address.",
        action="Register" if may_register else "Sign in",
        url=f"{settings().public_url}/accounts/{'register' if may_register else 'login'}/",
        after=(_NOT_YOU,),
    )


def deactivated() -> Mail:
    """To the owner of an account that is not active, who asked for a new password."""
    return compose(
        "Your account is not active",
        "Somebody, probably you, has asked for a new password for this address on Kolibri Studio. Its account was "
        "deactivated. Ask an administrator.",
        action="About this Kolibri Studio",
        url=f"{settings().public_url}/",
        after=(_NOT_YOU,),
    )


def password_changed(tokens_revoked: bool) -> Mail:
    """To a user whose password was changed."""
    tokens = "API tokens were revoked, too." if tokens_revoked else "API tokens still work."
    return compose(
        "Your password was changed",
        f"The password of your account on Kolibri Studio was changed, and your other sessions have ended. {tokens}",
        action="Choose another password",
        url=f"{settings().public_url}/accounts/password/reset/",
        after=(
            "If it was not you, choose another password on this page, and let it revoke your API tokens.",
            "If it was you, there is nothing to do.",
        ),
    )


def account_deleted() -> Mail:
    """To a user whose account is being deleted."""
    return compose(
        "Your account is being deleted",
        "The account with this address on Kolibri Studio is being deleted, with the channels that nobody else edits. "
        "All sessions and API tokens have ended. This is the last e-mail about it.",
        action="About this Kolibri Studio",
        url=f"{settings().public_url}/",
        after=("If it was not you, write to the administrators now.",),
    )


def storage_answered(size: int, quota: int) -> Mail:
    """To a user whose request for so many bytes more was answered: by a `quota`, or declined if that is 0."""
    given = (
        f"You may use {human(quota)} now." if quota else "An administrator declined it. You can send another request."
    )
    return compose(
        "Your request for more storage",
        f"You have requested {human(size)} more storage on Kolibri Studio. {given}",
        action="Your storage",
        url=f"{settings().public_url}/settings/storage/",
        after=(),
    )


def choose_password(key: str) -> Mail:
    """The link to choose a first password, for a user whom an operator made."""
    return compose(
        "You have an account",
        "An administrator has made an account with this address for you on Kolibri Studio.",
        action="Choose your password",
        url=f"{settings().public_url}{reset_path(key)}",
        after=("The link is valid once, for a week. Later, ask for another one on the page to sign in.", _UNEXPECTED),
    )


def reset_path(key: str) -> str:
    """The path of the page to choose a password."""
    return f"/accounts/password/reset/{key}/"


def storage_request(address: str, size: int) -> Mail:
    """For the operator: the user with this e-mail address requests so many bytes more. The reason is not in it."""
    return compose(
        "Request for more storage",
        f"{address} requests {human(size)} more storage on Kolibri Studio.",
        "The reason is in the list of users, which leads to the user's page. There, give the storage or decline.",
        action="Open the requests",
        url=f"{settings().public_url}/admin/users/?storage_request=true",
    )
