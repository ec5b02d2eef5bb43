"""What is installed is locked with hashes, and audited."""

import re
import sys
from pathlib import Path

import pytest

from infra import audit

ROOT = audit.ROOT
LOCKED = sorted(ROOT.glob("requirements*.txt"))
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def names(text: str) -> set[str]:
    """The packages of a file, in their normal form."""
    found = (NAME.match(line) for line in text.splitlines())
    return {re.sub(r"[-_.]+", "-", match[0]).lower() for match in found if match}


@pytest.mark.parametrize("path", LOCKED, ids=lambda path: path.name)
def test_everything_is_locked_with_hashes(path: Path) -> None:
    text = path.read_text()
    blocks = re.split(r"\n(?=[A-Za-z])", re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE).strip())
    assert blocks
    assert [block for block in blocks if not re.search(r"==\S+.*\\\n +--hash=sha256:[0-9a-f]{64}", block)] == []
    # Nor a place of one machine:
    assert not re.search(r"^ *--(extra-)?index-url|^ *--find-links|file:", text, re.MULTILINE)


@pytest.mark.parametrize("path", LOCKED, ids=lambda path: path.name)
def test_the_lock_has_what_the_requirements_name(path: Path) -> None:
    named = names(path.with_suffix(".in").read_text())
    assert named
    assert named <= names(path.read_text())


def test_every_installation_checks_the_hashes() -> None:
    makefile = (ROOT / "Makefile").read_text()
    installing = [line for line in makefile.splitlines() if "pip install" in line]
    assert installing
    assert all("--require-hashes" in line for line in installing)
    assert all("-r requirements" in call for call in re.findall(r"\$\(call venv,(.*)\)", makefile)[1:])


def test_the_application_is_part_of_what_is_audited() -> None:
    audited = set().union(*(names((ROOT / name).read_text()) for name in audit.LOCKED))
    assert names((ROOT / "requirements.txt").read_text()) <= audited


FLAWED = {"name": "a", "version": "1", "vulns": [{"id": "PYSEC-1", "fix_versions": ["2"], "aliases": ["CVE-1"]}]}
SAFE = {"name": "b", "version": "1", "vulns": []}
UNKNOWN = {"name": "c", "skip_reason": "not found"}


def test_a_vulnerability_is_named_with_the_version_that_fixes_it() -> None:
    said, (problem,) = audit.report([FLAWED, SAFE, UNKNOWN])
    assert said == "2 packages audited; PyPI does not know 1 others"
    assert problem.startswith("a 1 has the vulnerability PYSEC-1: use 2 ")
    unfixed = {**FLAWED, "vulns": [{"id": "PYSEC-1", "fix_versions": []}]}
    assert "no version fixes it yet" in audit.report([unfixed])[1][0]


def test_a_vulnerability_may_be_ignored_by_any_of_its_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "IGNORED", {"CVE-1": "cannot be reached"})
    assert audit.report([FLAWED, SAFE]) == ("2 packages audited", [])


@pytest.mark.parametrize("found", ["", "no connection", '{"dependencies": [{"name": "c", "skip_reason": "unknown"}]}'])
def test_without_data_it_says_so_and_succeeds(
    found: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tool = tmp_path / "python"
    tool.write_text(f"#!/bin/sh\necho '{found}'\nexit 1\n")
    tool.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(tool))
    assert audit.main() == 0
    assert capsys.readouterr().out.count("cannot be reached") == len(audit.LOCKED)


def test_a_tool_that_hangs_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tool = tmp_path / "python"
    tool.write_text("#!/bin/sh\nexec sleep 60\n")
    tool.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(tool))
    monkeypatch.setattr(audit, "PATIENCE", 0.2)
    assert audit.main() == 0
    assert "cannot be reached" in capsys.readouterr().out
