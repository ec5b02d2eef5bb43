"""The private names of ministack that we use are as expected and used in one place; a change by an update is named."""

import ast
import subprocess
from pathlib import Path

from infra.local.aws import emulator
from tests.support.source.code import ROOT

INFRA = ROOT / "infra"
PLACE = INFRA / "local" / "aws" / "internals.py"


def run(*arguments: str) -> str:
    """The output of ministack's Python."""
    command = [str(emulator.PYTHON), *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()


def imported(path: Path) -> set[str]:
    """The packages that a module imports."""
    nodes = list(ast.walk(ast.parse(path.read_text())))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}
    return {name.partition(".")[0] for name in names}


def test_ministacks_private_names_are_as_expected() -> None:
    problems = run("-m", "infra.local.aws.internals")
    assert not problems, problems


def test_a_missing_private_name_is_reported() -> None:
    code = "from infra.local.aws import internals; del internals.sqs._queue_by_arn; print(*internals.changed())"
    assert run("-c", code) == (
        "ministack.services.sqs._queue_by_arn is missing. "
        "Adapt infra/local/aws/internals.py to it, or pin ministack 1.5.33 again."
    )


def test_a_changed_private_name_is_reported() -> None:
    code = "from infra.local.aws import internals; internals.sqs._Err = print; print(*internals.changed())"
    assert run("-c", code).startswith("ministack.services.sqs._Err is (")


def test_changed_source_is_reported() -> None:
    code = (
        "from infra.local.aws.internals import changed, sqs; "
        "sqs._act_receive_message = sqs._act_delete_message; print(*changed())"
    )
    assert "_act_receive_message no longer contains 'await asyncio.sleep('" in run("-c", code)


def test_only_one_module_imports_ministack() -> None:
    assert [path for path in INFRA.rglob("*.py") if "ministack" in imported(path)] == [PLACE]


def test_the_version_is_the_one_that_is_installed() -> None:
    version = run("-c", "from infra.local.aws import internals; print(internals.VERSION)")
    assert f"ministack=={version} " in (ROOT / "requirements-ministack.txt").read_text()
