"""Plain `chalice package` and `chalice deploy` refuse with a sentence; `chalice local` does not."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.source.code import ROOT

REFUSAL = "Run `make package` or `make deploy`: Chalice alone would leave out tables, queues, roles and settings.\n"
IMPORT = "import sys; sys.argv = ['chalice', *sys.argv[1:]]; import app; print(app.app.app_name)"


def environment(folder: Path) -> dict[str, str]:
    """A region, but no credentials."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    files = {name: str(folder / "none") for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE")}
    return others | files | {"AWS_DEFAULT_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true"}


@pytest.mark.parametrize("command", ["package", "deploy"])
def test_is_refused_before_anything_is_written(command: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    arguments = [command, str(out)] if command == "package" else [command]
    chalice = Path(sys.executable).with_name("chalice")
    done = subprocess.run(
        [chalice, *arguments], cwd=ROOT, env=environment(tmp_path), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (1, "", REFUSAL)
    assert not out.exists()
    assert not (ROOT / ".chalice" / "deployments").exists()


def test_local_is_not_refused() -> None:
    done = subprocess.run(
        [sys.executable, "-c", IMPORT, "local"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "studio\n"), done.stderr
