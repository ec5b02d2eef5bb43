"""The runner of DynamoDB Local names missing prerequisites, and leaves no server behind."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from infra.dynamodb_local import __main__ as runner
from tests.support.source.code import ROOT

SERVER = """#!{python}
import socket, sys
with socket.create_server(("127.0.0.1", int(sys.argv[-1]))) as server:
    while True:
        server.accept()
"""


def program(folder: Path, name: str, text: str) -> str:
    path = folder / name
    path.write_text(text)
    path.chmod(0o755)
    return str(path)


def run_with(path: Path) -> tuple[int, str]:
    """Exit code and output if only these programs are on the PATH."""
    command = [sys.executable, "-m", "infra.dynamodb_local", "true"]
    ended = subprocess.run(command, cwd=ROOT, env={**os.environ, "PATH": str(path)}, capture_output=True, text=True)
    return ended.returncode, ended.stderr


def test_without_java_it_says_so(tmp_path):
    code, said = run_with(tmp_path)
    assert code == 1
    assert said.startswith("DynamoDB Local requires Java 17 or newer: install it")
    assert said.count("\n") == 1


def test_an_older_java_is_refused(tmp_path):
    java = program(tmp_path, "java", "#!/bin/sh\necho 'openjdk version \"11.0.2\" 2019-01-15' >&2\n")
    assert run_with(tmp_path) == (
        1,
        f"DynamoDB Local requires Java 17 or newer, but {java} is Java 11: put a newer one first on the PATH.\n",
    )


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ('openjdk version "17.0.15" 2025-04-15', 17),
        ('java version "1.8.0_401"', 8),
        ('openjdk version "21" 2023-09-19', 21),
        ("no Java at all", 0),
    ],
)
def test_versions_of_java_are_parsed(said, version):
    assert runner.java_version(said) == version


def test_without_npm_it_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(runner, "INSTALLED", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SystemExit, match="requires npm: install Node"):
        runner._jar()


def test_the_server_ends_with_the_command(tmp_path):
    java = program(tmp_path, "java", SERVER.format(python=sys.executable))
    with runner.serving(java, tmp_path / "DynamoDBLocal.jar") as url:
        server = url.removeprefix("http://127.0.0.1:")
        assert runner._answers(int(server))
    assert not runner._answers(int(server))


def test_a_server_that_does_not_start_is_reported(tmp_path):
    java = program(tmp_path, "java", "#!/bin/sh\nexit 1\n")
    with pytest.raises(SystemExit, match="does not answer"), runner.serving(java, tmp_path / "DynamoDBLocal.jar"):
        raise AssertionError("it cannot be served")


def test_the_package_is_pinned_without_a_registry():
    wanted = json.loads((runner.HERE / "package.json").read_text())["dependencies"]
    locked = json.loads((runner.HERE / "package-lock.json").read_text())["packages"]
    assert {name: locked[f"node_modules/{name}"]["version"] for name in wanted} == wanted
    assert not [entry for entry in locked.values() if "resolved" in entry]
    assert all(entry["integrity"].startswith("sha512-") for path, entry in locked.items() if path)
