"""Permissions are decided in one module: others ask `operations.access.policy`.

These tests find code that decides by the facts that permissions depend on: administrators, roles, memberships, whether
a channel is public, and owners. Passing such facts to the policy, showing them and storing them is allowed.
"""

import ast
import re
from collections.abc import Collection, Iterator

import pytest

from tests.support.source.code import PACKAGE, imports, modules, path_of

POLICY = f"{PACKAGE}.operations.access.policy"
MODELS = f"{PACKAGE}.models"
ROLES = ("EDIT", "VIEW")  # of models.channel_members
OWNERS = {"user_id", "owner_id", "sender_id", "uploaded_by", "created_by_id"}
CALLERS = ("user.user_id", "caller.user_id", "sender.user_id")
MEMBERSHIPS = ("memberships",)
MEMBERSHIP_READS = ("memberships", "channel_members.of_user", "channel_members.of_channel", "ChannelMember.get")
QUANTIFIERS = ("all", "any", "filter")
COLLECTION = ast.Tuple | ast.List | ast.Set

# Modules in which a condition uses such a fact for another reason, by the fact.
EXCEPTIONS = {
    ("http.router", "is_admin"): "ADMIN is an access level of a route; the package http imports no operations",
    ("models.channel_members", "role"): "writes on condition of the role that was read, and counts editors",
    ("models.channels", "public"): "the key of the index of public channels follows, on condition of what was read",
    ("models.users", "is_admin"): "the list of administrators, and an indexed key of each user",
    ("operations.search.search_query", "role"): "`edit` names one of the caller's lists; the policy says what is in it",
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
        elif isinstance(node, ast.Match):
            yield from _matched(node)
        elif isinstance(node, ast.Compare):
            yield node
        elif isinstance(node, ast.Call) and last_name(node.func) in QUANTIFIERS:
            yield from (arg.elt for arg in node.args if isinstance(arg, ast.GeneratorExp | ast.ListComp))


def _matched(node: ast.Match) -> Iterator[ast.expr]:
    """The subject of a `match`, its comparison with each value of its cases, and their guards."""
    yield node.subject
    for case in node.cases:
        if case.guard:
            yield case.guard
        for pattern in ast.walk(case.pattern):
            if isinstance(pattern, ast.MatchValue):
                yield ast.Compare(node.subject, [ast.Eq()], [pattern.value])


def membership_names(tree: ast.AST) -> set[str]:
    """The names of variables that have stored memberships, of whichever form."""
    names = set(MEMBERSHIPS)
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            target, value = node.targets[0], node.value
            pairs = [(target, value)]
            if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
                pairs = [*zip(target.elts, value.elts, strict=True)]
            names |= {last_name(name) for name, part in pairs if _reads_memberships(part)}
        elif isinstance(node, ast.NamedExpr | ast.AnnAssign) and node.value and _reads_memberships(node.value):
            names.add(last_name(node.target))
        elif isinstance(node, ast.arg) and node.annotation and ast.unparse(node.annotation).endswith("Memberships"):
            names.add(node.arg)
    return names


def _reads_memberships(value: ast.expr) -> bool:
    calls = [ast.unparse(node.func) for node in ast.walk(value) if isinstance(node, ast.Call)]
    return any(call.endswith(MEMBERSHIP_READS) for call in calls)


def facts(expression: ast.expr, own: Collection[str] = MEMBERSHIPS) -> Iterator[str]:
    """The facts that an expression uses for its decision; `own` are the names of variables that have memberships."""
    if isinstance(expression, ast.Compare):
        yield from _compared(expression, own)
    elif _is_membership(expression, own):
        yield "role"
    elif isinstance(expression, ast.Call) and isinstance(expression.func, ast.Name) and expression.func.id == "bool":
        for argument in expression.args:
            yield from facts(argument, own)
    elif isinstance(expression, ast.Call):
        name = ast.unparse(expression.func)
        if name in ("channels.is_live", "is_live"):
            yield "is_live"
    elif isinstance(expression, ast.Name | ast.Attribute):
        yield from _named(expression)


def _is_membership(expression: ast.expr, own: Collection[str]) -> bool:
    """Whether an expression is memberships or one of them: `own`, `own[id]`, `own.get(id)`, or what reads them."""
    if isinstance(expression, ast.Call):
        if not isinstance(expression.func, ast.Attribute) or expression.func.attr != "get":
            return ast.unparse(expression.func).endswith(MEMBERSHIP_READS)
        expression = expression.func.value
    elif isinstance(expression, ast.Subscript):
        expression = expression.value
    return last_name(expression) in own or (isinstance(expression, ast.Call) and _is_membership(expression, own))


def _compared(expression: ast.Compare, own: Collection[str]) -> Iterator[str]:
    sides = [expression.left, *expression.comparators]
    parts = [part for side in sides for part in (side.elts if isinstance(side, COLLECTION) else [side])]
    is_none = len(parts) == 2 and isinstance(parts[1], ast.Constant) and parts[1].value is None
    for part in parts:
        if not (is_none and last_name(part) in (*own, "membership")):  # whether there is one, of what was found
            yield from facts(part, own)
        name = last_name(part)
        if isinstance(part, ast.Constant) and part.value in ("edit", "view"):
            yield "role"
        if (name in (*ROLES, "membership") and not is_none) or ast.unparse(part).startswith("Role."):
            yield "role"
        if name in OWNERS and any(ast.unparse(other).endswith(CALLERS) for other in parts):
            yield "owner"


def _named(expression: ast.Name | ast.Attribute) -> Iterator[str]:
    name = last_name(expression)
    if name in ("is_admin", "role"):
        yield name
    if name == "membership":
        yield "role"
    is_field = isinstance(expression, ast.Attribute) and last_name(expression.value) != "query"
    if name == "public" and is_field:
        yield "public"


def last_name(expression: ast.expr) -> str:
    if isinstance(expression, ast.Attribute):
        return expression.attr
    return expression.id if isinstance(expression, ast.Name) else ""


def decided(tree: ast.AST) -> set[str]:
    """The facts that code uses for its decisions."""
    own = membership_names(tree)
    return {fact for condition in conditions(tree) for fact in facts(condition, own)}


def others() -> list[str]:
    """The modules that must ask the policy."""
    return [name for name in modules() if name != POLICY]


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
            ("own = memberships(found)\nif id in own: pass", "role"),
            ("by_id, own = {}, memberships(found)\nx = [id for id in by_id if id not in own]", "role"),
            ("own = {m.channel_id: m.role for m in channel_members.of_user(id)}\nif own.get(id): pass", "role"),
            ("own = memberships(found)\nx = own[id] == 'edit'", "role"),
            ("x = members.get(id) == 'edit'", "role"),
            ("x = 'view' != other", "role"),
            ("if channel_rights.memberships(found).get(id): pass", "role"),
            ("x = found.memberships.get(id) and y", "role"),
            ("def f(own: Memberships): return bool(own) and own[id]", "role"),
            ("x = rights.membership and y", "role"),
            ("match member.role:\n    case _: pass", "role"),
            ("match members.get(id):\n    case 'edit' | 'view': pass", "role"),
            ("match other:\n    case x if user.is_admin: pass", "is_admin"),
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
            "own = memberships(found)\nx = policy.role_of(user, own.get(id))",
            "match kind:\n    case 'topic': pass",
        ],
    )
    def test_nothing_in_code_that_asks_or_shows(self, code):
        assert not decided(ast.parse(code))
