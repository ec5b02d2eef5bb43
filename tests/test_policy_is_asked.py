"""Permissions are decided in one module: others ask `operations.access.policy`.

These tests find code that decides by the facts that permissions depend on: administrators, roles, memberships, whether
a channel is public, and owners. Passing such facts to the policy, showing them and storing them is allowed.
"""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.support.source.code import PACKAGE, imports, modules, path_of

POLICY = f"{PACKAGE}.operations.access.policy"
MODELS = f"{PACKAGE}.models"
ROLES = ("EDIT", "VIEW")  # of models.channel_members
OWNERS = {"user_id", "owner_id", "sender_id", "uploaded_by", "created_by_id"}
CALLERS = ("user.user_id", "caller.user_id", "sender.user_id")
QUANTIFIERS = ("all", "any", "filter")
COLLECTION = ast.Tuple | ast.List | ast.Set

# Modules in which a condition uses such a fact for another reason, by the fact.
EXCEPTIONS = {
    ("http.router", "is_admin"): "ADMIN is an access level of a route; the package http imports no operations",
    ("operations.nodes.build_nodes", "role"): "the audience of a node, `role_visibility`",
    ("operations.sync.apply", "owner"): "finds the identity that made a change",
    ("operations.channels.channel_resource", "public"): "a public channel's entry in the public index must follow",
    ("operations.channels.chef_upload", "public"): "a public channel's entry in the public index must follow",
    ("operations.channels.moderation", "public"): "a public channel's entry in the public index must follow",
    ("operations.public.public_index_update", "public"): "changes whether a channel is public, and writes the index",
    ("operations.public.set_channels", "is_live"): "unpublished channels are shown to nobody",
    ("operations.search.search_index_update", "is_live"): "unpublished channels are not in the index",
}


def conditions(tree: ast.AST) -> Iterator[ast.expr]:
    """The conditions in code, with the operands of `and`, `or` and `not` one by one."""
    for node in ast.walk(tree):
        if isinstance(node, ast.If | ast.IfExp | ast.While | ast.Assert):
            yield node.test
        elif isinstance(node, ast.BoolOp):
            yield from node.values
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            yield node.operand
        elif isinstance(node, ast.comprehension):
            yield from node.ifs
        elif isinstance(node, ast.match_case) and node.guard:
            yield node.guard
        elif isinstance(node, ast.Compare):
            yield node
        elif isinstance(node, ast.Call) and last_name(node.func) in QUANTIFIERS:
            yield from (arg.elt for arg in node.args if isinstance(arg, ast.GeneratorExp | ast.ListComp))


def facts(expression: ast.expr) -> Iterator[str]:
    """The facts that an expression uses for its decision."""
    if isinstance(expression, ast.Compare):
        yield from _compared(expression)
    elif isinstance(expression, ast.Call) and isinstance(expression.func, ast.Name) and expression.func.id == "bool":
        for argument in expression.args:
            yield from facts(argument)
    elif isinstance(expression, ast.Call):
        name = ast.unparse(expression.func)
        if name in ("channels.is_live", "is_live"):
            yield "is_live"
    elif isinstance(expression, ast.Name | ast.Attribute):
        yield from _named(expression)


def _compared(expression: ast.Compare) -> Iterator[str]:
    sides = [expression.left, *expression.comparators]
    parts = [part for side in sides for part in (side.elts if isinstance(side, COLLECTION) else [side])]
    is_none = len(parts) == 2 and isinstance(parts[1], ast.Constant) and parts[1].value is None
    for part in parts:
        yield from facts(part)
        name = last_name(part)
        if (name in (*ROLES, "membership") and not is_none) or ast.unparse(part).startswith("Role."):
            yield "role"
        if name in OWNERS and any(ast.unparse(other).endswith(CALLERS) for other in parts):
            yield "owner"


def _named(expression: ast.Name | ast.Attribute) -> Iterator[str]:
    name = last_name(expression)
    if name in ("is_admin", "role"):
        yield name
    is_field = isinstance(expression, ast.Attribute) and last_name(expression.value) != "query"
    if name == "public" and is_field:
        yield "public"


def last_name(expression: ast.expr) -> str:
    if isinstance(expression, ast.Attribute):
        return expression.attr
    return expression.id if isinstance(expression, ast.Name) else ""


def decided(tree: ast.AST) -> set[str]:
    """The facts that code uses for its decisions."""
    return {fact for condition in conditions(tree) for fact in facts(condition)}


def others() -> list[str]:
    """The modules that must ask the policy."""
    return [name for name in modules() if name != POLICY and not name.startswith(MODELS)]


@pytest.mark.parametrize("module", others())
def test_no_other_module_decides_permissions(module):
    name = module.removeprefix(f"{PACKAGE}.")
    assert {fact for fact in decided(modules()[module]) if (name, fact) not in EXCEPTIONS} == set()


@pytest.mark.parametrize(("name", "fact"), EXCEPTIONS)
def test_every_exception_is_needed(name, fact):
    assert fact in decided(modules()[f"{PACKAGE}.{name}"])


def test_only_models_use_stored_roles():
    """Others use the policy's `Role`."""
    found = [
        name
        for name in others()
        for node in ast.walk(modules()[name])
        if isinstance(node, ast.ImportFrom) and node.module == f"{MODELS}.channel_members"
        for alias in node.names
        if alias.name in ROLES
    ]
    found += [name for name in others() for node in ast.walk(modules()[name]) if _is_stored_role(node)]
    assert not found


def _is_stored_role(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr in ROLES and last_name(node.value) == "channel_members"


def test_the_refusal_to_edit_is_in_one_place():
    sentence = re.compile(r"You may not edit channel \{[^}]*\}\. Ask")
    texts = {name: path_of(name).read_text(encoding="utf-8") for name in modules()}
    assert {name: len(found) for name, text in texts.items() if (found := sentence.findall(text))} == {POLICY: 1}


def test_the_policy_is_pure():
    """It reads no data and needs no library."""
    allowed = {"collections.abc", "enum", "typing", f"{PACKAGE}.errors"}
    assert imports(POLICY) <= allowed


@pytest.mark.parametrize("module", [name for name in modules() if name.startswith(f"{PACKAGE}.handlers.")])
def test_handlers_read_no_models(module):
    """Handlers read the database through operations, which also check permissions."""
    assert {name for name in imports(module) if name.startswith(MODELS)} == set()


class TestFinds:
    """Tests the checks above."""

    @pytest.mark.parametrize(
        ("code", "fact"),
        [
            ("if user.is_admin: pass", "is_admin"),
            ("may = not is_admin", "is_admin"),
            ("x = a or user.is_admin", "is_admin"),
            ("x = [a for a in b if bool(a.is_admin)]", "is_admin"),
            ("x = 1 if role else 2", "role"),
            ("x = member.role == EDIT", "role"),
            ("x = role in (Role.EDIT, Role.VIEW)", "role"),
            ("x = membership == other", "role"),
            ("x = any(member.role == 'edit' for member in members)", "role"),
            ("while channel.public: pass", "public"),
            ("x = bool(channel.public) and y", "public"),
            ("if channels.is_live(channel): pass", "is_live"),
            ("x = task.user_id == request.user.user_id", "owner"),
            ("x = invitation.sender_id != user.user_id", "owner"),
            ("x = place.user_id in (None, user.user_id)", "owner"),
        ],
    )
    def test_decisions(self, code, fact):
        assert fact in decided(ast.parse(code))

    @pytest.mark.parametrize(
        "code",
        [
            "row = {'is_admin': user.is_admin, 'public': bool(channel.public)}",
            "x = policy.may_edit(policy.role_of(user, member.role))",
            "if policy.is_shown_in_set(bool(channel.public), role): pass",
            "if not policy.may_view(found.role): pass",
            "if membership is None: pass",
            "if query.public: pass",
            "x = is_admin if user else False",
        ],
    )
    def test_nothing_in_code_that_asks_or_shows(self, code):
        assert not decided(ast.parse(code))
