"""The permission policy: pure functions of plain data. No other module decides permissions.

`role_of` returns a user's role in a channel, and most rules depend on that role only (None means no role). Objects that
belong to one user, such as channel sets and uploads, have an owner instead. `channel_rights` and `node_rights` read the
data that the rules need.

| role | views the live tree | views everything else | edits | source of the role |
| --- | --- | --- | --- | --- |
| ADMIN | yes | yes | yes | the user is an administrator |
| EDIT | yes | yes | yes | membership |
| VIEW | yes | yes, except tokens and invitations | no | membership |
| PUBLIC | yes | no | no | the channel is public and published |
"""

from collections.abc import Collection, Iterable
from enum import StrEnum
from typing import NamedTuple, Protocol

from chalicelib.errors import Forbidden


class Role(StrEnum):
    """A user's role in a channel. Memberships and invitations store EDIT or VIEW."""

    ADMIN = "admin"
    EDIT = "edit"
    VIEW = "view"
    PUBLIC = "public"


class Rights(NamedTuple):
    """A user's role in a channel, which decides permissions, and the stored membership, which responses show."""

    role: Role | None
    membership: str | None


class Account(Protocol):
    """The part of a user that roles depend on: the caller or a stored user."""

    @property
    def is_admin(self) -> bool: ...


class Caller(Account, Protocol):
    """The user who sent the request."""

    @property
    def user_id(self) -> str: ...
    @property
    def email(self) -> str: ...


class Credential(Protocol):
    """By what the caller is authenticated."""

    @property
    def by_token(self) -> bool: ...
    @property
    def session(self) -> str: ...


class StoredAccount(Account, Protocol):
    """A stored user, who may be deactivated."""

    @property
    def is_active(self) -> bool: ...


_STORED = {role.value: role for role in (Role.EDIT, Role.VIEW)}
_EDITORS = frozenset({Role.ADMIN, Role.EDIT})
_MEMBERS = frozenset({*_EDITORS, Role.VIEW})


# Roles


def role_of(user: Account, membership: str | None, is_public: bool = False) -> Role | None:
    """Return a user's role in a channel.

    `membership` is the user's stored membership in it; `is_public` is the result of `is_open` for it.
    """
    if user.is_admin:
        return Role.ADMIN
    if membership:
        return _STORED[membership]
    return Role.PUBLIC if is_public else None


def is_open(is_public: bool, is_live: bool) -> bool:
    """Whether every user may view a channel's live tree. `is_live`: the channel is published and not deleted."""
    return is_public and is_live


def role_of_owner(user: StoredAccount | None, membership: str | None) -> Role | None:
    """`role_of` for a stored user who is not the caller. Deactivated and deleted users have no role."""
    return role_of(user, membership) if user is not None and user.is_active else None


def is_active_admin(user: StoredAccount) -> bool:
    """Whether a stored user has the permissions of an administrator."""
    return user.is_admin and user.is_active


def refuse_edit(channel_id: str) -> Forbidden:
    """Return the error for users who tried to edit a channel that they may only view."""
    return Forbidden(f"You may not edit channel {channel_id}. Ask one of its editors to invite you.")


def is_editor(membership: str | None) -> bool:
    """Whether a membership, or the membership that an invitation offers, is that of an editor."""
    return membership == Role.EDIT


def is_viewer(membership: str | None) -> bool:
    """Whether a membership is that of a viewer."""
    return membership == Role.VIEW


# Channels and their trees


def may_view(role: Role | None) -> bool:
    """Whether a user with this role may view a channel, and the nodes and files of its live tree."""
    return role is not None


def viewable(
    user: Account, channel_ids: Iterable[str], memberships: Collection[str], open_ids: Collection[str]
) -> set[str]:
    """Return the ids of the channels that a user may view.

    `memberships` are ids of channels that the user is a member of, `open_ids` those of open channels. The result equals
    that of `may_view` for each channel in a tenth of the time, because search filters all channels.
    """
    if user.is_admin:
        return set(channel_ids)
    return {channel_id for channel_id in channel_ids if channel_id in memberships or channel_id in open_ids}


def may_view_tree(role: Role | None, is_live: bool) -> bool:
    """Whether a user with this role may view one of a channel's trees. The public may view only the live tree."""
    return is_member(role) or (may_view(role) and is_live)


def is_member(role: Role | None) -> bool:
    """Whether a user is a member of a channel or an administrator, who has all permissions of members.

    Members also view the private parts of a public channel: trees that are not live and their differences, other
    members, uploaders of files, tasks, and the changes that sync clients receive.
    """
    return role in _MEMBERS


def may_view_deleted(role: Role | None) -> bool:
    """Whether a user may list the deleted nodes of a channel: those who may restore them."""
    return may_edit(role)


def may_purge(role: Role | None) -> bool:
    """Whether a user may delete nodes of the trash for good: those who may restore them."""
    return may_edit(role)


def may_edit(role: Role | None) -> bool:
    """Whether a user may edit a channel, its nodes, files, members and invitations, and view its tokens."""
    return role in _EDITORS


def may_import_from(role: Role | None, is_open: bool, is_deleted: bool) -> bool:
    """Whether a chef may copy nodes from a channel. An open channel suffices."""
    return not is_deleted and (is_open or is_member(role))


def may_pull_from(is_deleted: bool) -> bool:
    """Whether copies in other channels may pull changes from a channel that the user may view."""
    return not is_deleted


# Members


def may_make_editor(role: Role | None, membership: str | None) -> bool:
    """Whether a user with this role may make another user, who has this membership, an editor.

    Only administrators may make a user an editor who is not yet a member.
    """
    return may_edit(role) and (membership is not None or role == Role.ADMIN)


def may_view_address(caller: Caller, role: Role | None, user_id: str) -> bool:
    """Whether the list of members shows the e-mail address of a user."""
    return may_edit(role) or owns(caller, user_id)


def may_remove_member(caller: Caller, role: Role | None, user_id: str) -> bool:
    """Whether the caller may remove a member: editors may remove any member, and every member may leave."""
    return may_edit(role) or (is_member(role) and owns(caller, user_id))


def must_leave_editor(role: Role | None, membership: str | None) -> bool:
    """Whether removing a member requires that another editor remains. Administrators may remove the last editor."""
    return is_editor(membership) and role != Role.ADMIN


# Invitations


def is_invited(caller: Caller, user_id: str, address: str) -> bool:
    """Whether an invitation is for the caller, by account or by e-mail address, which is stored in lower case."""
    return owns(caller, user_id) or caller.email.lower() == address


def may_view_invitation(role: Role | None, is_invited: bool, is_sender: bool) -> bool:
    """Whether a user may view an invitation: editors of the channel, the invited user and the sender may."""
    return may_edit(role) or is_invited or is_sender


def may_revoke_invitation(role: Role | None, is_sender: bool) -> bool:
    """Whether a user may revoke an invitation: editors of the channel and the sender may. Only editors may edit it."""
    return may_edit(role) or is_sender


def may_view_invited_account(caller: Caller, is_invited: bool, is_accepted: bool) -> bool:
    """Whether an invitation shows the invited account, whose existence its sender may not know."""
    return is_accepted or is_invited or caller.is_admin


def gives_a_right(membership: str | None, offered: str) -> bool:
    """Whether an invitation would give its user a right: viewers may be invited to edit."""
    return membership_after(membership, offered) != membership


def membership_after(membership: str | None, offered: str) -> str:
    """Return the membership of a user who accepts an invitation. Accepting never removes a permission."""
    return Role.EDIT.value if is_editor(membership) or is_editor(offered) else offered


# Objects that belong to one user


def owns(caller: Caller, owner_id: str | None) -> bool:
    """Whether the caller is the owner of a bookmark, clipboard, saved search, upload or task."""
    return caller.user_id == owner_id


def may_manage(caller: Caller, owner_id: str | None) -> bool:
    """Whether the caller may manage a user's channel sets, uploads, memberships and invitations: as owner or admin."""
    return owns(caller, owner_id) or caller.is_admin


def may_add_to_set(role: Role | None, is_public: bool) -> bool:
    """Whether a user may add a channel to a channel set. Viewers may not share private channels."""
    return may_view(role) and (is_public or may_edit(role))


def is_shown_in_set(is_public: bool, owner_role: Role | None) -> bool:
    """Whether a set shows a published channel. `owner_role` is the current role of the set's owner in the channel."""
    return is_public or may_edit(owner_role)


def may_view_uploader(caller: Caller, role: Role | None, uploader_id: str | None) -> bool:
    """Whether a file shows its uploader."""
    return is_member(role) or owns(caller, uploader_id)


# API tokens and sessions


def has_session(caller: Credential) -> bool:
    """Whether the caller has signed in, and does not use an API token.

    Only they may create tokens, and view and end sessions: a token is stored in scripts and may leak, and must not
    create others that outlive it.
    """
    return not caller.by_token


def controls_token(caller: Credential, key: str) -> bool:
    """Whether the caller may view and revoke one of their own tokens: with a session any, with a token only itself."""
    return has_session(caller) or caller.session == key


# Tasks


def may_view_task(caller: Caller, owner_id: str, role: Role | None, is_for_public: bool) -> bool:
    """Whether the caller may view a task: as its owner, or as a member of its channel.

    `is_for_public`: every user who may view the channel may view the task.
    """
    return owns(caller, owner_id) or is_member(role) or (is_for_public and may_view(role))


def may_view_result(caller: Caller, owner_id: str, role: Role | None) -> bool:
    """Whether the caller may view the result of a task: as its owner, or as an editor of its channel."""
    return owns(caller, owner_id) or may_edit(role)
