"""The internals of libraries that we use are as expected, and each is used in one place."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import hypothesis
import pytest
from hypothesis import strategies as st

from tests.support import library_internals
from tests.support.hypothesis_internals import limit_examples
from tests.support.library_internals import INTERNALS, MODELS, MOTO, QUICK_MOTO, Internal
from tests.support.source.code import ROOT, imports, modules, path_of

PRIVATE = re.compile(r"_[^_]")
TESTS = sorted((ROOT / "tests").rglob("*.py"))


def is_private(name):
    """Names with two underscores are Python's own."""
    return bool(PRIVATE.match(name))


def private_names(tree):
    """The names of private attributes that a module uses, including those given as text."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and is_private(node.attr):
            yield node.attr
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("getattr", "setattr"):
            yield from (arg.value for arg in node.args if isinstance(arg, ast.Constant) and is_private(str(arg.value)))


def own_names(tree):
    """The private names that a module defines: methods, attributes of its classes, what it sets on `self` or `cls`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            yield node.name
        if isinstance(node, ast.ClassDef):
            for part in node.body:
                targets = part.targets if isinstance(part, ast.Assign) else [getattr(part, "target", None)]
                yield from (target.id for target in targets if isinstance(target, ast.Name))
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and isinstance(node.value, ast.Name):
            yield from [node.attr] if node.value.id in ("self", "cls") else []


def foreign_names(module):
    """The internals that a module of the application uses: private names of others, and private modules."""
    tree = modules()[module]
    used = set(private_names(tree)) - set(own_names(tree))
    return used | {name for name in imports(module) if any(map(is_private, name.split(".")))}


def named_in(path):
    return set(private_names(ast.parse(path.read_text(encoding="utf-8"))))


def place_of(module):
    return path_of(module).relative_to(ROOT).as_posix()


class TestNames:
    def test_are_as_expected(self):
        """In another process, since the tests patch some of them in this one."""
        done = subprocess.run(
            [sys.executable, "-m", "tests.support.library_internals"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        assert not done.stdout.strip(), done.stdout

    def test_that_are_missing_are_reported(self):
        (problem,) = library_internals.changed((Internal(MODELS, "pynamodb.models", "Model._gone", "(cls)"),))
        assert problem == f"pynamodb.models.Model._gone is missing. Adapt {MODELS} to this version of the library."

    def test_with_other_parameters_are_reported(self):
        (problem,) = library_internals.changed(
            (Internal(MODELS, "pynamodb.models", "Model._get_schema", "(cls, more)"),)
        )
        assert "Model._get_schema is (cls), not (cls, more)" in problem

    def test_with_changed_source_are_reported(self):
        (problem,) = library_internals.changed(
            (Internal(MODELS, "pynamodb.models", "Model._get_schema", "", "other words"),)
        )
        assert "no longer contains 'other words'" in problem


class TestPlaces:
    @pytest.mark.parametrize("module", modules())
    def test_other_modules_use_no_private_names_of_libraries(self, module):
        if place_of(module) != MODELS:
            assert not foreign_names(module)

    def test_each_private_name_is_used_in_one(self):
        places = {internal.name.rpartition(".")[2]: internal.place for internal in INTERNALS}
        used = [(path.relative_to(ROOT).as_posix(), name) for path in TESTS for name in named_in(path)]
        used += [(place_of(module), name) for module in modules() for name in foreign_names(module)]
        wrong = {(user, name) for user, name in used if is_private(name) and places.get(name, user) != user}
        assert not wrong

    def test_only_two_modules_use_more_of_moto_than_mock_aws(self):
        knowing = set()
        for path in TESTS:
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "moto":
                    is_public = node.module == "moto" and [alias.name for alias in node.names] == ["mock_aws"]
                    knowing |= set() if is_public else {path.relative_to(ROOT).as_posix()}
        assert knowing == {MOTO, QUICK_MOTO}

    def test_exist_and_have_a_docstring(self):
        for place in {internal.place for internal in INTERNALS}:
            assert ast.get_docstring(ast.parse(Path(ROOT / place).read_text(encoding="utf-8")))


def test_hypothesis_respects_the_limit_of_examples():
    ran = []

    @hypothesis.settings(max_examples=50, database=None)
    @hypothesis.given(st.integers())
    def test(number):
        ran.append(number)

    limit_examples(test, 7)
    test()
    assert len(ran) <= 7, "adapt tests/support/hypothesis_internals.py to this version of hypothesis"
