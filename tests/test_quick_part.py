"""The tests that the quick part skips exist."""

import ast

import pytest

from tests.support import quick_part

NAMES = [name for names in quick_part.SKIPPED.values() for name in names]


@pytest.mark.parametrize("name", NAMES)
def test_skipped_tests_exist(name):
    module, _, test = name.partition("::")
    paths = list(quick_part.TESTS.glob(module))
    assert paths
    if test:
        nodes = ast.walk(ast.parse(paths[0].read_text()))
        assert test in {node.name for node in nodes if isinstance(node, ast.FunctionDef)}


def test_modules_and_single_tests_are_distinguished():
    assert quick_part.TESTS / "http/test_fuzz.py" in quick_part.modules()
    assert quick_part.TESTS / "content_databases/test_tree.py" not in quick_part.modules()
    assert {module.name for module, _ in quick_part.tests()} >= {"test_tree.py"}
