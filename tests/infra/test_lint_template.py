"""How findings of the linters are judged."""

from typing import Any

import pytest

from infra import cfn
from infra.lint_template import EXCEPTIONS, Finding, ToolFailed, _run, judge

OPEN = Finding("CKV_1", "UsersTable", "is open")
EXCEPTION = {"check": "CKV_1", "of": ["*Table"], "why": "it may be"}


def test_a_finding_without_an_exception_is_a_problem() -> None:
    assert judge([OPEN], []) == ["CKV_1 UsersTable: is open"]


def test_an_exception_applies_to_its_rule_and_resources_only() -> None:
    assert judge([OPEN], [EXCEPTION]) == []
    others = [Finding("CKV_2", "UsersTable", "is shut"), Finding("CKV_1", "Bucket", "is open")]
    assert judge([OPEN, *others], [EXCEPTION]) == [str(other) for other in others]


def test_an_exception_that_matches_nothing_is_a_problem() -> None:
    (problem,) = judge([OPEN], [EXCEPTION, {**EXCEPTION, "of": ["Bucket"]}])
    assert "CKV_1 of Bucket no longer matches a finding" in problem


def test_every_exception_has_a_reason() -> None:
    rules: Any = cfn.read(EXCEPTIONS)
    for rule in rules:
        assert rule["check"]
        assert rule["of"]
        assert len(rule["why"]) > 40


def test_a_linter_that_fails_does_not_pass() -> None:
    with pytest.raises(ToolFailed, match="false failed"):
        _run("/bin/false")
