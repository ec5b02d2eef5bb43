"""The permission policy: a table of rules and roles, and properties of all rules."""

from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.models import channel_members
from chalicelib.operations.access import policy
from chalicelib.operations.access.policy import Role
from tests.support.source.code import functions

ROLES = (Role.ADMIN, Role.EDIT, Role.VIEW, Role.PUBLIC, None)
ALL, NONE = (True,) * 5, (False,) * 5
EDITORS = (True, True, False, False, False)
MEMBERS = (True, True, True, False, False)
VIEWERS = (True, True, True, True, False)
ADMINS = (True, False, False, False, False)


@dataclass(frozen=True)
class Caller:
    user_id: str = "caller"
    email: str = "Caller@example.org"
    is_admin: bool = False


@dataclass(frozen=True)
class Credential:
    by_token: bool
    session: str = "own"  # the key of the token or session


@dataclass(frozen=True)
class Stored:
    is_admin: bool = False
    is_active: bool = True


def caller_in(role: Role | None) -> Caller:
    return Caller(is_admin=role == Role.ADMIN)


class TestRole:
    def test_equals_the_stored_membership(self):
        assert (Role.EDIT, Role.VIEW) == (channel_members.EDIT, channel_members.VIEW)

    @pytest.mark.parametrize("membership", ["edit", "view", None])
    @pytest.mark.parametrize("is_public", [True, False])
    def test_of_an_administrator_is_always_admin(self, membership, is_public):
        assert policy.role_of(Caller(is_admin=True), membership, is_public) is Role.ADMIN

    @pytest.mark.parametrize("is_public", [True, False])
    def test_of_a_member_is_the_membership_even_in_a_public_channel(self, is_public):
        assert policy.role_of(Caller(), "edit", is_public) is Role.EDIT
        assert policy.role_of(Caller(), "view", is_public) is Role.VIEW

    def test_of_a_non_member_is_public_in_public_channels_only(self):
        assert policy.role_of(Caller(), None, is_public=True) is Role.PUBLIC
        assert policy.role_of(Caller(), None, is_public=False) is None

    def test_only_published_public_channels_are_open(self):
        assert [policy.is_open(*one) for one in ((True, True), (True, False), (False, True))] == [True, False, False]

    def test_of_a_deactivated_or_deleted_owner_is_none(self):
        assert policy.role_of_owner(Stored(), "edit") is Role.EDIT
        assert policy.role_of_owner(Stored(is_admin=True), None) is Role.ADMIN
        assert policy.role_of_owner(Stored(is_admin=True, is_active=False), "edit") is None
        assert policy.role_of_owner(None, "edit") is None

    def test_only_active_administrators_have_admin_permissions(self):
        assert policy.is_active_admin(Stored(is_admin=True))
        assert not policy.is_active_admin(Stored(is_admin=True, is_active=False))
        assert not policy.is_active_admin(Stored())


# Each rule that depends on a role, with its results for ADMIN, EDIT, VIEW, PUBLIC and no role.
TABLE = {
    "view a channel": (policy.may_view, VIEWERS),
    "view the live tree": (lambda role: policy.may_view_tree(role, is_live=True), VIEWERS),
    "view another tree": (lambda role: policy.may_view_tree(role, is_live=False), MEMBERS),
    "view tasks, members and differences": (policy.is_member, MEMBERS),
    "edit": (policy.may_edit, EDITORS),
    "view deleted nodes": (policy.may_view_deleted, EDITORS),
    "delete nodes for good": (policy.may_purge, EDITORS),
    "import from a private channel": (lambda role: policy.may_import_from(role, False, False), MEMBERS),
    "import from a public channel": (lambda role: policy.may_import_from(role, True, False), ALL),
    "import from a deleted channel": (lambda role: policy.may_import_from(role, True, True), NONE),
    "make a viewer an editor": (lambda role: policy.may_make_editor(role, "view"), EDITORS),
    "make a non-member an editor": (lambda role: policy.may_make_editor(role, None), ADMINS),
    "view addresses of members": (lambda role: policy.may_view_address(caller_in(role), role, "x"), EDITORS),
    "view their own address": (lambda role: policy.may_view_address(caller_in(role), role, "caller"), ALL),
    "remove others": (lambda role: policy.may_remove_member(caller_in(role), role, "x"), EDITORS),
    "leave": (lambda role: policy.may_remove_member(caller_in(role), role, "caller"), MEMBERS),
    "remove the last editor": (lambda role: not policy.must_leave_editor(role, "edit"), ADMINS),
    "remove the last viewer": (lambda role: not policy.must_leave_editor(role, "view"), ALL),
    "view others' invitations": (lambda role: policy.may_view_invitation(role, False, False), EDITORS),
    "view an invitation that they received": (lambda role: policy.may_view_invitation(role, True, False), ALL),
    "view an invitation that they sent": (lambda role: policy.may_view_invitation(role, False, True), ALL),
    "revoke others' invitations": (lambda role: policy.may_revoke_invitation(role, False), EDITORS),
    "revoke an invitation that they sent": (lambda role: policy.may_revoke_invitation(role, True), ALL),
    "view the account of an invited address": (
        lambda role: policy.may_view_invited_account(caller_in(role), False, False),
        ADMINS,
    ),
    "add a private channel to a set": (lambda role: policy.may_add_to_set(role, False), EDITORS),
    "add a public channel to a set": (lambda role: policy.may_add_to_set(role, True), VIEWERS),
    "show a private channel in a set": (lambda role: policy.is_shown_in_set(False, role), EDITORS),
    "show a public channel in a set": (lambda role: policy.is_shown_in_set(True, role), ALL),
    "view the uploader of a file": (lambda role: policy.may_view_uploader(caller_in(role), role, "x"), MEMBERS),
    "view themselves as uploader": (lambda role: policy.may_view_uploader(caller_in(role), role, "caller"), ALL),
    "view a task": (lambda role: policy.may_view_task(caller_in(role), "x", role, False), MEMBERS),
    "view a task for the public": (lambda role: policy.may_view_task(caller_in(role), "x", role, True), VIEWERS),
    "view their own task": (lambda role: policy.may_view_task(caller_in(role), "caller", role, False), ALL),
    "view the result of a task": (lambda role: policy.may_view_result(caller_in(role), "x", role), EDITORS),
    "view the result of their own task": (lambda role: policy.may_view_result(caller_in(role), "caller", role), ALL),
    "manage objects of others": (lambda role: policy.may_manage(caller_in(role), "x"), ADMINS),
    "manage their own objects": (lambda role: policy.may_manage(caller_in(role), "caller"), ALL),
}


class TestRules:
    @pytest.mark.parametrize("action", TABLE)
    def test_allow_the_roles_in_the_table(self, action):
        rule, allowed = TABLE[action]
        assert dict(zip(ROLES, map(rule, ROLES), strict=True)) == dict(zip(ROLES, allowed, strict=True))

    def test_are_all_in_the_table(self):
        """All rules that depend on a role, found by the names that the table's functions use."""
        named = {name for rule, _ in TABLE.values() for name in (*rule.__code__.co_names, rule.__name__)}
        rules = {one.name for one in functions("chalicelib.operations.access.policy") if one.name.startswith("may_")}
        assert rules - named == {"may_pull_from"}

    @pytest.mark.parametrize(("is_deleted", "may"), [(False, True), (True, False)])
    def test_copies_cannot_pull_from_deleted_channels(self, is_deleted, may):
        assert policy.may_pull_from(is_deleted) is may


class TestCredentials:
    def test_only_sessions_control_others(self):
        session, token = Credential(by_token=False), Credential(by_token=True)
        assert [policy.has_session(one) for one in (session, token)] == [True, False]
        assert [policy.controls_token(session, key) for key in ("own", "x")] == [True, True]
        assert [policy.controls_token(token, key) for key in ("own", "x")] == [True, False]


class TestInvitation:
    def test_is_for_the_account_or_its_address_ignoring_case(self):
        assert policy.is_invited(Caller(), "caller", "x@example.org")
        assert policy.is_invited(Caller(), "x", "caller@example.org")
        assert not policy.is_invited(Caller(), "x", "x@example.org")

    @pytest.mark.parametrize("is_accepted", [True, False])
    @pytest.mark.parametrize("is_invited", [True, False])
    def test_shows_the_account_to_the_invited_user_and_after_acceptance(self, is_invited, is_accepted):
        shown = policy.may_view_invited_account(Caller(), is_invited, is_accepted)
        assert shown is (is_invited or is_accepted)

    @pytest.mark.parametrize(
        ("membership", "offered", "after"),
        [
            (None, "view", "view"),
            (None, "edit", "edit"),
            ("view", "view", "view"),
            ("view", "edit", "edit"),
            ("edit", "view", "edit"),
            ("edit", "edit", "edit"),
        ],
    )
    def test_never_removes_a_permission(self, membership, offered, after):
        assert policy.membership_after(membership, offered) == after
        assert policy.gives_a_right(membership, offered) is (after != membership)


def test_administrators_and_other_users_are_not_owners():
    assert policy.owns(Caller(), "caller")
    assert not policy.owns(Caller(is_admin=True), "x")
    assert not policy.owns(Caller(), None)


def test_edit_error_names_the_channel_and_the_next_step():
    advice = "You may not edit channel c. Ask one of its editors to invite you."
    assert policy.refuse_edit("c").detail == f"You do not have permission to perform this action. {advice}"


@dataclass(frozen=True)
class Facts:
    """All inputs of the rules: about the caller, the channel and an object in it."""

    is_admin: bool
    membership: str | None
    is_public: bool
    is_live: bool
    is_owner: bool
    is_invited: bool
    is_sender: bool


def allowed(facts: Facts) -> set[str]:
    """Return the allowed actions."""
    user = Caller(is_admin=facts.is_admin)
    role = policy.role_of(user, facts.membership, policy.is_open(facts.is_public, facts.is_live))
    owner = "caller" if facts.is_owner else "x"
    decided = {
        "view": policy.may_view(role),
        "view live": policy.may_view_tree(role, True),
        "view other": policy.may_view_tree(role, False),
        "member": policy.is_member(role),
        "edit": policy.may_edit(role),
        "view deleted": policy.may_view_deleted(role),
        "import": policy.may_import_from(role, facts.is_public, False),
        "make editor": policy.may_make_editor(role, "view"),
        "make non-member editor": policy.may_make_editor(role, None),
        "view address": policy.may_view_address(user, role, owner),
        "remove": policy.may_remove_member(user, role, owner),
        "remove last editor": not policy.must_leave_editor(role, "edit"),
        "view invitation": policy.may_view_invitation(role, facts.is_invited, facts.is_sender),
        "revoke": policy.may_revoke_invitation(role, facts.is_sender),
        "view invited": policy.may_view_invited_account(user, facts.is_invited, False),
        "manage": policy.may_manage(user, owner),
        "add to set": policy.may_add_to_set(role, facts.is_public),
        "show in set": policy.is_shown_in_set(facts.is_public, role),
        "view uploader": policy.may_view_uploader(user, role, owner),
        "view task": policy.may_view_task(user, owner, role, False),
        "view public task": policy.may_view_task(user, owner, role, True),
        "view result": policy.may_view_result(user, owner, role),
    }
    return {action for action, may in decided.items() if may}


FLAGS = ("is_admin", "is_public", "is_live", "is_owner", "is_invited", "is_sender")
FACTS = st.builds(Facts, membership=st.sampled_from(["edit", "view", None]), **{name: st.booleans() for name in FLAGS})
IDS = st.sampled_from("abcdef")
WEAKER = {"edit": "view", "view": None, None: None}


class TestAlways:
    @given(st.booleans(), st.dictionaries(IDS, st.sampled_from(["edit", "view"])), st.sets(IDS))
    def test_viewable_equals_may_view_for_each_channel(self, is_admin, memberships, open_ids):
        user = Caller(is_admin=is_admin)
        one_by_one = {
            id for id in "abcdef" if policy.may_view(policy.role_of(user, memberships.get(id), id in open_ids))
        }
        assert policy.viewable(user, "abcdef", memberships, open_ids) == one_by_one

    @given(FACTS)
    def test_editors_may_view_everything(self, facts):
        if "edit" in allowed(facts):
            assert allowed(facts) >= {"view", "view live", "view other", "member", "view task", "view result"}

    @given(FACTS)
    def test_viewers_of_any_tree_may_view_the_live_tree(self, facts):
        assert "view other" not in allowed(facts) or "view live" in allowed(facts)
        assert ("view live" in allowed(facts)) == ("view" in allowed(facts))

    @given(FACTS)
    def test_administrators_have_all_permissions(self, facts):
        everything = allowed(Facts(True, "edit", True, True, True, True, True))
        assert allowed(replace(facts, is_admin=True)) == everything
        assert allowed(facts) <= everything

    @given(FACTS, st.sampled_from([*FLAGS, "membership"]))
    def test_removing_a_permission_adds_none(self, facts, removed):
        after = WEAKER[facts.membership] if removed == "membership" else False
        assert allowed(replace(facts, **{removed: after})) <= allowed(facts)

    @given(FACTS)
    def test_strangers_have_no_permissions_in_a_private_channel(self, facts):
        stranger = Facts(False, None, False, facts.is_live, False, False, False)
        assert not allowed(stranger)

    @given(FACTS)
    def test_making_a_channel_public_removes_no_permission(self, facts):
        assert allowed(replace(facts, is_public=False)) <= allowed(replace(facts, is_public=True))
