"""The rules of access: who may do what, decided from plain data alone. No other module decides this.

`role_of` says what a user is to a channel; most rules follow from that role (None is no role at all). Things that
belong to one user, such as channel sets and uploads, have an owner instead. What the rules need is read by
`channel_rights` and `node_rights`.

| role | views the live tree | views everything else | edits | how a user gets it |
| --- | --- | --- | --- | --- |
| ADMIN | yes | yes | yes | is an administrator |
| EDIT | yes | yes | yes | membership |
| VIEW | yes | yes, but for tokens and invitations | no | membership |
| PUBLIC | yes | no | no | the channel is public and published |
"""

from collections.abc import Collection, Iterable
from enum import StrEnum
from typing import NamedTuple, Protocol

from chalicelib.errors import Forbidden


class Role(StrEnum):
    """What a user is to a channel. EDIT and VIEW are what memberships and invitations store."""

    ADMIN = "admin"
    EDIT = "edit"
    VIEW = "view"
    PUBLIC = "public"


class Rights(NamedTuple):
    """A user's role in a channel, which decides, and the stored membership, which is shown."""

    role: Role | None
    membership: str | None


class Account(Protocol):
    """A user, as far as roles depend on it: the caller, or one that is stored."""

    @property
    def is_admin(self) -> bool: ...


class Caller(Account, Protocol):
    """The user who asks."""

    @property
    def user_id(self) -> str: ...
    @property
    def email(self) -> str: ...


class StoredAccount(Account, Protocol):
    """A user who may have been deactivated."""

    @property
    def is_active(self) -> bool: ...


_STORED = {role.value: role for role in (Role.EDIT, Role.VIEW)}
_EDITORS = frozenset({Role.ADMIN, Role.EDIT})
_MEMBERS = frozenset({*_EDITORS, Role.VIEW})


# Roles


def role_of(user: Account, membership: str | None, is_public: bool = False) -> Role | None:
    """What a user is to a channel in which this is the user's membership. `is_public` is what `is_open` says of it."""
    if user.is_admin:
        return Role.ADMIN
    if membership:
        return _STORED[membership]
    return Role.PUBLIC if is_public else None


def is_open(is_public: bool, is_live: bool) -> bool:
    """Whether everybody may view a channel's live tree; `is_live`: it is published and not deleted."""
    return is_public and is_live


def role_of_owner(user: StoredAccount | None, membership: str | None) -> Role | None:
    """`role_of` for a stored user who is not the caller: whoever is deactivated, or gone, has no role anywhere."""
    return role_of(user, membership) if user is not None and user.is_active else None


def is_active_admin(user: StoredAccount) -> bool:
    """Whether a stored user can do what administrators do."""
    return user.is_admin and user.is_active


def refuse_edit(channel_id: str) -> Forbidden:
    """The error for users who may view a channel and tried to edit it."""
    return Forbidden(f"You may not edit channel {channel_id}. Ask one of its editors to invite you.")


def is_editor(membership: str | None) -> bool:
    """Whether a membership, or what an invitation offers, is that of an editor."""
    return membership == Role.EDIT


def is_viewer(membership: str | None) -> bool:
    """Whether a membership is that of somebody who may only view."""
    return membership == Role.VIEW


# Channels and their trees


def may_view(role: Role | None) -> bool:
    """A channel, and the nodes and files of its live tree."""
    return role is not None


def viewable(
    user: Account, channel_ids: Iterable[str], memberships: Collection[str], open_ids: Collection[str]
) -> set[str]:
    """Those of many channels that a user may view, by the ids of those with a membership and of those that are open.

    It says what `may_view` says of each of them, in a tenth of the time: search asks about every channel.
    """
    if user.is_admin:
        return set(channel_ids)
    return {channel_id for channel_id in channel_ids if channel_id in memberships or channel_id in open_ids}


def may_view_tree(role: Role | None, is_live: bool) -> bool:
    """One of a channel's trees: the public sees the live one only."""
    return is_member(role) or (may_view(role) and is_live)


def is_member(role: Role | None) -> bool:
    """Whether a user is a member of a channel, or an administrator, who may do all that members may.

    Members see what is not public of a public channel: trees that are not live and their differences, other members,
    uploaders of files, tasks, and the changes that sync clients receive.
    """
    return role in _MEMBERS


def may_edit(role: Role | None) -> bool:
    """A channel, its nodes and files, its members and invitations. Editors also see its tokens."""
    return role in _EDITORS


def may_import_from(role: Role | None, is_public: bool, is_deleted: bool) -> bool:
    """Whether a chef may take nodes over from a channel. Being public suffices, whatever is published."""
    return not is_deleted and (is_public or is_member(role))


def may_pull_from(is_deleted: bool) -> bool:
    """Whether copies in other channels may take over what changed in a channel that the user may view."""
    return not is_deleted


# Members


def may_make_editor(role: Role | None, membership: str | None) -> bool:
    """Whether a user with this role may make an editor of another with this membership: only an administrator makes
    one of who is not yet a member."""
    return may_edit(role) and (membership is not None or role == Role.ADMIN)


def may_view_address(caller: Caller, role: Role | None, user_id: str) -> bool:
    """Whether the list of members shows the e-mail address of a user."""
    return may_edit(role) or owns(caller, user_id)


def may_remove_member(caller: Caller, role: Role | None, user_id: str) -> bool:
    """Editors remove anybody, everyone may leave."""
    return may_edit(role) or (may_view(role) and owns(caller, user_id))


def must_leave_editor(role: Role | None, membership: str | None) -> bool:
    """Whether another editor must stay when a member is removed. Administrators may remove the last one."""
    return is_editor(membership) and role != Role.ADMIN


# Invitations


def is_invited(caller: Caller, user_id: str, address: str) -> bool:
    """Whether an invitation is the caller's: by the account, or by the address, which is stored in lower case."""
    return owns(caller, user_id) or caller.email.lower() == address


def may_view_invitation(role: Role | None, is_invited: bool, is_sender: bool) -> bool:
    """Editors of the channel, the invited and the sender."""
    return may_edit(role) or is_invited or is_sender


def may_revoke_invitation(role: Role | None, is_sender: bool) -> bool:
    """Editors of the channel, and who sent it. Only editors change what it says."""
    return may_edit(role) or is_sender


def may_view_invited_account(caller: Caller, is_invited: bool, is_accepted: bool) -> bool:
    """Whether an invitation shows the account with its address, which its sender may not know of."""
    return is_accepted or is_invited or caller.is_admin


def membership_after(membership: str | None, offered: str) -> str:
    """The membership of a user who accepts an invitation: nobody loses a right by it."""
    return Role.EDIT.value if is_editor(membership) or is_editor(offered) else offered


# What belongs to one user


def owns(caller: Caller, owner_id: str | None) -> bool:
    """Bookmarks, clipboards, saved searches and uploads are found by their owners only."""
    return caller.user_id == owner_id


def may_manage(caller: Caller, owner_id: str | None) -> bool:
    """Channel sets, uploads, memberships and invitations of a user are for the owner and for administrators."""
    return owns(caller, owner_id) or caller.is_admin


def may_add_to_set(role: Role | None, is_public: bool) -> bool:
    """Whether a user may put a channel into a channel set: viewers do not share private channels."""
    return may_view(role) and (is_public or may_edit(role))


def is_shown_in_set(is_public: bool, owner_role: Role | None) -> bool:
    """Whether a set shows a published channel, by what the owner of the set is to it at that moment."""
    return is_public or may_edit(owner_role)


def may_view_uploader(caller: Caller, role: Role | None, uploader_id: str | None) -> bool:
    """Whether a file says who uploaded it."""
    return is_member(role) or owns(caller, uploader_id)


# Tasks


def may_view_task(caller: Caller, owner_id: str, role: Role | None, is_for_public: bool) -> bool:
    """Who started a task, and members of its channel; `is_for_public`: all who may view the channel."""
    return owns(caller, owner_id) or is_member(role) or (is_for_public and may_view(role))


def may_view_result(caller: Caller, owner_id: str, role: Role | None) -> bool:
    """What came of a task: for who started it, and for editors of its channel."""
    return owns(caller, owner_id) or may_edit(role)
