"""`make package STAGE=prod`: builds what is deployed, in build/<stage>.

`deployment.zip` contains the functions, `template.json` all resources (the same for every stage), and `parameters.json`
the stage's parameters: `{"Prefix": "studio-prod-", …}`.

`chalice package` builds zip and template from our sources alone, without requirements: it would download all of them
again after every change of a line, and compile those that have no wheel for Lambda.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from infra import template
from infra.packaging import dependencies, finishing, zipping
from infra.packaging.dependencies import PYTHON, ROOT, PackageError

BUILD = ROOT / "build"
STAGES = ROOT / "infra" / "stages.json"
MAX_UNPACKED = 250 * 1024**2  # bytes; Lambda's limit
MAX_TEMPLATE = 1_000_000  # bytes; CloudFormation's limit
CHALICE = "import sys; from chalice.cli import main; sys.exit(main())"  # by its own name app.py refuses to be packaged
SOURCES = ("app.py", "chalicelib", ".chalice/config.json")


def main() -> int:
    """0 on success, 1 after a sentence about the problem."""
    try:
        print(report(package(sys.argv[1] if len(sys.argv) > 1 else "dev")))
    except PackageError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def package(stage: str, build: Path = BUILD) -> Path:
    """Build the package of a stage; returns its folder.

    Raises PackageError.
    """
    parameters = _parameters(stage)
    _check_python()
    packages = dependencies.installed(build)
    with tempfile.TemporaryDirectory(dir=build) as work:
        _say("making the template")
        merged = _chalice(Path(work))
        made = Path(work) / "made"
        made.mkdir()
        _say("compressing the code")
        _write_zip(made / "deployment.zip", packages, _compiled(Path(work)))
        (made / "template.json").write_text(_template(merged))
        (made / "parameters.json").write_text(json.dumps(parameters, indent=2) + "\n")
        shutil.rmtree(build / stage, ignore_errors=True)
        return made.rename(build / stage)


def _say(step: str) -> None:
    """Show progress apart from the result, which is on standard output."""
    print(f"{step} …", file=sys.stderr, flush=True)


def template_text() -> str:
    """Build the template alone, which needs no requirements.

    Raises PackageError.
    """
    with tempfile.TemporaryDirectory() as work:
        return _template(_chalice(Path(work)))


def report(folder: Path) -> str:
    """The files that were built, with their sizes."""
    sizes = {name: (folder / name).stat().st_size for name in ("deployment.zip", "template.json", "parameters.json")}
    shown = folder.relative_to(ROOT) if folder.is_relative_to(ROOT) else folder
    return "\n".join(f"{shown / name}  {size:,} bytes" for name, size in sizes.items())


def _parameters(stage: str) -> dict[str, str]:
    stages: dict[str, dict[str, str]] = json.loads(STAGES.read_text())
    if stage not in stages:
        raise PackageError(f"There is no stage {stage!r}: set STAGE to one of {', '.join(stages)}.")
    return stages[stage]


def _check_python() -> None:
    """The .pyc files, and the runtime in Chalice's template, are those of the Python that runs here."""
    if sys.version_info[:2] != PYTHON:
        ours, wanted = (".".join(map(str, version)) for version in (sys.version_info[:2], PYTHON))
        raise PackageError(
            f"The functions run on Python {wanted} and must be packaged by it, but this is {ours}: "
            f"rm -rf .venv && make package PYTHON=/path/to/python{wanted}"
        )


def _chalice(work: Path) -> dict[str, Any]:
    """Run `chalice package` on a copy of the sources; returns the template, and leaves the zip in `work/out`."""
    project = work / "project"
    project.mkdir()
    for name in SOURCES:
        _copy(ROOT / name, project / name)
    (project / "requirements.txt").touch()
    (work / "merge.json").write_text(json.dumps(template.compose()))
    command = [sys.executable, "-c", CHALICE, "--project-dir", str(project), "package"]
    command += ["--stage", "dev", "--merge-template", str(work / "merge.json"), str(work / "out")]
    done = subprocess.run(  # noqa: S603 - our own
        command, cwd=work, env=_environment(), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise PackageError(f"chalice package failed: {(done.stderr or done.stdout).strip()}")
    merged: dict[str, Any] = json.loads((work / "out" / "sam.json").read_text())
    return merged


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
    else:
        shutil.copy(source, target)


def _environment() -> dict[str, str]:
    """Chalice requires a region, though it calls no service; profiles and credentials of this machine are not read."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    nowhere = dict.fromkeys(("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"), os.devnull)
    return ours | nowhere | {"AWS_DEFAULT_REGION": "us-east-1", "PYTHONDONTWRITEBYTECODE": "1"}


def _template(merged: dict[str, Any]) -> str:
    text = finishing.compact(finishing.finish(merged))
    if len(text.encode()) > MAX_TEMPLATE:
        raise PackageError(f"The template has {len(text.encode()):,} bytes; CloudFormation accepts {MAX_TEMPLATE:,}.")
    return text


def _compiled(work: Path) -> Path:
    """The folder with our code as packed by Chalice, with its .pyc files."""
    folder = work / "ours"
    with zipfile.ZipFile(work / "out" / "deployment.zip") as archive:
        archive.extractall(folder)
    dependencies.compile_all(folder)
    return folder


def _write_zip(path: Path, *folders: Path) -> None:
    size = sum(file.stat().st_size for folder in folders for file in folder.rglob("*") if file.is_file())
    if size > MAX_UNPACKED:
        raise PackageError(f"The functions have {size:,} bytes unpacked; Lambda accepts {MAX_UNPACKED:,}.")
    zipping.write(path, *folders)


if __name__ == "__main__":
    sys.exit(main())
