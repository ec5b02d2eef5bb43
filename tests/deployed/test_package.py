"""The output of `make package`: the zip alone runs the application, fits Lambda's limits, and the template deploys."""

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from benchmarks import package
from infra.local import deployed
from infra.local.edge.events import Request, api_gateway_event
from infra.local.stack import Stack
from infra.package import BUILD, MAX_UNPACKED
from infra.packaging.dependencies import PYTHON
from infra.packaging.finishing import HANDLER
from infra.resources import QUEUES
from tests.deployed.inside_zip import CHECKS

MAX_ZIPPED = 30 * 1000**2  # bytes
GLIBC = 26  # 2.26: Amazon Linux 2
INSIDE = Path(__file__).with_name("inside_zip.py")
PATHS = ("/api", "/api/docs", "/api/openapi.json")


@pytest.fixture(scope="module")
def built(stack: Stack) -> Path:
    """The package that is deployed."""
    return BUILD / deployed.STAGE


@pytest.fixture(scope="module")
def template(built: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((built / "template.json").read_text())
    return read


@pytest.fixture(scope="module")
def unpacked(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("task")
    with zipfile.ZipFile(built / "deployment.zip") as archive:
        archive.extractall(folder)
    return folder


@pytest.fixture(scope="module")
def inside(unpacked: Path) -> dict[str, str | None]:
    """The output of `inside_zip.py`."""
    events = {path: api_gateway_event(Request("GET", path, "", [], b"", "192.0.2.1"), path, {}) for path in PATHS}
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(INSIDE), str(unpacked)],
        input=json.dumps(events),
        env={**os.environ, "AWS_ENDPOINT_URL": "http://127.0.0.1:9"},
        capture_output=True,
        text=True,
        check=True,
    )
    said: dict[str, str | None] = json.loads(done.stdout.splitlines()[-1])
    return said


@pytest.mark.parametrize("check", [check.__name__ for check in CHECKS])
def test_from_the_zip_alone(inside: dict[str, str | None], check: str) -> None:
    assert inside[check] is None, inside[check]


def test_its_start_can_be_measured(unpacked: Path) -> None:
    assert package.start(str(unpacked)).keys() == {"import", *package.FIRST}


def test_the_zip_is_small_enough(built: Path) -> None:
    assert (built / "deployment.zip").stat().st_size < MAX_ZIPPED
    with zipfile.ZipFile(built / "deployment.zip") as archive:
        assert sum(entry.file_size for entry in archive.infolist()) < MAX_UNPACKED


def test_every_library_runs_with_the_glibc_of_lambda(unpacked: Path) -> None:
    """Libraries linked with a newer one would not load there."""
    needed = {
        path.name: max((int(minor) for minor in re.findall(rb"GLIBC_2\.(\d+)", path.read_bytes())), default=0)
        for path in unpacked.rglob("*")
        if ".so" in path.suffixes
    }
    assert len(needed) > 10
    assert not {name: minor for name, minor in needed.items() if minor > GLIBC}


def test_every_module_is_compiled_and_ours_have_their_source(built: Path) -> None:
    tag = "".join(map(str, PYTHON))
    with zipfile.ZipFile(built / "deployment.zip") as archive:
        names = set(archive.namelist())
    sources = [Path(name) for name in names if name.endswith(".py")]
    assert {path.parts[0] for path in sources} == {"app.py", "chalicelib", "chalice"}
    assert {str(path.parent / "__pycache__" / f"{path.stem}.cpython-{tag}.pyc") for path in sources} <= names
    assert len([name for name in names if name.endswith(".pyc")]) > 600


class TestTemplate:
    def test_is_far_from_the_limit_of_cloudformation(self, built: Path) -> None:
        assert (built / "template.json").stat().st_size < 850_000

    def test_every_function_is_in_the_zip(self, template: dict[str, Any]) -> None:
        functions = [r["Properties"] for r in template["Resources"].values() if r["Type"].endswith("::Function")]
        handlers = {function["Handler"]: function["CodeUri"] for function in functions if "Handler" in function}
        names = {"app.app", *(f"app.{queue}" for queue in QUEUES)}
        assert handlers == dict.fromkeys(names, "./deployment.zip")
        assert {function["Runtime"] for function in functions if "Handler" in function} == {"python3.11"}

    def test_the_api_can_be_created_before_its_function(self, template: dict[str, Any]) -> None:
        assert HANDLER not in json.dumps(template["Resources"]["RestAPI"])

    def test_does_not_name_a_stage(self, template: dict[str, Any]) -> None:
        tags = [r["Properties"].get("Tags") for r in template["Resources"].values() if "Properties" in r]
        assert "stage=" not in json.dumps(tags)
