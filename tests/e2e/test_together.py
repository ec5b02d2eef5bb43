"""Chefs and editors at the same time, against real conditional writes: nothing is lost, and counts are right."""

from benchmarks import together
from infra.local.stack import Stack


def test_chefs_do_not_disturb_each_other(stack: Stack) -> None:
    assert together.run_chefs(stack.url, stack.token or "", 5, 40) > 0


def test_editors_of_one_tree_lose_nothing(stack: Stack) -> None:
    assert together.run_editors(stack.url, stack.token or "", 8, 10) > 0
